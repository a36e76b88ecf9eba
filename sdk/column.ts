/**
 * Columns in shared memory: closed bars and indicator values, written once by the host, read by every carrier.
 * A row is addressed by instrument and by the number of the bar; a reader asks only for bars that its tape has shown it,
 * so it never sees the future of its own sequence.
 *
 * Units    bar prices in ticks, volume in steps, times in microseconds; indicator values in decimals of the currency
 */

/** Closed bars kept per instrument and timeframe. */
export const BARS_KEPT = 256
const FIELDS = 6

/** Closed bars of one timeframe, all instruments: start, open, high, low, close, volume. */
export class BarColumn {
  readonly #data: Float64Array

  constructor(memory: SharedArrayBuffer) {
    this.#data = new Float64Array(memory)
  }

  static memory(instruments: number): SharedArrayBuffer {
    return new SharedArrayBuffer(instruments * BARS_KEPT * FIELDS * 8)
  }

  /** `number` counts the closed bars of this instrument and timeframe from 0. */
  write(
    instrument: number,
    number: number,
    start: number,
    open: number,
    high: number,
    low: number,
    close: number,
    volume: number,
  ): void {
    const at = this.#row(instrument, number)
    this.#data[at] = start
    this.#data[at + 1] = open
    this.#data[at + 2] = high
    this.#data[at + 3] = low
    this.#data[at + 4] = close
    this.#data[at + 5] = volume
  }

  /** Field of a kept bar: 0 start, 1 open, 2 high, 3 low, 4 close, 5 volume. */
  read(instrument: number, number: number, field: number): number {
    return this.#data[this.#row(instrument, number) + field] as number
  }

  #row(instrument: number, number: number): number {
    return (instrument * BARS_KEPT + (number % BARS_KEPT)) * FIELDS
  }
}

/** Values of one declared indicator, all instruments; NaN until it is ready. */
export class IndicatorColumn {
  readonly outputs: number
  readonly #data: Float64Array

  constructor(memory: SharedArrayBuffer, outputs: number) {
    this.outputs = outputs
    this.#data = new Float64Array(memory)
  }

  static memory(instruments: number, outputs: number): SharedArrayBuffer {
    const memory = new SharedArrayBuffer(instruments * BARS_KEPT * outputs * 8)
    new Float64Array(memory).fill(Number.NaN)
    return memory
  }

  write(instrument: number, number: number, output: number, value: number): void {
    this.#data[(instrument * BARS_KEPT + (number % BARS_KEPT)) * this.outputs + output] = value
  }

  read(instrument: number, number: number, output: number): number {
    return this.#data[
      (instrument * BARS_KEPT + (number % BARS_KEPT)) * this.outputs + output
    ] as number
  }
}
