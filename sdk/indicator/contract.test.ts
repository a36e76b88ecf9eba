/** What every indicator keeps to, whatever it computes. A new kind needs a line in `SAMPLES`, or this file fails. */
import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import type { Timeframe } from '../bar.ts'
import { atr } from './atr/atr.ts'
import { bollinger } from './bollinger/bollinger.ts'
import { ema } from './ema/ema.ts'
import type { Indicator, IndicatorKind } from './indicator.ts'
import { findIndicator, INDICATOR_KINDS } from './kinds.ts'
import { macd } from './macd/macd.ts'
import { rsi } from './rsi/rsi.ts'
import { runKernel, sampleBars } from './sample-bars.ts'
import { sma } from './sma/sma.ts'
import { vwap } from './vwap/vwap.ts'

type Params = Readonly<Record<string, number>>
type Declare = (params: Params, on: Timeframe) => Indicator<unknown>

interface Sample {
  readonly params: Params
  readonly declare: Declare
}

const byPeriod =
  (
    declare: (from: { readonly period: number; readonly on: Timeframe }) => Indicator<number>,
  ): Declare =>
  ({ period = Number.NaN }, on) =>
    declare({ period, on })

const SAMPLES: Readonly<Record<string, Sample>> = {
  atr: { params: { period: 14 }, declare: byPeriod(atr) },
  bollinger: {
    params: { period: 20, deviations: 2 },
    declare: ({ period = Number.NaN, deviations = Number.NaN }, on) =>
      bollinger({ period, deviations, on }),
  },
  ema: { params: { period: 9 }, declare: byPeriod(ema) },
  macd: {
    params: { fast: 12, slow: 26, signal: 9 },
    declare: ({ fast = Number.NaN, slow = Number.NaN, signal = Number.NaN }, on) =>
      macd({ fast, slow, signal, on }),
  },
  rsi: { params: { period: 14 }, declare: byPeriod(rsi) },
  sma: { params: { period: 20 }, declare: byPeriod(sma) },
  vwap: { params: {}, declare: (_, on) => vwap({ on }) },
}

function sampleOf(kind: IndicatorKind): Sample {
  const sample = SAMPLES[kind.name]
  if (sample === undefined)
    throw new Error(`Indicator "${kind.name}" has no sample in contract.test.ts`)
  return sample
}

describe.each(INDICATOR_KINDS.map((kind) => [kind.name, kind] as const))('%s', (name, kind) => {
  const { params, declare } = sampleOf(kind)

  test('is found by its name', () => {
    expect(findIndicator(name)).toBe(kind)
  })

  test('has no value before its warm-up is over, and every value from then on', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const warmUp = kind.warmUp(params)
        const rows = runKernel(kind, { params, bars: sampleBars(seed, 200) })
        rows.forEach((row, at) => {
          expect(row.every((value) => Number.isNaN(value) === at < warmUp - 1)).toBe(true)
          expect(row.every((value) => Number.isFinite(value)) || at < warmUp - 1).toBe(true)
        })
      }),
      { numRuns: 20 },
    )
  })

  test('gives the same values for the same bars', () => {
    const bars = sampleBars(11, 300)
    expect(runKernel(kind, { params, bars })).toEqual(runKernel(kind, { params, bars }))
  })

  test('shares nothing between two instruments', () => {
    const [one, other] = [sampleBars(1, 120), sampleBars(2, 120)]
    const kernels = [kind.kernel(params), kind.kernel(params)]
    const mixed: number[][][] = [[], []]
    for (let at = 0; at < one.length; at++) {
      for (const [which, bars] of [one, other].entries()) {
        const bar = bars[at]
        if (bar === undefined) continue
        const out = new Float64Array(kind.outputs.length)
        kernels[which]?.update(bar.high, bar.low, bar.close, bar.volume, bar.sessionStart, out)
        mixed[which]?.push([...out])
      }
    }
    expect(mixed[0]).toEqual(runKernel(kind, { params, bars: one }))
    expect(mixed[1]).toEqual(runKernel(kind, { params, bars: other }))
  })

  test('writes every output at every bar', () => {
    const kernel = kind.kernel(params)
    const out = new Float64Array(kind.outputs.length)
    for (const bar of sampleBars(3, 60)) {
      out.fill(Number.POSITIVE_INFINITY)
      kernel.update(bar.high, bar.low, bar.close, bar.volume, bar.sessionStart, out)
      expect(out.includes(Number.POSITIVE_INFINITY)).toBe(false)
    }
  })

  test.each(Object.keys(params))('refuses a bad %s with a RangeError', (parameter) => {
    for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 10_001]) {
      expect(() => kind.kernel({ ...params, [parameter]: bad })).toThrow(RangeError)
      expect(() => kind.warmUp({ ...params, [parameter]: bad })).toThrow(RangeError)
      expect(() => declare({ ...params, [parameter]: bad }, '5m')).toThrow(RangeError)
    }
    const { [parameter]: _, ...missing } = params
    expect(() => kind.kernel(missing)).toThrow(RangeError)
  })

  test('refuses a parameter that it does not have', () => {
    expect(() => kind.kernel({ ...params, perod: 5 })).toThrow(RangeError)
  })

  test('refuses a timeframe that the host does not build', () => {
    const on: string = '2m'
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- authors without types can write this
    expect(() => declare(params, on as Timeframe)).toThrow(/2m.*1m/)
  })

  test('declares frozen plain data that names this kind', () => {
    const declared = declare(params, '15m')
    expect(declared).toEqual({ name, params, on: '15m', outputs: kind.outputs })
    expect(Object.isFrozen(declared) && Object.isFrozen(declared.params)).toBe(true)
    expect(Object.isFrozen(declared.outputs)).toBe(true)
    expect(structuredClone(declared)).toEqual(declared)
  })

  test('computes also where everything it is made of is frozen', () => {
    const kernel = Object.freeze(kind.kernel(params))
    Object.freeze(Object.getPrototypeOf(kernel))
    const out = new Float64Array(kind.outputs.length)
    for (const bar of sampleBars(4, 60)) {
      kernel.update(bar.high, bar.low, bar.close, bar.volume, bar.sessionStart, out)
    }
    expect([...out]).toEqual(runKernel(kind, { params, bars: sampleBars(4, 60) }).at(-1) ?? [])
  })
})

test('an unknown indicator is not found', () => {
  expect(findIndicator('supertrend')).toBeUndefined()
})
