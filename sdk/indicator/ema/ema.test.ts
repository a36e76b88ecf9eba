import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'
import { EMA } from 'trading-signals'

import { firstDifference, runKernel, sampleBars } from '../sample-bars.ts'
import { ema, emaKind } from './ema.ts'

const valuesOf = (bars: ReturnType<typeof sampleBars>, period: number) =>
  runKernel(emaKind, { params: { period }, bars }).map((row) => row[0])

describe('ema', () => {
  test('agrees with trading-signals on every series', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), (seed, period) => {
        const bars = sampleBars(seed, 400)
        const oracle = new EMA(period)
        const expected = bars.map((bar) => {
          oracle.add(bar.close)
          return oracle.isStable ? oracle.getResultOrThrow() : Number.NaN
        })
        expect(firstDifference(valuesOf(bars, period), expected)).toBeUndefined()
      }),
      { numRuns: 50 },
    )
  })

  test('is seeded by the first close', () => {
    const bars = [10, 20].map((close) => ({
      high: close,
      low: close,
      close,
      volume: 1,
      sessionStart: false,
    }))
    expect(valuesOf(bars, 2)[1]).toBeCloseTo((20 * 2) / 3 + 10 / 3, 12)
  })

  test('is declared as plain data', () => {
    expect(ema({ period: 14, on: '5m' })).toEqual({
      name: 'ema',
      params: { period: 14 },
      on: '5m',
      outputs: ['value'],
    })
  })
})
