import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'
import { RSI } from 'trading-signals'

import { firstDifference, runKernel, sampleBars } from '../sample-bars.ts'
import { rsi, rsiKind } from './rsi.ts'

const valuesOf = (bars: ReturnType<typeof sampleBars>, period: number) =>
  runKernel(rsiKind, { params: { period }, bars }).map((row) => row[0])

describe('rsi', () => {
  test('agrees with trading-signals on every series', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 2, max: 60 }), (seed, period) => {
        const bars = sampleBars(seed, 400)
        const oracle = new RSI(period)
        const expected = bars.map((bar) => {
          oracle.add(bar.close)
          return oracle.isStable ? oracle.getResultOrThrow() : Number.NaN
        })
        expect(firstDifference(valuesOf(bars, period), expected)).toBeUndefined()
      }),
      { numRuns: 50 },
    )
  })

  test('is 100 where there was no loss and 0 where there was no gain', () => {
    const up = [1, 2, 3, 4].map((close) => ({
      high: close,
      low: close,
      close,
      volume: 1,
      sessionStart: false,
    }))
    const down = [4, 3, 2, 1].map((close) => ({
      high: close,
      low: close,
      close,
      volume: 1,
      sessionStart: false,
    }))
    expect(valuesOf(up, 3)[3]).toBe(100)
    expect(valuesOf(down, 3)[3]).toBe(0)
  })

  test('stays from 0 to 100', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) =>
        valuesOf(sampleBars(seed, 200), 5)
          .slice(5)
          .every((value) => value !== undefined && value >= 0 && value <= 100),
      ),
    )
  })

  test('is declared as plain data', () => {
    expect(rsi({ period: 14, on: '5m' })).toEqual({
      name: 'rsi',
      params: { period: 14 },
      on: '5m',
      outputs: ['value'],
    })
  })
})
