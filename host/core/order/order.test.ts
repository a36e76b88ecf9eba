import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { money, price, quantity } from '#sdk/money.ts'
import type { OrderPhase, OrderReport, OrderRow } from '#sdk/order.ts'

import {
  approved,
  approvedChange,
  instrumentAt,
  INSTRUMENTS,
  ordersFor,
  report,
  STAMP,
} from './order.fixture.ts'
import { isOpen, type Orders, type Outcome } from './order.ts'

const fill = (executionId: string, steps: number, ticks = 1_000): OrderReport =>
  report({
    status: 'fill',
    executionId,
    quantity: quantity(steps),
    price: price(ticks),
    charges: money(3),
  })

const working = report({ status: 'working', venueId: 'V1' })
const cancelled = report({ status: 'cancelled' })
const unknown = report({ status: 'unknown', reason: 'No answer in time' })

/** A room with order 1 of strategy "one" sent, and then told all of `reports`. */
function sent(...reports: readonly OrderReport[]): Orders {
  const orders = ordersFor()
  const answer = orders.submit(approved(), STAMP)
  if (!answer.ok) throw new Error(answer.refusal.text)
  for (const said of reports) orders.apply(said, 3_000)
  return orders
}

function rowOf(orders: Orders): OrderRow {
  const row = orders.get('one', 1)
  if (!row) throw new Error('Order 1 is gone')
  return row
}

const PATHS: Readonly<Record<OrderPhase, () => Orders>> = {
  SUBMITTING: () => sent(),
  UNKNOWN: () => sent(unknown),
  WORKING: () => sent(working),
  TRIGGERED: () => {
    const orders = ordersFor()
    orders.submit(approved({ kind: 'STOP_LIMIT', stop: 1_000 }), STAMP)
    orders.apply(report({ status: 'triggered' }), 3_000)
    return orders
  },
  FILLED: () => sent(fill('X0', 100)),
  CANCELLED: () => sent(cancelled),
  REJECTED: () => sent(report({ status: 'rejected', reason: 'No funds' })),
  EXPIRED: () => sent(report({ status: 'expired' })),
  NEVER_SENT: () => ended('NEVER_SENT'),
  ABSENT_PROVEN: () => ended('ABSENT_PROVEN'),
}

function ended(phase: 'NEVER_SENT' | 'ABSENT_PROVEN'): Orders {
  const orders = sent()
  orders.endUnsaid('one.1', { phase, reason: 'Socket was closed', now: 3_000 })
  return orders
}

const PHASES = Object.keys(PATHS) as OrderPhase[]
type Expected = OrderPhase | 'ignored' | 'illegal'

/** For each word of the venue, what becomes of an order in each phase. What is not listed is ignored as older. */
const TABLE: readonly (readonly [string, OrderReport, Partial<Record<OrderPhase, Expected>>])[] = [
  [
    'working',
    working,
    { SUBMITTING: 'WORKING', UNKNOWN: 'WORKING', NEVER_SENT: 'WORKING', ABSENT_PROVEN: 'WORKING' },
  ],
  [
    'cancelled',
    cancelled,
    {
      SUBMITTING: 'CANCELLED',
      UNKNOWN: 'CANCELLED',
      WORKING: 'CANCELLED',
      TRIGGERED: 'CANCELLED',
      NEVER_SENT: 'CANCELLED',
      ABSENT_PROVEN: 'CANCELLED',
      FILLED: 'illegal',
      REJECTED: 'illegal',
      EXPIRED: 'illegal',
    },
  ],
  [
    'rejected',
    report({ status: 'rejected', reason: 'No funds' }),
    {
      SUBMITTING: 'REJECTED',
      UNKNOWN: 'REJECTED',
      WORKING: 'REJECTED',
      TRIGGERED: 'REJECTED',
      NEVER_SENT: 'REJECTED',
      ABSENT_PROVEN: 'REJECTED',
      FILLED: 'illegal',
      CANCELLED: 'illegal',
      EXPIRED: 'illegal',
    },
  ],
  ['unknown', unknown, { SUBMITTING: 'UNKNOWN', WORKING: 'UNKNOWN', TRIGGERED: 'UNKNOWN' }],
  [
    'a fill of a part',
    fill('X9', 40),
    {
      SUBMITTING: 'WORKING',
      UNKNOWN: 'WORKING',
      WORKING: 'WORKING',
      TRIGGERED: 'TRIGGERED',
      FILLED: 'FILLED',
      CANCELLED: 'CANCELLED',
      REJECTED: 'REJECTED',
      EXPIRED: 'EXPIRED',
      NEVER_SENT: 'WORKING',
      ABSENT_PROVEN: 'WORKING',
    },
  ],
  ['a fill of all', fill('X9', 100), Object.fromEntries(PHASES.map((phase) => [phase, 'FILLED']))],
]

const CELLS = TABLE.flatMap(([name, said, row]) =>
  PHASES.map((phase) => [name, phase, row[phase] ?? 'ignored', said] as const),
)

describe('The life of an order', () => {
  test.each(CELLS)('%s, said of an order that is %s, gives %s', (_name, phase, expected, said) => {
    const orders = PATHS[phase]()
    expect(rowOf(orders).phase).toBe(phase)
    const outcome = orders.apply(said, 4_000)
    if (expected === 'ignored' || expected === 'illegal') {
      expect(outcome.kind).toBe(expected)
      expect(rowOf(orders).phase).toBe(phase)
    } else {
      expect(outcome).toMatchObject({ kind: 'applied', row: { phase: expected, updatedAt: 4_000 } })
    }
  })

  test('begins as a row to journal and an order to send', () => {
    const answer = ordersFor().submit(approved(), STAMP)
    expect(answer).toMatchObject({
      ok: true,
      value: {
        row: { clientId: 'one.1', phase: 'SUBMITTING', filled: 0, version: '1.0.0', decidedAt: 7 },
        send: { clientId: 'one.1', instrument: 'SIM:ACME', quantity: 100, limit: 1_000 },
      },
    })
    expect(answer.ok && 'stop' in answer.value.send).toBe(false)
  })

  test('gives each fill to the strategy and bundle that sent the order', () => {
    const outcome = sent(working).apply(fill('X1', 40, 1_001), 4_000)
    expect(outcome).toMatchObject({
      kind: 'applied',
      status: 'fill',
      row: { filled: 40, filledValue: 40 * 1_001 * 500, venueId: 'V1' },
      fill: {
        executionId: 'X1',
        strategy: 'one',
        digest: 'abc',
        side: 'BUY',
        quantity: 40,
        charges: 3,
        time: 2_000,
      },
    })
  })

  test('carries an id of the venue from its first acknowledgement on, ours where the venue has none', () => {
    const orders = sent(unknown)
    expect(rowOf(orders)).not.toHaveProperty('venueId')
    orders.apply(fill('X1', 40), 4_000)
    expect(rowOf(orders).venueId).toBe('one.1')
    orders.apply({ ...fill('X2', 40), venueId: 'V1' }, 4_000)
    expect(rowOf(orders).venueId).toBe('V1')
  })

  test('does not refuse a number for having been asked, only for having been used', () => {
    const orders = sent()
    expect(orders.checkRef('one', 1)).toMatchObject({ code: 'order/ref-reused' })
    expect(orders.submit(approved(), STAMP)).toMatchObject({
      refusal: { code: 'order/ref-reused' },
    })
    expect(orders.checkRef('two', 1)).toBeUndefined()
    // An exit may overtake an entry that was decided before it.
    orders.submit(approved({ ref: 9 }), STAMP)
    expect(orders.checkRef('one', 8)).toBeUndefined()
  })

  test('cannot be triggered without a stop', () => {
    expect(sent(working).apply(report({ status: 'triggered' }), 4_000).kind).toBe('illegal')
  })

  test('answers a report on an order that nobody sent', () => {
    expect(sent().apply(report({ status: 'working' }, 'two.1'), 4_000)).toEqual({
      kind: 'unknown-order',
      clientId: 'two.1',
    })
  })
})

describe('A fill', () => {
  test('that comes again moves nothing', () => {
    const orders = sent(working, fill('X1', 40))
    expect(orders.apply(fill('X1', 40), 4_000)).toMatchObject({
      kind: 'ignored',
      why: 'duplicate-fill',
    })
    expect(rowOf(orders).filled).toBe(quantity(40))
    expect(orders.counts.duplicates).toBe(1)
  })

  test('that comes again with other content is kept aside', () => {
    const orders = sent(working, fill('X1', 40))
    expect(orders.apply(fill('X1', 41), 4_000).kind).toBe('illegal')
    expect(orders.apply(fill('X1', 40, 999), 4_000).kind).toBe('illegal')
    expect(rowOf(orders).filled).toBe(quantity(40))
  })

  test('after the end is late, and counts all the same', () => {
    const orders = sent(working, cancelled)
    expect(orders.apply(fill('X1', 40), 4_000)).toMatchObject({
      status: 'late-fill',
      flags: ['late-fill'],
      fill: { quantity: 40 },
    })
    expect(orders.openOf('one', 0)).toEqual({ buys: 0, sells: 0, orders: 0 })
  })

  test('of an order that was proven absent brings it back to life', () => {
    const orders = ended('ABSENT_PROVEN')
    expect(orders.apply(fill('X1', 40), 4_000)).toMatchObject({
      flags: ['late-fill', 'resurrected'],
    })
    expect(orders.openOf('one', 0)).toEqual({ buys: 60, sells: 0, orders: 1 })
  })

  test('beyond the order is applied, and said', () => {
    expect(sent(working).apply(fill('X1', 101), 4_000)).toMatchObject({
      row: { phase: 'FILLED', filled: 101 },
      flags: ['overfilled'],
    })
  })

  test.each([0, -1, 1.5, Number.NaN, 2 ** 53])('of %p steps is no fill', (steps) => {
    const odd = { ...fill('X1', 1), quantity: steps } as OrderReport
    expect(sent(working).apply(odd, 4_000).kind).toBe('illegal')
  })
})

describe('A cancel', () => {
  const cancel = (orders: Orders) => orders.requestCancel({ strategy: 'one', ref: 1, now: 3_500 })

  test('is asked once, in any phase in which the venue may have the order', () => {
    for (const phase of ['SUBMITTING', 'UNKNOWN', 'WORKING', 'TRIGGERED'] as const) {
      const orders = PATHS[phase]()
      expect(cancel(orders)).toMatchObject({
        ok: true,
        value: { clientId: 'one.1', row: { phase, pending: 'cancel' } },
      })
      expect(cancel(orders)).toMatchObject({ refusal: { code: 'order/pending' } })
    }
  })

  test('of an order that is over or was never there is refused', () => {
    expect(cancel(PATHS.FILLED())).toMatchObject({ refusal: { code: 'order/not-open' } })
    expect(cancel(ordersFor())).toMatchObject({ refusal: { code: 'order/unknown-ref' } })
  })

  test('does not hide a fill, and keeps the exposure until it is answered', () => {
    const orders = sent(working)
    cancel(orders)
    expect(orders.apply(fill('X1', 40), 4_000)).toMatchObject({
      row: { filled: 40, pending: 'cancel' },
    })
    expect(orders.openOf('one', 0).buys).toBe(60)
    expect(orders.apply(cancelled, 4_000)).toMatchObject({ row: { phase: 'CANCELLED' } })
    expect(rowOf(orders).pending).toBeUndefined()
    expect(orders.openOf('one', 0).buys).toBe(0)
  })

  test('refused as too late leaves the order and asks the venue', () => {
    const orders = sent(working)
    cancel(orders)
    const outcome = orders.apply(report({ status: 'cancel-refused', reason: 'Too late' }), 4_000)
    expect(outcome).toMatchObject({ row: { phase: 'WORKING' }, flags: ['ask-venue'] })
    expect(rowOf(orders).pending).toBeUndefined()
  })

  test('refused that nobody asked for changes nothing', () => {
    const orders = sent(working)
    expect(
      orders.apply(report({ status: 'cancel-refused', reason: 'Unknown order' }), 4_000).kind,
    ).toBe('ignored')
    expect(rowOf(orders).phase).toBe('WORKING')
  })

  test('refused because the venue does not know the order makes it unknown, not cancelled', () => {
    const orders = sent(working)
    cancel(orders)
    orders.apply(report({ status: 'cancel-refused', reason: 'Unknown order' }), 4_000)
    expect(rowOf(orders).phase).toBe('UNKNOWN')
    expect(orders.openOf('one', 0).buys).toBe(100)
  })
})

describe('New terms', () => {
  const more = (orders: Orders, steps = 150) =>
    orders.requestModify(approvedChange({ quantity: steps }))
  const replaced = (steps: number) =>
    report({ status: 'replaced', quantity: quantity(steps), limit: price(1_001) })

  test('count with the larger of old and new until they are answered', () => {
    const orders = sent(working)
    expect(more(orders)).toMatchObject({
      ok: true,
      value: { row: { quantity: 100, pending: 'replace' }, terms: { quantity: 150, limit: 1_000 } },
    })
    expect(orders.openOf('one', 0).buys).toBe(150)
    orders.apply(report({ status: 'replace-refused', reason: 'Price out of band' }), 4_000)
    expect(orders.openOf('one', 0).buys).toBe(100)
    expect(rowOf(orders)).not.toHaveProperty('pending')
  })

  test('of fewer steps free nothing before they are answered', () => {
    const orders = sent(working)
    more(orders, 30)
    expect(orders.openOf('one', 0).buys).toBe(100)
    expect(orders.apply(replaced(30), 4_000)).toMatchObject({
      status: 'replaced',
      row: { quantity: 30, limit: 1_001 },
      flags: [],
    })
    expect(orders.openOf('one', 0).buys).toBe(30)
  })

  test('wait for each other, and for the first answer to the order', () => {
    const orders = sent()
    expect(more(orders)).toMatchObject({ refusal: { code: 'order/pending' } })
    orders.apply(working, 3_000)
    expect(more(orders).ok).toBe(true)
    expect(more(orders)).toMatchObject({ refusal: { code: 'order/pending' } })
  })

  test('that change nothing, or were checked against other terms, are refused', () => {
    expect(more(sent(working), 100)).toMatchObject({ refusal: { code: 'order/nothing-to-do' } })
    expect(more(sent(working, fill('X1', 40)))).toMatchObject({
      refusal: { code: 'order/invalid' },
    })
  })

  test('give way to a cancel, and stay counted until the venue has answered them', () => {
    const orders = sent(working)
    more(orders)
    expect(orders.requestCancel({ strategy: 'one', ref: 1, now: 3_500 }).ok).toBe(true)
    expect(orders.openOf('one', 0).buys).toBe(150)
    orders.apply(report({ status: 'cancel-refused', reason: 'Busy' }), 4_000)
    expect(rowOf(orders).pending).toBe('replace')
    orders.apply(replaced(150), 4_000)
    expect(rowOf(orders)).toMatchObject({ quantity: 150 })
    expect(rowOf(orders).pending).toBeUndefined()
  })

  test('answered after the old ones were filled let the order live on', () => {
    const orders = sent(working)
    orders.requestModify(approvedChange({ quantity: 150, limit: 999 }))
    orders.apply(fill('X1', 100), 4_000)
    expect(rowOf(orders).phase).toBe('FILLED')
    // An answer without prices means the ones that were asked.
    const answer = report({ status: 'replaced', quantity: quantity(150) })
    expect(orders.apply(answer, 4_000)).toMatchObject({
      row: { phase: 'WORKING', limit: 999 },
      flags: ['resurrected'],
    })
    expect(orders.openOf('one', 0).buys).toBe(50)
  })

  test('below what is filled end the order at what is filled', () => {
    const orders = sent(working, fill('X1', 40))
    expect(orders.apply(replaced(30), 4_000)).toMatchObject({
      row: { phase: 'FILLED', quantity: 40 },
    })
  })

  test('that nobody asked for are taken as the truth, and said once', () => {
    const orders = sent(working)
    expect(orders.apply(replaced(80), 4_000)).toMatchObject({
      row: { quantity: 80 },
      flags: ['restated'],
    })
    expect(orders.apply(replaced(80), 4_000).kind).toBe('ignored')
  })
})

describe('A restart', () => {
  test('makes an order that was being sent unknown, and keeps its exposure', () => {
    const rows = sent().open()
    const orders = ordersFor()
    const { changed } = orders.restore({ rows, fills: [], lastRefs: {}, now: 9_000 })
    expect(changed).toMatchObject([{ clientId: 'one.1', phase: 'UNKNOWN', updatedAt: 9_000 }])
    expect(orders.openOf('one', 0)).toEqual({ buys: 100, sells: 0, orders: 1 })
  })

  test('still knows fills and numbers from before', () => {
    const before = sent(working, fill('X1', 40))
    const orders = ordersFor()
    const fills = [
      { executionId: 'X1', clientId: 'one.1', quantity: quantity(40), price: price(1_000) },
    ]
    orders.restore({
      rows: before.open(),
      fills,
      lastRefs: { one: { highest: 12, lowest: -3 } },
      now: 9_000,
    })
    expect(orders.apply(fill('X1', 40), 9_000)).toMatchObject({ why: 'duplicate-fill' })
    expect(orders.knownExecutions.has('X1', 'one.1')).toBe(true)
    expect(orders.checkRef('one', 12)).toBeDefined()
    expect(orders.checkRef('one', 13)).toBeUndefined()
    expect(orders.checkRef('one', -3)).toBeDefined()
    expect(orders.checkRef('one', -4)).toBeUndefined()
    expect(orders.lastRefs('one')).toEqual({ highest: 12, lowest: -3 })
  })

  test('forgets a replace that was not answered, and remembers a cancel', () => {
    const replacing = sent(working)
    replacing.requestModify(approvedChange({ quantity: 150 }))
    const cancelling = sent(working)
    cancelling.requestCancel({ strategy: 'one', ref: 1, now: 3_500 })
    for (const [before, pending] of [
      [replacing, undefined],
      [cancelling, 'cancel'],
    ] as const) {
      const orders = ordersFor()
      orders.restore({ rows: before.open(), fills: [], lastRefs: {}, now: 9_000 })
      expect(rowOf(orders).pending).toBe(pending)
    }
  })

  test('stops where fills of an open order are missing, and leaves out an ended order without them', () => {
    const open = sent(working, fill('X1', 40)).open()
    expect(() => ordersFor().restore({ rows: open, fills: [], lastRefs: {}, now: 9_000 })).toThrow(
      'not all there',
    )
    const over = sent(fill('X1', 100)).recent(1)
    const { unplaced } = ordersFor().restore({ rows: over, fills: [], lastRefs: {}, now: 9_000 })
    expect(unplaced).toEqual(over)
  })

  test('gives back orders in instruments that are gone', () => {
    const rows = sent(working)
      .open()
      .map((row) => ({ ...row, instrument: 'SIM:GONE' }))
    expect(ordersFor().restore({ rows, fills: [], lastRefs: {}, now: 9_000 }).unplaced).toEqual(
      rows,
    )
  })
})

describe('Memory', () => {
  test('keeps the last ended orders, all open ones, and no number is ever free again', () => {
    const orders = ordersFor({ endedMax: 10 })
    for (let ref = 1; ref <= 100; ref++) {
      orders.submit(approved({ ref }), STAMP)
      if (ref > 5) orders.apply(report({ status: 'cancelled' }, `one.${ref}`), 3_000)
    }
    expect(orders.open().map(({ ref }) => ref)).toEqual([1, 2, 3, 4, 5])
    expect(orders.recent(1_000).map(({ ref }) => ref)).toEqual([
      100, 99, 98, 97, 96, 95, 94, 93, 92, 91, 5, 4, 3, 2, 1,
    ])
    expect(orders.recent(2, { open: true }).map(({ ref }) => ref)).toEqual([5, 4])
    expect(orders.checkRef('one', 50)).toBeDefined()
    expect(orders.byClientId('one.50')).toBeUndefined()
  })

  test('takes in an order of somebody else once, under the name of nobody', () => {
    const orders = ordersFor()
    const foreign = {
      clientId: 'manual',
      venueId: 'V7',
      instrument: 'SIM:BOLT',
      side: 'SELL',
      kind: 'LIMIT',
      quantity: quantity(5),
      filled: quantity(0),
      limit: price(900),
      status: 'working',
    } as const
    expect(orders.adopt(foreign, 1)).toMatchObject({
      strategy: 'unattributed',
      ref: -1,
      limit: 900,
    })
    expect(orders.adopt(foreign, 2)).toMatchObject({ ref: -1, createdAt: 1 })
    expect(orders.adopt({ ...foreign, clientId: 'other' }, 2)).toMatchObject({ ref: -2 })
    expect(orders.openOfAccount(1)).toEqual({ buys: 0, sells: 10, orders: 2 })
    expect(orders.adopt({ ...foreign, clientId: 'x', instrument: 'SIM:GONE' }, 2)).toBeUndefined()
  })
})

describe('Entries', () => {
  test('are what the position cannot close: stops are kept first, then the oldest', () => {
    const orders = ordersFor()
    const asked = [
      { ref: 1, side: 'BUY' },
      { ref: 2, side: 'SELL', quantity: 60 },
      { ref: 3, side: 'SELL', quantity: 60, kind: 'STOP', limit: undefined, stop: 900 },
      { ref: 4, side: 'SELL', quantity: 40 },
      { ref: 5, side: 'SELL', instrument: instrumentAt(1) },
    ] as const
    for (const ask of asked) orders.submit(approved(ask), STAMP)
    const entries = orders.entriesWorking((_strategy, instrument) =>
      instrument === 'SIM:ACME' ? 100 : 0,
    )
    expect(entries.map(({ ref }) => ref).sort()).toEqual([1, 2, 5])
  })
})

type Step =
  | {
      readonly do: 'submit'
      readonly strategy: string
      readonly instrument: number
      readonly side: 'BUY' | 'SELL'
      readonly steps: number
    }
  | { readonly do: 'cancel' | 'modify'; readonly order: number; readonly steps: number }
  | {
      readonly do: 'report'
      readonly order: number
      readonly status: OrderReport['status']
      readonly steps: number
      readonly execution: number
    }

const steps = fc.integer({ min: 1, max: 50 })
const order = fc.nat({ max: 12 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('submit' as const),
    strategy: fc.constantFrom('one', 'two'),
    instrument: fc.nat({ max: 2 }),
    side: fc.constantFrom('BUY' as const, 'SELL' as const),
    steps,
  }),
  fc.record({ do: fc.constantFrom('cancel' as const, 'modify' as const), order, steps }),
  fc.record({
    do: fc.constant('report' as const),
    order,
    status: fc.constantFrom<OrderReport['status'][]>(
      'working',
      'fill',
      'fill',
      'fill',
      'cancelled',
      'expired',
      'rejected',
      'replaced',
      'cancel-refused',
      'replace-refused',
      'unknown',
    ),
    steps,
    execution: fc.nat({ max: 20 }),
  }),
)

/** Runs the steps on a fresh room; gives the room and every outcome. */
function run(asked: readonly Step[]): {
  readonly orders: Orders
  readonly outcomes: readonly Outcome[]
} {
  const orders = ordersFor()
  const outcomes: Outcome[] = []
  const sentRows: OrderRow[] = []
  for (const one of asked) {
    if (one.do === 'submit') {
      const ask = {
        strategy: one.strategy,
        ref: sentRows.length,
        side: one.side,
        quantity: one.steps,
      }
      const answer = orders.submit(
        approved({ ...ask, instrument: instrumentAt(one.instrument) }),
        STAMP,
      )
      if (answer.ok) sentRows.push(answer.value.row)
      continue
    }
    const first = sentRows[one.order]
    const row = first && orders.get(first.strategy, first.ref)
    if (!row) continue
    if (one.do === 'cancel') orders.requestCancel({ strategy: row.strategy, ref: row.ref, now: 1 })
    if (one.do === 'modify' && one.steps > row.filled) {
      const { strategy, side, ref: target, quantity: before, filled, limit } = row
      const instrument = INSTRUMENTS.find(({ id }) => id === row.instrument) ?? instrumentAt(0)
      const replaces = { quantity: before, filled, limit }
      orders.requestModify(
        approvedChange({ strategy, side, target, instrument, quantity: one.steps, replaces }),
      )
    }
    if (one.do === 'report') outcomes.push(orders.apply(reportOf(one, row), 2))
  }
  return { orders, outcomes }
}

function reportOf(
  { status, steps, execution }: Extract<Step, { do: 'report' }>,
  { clientId }: OrderRow,
): OrderReport {
  return {
    clientId,
    time: 1,
    status,
    reason: 'Unknown order',
    executionId: `X${execution}`,
    quantity: quantity(steps),
    price: price(1_000),
    charges: money(1),
  } as OrderReport
}

describe('The sums of what is open', () => {
  test('are always at least what the open rows have still to fill', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (asked) => {
        const { orders } = run(asked)
        for (const { index, id } of INSTRUMENTS) {
          const rows = orders.open({ instrument: id })
          expect(orders.openOfAccount(index).orders).toBe(rows.length)
          for (const strategy of ['one', 'two']) {
            const own = rows.filter((row) => row.strategy === strategy)
            const leaves = (side: string, extra: (row: OrderRow) => boolean) =>
              own
                .filter((row) => row.side === side && extra(row))
                .reduce((sum, row) => sum + Math.max(0, row.quantity - row.filled), 0)
            const open = orders.openOf(strategy, index)
            expect(open.orders).toBe(own.length)
            expect(open.buys).toBeGreaterThanOrEqual(leaves('BUY', () => true))
            expect(open.sells).toBeGreaterThanOrEqual(leaves('SELL', () => true))
            if (own.every((row) => row.pending === undefined)) {
              expect(open.buys).toBe(leaves('BUY', () => true))
              expect(open.sells).toBe(leaves('SELL', () => true))
            }
          }
        }
      }),
    )
  })

  test('are those of the account together', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (asked) => {
        const { orders } = run(asked)
        for (const { index } of INSTRUMENTS) {
          const [one, two] = [orders.openOf('one', index), orders.openOf('two', index)]
          expect(orders.openOfAccount(index)).toEqual({
            buys: one.buys + two.buys,
            sells: one.sells + two.sells,
            orders: one.orders + two.orders,
          })
        }
      }),
    )
  })
})

describe('Whatever the venue says', () => {
  test('what is filled is the sum of the fills that were given out, each execution once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (asked) => {
        const { orders, outcomes } = run(asked)
        const fills = outcomes.flatMap((outcome) =>
          outcome.kind === 'applied' && outcome.fill ? [outcome.fill] : [],
        )
        expect(
          new Set(fills.map(({ clientId, executionId }) => `${clientId} ${executionId}`)).size,
        ).toBe(fills.length)
        for (const row of orders.recent(1_000)) {
          const own = fills.filter(({ clientId }) => clientId === row.clientId)
          expect(row.filled as number).toBe(
            own.reduce((sum, { quantity: filled }) => sum + filled, 0),
          )
        }
      }),
    )
  })

  test('an order that is filled is never open, and no operation waits on one that is over', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (asked) => {
        for (const row of run(asked).orders.recent(1_000)) {
          if (row.filled >= row.quantity) expect(row.phase).toBe('FILLED')
          if (!isOpen(row.phase)) expect(row.pending).toBeUndefined()
        }
      }),
    )
  })
})
