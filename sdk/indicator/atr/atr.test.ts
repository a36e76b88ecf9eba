import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'
import { ATR } from 'trading-signals'

import { firstDifference, runKernel, sampleBars } from '../sample-bars.ts'
import { atr, atrKind } from './atr.ts'

const valuesOf = (bars: ReturnType<typeof sampleBars>, period: number) =>
  runKernel(atrKind, { params: { period }, bars }).map((row) => row[0])

describe('atr', () => {
  test('agrees with trading-signals on every series', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), (seed, period) => {
        const bars = sampleBars(seed, 400)
        const oracle = new ATR(period)
        const expected = bars.map((bar) => {
          oracle.add(bar)
          return oracle.isStable ? oracle.getResultOrThrow() : Number.NaN
        })
        expect(firstDifference(valuesOf(bars, period), expected)).toBeUndefined()
      }),
      { numRuns: 50 },
    )
  })

  test('counts a gap from the close before as range', () => {
    const bars = [
      { high: 11, low: 9, close: 10, volume: 1, sessionStart: true },
      { high: 21, low: 20, close: 20, volume: 1, sessionStart: false },
    ]
    expect(valuesOf(bars, 1)).toEqual([2, 11])
  })

  test('is declared as plain data', () => {
    expect(atr({ period: 14, on: '5m' })).toEqual({
      name: 'atr',
      params: { period: 14 },
      on: '5m',
      outputs: ['value'],
    })
  })
})
