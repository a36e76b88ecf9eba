/** Bars for people: decimals, the open one included. Off the hot path. */
import { type Bar, type Timeframe, timeframeIndex } from '#sdk/bar.ts'
import { type BarColumn, BARS_KEPT } from '#sdk/column.ts'
import { type Instrument, priceToDecimal } from '#sdk/instrument.ts'

import type { BarBuilder, OpenBar } from './bars.ts'

/** Closed bars, oldest first, and the open one as the last; at most `limit` together. */
export function recentBars(
  bars: BarBuilder,
  {
    instrument,
    timeframe,
    limit,
  }: { readonly instrument: Instrument; readonly timeframe: Timeframe; readonly limit: number },
): Bar[] {
  const index = timeframeIndex(timeframe)
  const row = instrument.index
  const column = bars.columns[index] as BarColumn
  const count = bars.count(row, index)
  const opened = limit > 0 ? bars.opened(row, index) : undefined
  const closed = Math.max(0, Math.min(limit - (opened === undefined ? 0 : 1), BARS_KEPT, count))
  const numbers = Array.from({ length: closed }, (_, at) => count - closed + at)
  const kept = numbers.map((number) => readBar(column, row, number))
  return [...kept, ...(opened === undefined ? [] : [opened])].map((bar) => ({
    instrument: instrument.id,
    timeframe,
    time: bar.start,
    open: priceToDecimal(instrument, bar.open),
    high: priceToDecimal(instrument, bar.high),
    low: priceToDecimal(instrument, bar.low),
    close: priceToDecimal(instrument, bar.close),
    volume: bar.volume,
  }))
}

function readBar(column: BarColumn, row: number, number: number): OpenBar {
  return {
    start: column.read(row, number, 0),
    open: column.read(row, number, 1),
    high: column.read(row, number, 2),
    low: column.read(row, number, 3),
    close: column.read(row, number, 4),
    volume: column.read(row, number, 5),
  }
}
