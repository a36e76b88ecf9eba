import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'
import { VWAP } from 'trading-signals'

import { firstDifference, runKernel, sampleBars } from '../sample-bars.ts'
import { vwap, vwapKind } from './vwap.ts'

describe('vwap', () => {
  test('agrees with trading-signals within every session', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const bars = sampleBars(seed, 400)
        let oracle = new VWAP()
        const expected = bars.map((bar) => {
          if (bar.sessionStart) oracle = new VWAP()
          return oracle.add(bar)
        })
        const actual = runKernel(vwapKind, { params: {}, bars }).map((row) => row[0])
        expect(firstDifference(actual, expected)).toBeUndefined()
      }),
      { numRuns: 50 },
    )
  })

  test('forgets the session before', () => {
    const bars = [
      { high: 1000, low: 1000, close: 1000, volume: 1e6, sessionStart: true },
      { high: 12, low: 9, close: 9, volume: 5, sessionStart: true },
      { high: 40, low: 40, close: 40, volume: 5, sessionStart: false },
    ]
    expect(runKernel(vwapKind, { params: {}, bars })).toEqual([[1000], [10], [25]])
  })

  test('has no value before the session has volume', () => {
    const bars = [{ high: 10, low: 10, close: 10, volume: 0, sessionStart: true }]
    expect(runKernel(vwapKind, { params: {}, bars })).toEqual([[Number.NaN]])
  })

  test('is declared as plain data', () => {
    expect(vwap({ on: '1m' })).toEqual({ name: 'vwap', params: {}, on: '1m', outputs: ['value'] })
  })
})
