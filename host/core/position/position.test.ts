import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { createInstrument, type Instrument, notional } from '#sdk/instrument.ts'
import { money, price, quantity } from '#sdk/money.ts'
import type { Fill, Side } from '#sdk/order.ts'
import { UNATTRIBUTED } from '#sdk/position.ts'

import { createPositions, type Positions } from './position.ts'

const session = { kind: 'always', minutes: 60 } as const

/** On the last one, a tick on a step is worth a tenth of 1e-4. */
const INSTRUMENTS: readonly Instrument[] = [
  { symbol: 'ACME', tickSize: '0.05', quantityStep: '1' },
  { symbol: 'BOLT', tickSize: '0.01', quantityStep: '1' },
  { symbol: 'COIN', tickSize: '0.01', quantityStep: '0.001' },
].map((spec, index) =>
  createInstrument(
    { exchange: 'SIM', kind: 'equity', currency: 'USD', lot: 1, session, ...spec },
    index,
  ),
)
const STRATEGIES = ['a', 'b', 'c', 'd', 'e']

interface Deal {
  readonly strategy: string
  readonly instrument: number
  readonly side: Side
  readonly steps: number
  readonly ticks: number
  readonly charges: number
}

const ACME_BUY: Deal = {
  strategy: 'a',
  instrument: 0,
  side: 'BUY',
  steps: 100,
  ticks: 2_000,
  charges: 0,
}

function instrumentOf({ instrument }: { readonly instrument: number }): Instrument {
  const found = INSTRUMENTS[instrument]
  if (!found) throw new Error(`There is no instrument ${instrument}`)
  return found
}

function fillOf(deal: Partial<Deal>, time = 1): Fill {
  const { strategy, side, steps, ticks, charges, instrument } = { ...ACME_BUY, ...deal }
  return {
    executionId: `X${time}`,
    clientId: 'C',
    strategy,
    version: '1.0.0',
    digest: 'abc',
    instrument: instrumentOf({ instrument }).id,
    side,
    quantity: quantity(steps),
    price: price(ticks),
    charges: money(charges),
    time,
  }
}

function after(...deals: readonly Partial<Deal>[]): Positions {
  const positions = createPositions({ instruments: INSTRUMENTS })
  for (const [at, deal] of deals.entries()) positions.apply(fillOf(deal, at + 1))
  return positions
}

const row = (positions: Positions) => positions.book('a', 0)
const at = (ticks: number) => () => ticks

describe('A book', () => {
  test('costs what was paid for it', () => {
    expect(row(after({}, { steps: 50, ticks: 2_300 }))).toMatchObject({
      quantity: 150,
      cost: 157_500_000,
      realised: 0,
      fills: 2,
      updatedAt: 2,
    })
  })

  test('releases its cost in proportion when it is cut', () => {
    const cut = after({}, { side: 'SELL', steps: 25, ticks: 2_100 })
    expect(row(cut)).toMatchObject({ quantity: 75, cost: 75_000_000, realised: 1_250_000 })
  })

  test('keeps no cost when it is closed', () => {
    const closed = after(
      { steps: 3, ticks: 1_999 },
      { side: 'SELL', steps: 1, ticks: 1 },
      { side: 'SELL', steps: 2, ticks: 7 },
    )
    expect(row(closed)).toMatchObject({
      quantity: 0,
      cost: 0,
      realised: (1 + 14 - 3 * 1_999) * 500,
    })
    expect(Object.is(row(closed)?.quantity, 0)).toBe(true)
  })

  test('closes and opens in one fill where it turns', () => {
    const turned = after({}, { side: 'SELL', steps: 150, ticks: 2_100 })
    expect(row(turned)).toMatchObject({ quantity: -50, cost: -52_500_000, realised: 5_000_000 })
    expect(row(after({ side: 'SELL' }, { steps: 150, ticks: 1_900 }))).toMatchObject({
      quantity: 50,
      cost: 47_500_000,
      realised: 5_000_000,
    })
  })

  test('shares what a turning fill rounds between its two parts, half away from zero', () => {
    // One step at five ticks is worth half of 1e-4 here.
    const turned = after(
      { instrument: 2, steps: 1, ticks: 5 },
      { instrument: 2, side: 'SELL', steps: 3, ticks: 5 },
    )
    expect(turned.book('a', 2)).toMatchObject({ quantity: -2, cost: -1, realised: 0 })
  })

  test('counts as open only while it holds something', () => {
    expect(after({}).profit('a', at(2_000)).openPositions).toBe(1)
    expect(after({}, { side: 'SELL' }).profit('a', at(2_000)).openPositions).toBe(0)
  })

  test('of short steps gains when the price falls', () => {
    const short = after({ side: 'SELL', charges: 70 })
    expect(short.profit('a', at(1_990))).toMatchObject({
      unrealised: 500_000,
      charges: 70,
      equity: 499_930,
      exposure: 99_500_000,
      openPositions: 1,
    })
  })

  test('is valued at its cost where there is no price', () => {
    expect(after({}).profit('a', at(Number.NaN))).toMatchObject({
      unrealised: 0,
      exposure: 100_000_000,
    })
  })

  test('of an instrument that the desk does not have is a bug', () => {
    const positions = after()
    expect(() => positions.apply({ ...fillOf({}), instrument: 'SIM:GONE' })).toThrow('SIM:GONE')
  })
})

describe('A correction', () => {
  test('moves what no fill explains into the book of nobody, at the mark', () => {
    const positions = after({})
    const corrected = positions.correct('SIM:ACME', { quantity: -40, mark: 2_100, now: 9 })
    expect(corrected).toMatchObject({
      strategy: UNATTRIBUTED,
      quantity: -40,
      cost: -42_000_000,
      fills: 0,
      updatedAt: 9,
    })
    expect(positions.accountQuantity(0)).toBe(60)
    expect(positions.quantity('a', 0)).toBe(100)
    expect(positions.net()).toEqual(new Map([['SIM:ACME', 60]]))
  })

  test('without a mark takes the average cost of the instrument, so that it makes no profit by itself', () => {
    const positions = after({}, { strategy: 'b', steps: 100, ticks: 2_200 })
    expect(positions.correct('SIM:ACME', { quantity: -40, mark: Number.NaN, now: 9 }).cost).toBe(
      money(-42_000_000),
    )
    expect(after().correct('SIM:ACME', { quantity: 40, mark: Number.NaN, now: 9 }).cost).toBe(
      money(0),
    )
  })
})

const deal: fc.Arbitrary<Deal> = fc.record({
  strategy: fc.constantFrom(...STRATEGIES),
  instrument: fc.nat({ max: 2 }),
  side: fc.constantFrom<Side[]>('BUY', 'SELL'),
  steps: fc.integer({ min: 1, max: 5_000 }),
  ticks: fc.integer({ min: 1, max: 200_000 }),
  charges: fc.integer({ min: 0, max: 500_000 }),
})
const deals = fc.array(deal, { maxLength: 120 })
const marks = fc.tuple(fc.nat({ max: 200_000 }), fc.nat({ max: 200_000 }), fc.nat({ max: 200_000 }))

const signed = ({ side, steps }: Deal): number => (side === 'BUY' ? steps : -steps)
const sumOf = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0)

/** Cash is what fills paid and received; the rest is worth its mark: no cost, no average, nothing kept in between. */
function equityFromZero(own: readonly Deal[], mark: (instrument: number) => number): number {
  const cash = sumOf(own.map((one) => -notional(instrumentOf(one), one.ticks, signed(one))))
  const held = INSTRUMENTS.map((instrument, index) => {
    const steps = sumOf(own.filter((one) => one.instrument === index).map(signed))
    return notional(instrument, mark(index), steps)
  })
  return cash + sumOf(held) - sumOf(own.map(({ charges }) => charges))
}

describe('After any fills', () => {
  test('equity is exactly cash and value, of each strategy and of the account', () => {
    fc.assert(
      fc.property(deals, marks, (all, prices) => {
        const positions = after(...all)
        const mark = (index: number) => prices[index] ?? Number.NaN
        let together = 0
        for (const strategy of STRATEGIES) {
          const { equity, realised, unrealised, charges } = positions.profit(strategy, mark)
          expect(equity as number).toBe(
            equityFromZero(
              all.filter((one) => one.strategy === strategy),
              mark,
            ),
          )
          expect(equity as number).toBe(realised + unrealised - charges)
          together += equity
        }
        expect(positions.accountProfit(mark).equity as number).toBe(together)
      }),
    )
  })

  test('the books of all strategies are the account, corrections included', () => {
    fc.assert(
      fc.property(
        deals,
        fc.array(fc.integer({ min: -500, max: 500 }), { maxLength: 5 }),
        (all, corrections) => {
          const positions = after(...all)
          for (const steps of corrections)
            positions.correct('SIM:BOLT', { quantity: steps, mark: 10, now: 1 })
          for (const { index, id } of INSTRUMENTS) {
            const books = positions.rows().filter(({ instrument }) => instrument === id)
            expect(positions.accountQuantity(index)).toBe(sumOf(books.map((book) => book.quantity)))
            expect(positions.net().get(id) ?? 0).toBe(positions.accountQuantity(index))
          }
        },
      ),
    )
  })

  test('a book without steps has no cost, and one with steps costs on its own side', () => {
    fc.assert(
      fc.property(deals, (all) => {
        for (const book of after(...all).rows()) {
          if (book.quantity === 0) expect(book.cost).toBe(money(0))
          else expect(book.cost * Math.sign(book.quantity)).toBeGreaterThanOrEqual(0)
        }
      }),
    )
  })

  test('a replay from zero and a restart from the rows give the same books', () => {
    fc.assert(
      fc.property(deals, deals, marks, (before, since, prices) => {
        const mark = (index: number) => prices[index] ?? Number.NaN
        const whole = after(...before, ...since)
        const again = after(...before, ...since)
        const restarted = createPositions({ instruments: INSTRUMENTS })
        expect(restarted.restore(after(...before).rows())).toEqual([])
        for (const [index, one] of since.entries())
          restarted.apply(fillOf(one, before.length + index + 1))
        const byBook = (positions: Positions) =>
          positions
            .rows()
            .sort((one, other) =>
              one.strategy + one.instrument < other.strategy + other.instrument ? -1 : 1,
            )
        expect(byBook(again)).toEqual(byBook(whole))
        expect(byBook(restarted)).toEqual(byBook(whole))
        expect(restarted.accountProfit(mark)).toEqual(whole.accountProfit(mark))
        expect(restarted.net()).toEqual(whole.net())
      }),
    )
  })

  test('the order of different strategies does not matter', () => {
    fc.assert(
      fc.property(deals, marks, (all, prices) => {
        const mark = (index: number) => prices[index] ?? Number.NaN
        const grouped = STRATEGIES.toReversed().flatMap((strategy) =>
          all.filter((one) => one.strategy === strategy),
        )
        const [one, other] = [after(...all), after(...grouped)]
        for (const strategy of STRATEGIES)
          expect(one.profit(strategy, mark)).toEqual(other.profit(strategy, mark))
        expect(one.net()).toEqual(other.net())
      }),
    )
  })
})

test('A restart gives back the books of instruments that are gone', () => {
  const rows = after({})
    .rows()
    .map((book) => ({ ...book, instrument: 'SIM:GONE' }))
  expect(createPositions({ instruments: INSTRUMENTS }).restore(rows)).toEqual(rows)
})
