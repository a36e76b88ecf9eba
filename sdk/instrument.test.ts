import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import {
  createInstrument,
  type InstrumentSpec,
  notional,
  priceFromDecimal,
  priceToDecimal,
} from './instrument.ts'
import { price } from './money.ts'

const instrument = (different: Partial<InstrumentSpec> = {}) =>
  createInstrument(
    {
      exchange: 'NSE',
      symbol: 'INFY',
      kind: 'equity',
      currency: 'INR',
      tickSize: '0.05',
      quantityStep: '1',
      lot: 1,
      session: { kind: 'daily', zone: 'Asia/Kolkata', opens: '09:15', closes: '15:30' },
      ...different,
    },
    3,
  )

/** Grids that exchanges use, and the worst that the format allows. */
const GRIDS = ['0.05', '0.01', '1', '0.25', '0.0025', '0.0001', '10', '0.5', '0.00001', '2.50']
const STEPS = ['1', '0.001', '0.00001', '100']

describe('an instrument', () => {
  test('has its exchange and symbol for an id, and the row it was given', () => {
    expect(instrument()).toMatchObject({ id: 'NSE:INFY', index: 3 })
    expect(instrument({ symbol: 'M&M' }).id).toBe('NSE:M&M')
  })

  test.each([
    ['0.05', 2, 5],
    ['0.050', 2, 5],
    ['1', 0, 1],
    ['0.0025', 4, 25],
    ['2.50', 1, 25],
    ['10', 0, 10],
  ])(
    'with the tick size %s shows %p decimals and counts ticks of %p of them',
    (tickSize, digits, units) => {
      expect(instrument({ tickSize })).toMatchObject({ priceDigits: digits, tickUnits: units })
    },
  )

  test.each([
    ['a tick size of 0', { tickSize: '0' }],
    ['a tick size below 0', { tickSize: '-0.05' }],
    ['a tick size that is no decimal', { tickSize: '5e-2' }],
    ['a quantity step that is empty', { quantityStep: '' }],
    ['a lot of 0', { lot: 0 }],
    ['half a lot', { lot: 0.5 }],
    ['a small letter in the exchange', { exchange: 'nse' }],
    ['a space in the symbol', { symbol: 'A B' }],
    ['a pattern for a symbol', { symbol: '*' }],
  ])('cannot have %s', (_, different) => {
    expect(() => instrument(different)).toThrow()
  })
})

describe('a price', () => {
  test('comes back the same as ticks through its decimal, on every grid', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...GRIDS),
        fc.integer({ min: -1e7, max: 1e8 }),
        (tickSize, ticks) => {
          const of = instrument({ tickSize })
          const answer = priceFromDecimal(of, priceToDecimal(of, ticks))
          expect(answer).toEqual({ ok: true, value: price(ticks) })
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('has the decimal that people write', () => {
    expect(priceToDecimal(instrument(), 7859)).toBe(392.95)
    expect(priceToDecimal(instrument({ tickSize: '0.01' }), 29)).toBe(0.29)
  })

  test('off the grid is refused with the nearest two', () => {
    expect(priceFromDecimal(instrument(), 392.97)).toEqual({
      ok: false,
      refusal: { code: 'price/off-grid', asked: 392.97, below: 392.95, above: 393 },
    })
  })

  test('is never taken for one of its neighbours on the grid', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...GRIDS),
        fc.integer({ min: 1, max: 1e7 }),
        fc.integer({ min: 1, max: 99 }),
        (tickSize, ticks, hundredths) => {
          const of = instrument({ tickSize })
          const between = priceToDecimal(of, ticks) + (Number(tickSize) * hundredths) / 100
          expect(priceFromDecimal(of, between).ok).toBe(false)
        },
      ),
    )
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e300])('is never %p', (value) => {
    expect(priceFromDecimal(instrument(), value).ok).toBe(false)
  })
})

describe('the value of a trade', () => {
  test('is exact where a tick on a step is a whole number of 1e-4', () => {
    expect(Number(notional(instrument(), 7859, 10))).toBe(39_295_000)
    expect(Number(notional(instrument(), 7859, -10))).toBe(-39_295_000)
  })

  test('is rounded once, half away from zero, where it is finer', () => {
    const coin = instrument({ tickSize: '0.01', quantityStep: '0.001' })
    expect(Number(notional(coin, 5, 1))).toBe(1)
    expect(Number(notional(coin, 5, -1))).toBe(-1)
    expect(Number(notional(coin, 4, 1))).toBe(0)
  })

  test('is always the exact product, rounded half away from zero, for every grid', () => {
    const arbitrary = fc.record({
      tickSize: fc.constantFrom(...GRIDS),
      quantityStep: fc.constantFrom(...STEPS),
      ticks: fc.integer({ min: 1, max: 1e6 }),
      steps: fc.integer({ min: -1e5, max: 1e5 }),
    })
    fc.assert(
      fc.property(arbitrary, ({ tickSize, quantityStep, ticks, steps }) => {
        const of = instrument({ tickSize, quantityStep })
        // In units of 1e-10, where every grid above is whole: the digits are moved as text.
        const units = (text: string) => BigInt(Math.round(Number(text) * 1e5))
        const exact = units(tickSize) * BigInt(ticks) * units(quantityStep) * BigInt(steps)
        const size = exact < 0n ? -exact : exact
        const rounded = (size + 500_000n) / 1_000_000n
        if (rounded > BigInt(Number.MAX_SAFE_INTEGER)) return
        expect(BigInt(notional(of, ticks, steps))).toBe(exact < 0n ? -rounded : rounded)
      }),
      { numRuns: 1000 },
    )
  })
})
