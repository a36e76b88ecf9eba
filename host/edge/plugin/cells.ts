/**
 * The control cells of one carrier: a few words of shared memory by which the host and the carrier see each other without
 * a message. Each side writes its own words only.
 */
import { assert } from '#sdk/assert.ts'

const PARKED = 0
const WAKE = 1
const CALL = 2
const SIGNALLED = 3
const KIND = 4
const DOUBLES = 64

export type CellMemory = SharedArrayBuffer

/** What plug-in code may be doing; each has a limit of its own. The position in this list is its code. */
export const CALLS = ['handler', 'load', 'start', 'state'] as const
export type Call = (typeof CALLS)[number]

export class Cells {
  readonly words: Int32Array
  readonly #doubles: Float64Array

  constructor(memory: CellMemory) {
    assert(memory.byteLength === 128, 'Carrier cells are 128 bytes')
    this.words = new Int32Array(memory, 0, 16)
    this.#doubles = new Float64Array(memory, DOUBLES, 8)
  }

  static memory(): CellMemory {
    return new SharedArrayBuffer(128)
  }

  /** Sleeps until the host has something, or for `millis`. `idle` is asked once more after the host can see us parked. */
  park(idle: () => boolean, millis: number): void {
    const seen = Atomics.load(this.words, WAKE)
    Atomics.store(this.words, PARKED, 1)
    if (idle()) Atomics.wait(this.words, WAKE, seen, millis)
    Atomics.store(this.words, PARKED, 0)
  }

  /** Wakes the carrier if it sleeps; true if it did. */
  wake(): boolean {
    if (Atomics.load(this.words, PARKED) === 0) return false
    Atomics.add(this.words, WAKE, 1)
    Atomics.notify(this.words, WAKE)
    return true
  }

  /** Before and after each call of plug-in code. Odd while it runs; calls do not nest. */
  enter(what: Call = 'handler'): void {
    Atomics.store(this.words, KIND, CALLS.indexOf(what))
    Atomics.add(this.words, CALL, 1)
  }

  leave(): void {
    Atomics.add(this.words, CALL, 1)
  }

  /** Number of the call: the same odd number twice means that it still runs. */
  get call(): number {
    return Atomics.load(this.words, CALL)
  }

  /** What the call that runs is doing. */
  get kind(): Call {
    return CALLS[Atomics.load(this.words, KIND)] ?? 'handler'
  }

  /** The carrier has committed intents. True for the first signal since the host last cleared it. */
  signal(): boolean {
    return Atomics.exchange(this.words, SIGNALLED, 1) === 0
  }

  clearSignal(): void {
    Atomics.store(this.words, SIGNALLED, 0)
  }

  /** Last tape record handled, and the time of the last tick among them. For display: read without a lock. */
  set cursor(seq: number) {
    this.#doubles[0] = seq
  }

  get cursor(): number {
    return this.#doubles[0] as number
  }

  set lastTickAt(time: number) {
    this.#doubles[1] = time
  }

  get lastTickAt(): number {
    return this.#doubles[1] as number
  }
}
