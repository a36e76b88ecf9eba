import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { price, quantity } from '#sdk/money.ts'
import { ORDER_KINDS, SIDES, TIMES_IN_FORCE, type VenueOrder } from '#sdk/order.ts'
import type { MarketEvent } from '#sdk/tick.ts'

import { isLimited } from './book-order.ts'
import type { News } from './order-life.ts'
import { createStage, event, NOON, order } from './stage.fixture.ts'

const CLIENT_IDS = ['A', 'B', 'C', 'D', 'E', 'F'] as const

/** Prices so close together that everything happens often. */
const ticks = fc.integer({ min: 97, max: 103 })
const clientId = fc.constantFrom(...CLIENT_IDS)
const happening = fc.record({
  kind: fc.constant('market' as const),
  elapsed: fc.constantFrom(0, 1, 400, 1_500),
  instrument: fc.constantFrom(0, 0, 0, 1),
  price: ticks,
  quantity: fc.constantFrom(0, 0, 1, 7, 50),
  bid: fc.option(ticks, { nil: Number.NaN }),
  spread: fc.integer({ min: 0, max: 2 }),
  size: fc.constantFrom(0, 3, 8, Number.NaN),
})
const asked = fc.record({
  clientId,
  instrument: fc.constantFrom('SIM:A', 'SIM:A', 'SIM:B', 'SIM:Z'),
  side: fc.constantFrom(...SIDES),
  kind: fc.constantFrom(...ORDER_KINDS),
  timeInForce: fc.constantFrom(...TIMES_IN_FORCE),
  quantity: fc.integer({ min: 0, max: 20 }),
  limit: ticks,
  stop: ticks,
})
const step = fc.oneof(
  { weight: 6, arbitrary: happening },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('submit' as const), asked }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('modify' as const),
      clientId,
      quantity: fc.integer({ min: 1, max: 20 }),
      limit: fc.option(ticks, { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), clientId }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('time' as const) }) },
)
const script = fc.array(step, { minLength: 1, maxLength: 80 })
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

interface Heard extends News {
  /** Number of the market event that was being shown; 0 outside of one. */
  readonly during: number
  readonly at: number
  readonly limit: number
  readonly talking: boolean
}

function shown(
  { elapsed: _elapsed, spread, size, kind: _kind, ...rest }: Extract<Step, { kind: 'market' }>,
  time: number,
): MarketEvent {
  return event({ ...rest, time, ask: rest.bid + spread, bidQuantity: size, askQuantity: size })
}

/** Plays a script and keeps everything that was said, with what was going on at that moment. */
function play(
  steps: readonly Step[],
  {
    latencyMicros,
    participation,
  }: { readonly latencyMicros: number; readonly participation: number },
) {
  const heard: Heard[] = []
  const decided = new Map<string, { readonly during: number; readonly time: number }>()
  let events = 0
  let during = 0
  let time = 0
  let talking = false
  const { venue } = createStage({
    latencyMicros,
    participation,
    closesAt: () => NOON + 60_000,
    news: (news) =>
      heard.push({
        ...news,
        during,
        at: NOON + time,
        limit: news.order?.limit ?? Number.NaN,
        talking,
      }),
  })
  const talk = (say: () => void) => {
    talking = true
    say()
    talking = false
  }
  for (const step of steps) {
    const now = NOON + time
    switch (step.kind) {
      case 'market':
        time += step.elapsed
        during = ++events
        venue.market(shown(step, time))
        during = 0
        break
      case 'submit': {
        const asked: VenueOrder = order(step.asked)
        if (!decided.has(asked.clientId)) decided.set(asked.clientId, { during: events, time: now })
        talk(() => venue.submit(asked, now))
        break
      }
      case 'modify': {
        const limit = step.limit === undefined ? {} : { limit: price(step.limit) }
        talk(() =>
          venue.modify(step.clientId, {
            terms: { quantity: quantity(step.quantity), ...limit },
            now,
          }),
        )
        break
      }
      case 'cancel':
        talk(() => venue.cancel(step.clientId, now))
        break
      case 'time':
        venue.time(now)
        break
    }
  }
  return { heard, decided, snapshot: venue.snapshot(NOON + time) }
}

const options = fc.record({
  latencyMicros: fc.constantFrom(0, 1, 1_000),
  participation: fc.constantFrom(0.3, 1),
})
const run = (check: (played: ReturnType<typeof play>) => void) =>
  fc.assert(
    fc.property(script, options, (steps, how) => check(play(steps, how))),
    { numRuns: 2_000 },
  )
const fills = (heard: readonly Heard[]) =>
  heard.flatMap((news) => (news.execution ? [{ ...news, execution: news.execution }] : []))

describe('the venue', () => {
  test('never fills more than was ordered', () => {
    run(({ snapshot }) => {
      for (const { quantity: whole, filled } of snapshot.orders) expect(filled <= whole).toBe(true)
    })
  })

  test('never fills a limit beyond its limit', () => {
    run(({ heard }) => {
      for (const { execution, order, limit } of fills(heard)) {
        if (order === undefined || !isLimited(order.kind)) continue
        const within =
          execution.side === 'BUY' ? execution.price <= limit : execution.price >= limit
        expect(within).toBe(true)
      }
    })
  })

  test('always has positions and filled quantities that are the sums of its executions', () => {
    run(({ heard, snapshot }) => {
      const held = new Map<string, number>()
      const filled = new Map<string, number>()
      for (const { execution } of fills(heard)) {
        const { instrument, side, quantity: steps, clientId: owner } = execution
        held.set(instrument, (held.get(instrument) ?? 0) + (side === 'BUY' ? steps : -steps))
        filled.set(owner, (filled.get(owner) ?? 0) + steps)
      }
      const positions = new Map<string, number>(
        snapshot.positions.map((row) => [row.instrument, row.quantity]),
      )
      for (const [instrument, steps] of held) expect(positions.get(instrument) ?? 0).toBe(steps)
      for (const row of snapshot.orders)
        expect(row.filled as number).toBe(filled.get(row.clientId) ?? 0)
      expect(snapshot.executions).toHaveLength(fills(heard).length)
    })
  })

  test('never fills at the event that decided, nor within the latency', () => {
    fc.assert(
      fc.property(script, options, (steps, how) => {
        const { heard, decided } = play(steps, how)
        for (const { execution, during, at } of fills(heard)) {
          const from = decided.get(execution.clientId)
          expect(
            from !== undefined && during > from.during && at > from.time + how.latencyMicros,
          ).toBe(true)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('never answers from within a message', () => {
    run(({ heard }) => expect(heard.some(({ talking }) => talking)).toBe(false))
  })

  test('never gives one execution id twice', () => {
    run(({ heard }) => {
      const ids = fills(heard).map(({ execution }) => execution.executionId)
      expect(new Set(ids).size).toBe(ids.length)
    })
  })

  test('says nothing more of an order that is closed, but for refusals', () => {
    run(({ heard }) => {
      const closed = new Set<string>()
      for (const { report, order: about } of heard) {
        const refusal = report.status === 'cancel-refused' || report.status === 'replace-refused'
        if (about === undefined || refusal) continue
        expect(closed.has(about.clientId)).toBe(false)
        const { status } = report
        if (status === 'cancelled' || status === 'expired' || status === 'rejected')
          closed.add(about.clientId)
      }
    })
  })

  test('always says the same of the same', () => {
    fc.assert(
      fc.property(script, options, (steps, how) => {
        const first = play(steps, how)
        const second = play(steps, how)
        expect(second.heard.map(({ report }) => report)).toEqual(
          first.heard.map(({ report }) => report),
        )
        expect(second.snapshot).toEqual(first.snapshot)
      }),
      { numRuns: 500 },
    )
  })

  test('fills orders of every kind in these scripts', () => {
    const kinds = new Set<string>()
    run(({ heard }) => {
      for (const { order: about } of fills(heard)) kinds.add(`${about?.kind} ${about?.timeInForce}`)
    })
    expect(kinds.size).toBe(ORDER_KINDS.length * TIMES_IN_FORCE.length)
  })
})
