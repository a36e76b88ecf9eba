import { describe, expect, test } from 'bun:test'

import { money, price, quantity } from '#sdk/money.ts'
import type { VenueOrder } from '#sdk/order.ts'

import { createStage, listed, NOON, order, quote, trade } from './stage.fixture.ts'

const limitBuy = order({ kind: 'LIMIT', limit: 100 })
const stopBuy = order({ kind: 'STOP', stop: 105 })

describe('the day', () => {
  const closesAt = () => NOON + 10_000

  test('an order expires at an event at its close, and does not fill there', () => {
    const { venue, show, said } = createStage({ closesAt })
    venue.submit(limitBuy, NOON)
    show(quote(9_999, 100, 101), quote(10_000, 90, 91))
    expect(said()).toEqual(['A working', 'A expired: session closed'])
    expect(venue.snapshot(NOON + 10_000).orders[0]?.status).toBe('expired')
  })

  test('an order expires in a silent market too', () => {
    const { venue, said } = createStage({ closesAt })
    venue.submit(limitBuy, NOON)
    venue.time(NOON + 9_999)
    venue.time(NOON + 10_000)
    venue.time(NOON + 10_001)
    expect(said()).toEqual(['A working', 'A expired: session closed'])
  })
})

describe('a rejected order', () => {
  const instruments = listed(1, { lot: 5 })
  const cases: readonly (readonly [VenueOrder, string])[] = [
    [order({ instrument: 'SIM:Z' }), 'instrument "SIM:Z" is not listed'],
    [order({ quantity: 0 }), 'quantity 0 is not positive'],
    [order({ quantity: -5 }), 'quantity -5 is not positive'],
    [order({ quantity: 7 }), 'quantity 7 is not a multiple of the lot 5'],
    [{ ...order(), quantity: 2.5 as VenueOrder['quantity'] }, 'quantity 2.5 is not a whole number'],
    [order({ kind: 'LIMIT' }), 'limit is missing'],
    [order({ kind: 'LIMIT', limit: 0 }), 'limit 0 is not positive'],
    [
      { ...order({ kind: 'STOP' }), stop: 99.5 as NonNullable<VenueOrder['stop']> },
      'stop 99.5 is off the tick grid',
    ],
    [order({ kind: 'STOP_LIMIT', stop: 5 }), 'limit is missing'],
  ]
  for (const [asked, reason] of cases) {
    test(`says why: ${reason}`, () => {
      const { venue, show, said } = createStage({ instruments })
      venue.submit(asked, NOON)
      expect(said()).toEqual([])
      venue.time(NOON + 1_000)
      expect(said()).toEqual([`A rejected: ${reason}`])
      show(quote(2_000, 99, 101))
      expect(said()).toEqual([])
      expect(venue.snapshot(NOON).orders).toMatchObject([{ clientId: 'A', status: 'rejected' }])
    })
  }

  test('has a client id that was seen before, and leaves the first order as it is', () => {
    const { venue, show, reports, said } = createStage()
    venue.submit(limitBuy, NOON)
    venue.submit(limitBuy, NOON)
    venue.time(NOON + 1_000)
    expect(reports.map((report) => report.venueId)).toEqual(['P1-1', undefined])
    expect(said()).toEqual(['A working', 'A rejected: duplicate client id'])
    show(quote(2_000, 99, 100))
    expect(said()).toEqual(['A fill 10 @ 100'])
    venue.submit(limitBuy, NOON + 3_000)
    venue.time(NOON + 4_000)
    expect(said()).toEqual(['A rejected: duplicate client id'])
    expect(venue.snapshot(NOON).orders).toMatchObject([{ clientId: 'A', status: 'filled' }])
  })
})

describe('new terms', () => {
  function working(asked = limitBuy) {
    const stage = createStage()
    stage.venue.submit(asked, NOON)
    stage.show(trade(2_000, 101, 1), trade(3_000, 99, 4))
    return stage
  }

  test('keep what is filled', () => {
    const { venue, show, said } = working()
    expect(said()).toEqual(['A working', 'A fill 4 @ 100'])
    venue.modify('A', { terms: { quantity: quantity(6) }, now: NOON + 4_000 })
    expect(said()).toEqual([])
    show(trade(6_000, 99, 50))
    expect(said()).toEqual(['A replaced', 'A fill 2 @ 100'])
  })

  test('with a new limit may take again', () => {
    const { venue, show, reports, said } = working()
    said()
    const terms = { quantity: quantity(10), limit: price(103) }
    venue.modify('A', { terms, now: NOON + 4_000 })
    show(trade(6_000, 101, 50))
    expect(reports[0]).toMatchObject({ status: 'replaced', ...terms, time: NOON + 5_000 })
    expect(said()).toEqual(['A replaced', 'A fill 6 @ 102'])
  })

  test('are not met by an event as old as they are', () => {
    const { venue, show, said } = working()
    said()
    const terms = { quantity: quantity(10), limit: price(103) }
    venue.modify('A', { terms, now: NOON + 4_000 })
    venue.time(NOON + 5_000)
    show(trade(5_000, 101, 50))
    expect(said()).toEqual(['A replaced'])
  })

  test('that leave nothing to fill complete the order', () => {
    const { venue, said } = working()
    venue.modify('A', { terms: { quantity: quantity(4) }, now: NOON + 4_000 })
    venue.time(NOON + 5_000)
    expect(said().at(-1)).toBe('A replaced')
    expect(venue.snapshot(NOON).orders).toMatchObject([
      { status: 'filled', quantity: 4, filled: 4 },
    ])
  })

  const refused = [
    { terms: { quantity: quantity(3) }, reason: 'quantity 3 is below filled 4' },
    { terms: { quantity: quantity(-1) }, reason: 'quantity -1 is below filled 4' },
    { terms: { quantity: quantity(9), limit: price(0) }, reason: 'limit 0 is not positive' },
    { terms: { quantity: quantity(9), stop: price(9) }, reason: 'a LIMIT order has no stop' },
  ]
  for (const { terms, reason } of refused) {
    test(`are refused, and the old ones stand: ${reason}`, () => {
      const { venue, show, said } = working()
      said()
      venue.modify('A', { terms, now: NOON + 4_000 })
      show(trade(6_000, 99, 50))
      expect(said()).toEqual([`A replace-refused: ${reason}`, 'A fill 6 @ 100'])
    })
  }

  test('move a stop until it is triggered, and not after', () => {
    const { venue, show, said } = createStage()
    venue.submit(stopBuy, NOON)
    venue.modify('A', { terms: { quantity: quantity(10), stop: price(110) }, now: NOON })
    show(trade(2_000, 105, 1), trade(3_000, 110, 1))
    expect(said()).toEqual(['A working', 'A replaced', 'A triggered'])
    venue.modify('A', { terms: { quantity: quantity(10), stop: price(120) }, now: NOON + 3_000 })
    venue.time(NOON + 4_000)
    expect(said()).toEqual(['A replace-refused: already triggered'])
  })

  test('and cancels are refused where the order is unknown, or not open', () => {
    const { venue, show, said } = createStage()
    const terms = { quantity: quantity(1) }
    venue.modify('A', { terms, now: NOON })
    venue.cancel('A', NOON)
    venue.time(NOON + 1_000)
    expect(said()).toEqual(['A replace-refused: unknown order', 'A cancel-refused: unknown order'])
    venue.submit(order(), NOON + 1_000)
    show(quote(3_000, 99, 101))
    said()
    venue.modify('A', { terms, now: NOON + 3_000 })
    venue.cancel('A', NOON + 3_000)
    venue.time(NOON + 4_000)
    expect(said()).toEqual(['A replace-refused: not open', 'A cancel-refused: not open'])
  })
})

describe('orders of one event', () => {
  test('share its size, the oldest first', () => {
    const { venue, show, said } = createStage()
    for (const clientId of ['A', 'B', 'C']) venue.submit(order({ clientId }), NOON)
    venue.time(NOON + 1_000)
    said()
    show(quote(2_000, 99, 101, 15))
    expect(said()).toEqual(['A fill 10 @ 101', 'B fill 5 @ 101'])
    show(quote(3_000, 99, 101, 15))
    expect(said()).toEqual(['B fill 5 @ 101', 'C fill 10 @ 101'])
  })

  test('of another instrument are left alone', () => {
    const { venue, show, said } = createStage()
    venue.submit(order({ clientId: 'A' }), NOON)
    venue.submit(order({ clientId: 'B', instrument: 'SIM:B' }), NOON)
    show(quote(2_000, 99, 101))
    expect(said()).toEqual(['A working', 'A fill 10 @ 101'])
    show({ ...quote(2_000, 49, 51), instrument: 1 })
    expect(said()).toEqual(['B working', 'B fill 10 @ 51'])
  })
})

describe('the snapshot', () => {
  test('shows orders, executions with their charges, and net positions', () => {
    const { venue, show } = createStage({ charges: { perOrder: money(20_000), bps: 1.5 } })
    venue.submit(order({ quantity: 12 }), NOON)
    venue.submit(order({ clientId: 'B', side: 'SELL', quantity: 5 }), NOON)
    show(quote(2_000, 9_999, 10_001, 7), quote(3_000, 9_999, 10_001, 7))
    const { orders, executions, positions } = venue.snapshot(NOON + 3_000)
    expect(orders).toMatchObject([
      { clientId: 'A', venueId: 'P1-1', status: 'filled', quantity: 12, filled: 12 },
      { clientId: 'B', venueId: 'P1-2', status: 'filled', quantity: 5, filled: 5 },
    ])
    expect(positions).toEqual([{ instrument: 'SIM:A', quantity: quantity(7) }])
    // 7 x 100.01 x 1.5 bps = 0.1050105, and the flat charge once.
    expect(executions).toMatchObject([
      { executionId: 'A-1', quantity: 7, price: 10_001, charges: 21_051, time: NOON + 2_000 },
      { executionId: 'A-2', quantity: 5, price: 10_001, charges: 751, time: NOON + 3_000 },
      { executionId: 'B-1', quantity: 5, price: 9_999, charges: 20_750, time: NOON + 2_000 },
    ])
  })

  test('forgets an order a day after it was closed, its position and its client id never', () => {
    const { venue, show, said } = createStage()
    venue.submit(order(), NOON)
    show(quote(2_000, 99, 101))
    const later = 86_400_000_000 + 2_000
    expect(venue.snapshot(NOON + later - 1).executions).toHaveLength(1)
    venue.submit(order({ clientId: 'B', kind: 'LIMIT', limit: 1 }), NOON + later)
    venue.submit(order(), NOON + later)
    venue.cancel('A', NOON + later)
    venue.time(NOON + later + 1_000)
    expect(venue.snapshot(NOON + later)).toMatchObject({
      orders: [{ clientId: 'B' }],
      executions: [],
      positions: [{ instrument: 'SIM:A', quantity: 10 }],
    })
    expect(said().slice(2)).toEqual([
      'B working',
      'A rejected: duplicate client id',
      'A cancel-refused: not open',
    ])
  })
})
