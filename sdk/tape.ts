/**
 * The tape: the strategies' half of the one order of events. A ring in shared memory with one writer (the host) and a
 * cursor per carrier. Nothing here allocates per record.
 *
 * In       head numbers (4 integers) and values (8 doubles) of one record
 * Out      the same, to any number of readers, in sequence
 * Units    prices in ticks, quantities in steps, times in microseconds; NaN where the market has not said
 * Asserts  one writer; a reader that falls a ring behind learns it (`lapped`) and never reads a torn record
 */
import { assert } from './assert.ts'

/** Record kinds. `subject` is an instrument row for market records, a strategy slot for records of one strategy. */
export const RECORD = {
  /** values: time, price, quantity, bid, ask, bidQuantity, askQuantity */
  tick: 1,
  /** a: timeframe index. values: start, open, high, low, close, volume, number of the bar */
  bar: 2,
  /** A second boundary. values: time */
  timer: 3,
  /** a: status (REPORT), b: instrument row. values: time, ref, signed last quantity, last price, filled, quantity, refusal code, limit */
  report: 4,
  /** a: what (CONTROL). For one strategy. */
  control: 5,
  /** A new session of an instrument. values: time, opensAt, closesAt */
  session: 6,
  /** The feed missed something. values: time */
  gap: 7,
} as const

export const CONTROL = { drain: 1, snapshot: 2 } as const

/** What a report record says; the position in this list is its code. */
export const REPORT_STATUS = [
  'accepted',
  'denied',
  'working',
  'triggered',
  'fill',
  'cancelled',
  'rejected',
  'expired',
  'unknown',
  'replaced',
  'cancel-refused',
  'replace-refused',
  'late-fill',
] as const
export type ReportStatus = (typeof REPORT_STATUS)[number]

export const VALUES = 8
export const HEADS = 4
/** Records a reader must stay clear of the writer. */
const MARGIN = 64

/** The shared memory of a tape. `capacity` is a power of two. */
export interface TapeMemory {
  readonly capacity: number
  /** [0] low 32 bits of the number of records written. */
  readonly control: SharedArrayBuffer
  readonly heads: SharedArrayBuffer
  readonly values: SharedArrayBuffer
}

export function createTapeMemory(capacity = 65_536): TapeMemory {
  assert(
    capacity >= 1024 && (capacity & (capacity - 1)) === 0,
    `Tape capacity ${capacity} is not a power of two above 1023`,
  )
  return {
    capacity,
    control: new SharedArrayBuffer(64),
    heads: new SharedArrayBuffer(capacity * HEADS * 4),
    values: new SharedArrayBuffer(capacity * VALUES * 8),
  }
}

export class TapeWriter {
  /** Records written so far; the sequence number of the newest one. The first record is 1. */
  seq = 0
  readonly #control: Int32Array
  readonly #heads: Int32Array
  readonly #values: Float64Array
  readonly #mask: number

  constructor(memory: TapeMemory) {
    this.#control = new Int32Array(memory.control)
    this.#heads = new Int32Array(memory.heads)
    this.#values = new Float64Array(memory.values)
    this.#mask = memory.capacity - 1
  }

  /** Appends one record and publishes it. Returns its sequence number. */
  write(
    kind: number,
    subject: number,
    a: number,
    b: number,
    v0: number,
    v1 = 0,
    v2 = 0,
    v3 = 0,
    v4 = 0,
    v5 = 0,
    v6 = 0,
    v7 = 0,
  ): number {
    const row = this.seq & this.#mask
    const head = row * HEADS
    const heads = this.#heads
    heads[head] = kind
    heads[head + 1] = subject
    heads[head + 2] = a
    heads[head + 3] = b
    const at = row * VALUES
    const values = this.#values
    values[at] = v0
    values[at + 1] = v1
    values[at + 2] = v2
    values[at + 3] = v3
    values[at + 4] = v4
    values[at + 5] = v5
    values[at + 6] = v6
    values[at + 7] = v7
    this.seq++
    Atomics.store(this.#control, 0, this.seq | 0)
    return this.seq
  }
}

/** Reads the tape from a cursor. `next()` copies one record into the fields below. */
export class TapeReader {
  /** Sequence number of the record last read; 0 before the first. */
  seq: number
  kind = 0
  subject = 0
  a = 0
  b = 0
  /** The eight values of the record; reused. */
  readonly v = new Float64Array(VALUES)
  readonly #control: Int32Array
  readonly #heads: Int32Array
  readonly #values: Float64Array
  readonly #capacity: number

  /** Starts after record `seq`: the first `next()` gives `seq + 1`. */
  constructor(memory: TapeMemory, seq: number) {
    this.#control = new Int32Array(memory.control)
    this.#heads = new Int32Array(memory.heads)
    this.#values = new Float64Array(memory.values)
    this.#capacity = memory.capacity
    this.seq = seq
  }

  /** Records that are written and not read. */
  get lag(): number {
    return (Atomics.load(this.#control, 0) - (this.seq | 0)) | 0
  }

  /** True where the writer has come so near that records were lost. */
  get lapped(): boolean {
    return this.lag > this.#capacity - MARGIN
  }

  /** Low 32 bits of the writer's count, to park on. */
  get written(): number {
    return Atomics.load(this.#control, 0)
  }

  /** Copies the next record into this reader; false where there is none. Check `lapped` when it answers false or before. */
  next(): boolean {
    const lag = this.lag
    if (lag <= 0 || lag > this.#capacity - MARGIN) return false
    const row = this.seq & (this.#capacity - 1)
    const head = row * HEADS
    const heads = this.#heads
    this.kind = heads[head] as number
    this.subject = heads[head + 1] as number
    this.a = heads[head + 2] as number
    this.b = heads[head + 3] as number
    const at = row * VALUES
    const values = this.#values
    const v = this.v
    v[0] = values[at] as number
    v[1] = values[at + 1] as number
    v[2] = values[at + 2] as number
    v[3] = values[at + 3] as number
    v[4] = values[at + 4] as number
    v[5] = values[at + 5] as number
    v[6] = values[at + 6] as number
    v[7] = values[at + 7] as number
    if (this.lapped) return false
    this.seq++
    return true
  }
}
