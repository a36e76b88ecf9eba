/**
 * Tapes written by hand in as few words as possible: for the tests of a strategy.
 *
 * Units    prices in decimals, quantities in units; times as ISO text with a zone or microseconds since the epoch
 */
import { microsOf, type TapeBar, type TapeTick, type TapeTime } from '#host/lab/testkit.ts'

import type { Timeframe } from '../bar.ts'

/** Trades: time, price, and how many units. */
export function ticks(
  rows: readonly (readonly [time: TapeTime, price: number, quantity: number])[],
): TapeTick[] {
  return rows.map(([time, price, quantity]) => ({ time, price, quantity }))
}

type BarRow = readonly [
  time: TapeTime,
  open: number,
  high: number,
  low: number,
  close: number,
  volume?: number,
]

/** Bars: time of the start, open, high, low, close, and the volume, 1000 where it is absent. */
export function bars(rows: readonly BarRow[], timeframe: Timeframe = '1m'): TapeBar[] {
  return rows.map(([time, open, high, low, close, volume = 1000]) => ({
    ...{ time, timeframe, open, high, low, close, volume },
  }))
}

/** Trades of 1000 units at these prices, one after the other. */
export function path(
  prices: readonly number[],
  { from, every = 60 }: { readonly from: TapeTime; readonly every?: number },
): TapeTick[] {
  const start = microsOf(from)
  return prices.map((price, at) => ({ time: start + at * every * 1e6, price, quantity: 1000 }))
}

/** How a random walk goes. */
export interface WalkOptions {
  readonly from: TapeTime
  readonly seed: number
  readonly count: number
  /** Seconds between two trades: 5 where it is absent. */
  readonly every?: number
  readonly price?: number
  /** Size of the grid, and of the smallest step: 0.05 where it is absent. */
  readonly tick?: number
  /** Largest step, in ticks of the grid: 4 where it is absent. */
  readonly stepMax?: number
}

/** A random walk of trades, the same for the same seed; it never comes near zero. */
export function walk({ from, seed, count, ...rest }: WalkOptions): TapeTick[] {
  const { every = 5, price = 100, tick = 0.05, stepMax = 4 } = rest
  const random = mulberry(seed)
  const perUnit = Math.round(1 / tick)
  const lowest = Math.max(1, Math.round((price * perUnit) / 10))
  let level = Math.round(price * perUnit)
  const prices = Array.from({ length: count }, () => {
    const step = Math.round((random() * 2 - 1) * stepMax)
    level = Math.max(lowest, level + step)
    return level / perUnit
  })
  return path(prices, { from, every })
}

/** Mulberry32, public domain: 32 bits of state are plenty for a test. */
function mulberry(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
