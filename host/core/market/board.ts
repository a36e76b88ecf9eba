/**
 * The board: the last values of every instrument.
 *
 * In       good market events
 * Out      the current view: what the tape's tick records carry, marks, and the console's columns
 * Units    prices in ticks, quantities in steps, times in microseconds; NaN for what no event has said yet
 * Touches  shared memory, one writer: one column a field, one row an instrument
 *
 * What an event leaves unknown stays. A size is taken with its price, never alone. A new quote on one side that crosses
 * the kept other side proves that side outdated: it becomes unknown, so that no reader ever sees a crossed book.
 */
import type { MarketEvent } from '#sdk/tick.ts'

/** The columns, in the order that they lie in memory. */
export const BOARD_FIELDS = [
  'time',
  'price',
  'quantity',
  'bid',
  'ask',
  'bidQuantity',
  'askQuantity',
  'volume',
  'lastTickAt',
] as const
export type BoardField = (typeof BOARD_FIELDS)[number]

export class Board {
  readonly memory: SharedArrayBuffer
  /** Newest exchange time. */
  readonly time: Float64Array
  /** Last price, and the size of the last trade. */
  readonly price: Float64Array
  readonly quantity: Float64Array
  readonly bid: Float64Array
  readonly ask: Float64Array
  readonly bidQuantity: Float64Array
  readonly askQuantity: Float64Array
  /** Traded in the session so far. */
  readonly volume: Float64Array
  /** When the last event was received. */
  readonly lastTickAt: Float64Array

  constructor(instruments: number) {
    this.memory = new SharedArrayBuffer(instruments * BOARD_FIELDS.length * 8)
    const column = (field: BoardField) => {
      const at = BOARD_FIELDS.indexOf(field) * instruments * 8
      return new Float64Array(this.memory, at, instruments).fill(Number.NaN)
    }
    this.time = column('time')
    this.price = column('price')
    this.quantity = column('quantity')
    this.bid = column('bid')
    this.ask = column('ask')
    this.bidQuantity = column('bidQuantity')
    this.askQuantity = column('askQuantity')
    this.volume = column('volume').fill(0)
    this.lastTickAt = column('lastTickAt')
  }

  /** Takes a good event over. */
  take(event: MarketEvent): void {
    const { instrument, time, price, quantity, bid, ask, receivedAt } = event
    if (!(time < (this.time[instrument] as number))) this.time[instrument] = time
    this.lastTickAt[instrument] = receivedAt > 0 ? receivedAt : time
    if (price > 0) this.price[instrument] = price
    if (quantity > 0) {
      this.quantity[instrument] = quantity
      this.volume[instrument] = (this.volume[instrument] as number) + quantity
    }
    if (bid > 0) this.#takeBid(instrument, bid, event.bidQuantity)
    if (ask > 0) this.#takeAsk(instrument, ask, event.askQuantity)
  }

  /** A new session: what was traded starts from zero. */
  openSession(instrument: number): void {
    this.volume[instrument] = 0
  }

  /** What a position is valued at: the last price, before the first one the middle of the quote; NaN without either. */
  mark(instrument: number): number {
    const last = this.price[instrument] ?? Number.NaN
    if (last > 0) return last
    const bid = this.bid[instrument] ?? Number.NaN
    const ask = this.ask[instrument] ?? Number.NaN
    return Math.floor((bid + ask) / 2)
  }

  #takeBid(instrument: number, bid: number, size: number): void {
    this.bid[instrument] = bid
    if (size >= 0) this.bidQuantity[instrument] = size
    if (bid > (this.ask[instrument] as number)) {
      this.ask[instrument] = Number.NaN
      this.askQuantity[instrument] = Number.NaN
    }
  }

  #takeAsk(instrument: number, ask: number, size: number): void {
    this.ask[instrument] = ask
    if (size >= 0) this.askQuantity[instrument] = size
    if (ask < (this.bid[instrument] as number)) {
      this.bid[instrument] = Number.NaN
      this.bidQuantity[instrument] = Number.NaN
    }
  }
}
