/** Trades from flat to flat, over books that a real room of positions keeps. */
import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { createInstrument } from '#sdk/instrument.ts'
import { money, price, quantity } from '#sdk/money.ts'
import type { Fill } from '#sdk/order.ts'

import { createPositions } from '../core/position/position.ts'
import { createTrades } from './trades.ts'

const instruments = ['A', 'B'].map((symbol, index) =>
  createInstrument(
    {
      ...{ exchange: 'SIM', symbol, kind: 'equity', currency: 'INR', lot: 1 },
      ...{ tickSize: '0.05', quantityStep: '1', session: { kind: 'always', minutes: 60 } },
    },
    index,
  ),
)

interface Done {
  /** Signed steps. */
  readonly steps: number
  readonly at: number
  readonly charges?: number
  readonly strategy?: string
  readonly instrument?: string
}

/** Applies fills, a second apart, to books and trades. */
function trade(...done: readonly Done[]) {
  const positions = createPositions({ instruments })
  const trades = createTrades()
  done.forEach(({ steps, at, charges = 0, strategy = 'one', instrument = 'SIM:A' }, number) => {
    const fill: Fill = {
      ...{ executionId: String(number), clientId: 'X', version: '1.0.0', digest: '' },
      ...{ strategy, instrument, side: steps > 0 ? 'BUY' : 'SELL', time: (number + 1) * 1e6 },
      ...{ quantity: quantity(Math.abs(steps)), price: price(at), charges: money(charges) },
    }
    trades.take(fill, positions.apply(fill))
  })
  return { positions, closed: trades.closed }
}

describe('a trade', () => {
  test('long is closed with what it won', () => {
    // 10 ticks of 0.05 on 10 steps: 5.00, in 1e-4.
    expect<readonly object[]>(
      trade({ steps: 10, at: 2_000 }, { steps: -10, at: 2_010 }).closed,
    ).toEqual([
      {
        ...{ strategy: 'one', instrument: 'SIM:A', side: 'LONG', net: 50_000 },
        ...{ openedAt: 1e6, closedAt: 2e6 },
      },
    ])
  })

  test('short is closed with what it lost, charges of both ends taken off', () => {
    const { closed } = trade(
      { steps: -10, at: 2_000, charges: 100 },
      { steps: 10, at: 2_010, charges: 200 },
    )
    expect(closed).toMatchObject([{ side: 'SHORT', net: -50_300 } as object])
  })

  test('that grows and shrinks is one until it is flat', () => {
    const { closed } = trade(
      { steps: 10, at: 2_000 },
      { steps: 10, at: 2_020 },
      { steps: -5, at: 2_030 },
      { steps: 5, at: 2_010 },
      { steps: -20, at: 2_040 },
    )
    // Sold for 50,950 ticks, bought for 50,250; a tick of one step is 0.05, in 1e-4.
    const ticks = 5 * 2_030 + 20 * 2_040 - 10 * 2_000 - 10 * 2_020 - 5 * 2_010
    expect(closed).toMatchObject([
      { side: 'LONG', openedAt: 1e6, closedAt: 5e6, net: ticks * 500 } as object,
    ])
  })

  test('that is only partly closed is not over', () => {
    expect(trade({ steps: 10, at: 2_000 }, { steps: -9, at: 2_010 }).closed).toEqual([])
  })

  test('that is turned ends, and another begins on the other side', () => {
    const { closed } = trade(
      { steps: 10, at: 2_000 },
      { steps: -15, at: 2_010 },
      { steps: 5, at: 2_000 },
    )
    expect(closed).toMatchObject([
      { side: 'LONG', openedAt: 1e6, closedAt: 2e6, net: 50_000 } as object,
      { side: 'SHORT', openedAt: 2e6, closedAt: 3e6, net: 25_000 } as object,
    ])
  })

  test('starts anew after a flat book, with nothing of the one before', () => {
    const { closed } = trade(
      { steps: 1, at: 2_000, charges: 7 },
      { steps: -1, at: 2_001, charges: 7 },
      { steps: 1, at: 2_000, charges: 7 },
      { steps: -1, at: 2_001, charges: 7 },
    )
    expect(closed.map(({ net }): number => net)).toEqual([486, 486])
  })

  test('is its strategy’s and its instrument’s own', () => {
    const { closed } = trade(
      { steps: 10, at: 2_000 },
      { steps: -10, at: 2_000, strategy: 'two' },
      { steps: -10, at: 2_000, instrument: 'SIM:B' },
      { steps: 10, at: 2_010, strategy: 'two' },
    )
    expect(closed).toMatchObject([{ strategy: 'two', instrument: 'SIM:A', side: 'SHORT' }])
  })

  test('and all others of a flat book always sum to its profit, however it got there', () => {
    const fill = fc.record({
      steps: fc.integer({ min: -30, max: 30 }).filter((steps) => steps !== 0),
      at: fc.integer({ min: 1_900, max: 2_100 }),
      charges: fc.nat(1_000),
    })
    fc.assert(
      fc.property(fc.array(fill, { minLength: 1, maxLength: 30 }), (fills) => {
        const left = fills.reduce((sum, { steps }) => sum + steps, 0)
        const last = left === 0 ? [] : [{ steps: -left, at: 2_000, charges: 11 }]
        const { closed, positions } = trade(...fills, ...last)
        const [book] = positions.rows('one')
        expect(book?.quantity).toBe(quantity(0))
        const sum = closed.reduce((total, { net }) => total + net, 0)
        expect<number>(sum).toBe((book?.realised ?? 0) - (book?.charges ?? 0))
      }),
    )
  })
})
