import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'
import { BollingerBands } from 'trading-signals'

import { firstDifference, runKernel, sampleBars } from '../sample-bars.ts'
import { bollinger, bollingerKind } from './bollinger.ts'

const flatBars = (closes: readonly number[]) =>
  closes.map((close) => ({ high: close, low: close, close, volume: 1, sessionStart: false }))

describe('bollinger', () => {
  test('agrees with trading-signals on every series', () => {
    const params = fc.record({
      period: fc.integer({ min: 1, max: 60 }),
      deviations: fc.integer({ min: 1, max: 30 }).map((tenths) => tenths / 10),
    })
    fc.assert(
      fc.property(fc.integer(), params, (seed, given) => {
        const bars = sampleBars(seed, 400)
        const oracle = new BollingerBands(given.period, given.deviations)
        const expected = bars.map((bar) => oracle.add(bar.close))
        const rows = runKernel(bollingerKind, { params: given, bars })
        for (const [output, name] of (['lower', 'middle', 'upper'] as const).entries()) {
          const difference = firstDifference(
            rows.map((row) => row[output]),
            expected.map((value) => value?.[name]),
            // A lower band may lie near zero, where only its distance from the middle has a meaning.
            (at) => expected[at]?.middle ?? 0,
          )
          expect(difference).toBeUndefined()
        }
      }),
      { numRuns: 50 },
    )
  })

  test('closes to a line where the price stands still, also after a spike', () => {
    const closes = [100, 1e6, ...Array.from({ length: 40 }, () => 392.95)]
    const rows = runKernel(bollingerKind, {
      params: { period: 20, deviations: 2 },
      bars: flatBars(closes),
    })
    for (const row of rows.slice(21)) {
      const [lower = 0, middle = 0, upper = 0] = row
      expect(Math.abs(middle - 392.95)).toBeLessThan(1e-10)
      expect(upper - lower).toBeLessThan(1e-10)
    }
  })

  test('keeps the width of a narrow window right after a spike has left it', () => {
    const narrow = Array.from({ length: 40 }, (_, at) => 100 + (at % 2) / 100)
    const rows = runKernel(bollingerKind, {
      params: { period: 10, deviations: 1 },
      bars: flatBars([1e6, ...narrow]),
    })
    for (const row of rows.slice(11)) {
      expect((row[2] ?? 0) - (row[1] ?? 0)).toBeCloseTo(0.005, 9)
    }
  })

  test('refuses deviations of zero', () => {
    expect(() => bollinger({ period: 20, deviations: 0, on: '5m' })).toThrow(RangeError)
  })

  test('is declared as plain data', () => {
    expect(bollinger({ period: 20, deviations: 2, on: '5m' })).toEqual({
      name: 'bollinger',
      params: { period: 20, deviations: 2 },
      on: '5m',
      outputs: ['lower', 'middle', 'upper'],
    })
  })
})
