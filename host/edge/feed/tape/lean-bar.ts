/**
 * Bars as events: each becomes four, in an order that its own prices allow.
 *
 * A bar walks open, low, high, close where its close is at or above its open, else open, high, low, close. The four
 * stand at the thirds of the bar, the close 1 us before its end. Volume is split in four whole parts, the remainder on
 * the last. A price with a quantity of 0 is no trade, so a volume below 4 gives one unit to each price that the walk
 * leaves, and the rest to the last.
 *
 * Both sides of a quote bar walk together, by the sum of both. A bar whose own lows or highs cross gives that crossed
 * quote as it was recorded (31 of 27,409 seconds of SPY on 2013-10-07).
 *
 * Refuses  a bar whose high or low is not
 */
import type { EventColumns } from './event-columns.ts'
import type { LeanRows } from './lean-row.ts'

/** Where in a day its bars stand. */
export interface BarSpan {
  /** Length of a bar, microseconds. */
  readonly length: number
  /** A daily bar's start, from midnight; undefined where each row has its time. */
  readonly opensAt: number | undefined
}

interface Prices {
  open: number
  high: number
  low: number
  close: number
}

const prices = (): Prices => ({ open: 0, high: 0, low: 0, close: 0 })

/** Reads trade bars, all rows; returns how many. */
export function decodeTradeBars(rows: LeanRows, columns: EventColumns, span: BarSpan): number {
  const { scanner } = rows
  const bar = prices()
  let count = 0
  for (; !scanner.ended; count++) {
    const start = startOf(rows, span)
    bar.open = rows.price('open')
    bar.high = rows.price('high')
    bar.low = rows.price('low')
    bar.close = rows.price('close')
    checkRange(rows, bar, '')
    const volume = scanner.integer('volume')
    const rising = bar.close >= bar.open
    let left = volume
    for (let step = 0; step < 4; step++) {
      const price = priceOf(bar, step, rising)
      const moves = step < 3 && price !== priceOf(bar, step + 1, rising)
      const part = volume >= 4 ? Math.floor(volume / 4) : moves && left > 1 ? 1 : 0
      const size = step === 3 ? left : part
      left -= size
      columns.trade(0, timeOf(start, step, span.length), price, size)
    }
    scanner.endRow()
  }
  return count
}

/** Reads quote bars, all rows; returns how many. A side without a quote is NaN. */
export function decodeQuoteBars(rows: LeanRows, columns: EventColumns, span: BarSpan): number {
  const { scanner } = rows
  const bid = prices()
  const ask = prices()
  let count = 0
  for (; !scanner.ended; count++) {
    const start = startOf(rows, span)
    const bidSize = readSide(rows, bid, 'bid')
    const askSize = readSide(rows, ask, 'ask')
    const rising = changeOf(bid) + changeOf(ask) >= 0
    for (let step = 0; step < 4; step++) {
      const time = timeOf(start, step, span.length)
      const below = priceOf(bid, step, rising)
      const above = priceOf(ask, step, rising)
      columns.quote(0, time, below, above, bidSize, askSize)
    }
    scanner.endRow()
  }
  return count
}

function readSide(rows: LeanRows, side: Prices, name: string): number {
  const { scanner } = rows
  side.open = rows.optionalPrice(`${name} open`)
  side.high = rows.optionalPrice(`${name} high`)
  side.low = rows.optionalPrice(`${name} low`)
  side.close = rows.optionalPrice(`${name} close`)
  checkRange(rows, side, `${name} `)
  return scanner.skipEmpty() ? 0 : scanner.integer(`${name} size`)
}

/** Refuses a bar whose prices contradict each other; all four empty is a side without a quote. */
function checkRange(rows: LeanRows, { open, high, low, close }: Prices, side: string) {
  const inside = high >= low && open <= high && open >= low && close <= high && close >= low
  const empty = Number.isNaN(open) && Number.isNaN(high) && Number.isNaN(low) && Number.isNaN(close)
  if (!inside && !empty) rows.scanner.fail(`its ${side}open or close is outside its low and high`)
}

function startOf(rows: LeanRows, { opensAt }: BarSpan): number {
  return opensAt === undefined ? rows.time(false) : rows.day() + opensAt
}

function timeOf(start: number, step: number, length: number): number {
  return step === 3 ? start + length - 1 : start + Math.floor((length * step) / 3)
}

function priceOf(bar: Prices, step: number, rising: boolean): number {
  if (step === 0) return bar.open
  if (step === 3) return bar.close
  return (step === 1) === rising ? bar.low : bar.high
}

function changeOf({ open, close }: Prices): number {
  return Number.isNaN(open) ? 0 : close - open
}
