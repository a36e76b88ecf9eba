/**
 * Sources of strategies for tests: one that asks for a lot of everything, and one that does almost nothing.
 *
 * Out      the text of a strategy.ts in a place's drop folder; the desk builds it when it starts
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Place } from './desk-process.fixture.ts'

/** Puts the source of a strategy into the drop folder. */
export function writeStrategy({ plugins }: Place, id: string, source: string): void {
  mkdirSync(join(plugins, id), { recursive: true })
  writeFileSync(join(plugins, id, 'strategy.ts'), source)
}

/** Configuration under which no limit of money stands in the way of a lot of trading. */
export const WIDE_LIMITS = {
  capital: 1_000_000_000,
  limits: {
    ordersPerSecond: 10_000,
    dailyLossStrategy: 1_000_000_000,
    dailyLossAccount: 1_000_000_000,
  },
}

/**
 * Trades in every instrument by chance: market orders, limits that rest near and far, stops that reduce, changes and
 * cancels. Its state says when it was born and how many ticks it has seen, and it logs both each second.
 */
export function churnSource(id: string): string {
  return `import { defineStrategy, Type } from '#sdk'

export default defineStrategy({
  id: '${id}',
  version: '1.0.0',
  scope: 'strategy',
  params: Type.Object({}),
  state: Type.Object({ born: Type.Number(), count: Type.Integer(), loggedAt: Type.Number() }),
  grants: {
    instruments: ['SIM:*'],
    kinds: ['MARKET', 'LIMIT', 'STOP'],
    maxOrderQuantity: 1000,
    maxPosition: 1000,
    maxOpenOrders: 500,
    maxOrdersPerSecond: 500,
  },
  needs: () => ({ timer: { seconds: 1 } }),
  start: () => ({ born: 0, count: 0, loggedAt: 0 }),
  onTick({ tick, time, state, position, orders, instrument, random }) {
    if (state.born === 0) state.born = time
    state.count++
    if (!(tick.bid > 0 && tick.ask > 0)) return
    const held = position.quantity
    const chance = random()
    const resting = orders.open.filter(({ kind }) => kind === 'LIMIT')
    const guarded = orders.open.some(({ kind }) => kind === 'STOP')
    if (held > 0 && !guarded) {
      orders.sell({ quantity: held, stop: instrument.roundPrice(tick.bid * 0.9995, 'down') })
    } else if (chance < 0.1) {
      const quantity = 1 + Math.floor(random() * 3)
      if (held > 20 || (held > -20 && random() < 0.4)) orders.sell({ quantity })
      else orders.buy({ quantity })
    } else if (chance < 0.16 && resting.length < 4) {
      orders.buy({ quantity: 2, limit: tick.bid })
    } else if (chance < 0.2 && resting.length < 4) {
      orders.sell({ quantity: 5, limit: instrument.roundPrice(tick.ask * 1.01, 'up') })
    } else if (chance < 0.23 && resting[0] !== undefined) {
      orders.modify(resting[0].ref, { quantity: resting[0].quantity + 1 })
    } else if (chance < 0.26 && resting[0] !== undefined) {
      orders.cancel(resting[0].ref)
    }
  },
  onTimer({ time, state, log }) {
    if (state.loggedAt === time) return
    state.loggedAt = time
    log(\`born \${state.born} count \${state.count}\`)
  },
})
`
}
