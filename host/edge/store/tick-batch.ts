/**
 * Ticks in PostgreSQL's binary COPY form, written into place as they come: nothing is allocated per tick, and nothing is
 * left to encode when a batch is due.
 *
 * In       market events, and the key of each instrument row
 * Out      the bytes of the rows
 * Units    as in the event; NaN becomes null
 * Source   postgresql.org/docs/18/sql-copy.html, "Binary Format"
 */
import type { MarketEvent } from '#sdk/tick.ts'

/** The columns, in the order they are written. */
export const TICK_COLUMNS = [
  'instrument',
  'time_us',
  'received_us',
  'price',
  'quantity',
  'bid',
  'ask',
  'bid_quantity',
  'ask_quantity',
] as const

/** What stands before the rows of a COPY, and after them. */
export const COPY_HEADER = Buffer.concat([
  Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'),
  Buffer.alloc(8),
])
export const COPY_TRAILER = Buffer.from([0xff, 0xff])
/** Field count, then a length and 4 bytes for the instrument, a length and 8 bytes for each other column. */
const ROW_BYTES = 2 + 8 + 12 * (TICK_COLUMNS.length - 1)
const HIGH = 4_294_967_296

export class TickBatch {
  rows = 0
  readonly #rowsMax: number
  readonly #bytes: Buffer
  readonly #view: DataView
  #end = 0

  constructor(rowsMax: number) {
    this.#rowsMax = rowsMax
    this.#bytes = Buffer.alloc(rowsMax * ROW_BYTES)
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength)
  }

  get full(): boolean {
    return this.rows === this.#rowsMax
  }

  /** The rows, without header and trailer; valid until the next `clear`. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end)
  }

  put(event: MarketEvent, key: number): void {
    const view = this.#view
    const at = this.#end
    view.setInt16(at, TICK_COLUMNS.length)
    view.setInt32(at + 2, 4)
    view.setInt32(at + 6, key)
    this.#end = at + 10
    this.#bigint(event.time)
    this.#bigint(event.receivedAt)
    this.#bigint(event.price)
    this.#bigint(event.quantity)
    this.#bigint(event.bid)
    this.#bigint(event.ask)
    this.#bigint(event.bidQuantity)
    this.#bigint(event.askQuantity)
    this.rows++
  }

  clear(): void {
    this.rows = 0
    this.#end = 0
  }

  #bigint(value: number): void {
    const view = this.#view
    const at = this.#end
    if (!Number.isFinite(value)) {
      view.setInt32(at, -1)
      this.#end = at + 4
      return
    }
    // Two halves instead of a BigInt, which would be allocated. Negative values come out in two's complement.
    const high = Math.floor(value / HIGH)
    view.setInt32(at, 8)
    view.setInt32(at + 4, high)
    view.setUint32(at + 8, value - high * HIGH)
    this.#end = at + 12
  }
}
