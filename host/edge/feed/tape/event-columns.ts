/**
 * A tape in memory: events as columns of doubles, filled once by a format's reader, then read in order.
 *
 * In       events in the order in which they happened
 * Out      a `Tape`; `next()` copies one row and allocates nothing
 * Units    prices in ticks, quantities in steps, times in microseconds, NaN for unknown
 */
import type { InstrumentSpec } from '#sdk/instrument.ts'
import type { MarketEvent } from '#sdk/tick.ts'

import type { MarketSource } from '../feed.ts'

/** A recorded market, with what there was in the file. */
export interface Tape extends MarketSource {
  /** What the file was taken for: "LEAN tick trades". */
  readonly format: string
  /** Rows or messages that became events; a bar is one row and four events. */
  readonly rows: number
  /** Rows or messages of a sort that is not modelled, left out. */
  readonly skipped: number
}

/** Columns that grow; `quotes` and `received` say whether those columns are kept at all. */
export class EventColumns {
  count = 0
  time = new Float64Array(0)
  instrument = new Int32Array(0)
  price = new Float64Array(0)
  quantity = new Float64Array(0)
  receivedAt = new Float64Array(0)
  bid = new Float64Array(0)
  ask = new Float64Array(0)
  bidQuantity = new Float64Array(0)
  askQuantity = new Float64Array(0)
  readonly quotes: boolean
  readonly received: boolean

  constructor({ quotes, received }: { readonly quotes: boolean; readonly received: boolean }) {
    this.quotes = quotes
    this.received = received
    this.#resize(8192)
  }

  /** A trade, or a price without a trade where `quantity` is 0. */
  trade(instrument: number, time: number, price: number, quantity: number): number {
    const row = this.#add(instrument, time)
    this.price[row] = price
    this.quantity[row] = quantity
    if (this.quotes) this.#quoteOf(row, Number.NaN, Number.NaN, 0, 0)
    return row
  }

  /** A quote without a trade; NaN for a side that has none. */
  quote(
    instrument: number,
    time: number,
    bid: number,
    ask: number,
    bidQuantity: number,
    askQuantity: number,
  ): number {
    const row = this.#add(instrument, time)
    this.price[row] = Number.NaN
    this.quantity[row] = 0
    this.#quoteOf(row, bid, ask, bidQuantity, askQuantity)
    return row
  }

  /** A trade and the quote around it, where the columns hold quotes. */
  tick(
    instrument: number,
    time: number,
    price: number,
    quantity: number,
    bid: number,
    ask: number,
    bidQuantity: number,
    askQuantity: number,
  ): number {
    const row = this.trade(instrument, time, price, quantity)
    if (this.quotes) this.#quoteOf(row, bid, ask, bidQuantity, askQuantity)
    return row
  }

  #quoteOf(row: number, bid: number, ask: number, bidQuantity: number, askQuantity: number) {
    this.bid[row] = bid
    this.ask[row] = ask
    this.bidQuantity[row] = bidQuantity
    this.askQuantity[row] = askQuantity
  }

  #add(instrument: number, time: number): number {
    const row = this.count++
    if (row === this.time.length) this.#resize(row * 2)
    this.time[row] = time
    this.instrument[row] = instrument
    return row
  }

  #resize(capacity: number) {
    this.time = grown(this.time, capacity)
    this.price = grown(this.price, capacity)
    this.quantity = grown(this.quantity, capacity)
    const instrument = new Int32Array(capacity)
    instrument.set(this.instrument)
    this.instrument = instrument
    if (this.received) this.receivedAt = grown(this.receivedAt, capacity)
    if (!this.quotes) return
    this.bid = grown(this.bid, capacity)
    this.ask = grown(this.ask, capacity)
    this.bidQuantity = grown(this.bidQuantity, capacity)
    this.askQuantity = grown(this.askQuantity, capacity)
  }
}

function grown(column: Float64Array<ArrayBuffer>, capacity: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(capacity)
  larger.set(column)
  return larger
}

/** A tape over filled columns. Where no receive time was recorded, an event is received when it happened. */
export function createColumnTape({
  format,
  instruments,
  columns,
  rows,
  skipped = 0,
}: {
  readonly format: string
  readonly instruments: readonly InstrumentSpec[]
  readonly columns: EventColumns
  readonly rows: number
  readonly skipped?: number
}): Tape {
  let held = columns
  let at = 0
  return {
    format,
    instruments,
    rows,
    skipped,
    startsAt: columns.time[0] as number,
    next(event) {
      if (at >= held.count) return false
      copyRow(held, at++, event)
      return true
    },
    progress: () => (held.count === 0 ? 1 : at / held.count),
    close() {
      // The columns of a long tape are many megabytes: let them go with the tape's use, not with its last reference.
      held = new EventColumns({ quotes: false, received: false })
    },
  }
}

function copyRow(columns: EventColumns, row: number, event: MarketEvent) {
  const time = columns.time[row] as number
  event.instrument = columns.instrument[row] as number
  event.time = time
  event.receivedAt = columns.received ? (columns.receivedAt[row] as number) : time
  event.price = columns.price[row] as number
  event.quantity = columns.quantity[row] as number
  event.bid = columns.quotes ? (columns.bid[row] as number) : Number.NaN
  event.ask = columns.quotes ? (columns.ask[row] as number) : Number.NaN
  event.bidQuantity = columns.quotes ? (columns.bidQuantity[row] as number) : 0
  event.askQuantity = columns.quotes ? (columns.askQuantity[row] as number) : 0
}
