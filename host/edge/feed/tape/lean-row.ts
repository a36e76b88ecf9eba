/**
 * The fields that all LEAN rows are made of: times within a day, prices on a grid.
 *
 * Units    times in microseconds since the epoch, prices in ticks; LEAN's own are milliseconds since the exchange's
 *          midnight, and 1e-4 of the currency (an index: plain decimals)
 * Refuses  prices off the tick grid or zero, rows out of order
 */
import type { Instrument } from '#sdk/instrument.ts'

import { SourceError } from '../feed.ts'
import { civilMidnight } from './civil-time.ts'
import { unitsPerTick } from './exchange.ts'
import { Scanner } from './scanner.ts'

/** Decimals of LEAN's integer prices. */
export const PRICE_SCALE = 4
const DAY = 86_400_000_000
const SPACE = 32

/** What every row of one file has in common. */
export interface LeanFile {
  readonly path: string
  readonly content: Uint8Array
  readonly instrument: Instrument
  readonly zone: string
  /** "20131007"; undefined where each row has its own. */
  readonly date: string | undefined
  /** Prices are decimals, not integers of 1e-4. */
  readonly unscaled: boolean
}

/** Reads the rows of one CSV, field after field. */
export class LeanRows {
  readonly scanner: Scanner
  readonly #midnight: number
  readonly #zone: string
  readonly #unscaled: boolean
  readonly #unitsPerTick: number
  readonly #tickSize: string
  #last = Number.NEGATIVE_INFINITY

  constructor({ path, content, instrument, zone, date, unscaled }: LeanFile) {
    this.scanner = new Scanner(content, path)
    this.#zone = zone
    this.#unscaled = unscaled
    this.#tickSize = instrument.tickSize
    const units = unitsPerTick(instrument, PRICE_SCALE)
    if (units === undefined) {
      throw new SourceError(
        `Cannot read "${path}": tick size ${this.#tickSize} is finer than 0.0001`,
      )
    }
    this.#unitsPerTick = units
    this.#midnight = date === undefined ? 0 : (civilMidnight(date, zone) ?? Number.NaN)
    if (Number.isNaN(this.#midnight)) {
      throw new SourceError(`Cannot read "${path}": "${date}" in its name is not a date`)
    }
  }

  /** Time of a row; the same as the row before it may have where `repeats`. */
  time(repeats: boolean): number {
    const { scanner } = this
    const offset = scanner.decimal('time', 3)
    if (offset >= DAY) scanner.fail(`time ${offset / 1000} ms is past the end of the day`)
    return this.#inOrder(this.#midnight + offset, repeats)
  }

  /** Midnight of the day of a daily row, "19980102 00:00". */
  day(): number {
    const { scanner } = this
    scanner.open('date')
    const from = scanner.at
    const date = String(scanner.digits())
    const midnight = date.length === 8 ? civilMidnight(date, this.#zone) : undefined
    if (midnight === undefined || (scanner.bytes[scanner.at] !== SPACE && !scanner.atFieldEnd)) {
      return scanner.fail(`column "date" is ${scanner.shown(from)}, not like "19980102 00:00"`)
    }
    while (!scanner.atFieldEnd) scanner.at++
    return this.#inOrder(midnight, false)
  }

  /** A price above zero in ticks. */
  price(column: string): number {
    const { scanner } = this
    const units = this.#unscaled ? scanner.decimal(column, PRICE_SCALE) : scanner.integer(column)
    const ticks = units / this.#unitsPerTick
    if (!Number.isInteger(ticks)) {
      const decimal = units / 10 ** PRICE_SCALE
      scanner.fail(`${column} ${decimal} is off the tick grid of ${this.#tickSize}`)
    }
    if (ticks === 0) scanner.fail(`${column} is zero`)
    return ticks
  }

  /** A price, or NaN where the field is empty. */
  optionalPrice(column: string): number {
    return this.scanner.skipEmpty() ? Number.NaN : this.price(column)
  }

  #inOrder(time: number, repeats: boolean): number {
    if (time < this.#last) this.scanner.fail('its time is before that of the row above it')
    if (time === this.#last && !repeats) this.scanner.fail('its time is that of the row above it')
    this.#last = time
    return time
  }
}
