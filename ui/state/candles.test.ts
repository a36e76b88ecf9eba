import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import type { Bar } from '#sdk/bar.ts'
import type { FillView } from '#sdk/view.ts'

import { BARS_MAX, markFills, placeBar } from './candles.ts'

const MINUTE = 60_000_000

const bar = (time: number, close = 100): Bar => ({
  instrument: 'SIM:ALPHA',
  timeframe: '1m',
  time,
  open: 100,
  high: Math.max(100, close),
  low: Math.min(100, close),
  close,
  volume: 1,
})

const fill = (time: number, terms: Partial<FillView> = {}): FillView => ({
  executionId: `e${time}`,
  clientId: 'c',
  strategy: 'breakout',
  version: '1.0.0',
  digest: 'd',
  instrument: 'SIM:ALPHA',
  side: 'BUY',
  quantity: 10,
  price: 100,
  charges: 0,
  time,
  ...terms,
})

describe('bars on the chart', () => {
  test('the open bar is renewed in place', () => {
    const bars = placeBar([bar(0), bar(MINUTE)], bar(MINUTE, 105))
    expect(bars.map((one) => one.close)).toEqual([100, 105])
  })

  test('the next bar is added', () => {
    expect(placeBar([bar(0)], bar(MINUTE)).map((one) => one.time)).toEqual([0, MINUTE])
  })

  test('stand in order of time and at most one to a time, whatever order they come in', () => {
    const times = fc.array(fc.nat(50), { maxLength: 120 })
    fc.assert(
      fc.property(times, (minutes) => {
        const bars = minutes.reduce<readonly Bar[]>(
          (all, at) => placeBar(all, bar(at * MINUTE)),
          [],
        )
        const stood = bars.map((one) => one.time / MINUTE)
        return Bun.deepEquals(
          stood,
          [...new Set(minutes)].toSorted((one, other) => one - other),
        )
      }),
    )
  })

  test('never grow past what the chart keeps', () => {
    const full = Array.from({ length: BARS_MAX }, (_, at) => bar(at * MINUTE))
    const bars = placeBar(full, bar(BARS_MAX * MINUTE))
    expect(bars).toHaveLength(BARS_MAX)
    expect(bars.at(-1)?.time).toBe(BARS_MAX * MINUTE)
  })
})

describe('fills on the chart', () => {
  const bars = [bar(0), bar(MINUTE), bar(3 * MINUTE)]

  test('a fill stands on the bar that it happened in', () => {
    expect(markFills(bars, [fill(MINUTE + 1)]).map((mark) => mark.time)).toEqual([MINUTE])
  })

  test('a fill on the first microsecond of a bar stands on that bar', () => {
    expect(markFills(bars, [fill(MINUTE)]).map((mark) => mark.time)).toEqual([MINUTE])
  })

  test('a fill before the first bar is left out', () => {
    expect(markFills([bar(MINUTE)], [fill(MINUTE - 1)])).toEqual([])
  })

  test('fills of one bar, side and strategy are one arrow with their quantities together', () => {
    const marks = markFills(bars, [
      fill(1),
      fill(2, { quantity: 5 }),
      fill(3, { side: 'SELL' }),
      fill(4, { strategy: 'fade' }),
    ])
    expect(marks.map(({ side, strategy, quantity }) => `${strategy} ${side} ${quantity}`)).toEqual([
      'breakout BUY 15',
      'breakout SELL 10',
      'fade BUY 10',
    ])
  })
})
