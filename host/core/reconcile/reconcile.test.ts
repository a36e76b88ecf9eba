import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { money, price, quantity } from '#sdk/money.ts'
import type { BrokerExecution, BrokerOrder, BrokerSnapshot, OrderReport } from '#sdk/order.ts'
import { UNATTRIBUTED } from '#sdk/position.ts'

import {
  approved,
  approvedChange,
  instrumentAt,
  INSTRUMENTS,
  ordersFor,
  report,
  STAMP,
} from '../order/order.fixture.ts'
import type { Orders } from '../order/order.ts'
import { createPositions, type Positions } from '../position/position.ts'
import { reconcile, type ReconcileAsk, type Reconciliation } from './reconcile.ts'

/** Orders and positions, moved together as the walk moves them. */
interface Desk {
  readonly orders: Orders
  readonly positions: Positions
}

function desk(...reports: readonly OrderReport[]): Desk {
  const made = { orders: ordersFor(), positions: createPositions({ instruments: INSTRUMENTS }) }
  made.orders.submit(approved(), STAMP)
  for (const said of reports) hear(made, said)
  return made
}

function hear({ orders, positions }: Desk, said: OrderReport): void {
  const outcome = orders.apply(said, 3_000)
  if (outcome.kind === 'applied' && outcome.fill) positions.apply(outcome.fill)
}

function ask({ orders, positions }: Desk, snapshot: BrokerSnapshot): ReconcileAsk {
  const { knownExecutions, knownOrders } = orders
  return { snapshot, openRows: orders.open(), knownExecutions, knownOrders, net: positions.net() }
}

/** Does what a reconciliation says, as the pipeline does. */
function act(on: Desk, answer: Reconciliation): void {
  for (const order of answer.foreign) on.orders.adopt(order, 4_000)
  for (const said of answer.reports) hear(on, said)
  for (const id of answer.absent)
    on.orders.endUnsaid(id, { phase: 'ABSENT_PROVEN', reason: 'Not there', now: 4_000 })
  for (const { instrument, quantity: steps } of answer.corrections) {
    on.positions.correct(instrument, { quantity: steps, mark: 1_000, now: 4_000 })
  }
}

const order = (changes: Partial<BrokerOrder> = {}): BrokerOrder => ({
  clientId: 'one.1',
  venueId: 'V1',
  instrument: 'SIM:ACME',
  side: 'BUY',
  kind: 'LIMIT',
  quantity: quantity(100),
  filled: quantity(0),
  limit: price(1_000),
  status: 'working',
  ...changes,
})

const execution = (changes: Partial<BrokerExecution> = {}): BrokerExecution => ({
  executionId: 'X1',
  clientId: 'one.1',
  instrument: 'SIM:ACME',
  side: 'BUY',
  quantity: quantity(40),
  price: price(1_000),
  charges: money(3),
  time: 2_500,
  ...changes,
})

const snapshotOf = (told: Partial<BrokerSnapshot> = {}): BrokerSnapshot => ({
  time: 5_000,
  orders: [],
  executions: [],
  positions: [],
  ...told,
})

const held = (steps: number, instrument = 'SIM:ACME') => [{ instrument, quantity: quantity(steps) }]
const working = report({ status: 'working', venueId: 'V1' })
const unknown = report({ status: 'unknown', reason: 'No answer in time' })
const fill = report({
  status: 'fill',
  executionId: 'X1',
  quantity: quantity(40),
  price: price(1_000),
  charges: money(3),
})

const AGREES: Reconciliation = {
  foreign: [],
  reports: [],
  absent: [],
  cancels: [],
  alive: [],
  corrections: [],
  gate: 'OPEN',
  reasons: [],
}

describe('Our orders against the broker', () => {
  test('O1: nothing follows where both agree', () => {
    const snapshot = snapshotOf({
      orders: [order({ filled: quantity(40) })],
      executions: [execution()],
      positions: held(40),
    })
    expect(reconcile(ask(desk(working, fill), snapshot))).toEqual(AGREES)
  })

  test('O2: an order without an answer that the broker has is working', () => {
    for (const before of [desk(), desk(unknown)]) {
      const answer = reconcile(ask(before, snapshotOf({ orders: [order()] })))
      expect(answer).toMatchObject({
        gate: 'OPEN',
        reports: [{ status: 'working', venueId: 'V1', clientId: 'one.1' }],
      })
    }
  })

  test('O3: an order that was filled while we were away is given its fills, first of all', () => {
    const on = desk(unknown)
    const snapshot = snapshotOf({
      orders: [order({ filled: quantity(100), status: 'filled' })],
      executions: [
        execution({ executionId: 'X2', quantity: quantity(60), time: 2_400 }),
        execution(),
      ],
      positions: held(100),
    })
    const answer = reconcile(ask(on, snapshot))
    expect(answer.reports.map((said) => said.status === 'fill' && said.executionId)).toEqual([
      'X2',
      'X1',
    ])
    expect(answer).toMatchObject({ gate: 'OPEN', corrections: [] })
    act(on, answer)
    expect(on.orders.get('one', 1)).toMatchObject({ phase: 'FILLED', filled: 100 })
    expect(on.positions.quantity('one', 0)).toBe(100)
  })

  test('O4, O7: an order that is over at the broker is over for us, after its fills', () => {
    for (const status of ['cancelled', 'expired', 'rejected'] as const) {
      for (const before of [desk(unknown), desk(working)]) {
        const snapshot = snapshotOf({
          orders: [order({ status, filled: quantity(40) })],
          executions: [execution()],
          positions: held(40),
        })
        const answer = reconcile(ask(before, snapshot))
        expect(answer.reports.map((said) => said.status)).toEqual(['fill', status])
        expect(answer.gate).toBe('OPEN')
      }
    }
  })

  test('O5: an order that the venue never acknowledged and does not have is proven absent', () => {
    const on = desk(unknown)
    const answer = reconcile(ask(on, snapshotOf()))
    expect(answer).toEqual({ ...AGREES, absent: ['one.1'] })
    act(on, answer)
    expect(on.orders.get('one', 1)).toMatchObject({ phase: 'ABSENT_PROVEN' })
  })

  test('O5: an order that may still be on its way is not absent', () => {
    expect(reconcile(ask(desk(), snapshotOf()))).toEqual(AGREES)
  })

  test('O5: an order that the venue acknowledged once is never absent', () => {
    const answer = reconcile(ask(desk(working, unknown), snapshotOf()))
    expect(answer).toMatchObject({ absent: [], reports: [], gate: 'REDUCE' })
  })

  test('O5: an order of which the broker has a trade is never absent', () => {
    const answer = reconcile(
      ask(desk(unknown), snapshotOf({ executions: [execution()], positions: held(40) })),
    )
    expect(answer).toMatchObject({ absent: [], gate: 'REDUCE', reports: [{ status: 'fill' }] })
  })

  test('O6: a working order that the broker does not have becomes unknown, not rejected', () => {
    const answer = reconcile(ask(desk(working), snapshotOf()))
    expect(answer).toMatchObject({ gate: 'REDUCE', absent: [], reports: [{ status: 'unknown' }] })
  })

  test('a day order of an earlier day that the broker does not have is expired', () => {
    const asked = { ...ask(desk(working), snapshotOf()), dayStartedAt: 1_001 }
    expect(reconcile(asked)).toMatchObject({ gate: 'OPEN', reports: [{ status: 'expired' }] })
    expect(reconcile({ ...asked, dayStartedAt: 1_000 })).toMatchObject({
      reports: [{ status: 'unknown' }],
    })
  })

  test('O8, O9: fills that differ and that no trade explains let only reductions out', () => {
    const more = snapshotOf({ orders: [order({ filled: quantity(1) })] })
    expect(reconcile(ask(desk(working), more))).toMatchObject({ gate: 'REDUCE', reports: [] })
    const fewer = snapshotOf({ orders: [order({ filled: quantity(39) })], positions: held(40) })
    expect(reconcile(ask(desk(working, fill), fewer))).toMatchObject({
      gate: 'REDUCE',
      reports: [],
    })
  })

  test('O10: the terms of the broker stand', () => {
    const less = snapshotOf({ orders: [order({ quantity: quantity(80), limit: price(990) })] })
    expect(reconcile(ask(desk(working), less)).reports).toMatchObject([
      { status: 'replaced', quantity: 80, limit: 990 },
    ])
  })

  test('O11: an order that was over for us and still works is said', () => {
    const over = desk(working, report({ status: 'cancelled' }))
    const answer = reconcile(ask(over, snapshotOf({ orders: [order()] })))
    expect(answer).toMatchObject({ gate: 'REDUCE', alive: [{ clientId: 'one.1' }], foreign: [] })
  })

  test('O13: an order of somebody else is taken in with its trades, and not cancelled', () => {
    const on = desk(working)
    const foreign = order({ clientId: 'manual', filled: quantity(40) })
    const snapshot = snapshotOf({
      orders: [order(), foreign],
      executions: [execution({ clientId: 'manual' })],
      positions: held(40),
    })
    const answer = reconcile(ask(on, snapshot))
    expect(answer).toMatchObject({ foreign: [foreign], cancels: [], corrections: [], gate: 'OPEN' })
    act(on, answer)
    expect(on.positions.quantity(UNATTRIBUTED, 0)).toBe(40)
    expect(on.orders.openOfAccount(0).buys).toBe(160)
    expect(reconcile(ask(on, snapshot))).toEqual(AGREES)
  })

  test('O16: an id that the broker has twice closes the gate, and nothing is acted on', () => {
    const twice = snapshotOf({ orders: [order(), order({ venueId: 'V2' })], positions: held(7) })
    expect(reconcile(ask(desk(unknown), twice))).toMatchObject({
      ...AGREES,
      gate: 'CLOSED',
      reasons: [expect.any(String)],
    })
  })

  test('O17: a cancel that left no trace is sent again', () => {
    const on = desk(working)
    on.orders.requestCancel({ strategy: 'one', ref: 1, now: 1 })
    expect(reconcile(ask(on, snapshotOf({ orders: [order()] })))).toEqual({
      ...AGREES,
      cancels: ['one.1'],
    })
  })

  test('O18: new terms that the broker does not have were refused', () => {
    const on = desk(working)
    on.orders.requestModify(approvedChange({ quantity: 150 }))
    expect(reconcile(ask(on, snapshotOf({ orders: [order()] }))).reports).toMatchObject([
      { status: 'replace-refused' },
    ])
    const { limit: _unsaid, ...priceless } = order()
    expect(reconcile(ask(on, snapshotOf({ orders: [priceless] }))).reports).toEqual([])
  })

  test('a fill that is missing on an order that is over is late, and found', () => {
    const on = desk(working, report({ status: 'cancelled' }))
    const snapshot = snapshotOf({
      orders: [order({ status: 'cancelled', filled: quantity(40) })],
      executions: [execution()],
      positions: held(40),
    })
    const answer = reconcile(ask(on, snapshot))
    expect(answer).toMatchObject({ gate: 'OPEN', reports: [{ status: 'fill' }], corrections: [] })
  })
})

describe('Our positions against the broker', () => {
  const differences: readonly (readonly [string, number, number])[] = [
    ['P2: more than ours', 50, 10],
    ['P3: fewer than ours', 30, -10],
    ['P4: none of ours', 0, -40],
    ['P6: on the other side', -40, -80],
  ]
  test.each(differences.map((one) => [...one] as const))(
    '%s goes to nobody, and only reductions leave',
    (_name, theirs, rest) => {
      const snapshot = snapshotOf({
        orders: [order({ filled: quantity(40) })],
        executions: [execution()],
        positions: theirs === 0 ? [] : held(theirs),
      })
      const on = desk(working, fill)
      const answer = reconcile(ask(on, snapshot))
      expect(answer).toMatchObject({
        gate: 'REDUCE',
        reports: [],
        corrections: [{ instrument: 'SIM:ACME', quantity: rest }],
      })
      act(on, answer)
      expect(on.positions.accountQuantity(0)).toBe(theirs)
      expect(on.positions.quantity('one', 0)).toBe(40)
    },
  )

  test('are not corrected by what a missed fill explains', () => {
    const snapshot = snapshotOf({
      orders: [order({ filled: quantity(40) })],
      executions: [execution()],
      positions: held(41),
    })
    expect(reconcile(ask(desk(working), snapshot)).corrections).toEqual([
      { instrument: 'SIM:ACME', quantity: quantity(1) },
    ])
  })

  test('are not judged by trades of orders that we know nothing of', () => {
    const stranger = execution({ clientId: 'long-ago', executionId: 'X7' })
    const snapshot = snapshotOf({ orders: [order()], executions: [stranger] })
    expect(reconcile(ask(desk(working), snapshot))).toEqual(AGREES)
  })
})

describe('A snapshot that we moved on from', () => {
  test('is taken for its facts only: nothing is concluded from what is not in it', () => {
    const on = desk(working, fill)
    const answer = reconcile({ ...ask(on, snapshotOf()), settled: false })
    expect(answer).toEqual({ ...AGREES, gate: 'UNCHANGED' })
    const found = snapshotOf({
      orders: [order({ filled: quantity(60) })],
      executions: [execution({ executionId: 'X2' })],
    })
    expect(reconcile({ ...ask(on, found), settled: false }).reports).toMatchObject([
      { status: 'fill', executionId: 'X2' },
    ])
  })
})

/** What became of one order: how much was traded in two parts, how it ended, and how much of it reached us. */
interface Tale {
  readonly foreign: boolean
  readonly instrument: number
  readonly side: 'BUY' | 'SELL'
  readonly traded: readonly number[]
  readonly end: 'open' | 'cancelled' | 'expired' | 'rejected' | 'lost'
  readonly heard: number
  readonly heardEnd: boolean
  readonly acknowledged: boolean
  readonly cancelling: boolean
}

const tale: fc.Arbitrary<Tale> = fc.record({
  foreign: fc.boolean(),
  instrument: fc.nat({ max: 2 }),
  side: fc.constantFrom('BUY' as const, 'SELL' as const),
  traded: fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 2 }),
  end: fc.constantFrom(
    'open' as const,
    'cancelled' as const,
    'expired' as const,
    'rejected' as const,
    'lost' as const,
  ),
  heard: fc.nat({ max: 2 }),
  heardEnd: fc.boolean(),
  acknowledged: fc.boolean(),
  cancelling: fc.boolean(),
})

/** Plays the tales on both sides: the broker knows all of them, we what we heard. */
function play(
  tales: readonly Tale[],
  hearAll: boolean,
): { readonly on: Desk; readonly snapshot: BrokerSnapshot } {
  const on: Desk = { orders: ordersFor(), positions: createPositions({ instruments: INSTRUMENTS }) }
  const orders: BrokerOrder[] = []
  const executions: BrokerExecution[] = []
  const net = new Map<string, number>()
  for (const [ref, one] of tales.entries()) {
    const clientId = `${one.foreign ? 'manual' : 'one'}.${ref}`
    const instrument = instrumentAt(one.instrument)
    if (!one.foreign) on.orders.submit(approved({ ref, side: one.side, instrument }), STAMP)
    const lost = one.end === 'lost' && !hearAll
    const filled = lost ? 0 : one.traded.reduce((sum, steps) => sum + steps, 0)
    const own = (lost ? [] : one.traded).map((steps, part) =>
      execution({
        executionId: `${ref}.${part}`,
        clientId,
        instrument: instrument.id,
        side: one.side,
        quantity: quantity(steps),
        time: ref * 10 + part,
      }),
    )
    const status =
      filled === 100 ? 'filled' : one.end === 'open' || one.end === 'lost' ? 'working' : one.end
    if (!lost)
      orders.push(
        order({
          clientId,
          instrument: instrument.id,
          side: one.side,
          filled: quantity(filled),
          status,
        }),
      )
    executions.push(...own)
    net.set(instrument.id, (net.get(instrument.id) ?? 0) + (one.side === 'BUY' ? filled : -filled))
    if (one.foreign) continue
    hearTale(on, {
      one,
      clientId,
      ref,
      own: hearAll ? own : own.slice(0, one.heard),
      status,
      hearAll,
    })
  }
  const positions = [...net].flatMap(([instrument, steps]) =>
    steps === 0 ? [] : held(steps, instrument),
  )
  return { on, snapshot: snapshotOf({ orders, executions, positions }) }
}

interface Heard {
  readonly one: Tale
  readonly clientId: string
  readonly ref: number
  readonly own: readonly BrokerExecution[]
  readonly status: BrokerOrder['status']
  readonly hearAll: boolean
}

function hearTale(on: Desk, { one, clientId, ref, own, status, hearAll }: Heard): void {
  if (hearAll || one.acknowledged) hear(on, report({ status: 'working', venueId: 'V1' }, clientId))
  else hear(on, report({ status: 'unknown', reason: 'No answer in time' }, clientId))
  for (const trade of own) hear(on, { ...trade, status: 'fill' })
  const over = status === 'cancelled' || status === 'expired' || status === 'rejected'
  if (over && (hearAll || one.heardEnd)) hear(on, report({ status, reason: 'So it is' }, clientId))
  if (one.cancelling && !hearAll) on.orders.requestCancel({ strategy: 'one', ref, now: 1 })
}

const tales = fc.array(tale, { maxLength: 12 })
const drift = fc.array(fc.tuple(fc.nat({ max: 2 }), fc.integer({ min: -50, max: 50 })), {
  maxLength: 3,
})

/** The snapshot with steps in it that nothing explains. */
function drifted(
  snapshot: BrokerSnapshot,
  moves: readonly (readonly [number, number])[],
): BrokerSnapshot {
  const net = new Map(
    snapshot.positions.map(({ instrument, quantity: steps }) => [instrument, steps as number]),
  )
  for (const [index, steps] of moves) {
    const { id } = instrumentAt(index)
    net.set(id, (net.get(id) ?? 0) + steps)
  }
  return {
    ...snapshot,
    positions: [...net].map(([instrument, steps]) => ({ instrument, quantity: quantity(steps) })),
  }
}

/** What an answer would write or take in. */
const written = ({ foreign, reports, absent, corrections }: Reconciliation) => ({
  foreign,
  reports,
  absent,
  corrections,
})
const NOTHING = written(AGREES)

describe('Reconciliation', () => {
  test('R1: done once, it has nothing left to do, and the books are the broker', () => {
    fc.assert(
      fc.property(tales, drift, (told, moves) => {
        const { on, snapshot: clean } = play(told, false)
        const snapshot = drifted(clean, moves)
        act(on, reconcile(ask(on, snapshot)))
        expect(written(reconcile(ask(on, snapshot)))).toEqual(NOTHING)
        for (const { index, id } of INSTRUMENTS) {
          const theirs =
            snapshot.positions.find(({ instrument }) => instrument === id)?.quantity ?? 0
          expect(on.positions.accountQuantity(index)).toBe(theirs)
        }
      }),
    )
  })

  test('R2: where the books agree, nothing follows at all', () => {
    fc.assert(
      fc.property(tales, (told) => {
        const { on, snapshot } = play(
          told.map((one) => ({ ...one, foreign: false })),
          true,
        )
        expect(reconcile(ask(on, snapshot))).toEqual(AGREES)
      }),
    )
  })

  test('R3: the order of the snapshot does not matter, nor a trade told twice', () => {
    const shuffled = tales.chain((told) => {
      const { snapshot } = play(told, false)
      const all = <T>(rows: readonly T[]) =>
        fc.shuffledSubarray([...rows], { minLength: rows.length, maxLength: rows.length })
      return fc.tuple(
        fc.constant(told),
        all(snapshot.orders),
        all([...snapshot.executions, ...snapshot.executions]),
        all(snapshot.positions),
      )
    })
    fc.assert(
      fc.property(shuffled, ([told, orders, executions, positions]) => {
        const { on, snapshot } = play(told, false)
        const mixed = { ...snapshot, orders, executions, positions }
        expect(reconcile(ask(on, mixed))).toEqual(reconcile(ask(on, snapshot)))
      }),
    )
  })

  test('never invents steps: what it writes is the difference, no more', () => {
    fc.assert(
      fc.property(tales, drift, (told, moves) => {
        const { on, snapshot } = play(
          told.map((one) => ({ ...one, foreign: false })),
          false,
        )
        const { corrections } = reconcile(ask(on, drifted(snapshot, moves)))
        for (const { id, index } of INSTRUMENTS) {
          const moved = moves.reduce((sum, [at, steps]) => sum + (at === index ? steps : 0), 0)
          const corrected = corrections.find(({ instrument }) => instrument === id)?.quantity ?? 0
          expect(corrected).toBe(moved)
        }
      }),
    )
  })
})
