/** The walk: what each event causes, with every room real and the test speaking for the venue, or the paper venue for itself. */
import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { quantity } from '#sdk/money.ts'
import type { BrokerSnapshot } from '#sdk/order.ts'
import { UNATTRIBUTED } from '#sdk/position.ts'
import type { AnyStrategy } from '#sdk/strategy.ts'

import {
  cancel,
  cancelled,
  createStage,
  filled,
  modify,
  NOON,
  place,
  protect,
  rest,
  type Stage,
  strategy,
  target,
  working,
} from './desk.fixture.ts'
import { profitToday } from './exposure.ts'

const command = { kind: 'command', now: NOON, by: 'test' } as const
const halt = { ...command, ask: 'halt', reason: 'news' } as const

/** A strategy that notes what it is told of its orders. */
function listening(changes: Partial<AnyStrategy> = {}) {
  const told: string[] = []
  const definition = strategy({
    onOrder: ({ report: { ref, status, filled: done, reason, limit } }) => {
      told.push([ref, status, done, ...(reason === 'none' ? [] : [reason, limit])].join(' '))
    },
    ...changes,
  })
  return { told, definition }
}

/** A stage whose strategy "one" holds 10 of SIM:A, bought at 2000 with order 1. */
function holding(options: Parameters<typeof createStage>[0] = {}): Stage {
  const stage = createStage(options)
  stage.take(place(1))
  stage.hear(working('one/1'), filled('one/1'))
  stage.calls.length = 0
  stage.writes.length = 0
  return stage
}

const held = ({ core }: Stage) => core.positions.quantity('one', 0)
const codes = (stage: Stage) => stage.refusals().map(({ refusal }) => refusal.code)
const sent = ({ calls }: Stage) => calls.filter((call) => !call.startsWith('write'))

describe('an intent', () => {
  test('walks from the strategy to a fill, the book, and back to the strategy', () => {
    let asked = false
    const { told, definition } = listening({
      onTick({ orders }) {
        if (!asked) orders.buy({ quantity: 10 })
        asked = true
      },
    })
    const stage = createStage({ strategies: [definition], paper: true })
    stage.tick()
    stage.tick()
    expect(told).toEqual(['1 accepted 0', '1 working 0', '1 fill 10'])
    expect(held(stage)).toBe(10)
    expect(stage.core.orders.get('one', 1)).toMatchObject({ phase: 'FILLED', filled: 10 })
    // Its first tick came while the stage was set: the order's first record was written then.
    expect(stage.records().map(({ kind }) => kind)).toEqual(['order', 'fill'])
    expect(stage.records().at(-1)).toMatchObject({
      kind: 'fill',
      fill: { clientId: 'one/1', strategy: 'one', version: '1.0.0', price: 2_001, quantity: 10 },
      order: { clientId: 'one/1', phase: 'FILLED', filled: 10 },
      position: { strategy: 'one', instrument: 'SIM:A', quantity: 10, fills: 1 },
    })
  })

  test('leaves an order record with the digest and the point of the tape that it was decided at', () => {
    const stage = createStage()
    stage.take(place(1, { decidedAt: 77 }))
    const digest = stage.core.strategies.get('one')?.running?.bundle.digest ?? 'none'
    expect(stage.records()).toMatchObject([
      { kind: 'order', order: { phase: 'SUBMITTING', decidedAt: 77, version: '1.0.0', digest } },
    ])
  })

  test('is refused with its numbers, which are written down and told', () => {
    const { told, definition } = listening()
    const stage = createStage({ strategies: [definition] })
    stage.take(place(1, { quantity: 1_001 }))
    expect(stage.refusals()).toMatchObject([
      {
        strategy: 'one',
        ref: 1,
        instrument: 'SIM:A',
        ask: 'place',
        quantity: 1_001,
        refusal: { code: 'risk/quantity-max', value: 1_001, limit: 1_000 },
      },
    ])
    expect(told).toEqual(['1 denied 0 risk/quantity-max 1000'])
    expect(sent(stage)).toEqual([])
  })

  test('is refused where its number was used before', () => {
    const stage = createStage()
    stage.take(place(1), place(1))
    expect(codes(stage)).toEqual(['order/ref-reused'])
    expect(sent(stage)).toEqual(['submit one/1'])
  })

  test('is refused where there is no such instrument', () => {
    const stage = createStage()
    stage.take(place(1, { instrument: 99 }))
    expect(stage.refusals()).toMatchObject([
      { instrument: '99', refusal: { code: 'order/invalid' } },
    ])
  })

  test('of a strategy that the desk does not have is refused', () => {
    const stage = createStage()
    stage.take(place(1, { strategy: 'nobody' }))
    expect(codes(stage)).toEqual(['risk/strategy-inactive'])
  })

  test('sees the room that the one before it in the turn has used up', () => {
    const stage = createStage()
    stage.take(rest(1, { quantity: 600 }), rest(2, { quantity: 600 }))
    expect(stage.refusals()).toMatchObject([
      { ref: 2, refusal: { code: 'risk/position-max', value: 1_200, limit: 1_000 } },
    ])
  })
})

describe('an order of one strategy', () => {
  const two = strategy({ id: 'two' })

  test('cannot be cancelled or changed by another', () => {
    const stage = createStage({ strategies: [strategy(), two] })
    stage.take(rest(1))
    stage.hear(working('one/1'))
    stage.take(cancel(1, { strategy: 'two' }), modify(1, { strategy: 'two', limit: 1_985 }))
    expect(codes(stage)).toEqual(['order/unknown-ref', 'order/unknown-ref'])
    expect(sent(stage)).toEqual(['submit one/1'])
    expect(stage.phase(1)).toBe('WORKING')
  })

  test('that the host placed itself cannot be cancelled by the strategy', () => {
    const stage = createStage()
    stage.take(place(1))
    stage.take(target(-1, { quantity: -5 }))
    expect(stage.phase(-1)).toBe('SUBMITTING')
    stage.take(cancel(-1, { ref: 2 }), modify(-1, { ref: 3, quantity: 1 }))
    expect(codes(stage)).toEqual(['order/unknown-ref', 'order/unknown-ref'])
    expect(sent(stage)).toEqual(['submit one/1', 'submit one/-1'])
  })

  test('moves its own book alone', () => {
    const stage = createStage({ strategies: [strategy(), two] })
    stage.take(place(1), place(1, { strategy: 'two', side: 'SELL', quantity: 4 }))
    stage.hear(filled('one/1'), filled('two/1', { steps: 4 }))
    const { positions } = stage.core
    expect([positions.quantity('one', 0), positions.quantity('two', 0)]).toEqual([10, -4])
    expect(positions.accountQuantity(0)).toBe(6)
  })

  test('is told to nobody else', () => {
    const one = listening()
    const other = listening({ id: 'two' })
    const stage = createStage({ strategies: [one.definition, other.definition] })
    stage.take(place(1))
    expect([one.told, other.told]).toEqual([['1 accepted 0'], []])
  })
})

describe('a halt', () => {
  test('cancels working entries, keeps what only reduces, and is written down', () => {
    const stage = holding()
    stage.take(rest(2), protect(3))
    stage.hear(working('one/2'), working('one/3'))
    stage.calls.length = 0
    stage.take(halt)
    expect(sent(stage)).toEqual(['cancel one/2'])
    expect(stage.records()).toContainEqual(
      expect.objectContaining({ kind: 'halt', halted: true, reason: 'news', by: 'test' }),
    )
  })

  test('refuses entries and lets reductions pass until it is lifted', () => {
    const stage = holding()
    stage.take(halt)
    stage.take(place(2), place(3, { side: 'SELL', quantity: 4 }))
    expect(codes(stage)).toEqual(['risk/halted'])
    expect(sent(stage)).toEqual(['submit one/3'])
    stage.take({ ...halt, ask: 'resume' }, place(4))
    expect(codes(stage)).toEqual(['risk/halted'])
    expect(sent(stage)).toEqual(['submit one/3', 'submit one/4'])
  })

  test('asks for a cancel once', () => {
    const stage = createStage()
    stage.take(rest(1))
    stage.take(halt)
    stage.take({ ...command, ask: 'cancel-entries' })
    expect(sent(stage)).toEqual(['submit one/1', 'cancel one/1'])
    expect(stage.refusals()).toEqual([])
  })

  test('leaves orders alone that are not of this desk', () => {
    const stage = createStage()
    const order = { clientId: 'BY-HAND', venueId: '7', instrument: 'SIM:A', side: 'BUY' } as const
    const terms = { kind: 'LIMIT', quantity: quantity(5), filled: quantity(0) } as const
    stage.take(snapshotOf({ orders: [{ ...order, ...terms, status: 'working' }] }))
    expect(stage.core.orders.byClientId('BY-HAND')).toMatchObject({ strategy: UNATTRIBUTED })
    stage.take(halt)
    expect(sent(stage)).toEqual([])
  })
})

describe('a target', () => {
  test('asks for what is missing, counting what is on its way', () => {
    const stage = createStage()
    stage.take(target(1, { quantity: 10 }))
    stage.take(target(2, { quantity: 15 }))
    expect(stage.core.orders.get('one', 1)).toMatchObject({ side: 'BUY', quantity: 10 })
    expect(stage.core.orders.get('one', 2)).toMatchObject({ side: 'BUY', quantity: 5 })
    stage.take(target(3, { quantity: -5 }))
    expect(stage.core.orders.get('one', 3)).toMatchObject({ side: 'SELL', quantity: 20 })
  })

  test('that is already met or on its way is refused', () => {
    const stage = createStage()
    stage.take(target(1, { quantity: 10 }))
    stage.take(target(2, { quantity: 10 }))
    expect(stage.refusals()).toMatchObject([
      { ref: 2, refusal: { code: 'order/nothing-to-do', value: 10, limit: 0 } },
    ])
  })

  test('does not count a resting stop', () => {
    const stage = holding()
    stage.take(protect(2))
    stage.hear(working('one/2'))
    stage.take(target(3, { quantity: 0 }))
    expect(stage.core.orders.get('one', 3)).toMatchObject({ side: 'SELL', quantity: 10 })
  })

  test('counts a stop that was triggered', () => {
    const stage = holding()
    stage.take(protect(2))
    stage.hear(working('one/2'), { clientId: 'one/2', time: NOON, status: 'triggered' })
    stage.take(target(3, { quantity: 0 }))
    expect(codes(stage)).toEqual(['order/nothing-to-do'])
  })

  test('with a limit rests at it', () => {
    const stage = createStage()
    stage.take(target(1, { quantity: 10, limit: 1_990 }))
    expect(stage.core.orders.get('one', 1)).toMatchObject({ kind: 'LIMIT', limit: 1_990 })
  })

  test('is always what is held and on its way once it was taken', () => {
    const step = fc.record({
      wanted: fc.integer({ min: -40, max: 40 }),
      fills: fc.array(fc.nat(5), { maxLength: 3 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const stage = createStage()
        steps.forEach(({ wanted, fills }, at) => {
          stage.take(target(at + 1, { quantity: wanted }))
          const coming = stage.core.orders
            .open({ strategy: 'one' })
            .map(
              ({ side, quantity: all, filled: done }) => (side === 'BUY' ? 1 : -1) * (all - done),
            )
          expect(held(stage) + coming.reduce((sum, one) => sum + one, 0)).toBe(wanted)
          fills.forEach((which, nth) => fillSome(stage, { which, id: `${at}.${nth}` }))
        })
        expect(new Set(codes(stage)).size).toBeLessThanOrEqual(1)
      }),
      { numRuns: 100 },
    )
  })
})

/** Fills half of one of the open orders, and at least one step. */
function fillSome(stage: Stage, { which, id }: { readonly which: number; readonly id: string }) {
  const order = stage.core.orders.open()[which]
  if (order === undefined) return
  stage.hear(filled(order.clientId, { id, steps: Math.ceil((order.quantity - order.filled) / 2) }))
}

describe('new terms', () => {
  test('keep what they do not say', () => {
    const stage = createStage()
    stage.take(rest(1), place(2, { order: 'STOP_LIMIT', stop: 2_010, limit: 2_020 }))
    stage.hear(working('one/1'), working('one/2'))
    stage.take(modify(1, { limit: 1_985 }), modify(2, { stop: 2_015 }))
    stage.hear({ clientId: 'one/2', time: NOON, status: 'replaced', quantity: quantity(10) })
    stage.take(modify(2, { ref: 9_000, limit: 2_025 }))
    expect<readonly object[]>(stage.terms).toEqual([
      { quantity: 10, limit: 1_985 },
      { quantity: 10, stop: 2_015, limit: 2_020 },
      { quantity: 10, stop: 2_015, limit: 2_025 },
    ])
    expect(stage.core.orders.get('one', 1)).toMatchObject({ pending: 'replace', limit: 1_990 })
  })

  test('are the order once the venue has taken them', () => {
    const stage = createStage()
    stage.take(rest(1))
    stage.hear(working('one/1'))
    stage.take(modify(1, { quantity: 20 }))
    stage.hear({ clientId: 'one/1', time: NOON, status: 'replaced', quantity: quantity(20) })
    const row = stage.core.orders.get('one', 1)
    expect(row).toMatchObject({ quantity: 20, limit: 1_990, phase: 'WORKING' })
    expect(row?.pending).toBeUndefined()
  })

  test('pass the gate like an order', () => {
    const stage = createStage()
    stage.take(rest(1))
    stage.hear(working('one/1'))
    stage.take(modify(1, { quantity: 1_001 }), modify(1, { ref: 9_000, limit: 1_000 }))
    expect(codes(stage)).toEqual(['risk/quantity-max', 'risk/price-collar'])
    expect(stage.terms).toEqual([])
  })

  test('of an order that is not there are refused', () => {
    const stage = createStage()
    stage.take(modify(8, { limit: 1_985 }))
    expect(codes(stage)).toEqual(['order/unknown-ref'])
  })
})

/** The broker's book: nothing, but for what is said. */
function snapshotOf(changes: Partial<BrokerSnapshot> = {}) {
  const snapshot = { time: NOON, orders: [], positions: [], executions: [], ...changes }
  return { kind: 'snapshot', snapshot } as const
}

describe('a snapshot', () => {
  test('that agrees with the books opens the gate', () => {
    const stage = createStage({ gate: 'CLOSED' })
    stage.take(place(1))
    expect(codes(stage)).toEqual(['risk/gate-closed'])
    stage.take(snapshotOf(), place(2))
    expect(stage.core.levels).toMatchObject({ gate: 'OPEN', gateReason: 'books and broker agree' })
    expect(sent(stage)).toEqual(['submit one/2'])
  })

  test('that differs lets reductions alone leave, says where, and books the difference to nobody', () => {
    const stage = holding()
    stage.take(snapshotOf({ positions: [{ instrument: 'SIM:A', quantity: quantity(13) }] }))
    const { levels, positions } = stage.core
    expect(levels.gate).toBe('REDUCE')
    expect(levels.gateReason).toContain('SIM:A: the broker holds 3 steps more')
    expect(positions.quantity(UNATTRIBUTED, 0)).toBe(3)
    expect(stage.records()).toMatchObject([
      { kind: 'position', position: { strategy: UNATTRIBUTED, quantity: 3 } },
    ])
    stage.take(place(2), place(3, { side: 'SELL' }))
    expect(codes(stage)).toEqual(['risk/gate-closed'])
    expect(sent(stage)).toEqual(['submit one/3'])
  })

  test('brings the fills that never came', () => {
    const { told, definition } = listening()
    const stage = createStage({ strategies: [definition] })
    stage.take(place(1))
    stage.take(snapshotOf(withFill('one/1')))
    expect(held(stage)).toBe(10)
    expect(stage.phase(1)).toBe('FILLED')
    expect(told).toEqual(['1 accepted 0', '1 fill 10'])
    expect(stage.core.levels.gate).toBe('OPEN')
    stage.take(snapshotOf(withFill('one/1')))
    expect(held(stage)).toBe(10)
  })

  test('proves an order absent that nobody had answered for', () => {
    const stage = createStage()
    stage.take(rest(1))
    stage.hear({ clientId: 'one/1', time: NOON, status: 'unknown', reason: 'no answer' })
    expect(stage.core.orders.openOf('one', 0).buys).toBe(10)
    stage.take(snapshotOf())
    expect(stage.phase(1)).toBe('ABSENT_PROVEN')
    expect(stage.core.orders.openOf('one', 0).buys).toBe(0)
  })
})

/** A snapshot in which an order of 10 is filled at 2000, and held. */
function withFill(clientId: string): Partial<BrokerSnapshot> {
  const report = filled(clientId)
  if (report.status !== 'fill') return {}
  const { executionId, price, charges, time } = report
  const about = { clientId, instrument: 'SIM:A', side: 'BUY', quantity: report.quantity } as const
  return {
    orders: [{ ...about, venueId: '1', kind: 'MARKET', filled: about.quantity, status: 'filled' }],
    executions: [{ ...about, executionId, price, charges, time }],
    positions: [{ instrument: 'SIM:A', quantity: about.quantity }],
  }
}

describe('a link that fails', () => {
  test.each(['broker', 'journal'] as const)('closes the gate where it is the %s', (edge) => {
    const stage = createStage()
    stage.take({ kind: 'link', edge, working: false, reason: 'gone', now: NOON }, place(1))
    expect(stage.core.levels).toMatchObject({ gate: 'CLOSED', gateReason: 'gone' })
    expect(codes(stage)).toEqual(['risk/gate-closed'])
  })

  test.each(['store', 'feed'] as const)('blocks no order where it is the %s', (edge) => {
    const stage = createStage()
    stage.take({ kind: 'link', edge, working: false, reason: 'gone', now: NOON }, place(1))
    expect(sent(stage)).toEqual(['submit one/1'])
    expect(stage.core.levels.broken.get(edge)).toBe('gone')
    stage.take({ kind: 'link', edge, working: true, reason: '', now: NOON })
    expect(stage.core.levels.broken.size).toBe(0)
  })
})

describe('a shutdown', () => {
  test('cancels entries, keeps the stops that protect, and takes every strategy down', () => {
    const stage = holding()
    stage.take(rest(2), protect(3))
    stage.hear(working('one/2'), working('one/3'))
    stage.calls.length = 0
    stage.take({ ...command, ask: 'shutdown' })
    expect(sent(stage)).toEqual(['cancel one/2'])
    expect(stage.phase(3)).toBe('WORKING')
    expect(stage.core.strategies.idle()).toBe(true)
    expect(stage.core.strategies.get('one')?.state).toBe('STOPPED')
  })

  test('lets no entry leave after it', () => {
    const stage = holding()
    stage.take({ ...command, ask: 'shutdown' }, place(2))
    expect(sent(stage)).toEqual([])
    expect(stage.refusals()).toHaveLength(1)
  })
})

/** A strategy whose state cannot be kept once `broken` is set: it fails at the next snapshot of its state. */
function failing(onFault: NonNullable<AnyStrategy['onFault']>) {
  const fate = { broken: false }
  const definition = strategy({
    onFault,
    onTimer: ({ state }) => {
      if (fate.broken) state.count = 'not a number'
    },
    needs: () => ({ timer: { seconds: 1 } }),
  })
  return { fate, definition }
}

describe('a strategy that fails', () => {
  /** Holds 10, with an entry and a stop at work, and then fails. */
  function failed(onFault: NonNullable<AnyStrategy['onFault']>): Stage {
    const { fate, definition } = failing(onFault)
    const stage = holding({ strategies: [definition] })
    stage.take(rest(2), protect(3))
    stage.hear(working('one/2'), working('one/3'))
    stage.calls.length = 0
    fate.broken = true
    failNow(stage)
    fate.broken = false
    return stage
  }

  test('is closed out where it declared so: first its orders, then the rest of its position', () => {
    const stage = failed('flatten')
    expect(sent(stage).toSorted()).toEqual(['cancel one/2', 'cancel one/3'])
    stage.calls.length = 0
    stage.hear(cancelled('one/2'))
    expect(sent(stage)).toEqual([])
    stage.hear(cancelled('one/3'))
    expect(sent(stage)).toEqual(['submit one/-1'])
    expect(stage.core.orders.get('one', -1)).toMatchObject({
      ...{ side: 'SELL', kind: 'MARKET', quantity: 10 },
    })
    stage.hear(filled('one/-1'))
    expect(held(stage)).toBe(0)
    expect(sent(stage)).toEqual(['submit one/-1'])
  })

  test('is closed out by what the stop left, where that filled before its cancel came', () => {
    const stage = failed('flatten')
    stage.hear(filled('one/3', { steps: 6, at: 1_950 }), cancelled('one/2'), cancelled('one/3'))
    expect(stage.core.orders.get('one', -1)).toMatchObject({ side: 'SELL', quantity: 4 })
  })

  test('is closed out although it is running again before the venue has answered', () => {
    const stage = failed('flatten')
    stage.pass(5)
    expect(stage.core.strategies.get('one')?.state).toBe('ACTIVE')
    stage.tick()
    stage.calls.length = 0
    stage.take(place(4))
    expect(codes(stage)).toEqual(['risk/strategy-inactive'])
    stage.hear(cancelled('one/2'), cancelled('one/3'))
    expect(sent(stage)).toEqual(['submit one/-1'])
    stage.hear(filled('one/-1'))
    stage.take(place(5))
    expect(sent(stage)).toEqual(['submit one/-1', 'submit one/5'])
  })

  test('is not closed out again and again where the venue refuses', () => {
    const stage = failed('flatten')
    stage.hear(cancelled('one/2'), cancelled('one/3'))
    stage.hear({ clientId: 'one/-1', time: NOON, status: 'rejected', reason: 'no' })
    expect(sent(stage).filter((call) => call.startsWith('submit'))).toEqual(['submit one/-1'])
    expect(stage.core.levels.flattening.size).toBe(0)
  })

  test('keeps its stop and loses its entries where it declared no more', () => {
    const stage = failed('cancel-entries')
    expect(sent(stage)).toEqual(['cancel one/2'])
    stage.hear(cancelled('one/2'))
    expect(sent(stage)).toEqual(['cancel one/2'])
    expect(held(stage)).toBe(10)
  })

  test('keeps everything where it declared to hold', () => {
    expect(sent(failed('hold'))).toEqual([])
  })

  test('is closed out at once where nothing is at work', () => {
    const { fate, definition } = failing('flatten')
    const stage = holding({ strategies: [definition] })
    fate.broken = true
    failNow(stage)
    expect(sent(stage)).toEqual(['submit one/-1'])
  })
})

/** Passes time up to the next snapshot of states, which the strategy does not survive. */
function failNow(stage: Stage): void {
  for (let second = 0; second < 6; second++) {
    if (stage.core.strategies.get('one')?.state !== 'ACTIVE') return
    stage.pass(1)
  }
  throw new Error('The strategy was to fail within six seconds')
}

describe('a new day', () => {
  test('sets the profit of today to zero and keeps the profit', () => {
    const stage = holding()
    stage.pass(1)
    stage.tick({ price: 2_100, quantity: 1 })
    // 100 ticks of 0.05 on 10 steps: 50.00, in 1e-4.
    expect<number>(profitToday(stage.core, 'one')).toBe(500_000)
    stage.writes.length = 0
    stage.clock.now = NOON + 12 * 3_600 * 1e6 - 1e6
    stage.pass(1)
    expect(stage.records()).toContainEqual(
      expect.objectContaining({ kind: 'day', date: '2026-11-17', profits: { one: 500_000 } }),
    )
    expect<number>(profitToday(stage.core, 'one')).toBe(0)
    stage.tick({ price: 2_110, quantity: 1 })
    expect<number>(profitToday(stage.core, 'one')).toBe(50_000)
  })

  test('begins once', () => {
    const stage = createStage()
    stage.pass(20)
    expect(stage.records().filter(({ kind }) => kind === 'day')).toHaveLength(1)
  })
})
