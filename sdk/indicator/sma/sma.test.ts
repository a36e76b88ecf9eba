import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'
import { SMA } from 'trading-signals'

import { firstDifference, runKernel, sampleBars } from '../sample-bars.ts'
import { sma, smaKind } from './sma.ts'

const valuesOf = (bars: ReturnType<typeof sampleBars>, period: number) =>
  runKernel(smaKind, { params: { period }, bars }).map((row) => row[0])

describe('sma', () => {
  test('agrees with trading-signals on every series', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), (seed, period) => {
        const bars = sampleBars(seed, 400)
        const oracle = new SMA(period)
        const expected = bars.map((bar) => {
          oracle.add(bar.close)
          return oracle.isStable ? oracle.getResultOrThrow() : Number.NaN
        })
        expect(firstDifference(valuesOf(bars, period), expected)).toBeUndefined()
      }),
      { numRuns: 50 },
    )
  })

  test('is the plain average of the last closes', () => {
    const bars = [1, 2, 3, 7].map((close) => ({
      high: close,
      low: close,
      close,
      volume: 1,
      sessionStart: false,
    }))
    expect(valuesOf(bars, 3)).toEqual([Number.NaN, Number.NaN, 2, 4])
  })

  test('forgets a spike whole once it has left the window', () => {
    const closes = [0.05, 1e9, ...Array.from({ length: 30 }, () => 0.05)]
    const values = valuesOf(
      closes.map((close) => ({ high: close, low: close, close, volume: 1, sessionStart: false })),
      20,
    )
    expect(values.slice(21).every((value) => Math.abs((value ?? 0) - 0.05) < 1e-12)).toBe(true)
  })

  test('does not drift over a million bars', () => {
    const bars = sampleBars(5, 5_000)
    const kernel = smaKind.kernel({ period: 20 })
    const out = new Float64Array(1)
    for (let round = 0; round < 200; round++) {
      for (const bar of bars) kernel.update(bar.high, bar.low, bar.close, bar.volume, false, out)
    }
    const last = bars.slice(-20).reduce((sum, bar) => sum + bar.close, 0) / 20
    expect(Math.abs((out[0] ?? 0) / last - 1)).toBeLessThan(1e-12)
  })

  test('is declared as plain data', () => {
    expect(sma({ period: 14, on: '5m' })).toEqual({
      name: 'sma',
      params: { period: 14 },
      on: '5m',
      outputs: ['value'],
    })
  })
})
