/**
 * Bars: builds all timeframes of every instrument from its trades.
 *
 * In       trades in the order that they arrive; moments up to which bars are over
 * Out      closed bars in shared columns, numbered from 0 for each instrument and timeframe; a call for each one
 * Units    prices in ticks, volume in steps, times in microseconds
 * Asserts  a closed bar is never written again
 * Touches  shared memory, one writer
 *
 * A bar covers [start, end), aligned to the epoch; a day is the civil day of the instrument's zone. An interval without a
 * trade makes no bar. A trade touches its open second alone: the longer bars take each second over when it closes, which
 * gives the same bars, because no second lies in two of them. A trade that arrives late counts into the second that is
 * open, or, where none is, into the first one that no closed bar covers.
 */
import { TIMEFRAME_MICROS, timeframeIndex, TIMEFRAMES } from '#sdk/bar.ts'
import { BarColumn } from '#sdk/column.ts'

import type { CivilDay } from './session.ts'

/** Numbers of one open bar. It is open where its end is not infinite. */
const START = 0
const END = 1
const OPEN = 2
const HIGH = 3
const LOW = 4
const CLOSE = 5
const VOLUME = 6
const WIDTH = 8
const ROW = WIDTH * TIMEFRAMES.length
const SECOND = 1_000_000
const DAILY = timeframeIndex('1d')

/** The numbers of a bar that is still open. */
export interface OpenBar {
  readonly start: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}

export interface BarBuilderOptions {
  readonly instruments: number
  /** The civil day of an instrument that a moment belongs to. */
  readonly dayOf: (instrument: number, time: number) => CivilDay
  /** Called for each bar as it closes, the shortest first; its numbers stand in the column. */
  readonly onClose: (instrument: number, timeframe: number, number: number) => void
}

export class BarBuilder {
  /** Shared memory and columns of closed bars, in the order of `TIMEFRAMES`. */
  readonly memories: readonly SharedArrayBuffer[]
  readonly columns: readonly BarColumn[]
  /** Per instrument: the first moment at which an open bar is over. */
  readonly due: Float64Array
  /** Trades that came after their own second was closed or left. */
  late = 0
  readonly #options: BarBuilderOptions
  readonly #bars: Float64Array
  readonly #counts: Float64Array
  /** Per instrument: the latest end of a closed bar. */
  readonly #covered: Float64Array

  constructor(options: BarBuilderOptions) {
    const { instruments } = options
    this.#options = options
    this.memories = TIMEFRAMES.map(() => BarColumn.memory(instruments))
    this.columns = this.memories.map((memory) => new BarColumn(memory))
    this.due = new Float64Array(instruments).fill(Number.POSITIVE_INFINITY)
    this.#bars = new Float64Array(instruments * ROW).fill(Number.POSITIVE_INFINITY)
    this.#counts = new Float64Array(instruments * TIMEFRAMES.length)
    this.#covered = new Float64Array(instruments).fill(Number.NEGATIVE_INFINITY)
  }

  /** Closed bars so far. */
  count(instrument: number, timeframe: number): number {
    return this.#counts[instrument * TIMEFRAMES.length + timeframe] as number
  }

  /** Counts one trade in. Bars that are over by its time must have been closed. */
  trade(instrument: number, time: number, price: number, quantity: number): void {
    const bars = this.#bars
    const at = instrument * ROW
    if (bars[at + END] === Number.POSITIVE_INFINITY) {
      this.#openSecond(instrument, time, price, quantity)
      return
    }
    if (time < (bars[at + START] as number)) this.late++
    if (price > (bars[at + HIGH] as number)) bars[at + HIGH] = price
    if (price < (bars[at + LOW] as number)) bars[at + LOW] = price
    bars[at + CLOSE] = price
    bars[at + VOLUME] = (bars[at + VOLUME] as number) + quantity
  }

  /** Closes the instrument's bars that end at or before `until`. */
  close(instrument: number, until: number): void {
    const bars = this.#bars
    for (let timeframe = 0; timeframe < TIMEFRAMES.length; timeframe++) {
      const at = instrument * ROW + timeframe * WIDTH
      const end = bars[at + END] as number
      if (end > until) continue
      if (timeframe === 0) this.#handSecondOn(instrument)
      this.#closeOne(instrument, timeframe)
      if (end > (this.#covered[instrument] as number)) this.#covered[instrument] = end
    }
    this.#findDue(instrument)
  }

  /** The bar that is open, with the second that is not yet in it; undefined where there is none. */
  opened(instrument: number, timeframe: number): OpenBar | undefined {
    const bars = this.#bars
    const second = instrument * ROW
    const at = second + timeframe * WIDTH
    const read = (row: number): OpenBar => ({
      start: bars[row + START] as number,
      open: bars[row + OPEN] as number,
      high: bars[row + HIGH] as number,
      low: bars[row + LOW] as number,
      close: bars[row + CLOSE] as number,
      volume: bars[row + VOLUME] as number,
    })
    const own = bars[at + END] === Number.POSITIVE_INFINITY ? undefined : read(at)
    if (timeframe === 0 || bars[second + END] === Number.POSITIVE_INFINITY) return own
    const fresh = read(second)
    if (own === undefined) {
      return { ...fresh, start: this.#startOf(instrument, timeframe, fresh.start) }
    }
    return {
      start: own.start,
      open: own.open,
      high: Math.max(own.high, fresh.high),
      low: Math.min(own.low, fresh.low),
      close: fresh.close,
      volume: own.volume + fresh.volume,
    }
  }

  #openSecond(instrument: number, time: number, price: number, quantity: number): void {
    const bars = this.#bars
    const at = instrument * ROW
    const covered = this.#covered[instrument] as number
    let start = Math.floor(time / SECOND) * SECOND
    if (start < covered) {
      start = covered
      this.late++
    }
    bars[at + START] = start
    bars[at + END] = start + SECOND
    bars[at + OPEN] = price
    bars[at + HIGH] = price
    bars[at + LOW] = price
    bars[at + CLOSE] = price
    bars[at + VOLUME] = quantity
    // No longer bar ends before a second that lies in it does.
    this.due[instrument] = start + SECOND
  }

  /** Takes the second that closes into the longer bars. */
  #handSecondOn(instrument: number): void {
    const bars = this.#bars
    const from = instrument * ROW
    for (let timeframe = 1; timeframe < TIMEFRAMES.length; timeframe++) {
      const at = from + timeframe * WIDTH
      if (bars[at + END] === Number.POSITIVE_INFINITY) {
        this.#openLonger(instrument, timeframe)
        continue
      }
      const high = bars[from + HIGH] as number
      const low = bars[from + LOW] as number
      if (high > (bars[at + HIGH] as number)) bars[at + HIGH] = high
      if (low < (bars[at + LOW] as number)) bars[at + LOW] = low
      bars[at + CLOSE] = bars[from + CLOSE] as number
      bars[at + VOLUME] = (bars[at + VOLUME] as number) + (bars[from + VOLUME] as number)
    }
  }

  #openLonger(instrument: number, timeframe: number): void {
    const bars = this.#bars
    const from = instrument * ROW
    const at = from + timeframe * WIDTH
    const second = bars[from + START] as number
    const start = this.#startOf(instrument, timeframe, second)
    const daily = timeframe === DAILY
    bars[at + START] = start
    bars[at + END] = daily
      ? this.#options.dayOf(instrument, second).end
      : start + (TIMEFRAME_MICROS[timeframe] as number)
    for (let field = OPEN; field <= VOLUME; field++) bars[at + field] = bars[from + field] as number
  }

  #closeOne(instrument: number, timeframe: number): void {
    const bars = this.#bars
    const at = instrument * ROW + timeframe * WIDTH
    const counted = instrument * TIMEFRAMES.length + timeframe
    const number = this.#counts[counted] as number
    const column = this.columns[timeframe] as BarColumn
    column.write(
      instrument,
      number,
      bars[at + START] as number,
      bars[at + OPEN] as number,
      bars[at + HIGH] as number,
      bars[at + LOW] as number,
      bars[at + CLOSE] as number,
      bars[at + VOLUME] as number,
    )
    this.#counts[counted] = number + 1
    bars[at + END] = Number.POSITIVE_INFINITY
    this.#options.onClose(instrument, timeframe, number)
  }

  #startOf(instrument: number, timeframe: number, time: number): number {
    if (timeframe === DAILY) return this.#options.dayOf(instrument, time).start
    const length = TIMEFRAME_MICROS[timeframe] as number
    return Math.floor(time / length) * length
  }

  #findDue(instrument: number): void {
    let due = Number.POSITIVE_INFINITY
    for (let timeframe = 0; timeframe < TIMEFRAMES.length; timeframe++) {
      const end = this.#bars[instrument * ROW + timeframe * WIDTH + END] as number
      if (end < due) due = end
    }
    this.due[instrument] = due
  }
}
