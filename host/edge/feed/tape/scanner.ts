/**
 * Reads numbers from the bytes of a text file, row by row, without making strings.
 *
 * In       bytes with comma-separated fields and rows ended by a line feed
 * Out      safe integers, decimals as integers at a fixed scale, times in microseconds
 * Refuses  anything else, as a `SourceError` that names the file, the row and the column
 */
import { SourceError } from '../feed.ts'
import { daysFromCivil } from './civil-time.ts'

const COMMA = 44
const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const PLUS = 43
const DASH = 45
const POINT = 46
const ZERO = 48
const COLON = 58
const SPACE = 32
const LETTER_T = 84
const LETTER_Z = 90
/** Digits of any integer that is surely below 2^53. */
const DIGITS_MAX = 15
const DAY = 86_400_000_000

const latin = new TextDecoder('latin1')

export class Scanner {
  readonly bytes: Uint8Array
  /** Offset of the next byte to read. */
  at = 0
  /** Number of the row that is being read; the file's first is 1. */
  row = 1
  /** Fraction digits of the decimal last read, without its trailing zeros. */
  decimals = 0
  readonly #file: string
  #rowBegins = true

  constructor(bytes: Uint8Array, file: string) {
    this.bytes = bytes
    this.#file = file
  }

  /** True where no row is left. */
  get ended(): boolean {
    return this.at >= this.bytes.length
  }

  /** True where the next byte ends a field: a comma, the row's end or the file's. */
  get atFieldEnd(): boolean {
    const byte = this.bytes[this.at]
    return byte === COMMA || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === undefined
  }

  /** Throws the error for the row that is being read. */
  fail(why: string): never {
    throw new SourceError(`Cannot read "${this.#file}": row ${this.row}: ${why}`)
  }

  /** The field that starts at `from`, for a message: at most 24 characters, quoted. */
  shown(from: number): string {
    let end = from
    for (; end < this.bytes.length && end - from < 24; end++) {
      const byte = this.bytes[end]
      if (byte === COMMA || byte === LINE_FEED || byte === CARRIAGE_RETURN) break
    }
    return JSON.stringify(latin.decode(this.bytes.subarray(from, end)))
  }

  /** Moves past the comma before a field that is not the row's first. */
  open(column: string): void {
    if (this.#rowBegins) {
      this.#rowBegins = false
      return
    }
    if (this.bytes[this.at] !== COMMA) this.fail(`column "${column}" is missing`)
    this.at++
  }

  /** A whole number of at least 0. */
  integer(column: string): number {
    this.open(column)
    const from = this.at
    const value = this.digits()
    if (this.at === from || this.at - from > DIGITS_MAX || !this.atFieldEnd) {
      this.fail(`column "${column}" is ${this.shown(from)}, not a whole number`)
    }
    return value
  }

  /** A decimal of at least 0 as an integer at `scale` digits: 392.95 at 4 is 3929500. */
  decimal(column: string, scale: number): number {
    this.open(column)
    const from = this.at
    const value = this.number(column, scale)
    if (!this.atFieldEnd) this.fail(`column "${column}" is ${this.shown(from)}, not a number`)
    return value
  }

  /** Like `decimal`, but leaves what follows the number to the caller. */
  number(column: string, scale: number): number {
    const from = this.at
    let value = this.digits()
    const whole = this.at - from
    let fraction = 0
    this.decimals = 0
    if (this.bytes[this.at] === POINT) {
      this.at++
      for (let digit = this.#digit(); digit >= 0; digit = this.#digit()) {
        this.at++
        fraction++
        if (fraction <= scale) value = value * 10 + digit
        if (digit > 0) this.decimals = fraction
      }
    }
    if (whole + fraction === 0) {
      this.fail(`column "${column}" is ${this.shown(from)}, not a number`)
    }
    if (this.decimals > scale) {
      this.fail(`column "${column}" is ${this.shown(from)}, with more than ${scale} decimals`)
    }
    for (; fraction < scale; fraction++) value *= 10
    if (!Number.isSafeInteger(value)) {
      this.fail(`column "${column}" is ${this.shown(from)}, too large to be exact`)
    }
    return value
  }

  /** Whole seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size; in microseconds. */
  epoch(column: string): number {
    const from = this.at
    while (this.#digit() >= 0) this.at++
    const end = this.at
    const length = end - from
    if (length === 0 || length > 19)
      this.fail(`column "${column}" is ${this.shown(from)}, not a time`)
    this.at = from
    // Nanoseconds of today pass 2^53: the last three digits are cut, not rounded.
    const kept = length > 17 ? length - 3 : length
    let value = 0
    while (this.at < from + kept) value = value * 10 + ((this.bytes[this.at++] as number) - ZERO)
    this.at = end
    if (length <= 11) return value * 1_000_000
    return length <= 14 ? value * 1000 : value
  }

  /** ISO 8601 with a zone ("2024-08-08T09:15:00.25+05:30", "…Z"), in microseconds. */
  iso(column: string): number {
    const from = this.at
    const year = this.#pair() * 100 + this.#pair()
    const dashed = this.#past(DASH)
    const month = this.#pair()
    const dashedAgain = this.#past(DASH)
    const days = daysFromCivil(year, month, this.#pair())
    const separated = this.#past(LETTER_T) || this.#past(SPACE)
    const hour = this.#pair()
    const coloned = this.#past(COLON)
    const minute = this.#pair()
    let second = this.#past(COLON) ? this.#pair() * 1_000_000 : 0
    if (this.bytes[this.at] === POINT) second += this.#fraction()
    const shaped = dashed && dashedAgain && separated && coloned
    if (!(shaped && days > -1e6 && hour < 24 && minute < 60 && second < 60_000_000)) {
      this.fail(`column "${column}" is ${this.shown(from)}, not a time`)
    }
    const offset = this.#zone()
    if (Number.isNaN(offset)) {
      this.fail(`column "${column}" is ${this.shown(from)}, without a zone like "Z" or "+05:30"`)
    }
    return days * DAY + (hour * 60 + minute - offset) * 60_000_000 + second
  }

  /** Moves past the next field if it is empty, and says so. */
  skipEmpty(): boolean {
    if (this.#rowBegins) {
      this.#rowBegins = !this.atFieldEnd
      return !this.#rowBegins
    }
    if (this.bytes[this.at] !== COMMA) return false
    const after = this.bytes[this.at + 1]
    const empty =
      after === COMMA || after === LINE_FEED || after === CARRIAGE_RETURN || after === undefined
    if (empty) this.at++
    return empty
  }

  /** Moves past a field that is not read. */
  skip(column: string): void {
    this.open(column)
    while (!this.atFieldEnd) this.at++
  }

  /** Moves to the next row; refuses a row with more fields than were read. */
  endRow(): void {
    if (this.bytes[this.at] === CARRIAGE_RETURN) this.at++
    if (!this.ended && this.bytes[this.at] !== LINE_FEED) this.fail('it has too many columns')
    this.at++
    this.row++
    this.#rowBegins = true
  }

  /** Moves past a run of digits and gives its value; 0 where there is none. */
  digits(): number {
    let value = 0
    for (let digit = this.#digit(); digit >= 0; digit = this.#digit()) {
      value = value * 10 + digit
      this.at++
    }
    return value
  }

  #digit(): number {
    const digit = (this.bytes[this.at] as number) - ZERO
    return digit >= 0 && digit <= 9 ? digit : -1
  }

  /** Two digits; NaN where there are none. */
  #pair(): number {
    const tens = this.#digit()
    this.at++
    const ones = this.#digit()
    this.at++
    return tens < 0 || ones < 0 ? Number.NaN : tens * 10 + ones
  }

  #past(byte: number): boolean {
    if (this.bytes[this.at] !== byte) return false
    this.at++
    return true
  }

  /** A fraction of a second after its point, in microseconds; finer digits are cut. */
  #fraction(): number {
    let unit = 100_000
    let micros = 0
    this.at++
    for (let digit = this.#digit(); digit >= 0; digit = this.#digit()) {
      micros += digit * unit
      unit = Math.floor(unit / 10)
      this.at++
    }
    return micros
  }

  /** Minutes east of Greenwich; NaN where no zone is given. */
  #zone(): number {
    if (this.#past(LETTER_Z)) return 0
    const east = this.#past(PLUS)
    if (!east && !this.#past(DASH)) return Number.NaN
    const hours = this.#pair()
    this.#past(COLON)
    const minutes = this.#digit() >= 0 ? this.#pair() : 0
    return (east ? 1 : -1) * (hours * 60 + minutes)
  }
}
