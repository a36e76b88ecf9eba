import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'
import { EMA, MACD } from 'trading-signals'

import { firstDifference, runKernel, sampleBars } from '../sample-bars.ts'
import { macd, macdKind } from './macd.ts'

describe('macd', () => {
  test('agrees with trading-signals on every series', () => {
    const periods = fc.record({
      fast: fc.integer({ min: 1, max: 15 }),
      slow: fc.integer({ min: 16, max: 40 }),
      signal: fc.integer({ min: 1, max: 15 }),
    })
    fc.assert(
      fc.property(fc.integer(), periods, (seed, params) => {
        const bars = sampleBars(seed, 300)
        const oracle = new MACD(new EMA(params.fast), new EMA(params.slow), new EMA(params.signal))
        const expected = bars.map((bar) => oracle.add(bar.close))
        const rows = runKernel(macdKind, { params, bars })
        macdKind.outputs.forEach((_, output) => {
          const names = ['macd', 'signal', 'histogram'] as const
          const name = names[output] ?? 'macd'
          const difference = firstDifference(
            rows.map((row) => row[output]),
            expected.map((value) => value?.[name]),
          )
          expect(difference).toBeUndefined()
        })
      }),
      { numRuns: 50 },
    )
  })

  test('refuses a fast average that is not faster', () => {
    expect(() => macd({ fast: 26, slow: 26, signal: 9, on: '5m' })).toThrow(RangeError)
    expect(() => macd({ fast: 25, slow: 26, signal: 9, on: '5m' })).not.toThrow()
  })

  test('is declared as plain data', () => {
    expect(macd({ fast: 12, slow: 26, signal: 9, on: '5m' })).toEqual({
      name: 'macd',
      params: { fast: 12, slow: 26, signal: 9 },
      on: '5m',
      outputs: ['macd', 'signal', 'histogram'],
    })
  })
})
