/**
 * Next version: a state that has changed its shape, and how the state of the version before is taken over.
 *
 * In       ticks
 * Out      nothing: it counts trades and their value
 */
import { defineStrategy, Type } from '#sdk'

/** State version 1 had a count only. */
interface Before {
  readonly count: number
}

export default defineStrategy({
  id: 'next-version',
  version: '2.0.0',
  params: Type.Object({}),
  state: Type.Object({ count: Type.Integer(), value: Type.Number() }),
  stateVersion: 2,
  migrate: (old, fromVersion) => {
    if (fromVersion !== 1) throw new RangeError(`State version ${fromVersion} is not known`)
    const { count } = old as Before
    return { count, value: 0 }
  },
  grants: { instruments: ['*'], kinds: ['MARKET'], maxOrderQuantity: 1, maxPosition: 1 },
  needs: () => ({}),
  start: () => ({ count: 0, value: 0 }),

  onTick({ tick, state }) {
    if (!(tick.quantity > 0)) return
    state.count++
    state.value += tick.quantity * tick.price
  },
})
