/**
 * What stands on the chart: bars in order, and where the fills belong on them.
 *
 * In       bars and fills as the desk gives them, times in microseconds
 * Out      new lists; those given are never changed
 */
import type { Bar } from '#sdk/bar.ts'
import type { Side } from '#sdk/order.ts'
import type { FillView } from '#sdk/view.ts'

/** Bars that the chart keeps. */
export const BARS_MAX = 1_000

/** Puts a bar in its place by time: the last one renewed, a new one added, an older one corrected. */
export function placeBar(bars: readonly Bar[], bar: Bar): readonly Bar[] {
  const last = bars.at(-1)
  if (last === undefined || bar.time > last.time) return [...bars, bar].slice(-BARS_MAX)
  const at = lastAtOrBefore(bars, bar.time)
  const standing = bars[at]
  if (standing === undefined) return bars.length < BARS_MAX ? [bar, ...bars] : bars
  return standing.time === bar.time
    ? bars.with(at, bar)
    : bars.toSpliced(at + 1, 0, bar).slice(-BARS_MAX)
}

/** Fills of one strategy and side within one bar: what one arrow on the chart says. */
export interface FillMark {
  /** Start of the bar that the fills stand on. */
  readonly time: number
  readonly side: Side
  readonly strategy: string
  /** Steps, summed. */
  readonly quantity: number
}

/** One mark for each bar, side and strategy, oldest first. Fills before the first bar are left out. */
export function markFills(bars: readonly Bar[], fills: readonly FillView[]): readonly FillMark[] {
  const marks = new Map<string, FillMark>()
  for (const fill of fills) {
    const bar = bars[lastAtOrBefore(bars, fill.time)]
    if (bar === undefined) continue
    const { side, strategy } = fill
    const key = `${bar.time} ${side} ${strategy}`
    const quantity = (marks.get(key)?.quantity ?? 0) + fill.quantity
    marks.set(key, { time: bar.time, side, strategy, quantity })
  }
  return [...marks.values()].toSorted((one, other) => one.time - other.time)
}

/** Index of the last bar that starts at or before `time`; -1 where there is none. */
function lastAtOrBefore(bars: readonly Bar[], time: number): number {
  let low = 0
  let high = bars.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((bars[middle]?.time ?? 0) <= time) low = middle + 1
    else high = middle
  }
  return low - 1
}
