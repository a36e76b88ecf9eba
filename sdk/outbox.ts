/**
 * The outbox: intents of one carrier on their way to the host. A ring in shared memory, one writer (the carrier), one
 * reader (the host). What a handler asks for is written beyond the published end and becomes visible only when the
 * handler has returned: `commit` publishes, `discard` forgets.
 *
 * Units    quantity in steps, limit and stop in ticks, NaN for absent
 * Asserts  the reader never trusts a number of the writer: it checks the range of the published end
 */
import { assert } from './assert.ts'

/** Asks. heads: ask, instrument row, side index, order kind index * 8 + time in force index. */
export const ASK = { place: 1, modify: 2, cancel: 3, target: 4 } as const

const HEADS = 4
const VALUES = 6

export interface OutboxMemory {
  readonly capacity: number
  /** [0] records committed by the carrier, [1] records taken by the host; low 32 bits. */
  readonly control: SharedArrayBuffer
  readonly heads: SharedArrayBuffer
  readonly values: SharedArrayBuffer
}

export function createOutboxMemory(capacity = 4096): OutboxMemory {
  assert(
    capacity >= 64 && (capacity & (capacity - 1)) === 0,
    `Outbox capacity ${capacity} is not a power of two above 63`,
  )
  return {
    capacity,
    control: new SharedArrayBuffer(128),
    heads: new SharedArrayBuffer(capacity * HEADS * 4),
    values: new SharedArrayBuffer(capacity * VALUES * 8),
  }
}

/** Place of the host's count in the control words: a cache line away from the carrier's. */
const TAKEN = 16

export class OutboxWriter {
  readonly #control: Int32Array
  readonly #heads: Int32Array
  readonly #values: Float64Array
  readonly #capacity: number
  #committed: number
  #pending = 0

  constructor(memory: OutboxMemory) {
    this.#control = new Int32Array(memory.control)
    this.#heads = new Int32Array(memory.heads)
    this.#values = new Float64Array(memory.values)
    this.#capacity = memory.capacity
    this.#committed = Atomics.load(this.#control, 0)
  }

  /** Writes one record that nobody sees yet; false where the ring is full. */
  put(
    ask: number,
    instrument: number,
    side: number,
    form: number,
    decidedAt: number,
    ref: number,
    quantity: number,
    limit: number,
    stop: number,
    target: number,
  ): boolean {
    const next = (this.#committed + this.#pending) | 0
    if (((next - Atomics.load(this.#control, TAKEN)) | 0) >= this.#capacity) return false
    const row = next & (this.#capacity - 1)
    const head = row * HEADS
    this.#heads[head] = ask
    this.#heads[head + 1] = instrument
    this.#heads[head + 2] = side
    this.#heads[head + 3] = form
    const at = row * VALUES
    this.#values[at] = decidedAt
    this.#values[at + 1] = ref
    this.#values[at + 2] = quantity
    this.#values[at + 3] = limit
    this.#values[at + 4] = stop
    this.#values[at + 5] = target
    this.#pending++
    return true
  }

  /** Publishes what was put since the last commit. Returns how many records that were. */
  commit(): number {
    const count = this.#pending
    if (count === 0) return 0
    this.#committed = (this.#committed + count) | 0
    this.#pending = 0
    Atomics.store(this.#control, 0, this.#committed)
    return count
  }

  discard(): void {
    this.#pending = 0
  }
}

export class OutboxReader {
  ask = 0
  instrument = 0
  side = 0
  form = 0
  decidedAt = 0
  ref = 0
  quantity = 0
  limit = 0
  stop = 0
  target = 0
  readonly #control: Int32Array
  readonly #heads: Int32Array
  readonly #values: Float64Array
  readonly #capacity: number
  #taken: number

  constructor(memory: OutboxMemory) {
    this.#control = new Int32Array(memory.control)
    this.#heads = new Int32Array(memory.heads)
    this.#values = new Float64Array(memory.values)
    this.#capacity = memory.capacity
    this.#taken = Atomics.load(this.#control, TAKEN)
  }

  /** Copies the next committed record into this reader; false where there is none, 'broken' where the ring was tampered with. */
  next(): boolean | 'broken' {
    const waiting = (Atomics.load(this.#control, 0) - this.#taken) | 0
    if (waiting === 0) return false
    if (waiting < 0 || waiting > this.#capacity) return 'broken'
    const row = this.#taken & (this.#capacity - 1)
    const head = row * HEADS
    this.ask = this.#heads[head] as number
    this.instrument = this.#heads[head + 1] as number
    this.side = this.#heads[head + 2] as number
    this.form = this.#heads[head + 3] as number
    const at = row * VALUES
    this.decidedAt = this.#values[at] as number
    this.ref = this.#values[at + 1] as number
    this.quantity = this.#values[at + 2] as number
    this.limit = this.#values[at + 3] as number
    this.stop = this.#values[at + 4] as number
    this.target = this.#values[at + 5] as number
    this.#taken = (this.#taken + 1) | 0
    Atomics.store(this.#control, TAKEN, this.#taken)
    return true
  }
}
