/** Bars: open, high, low, close and volume of one instrument over one timeframe. */
import { assert } from './assert.ts'

/** The timeframes that the host builds, shortest first. The position in this list is the code on the tape. */
export const TIMEFRAMES = ['1s', '5s', '1m', '5m', '15m', '1h', '1d'] as const
export type Timeframe = (typeof TIMEFRAMES)[number]

/** Length of each timeframe in microseconds, in the order of `TIMEFRAMES`. */
export const TIMEFRAME_MICROS: readonly number[] = [1, 5, 60, 300, 900, 3_600, 86_400].map(
  (s) => s * 1e6,
)

export function timeframeIndex(timeframe: Timeframe): number {
  const index = TIMEFRAMES.indexOf(timeframe)
  assert(index >= 0, `Timeframe "${timeframe}" is not one of ${TIMEFRAMES.join(', ')}`)
  return index
}

/** A closed bar as authors and the console see it: decimal prices, integer units, times in microseconds. */
export interface Bar {
  readonly instrument: string
  readonly timeframe: Timeframe
  /** Start of the bar. It covers [time, time + timeframe). */
  readonly time: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}
