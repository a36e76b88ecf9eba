/**
 * The header and the rows of a CSV tape: which column is what, and the numbers of one row.
 *
 * Units    prices and quantities as integers of 1e-8, NaN where a field is empty; time in microseconds
 * Refuses  a missing or doubled column, a field that is not what its column says
 */
import { SourceError } from '../feed.ts'
import type { Scanner } from './scanner.ts'

/** Decimals that every number is kept with. */
export const SCALE = 8
const DASH = 45
const LINE_FEED = 10
const COMMA = 44

/** Columns by name; the position in this list is the column's number. */
const COLUMNS = [
  'time',
  'price',
  'quantity',
  'bid',
  'ask',
  'bidQuantity',
  'askQuantity',
  'symbol',
] as const
const [TIME, PRICE, QUANTITY, BID, ASK, BID_QUANTITY, ASK_QUANTITY, SYMBOL] = [
  0, 1, 2, 3, 4, 5, 6, 7,
]
const REQUIRED = 3
const OTHER = -1

/** One row at a time; the numbers stand in the fields until the next. */
export class CsvRow {
  time = 0
  price = 0
  quantity = 0
  bid = Number.NaN
  ask = Number.NaN
  bidQuantity = Number.NaN
  askQuantity = Number.NaN
  /** Number of the row's symbol in `symbols`; 0 where there is no such column. */
  instrument = 0
  /** In order of appearance. */
  readonly symbols: string[] = []
  /** Finest decimals seen of each symbol's prices and quantities. */
  readonly priceDigits: number[] = []
  readonly quantityDigits: number[] = []
  readonly hasQuotes: boolean
  readonly #scanner: Scanner
  readonly #names: readonly string[]
  readonly #columns: readonly number[]
  readonly #known = new Map<string, number>()
  #priceFinest = 0
  #quantityFinest = 0

  /** Reads the header; `symbol` is every row's where no column says. */
  constructor(
    scanner: Scanner,
    { path, symbol }: { readonly path: string; readonly symbol: string },
  ) {
    this.#scanner = scanner
    this.#names = readHeader(scanner)
    this.#columns = this.#names.map(columnOf)
    const missing = COLUMNS.slice(0, REQUIRED).filter(
      (_, column) => !this.#columns.includes(column),
    )
    if (missing.length > 0) {
      const found = this.#names.slice(0, 12).join(', ').slice(0, 120)
      throw new SourceError(
        `Cannot read "${path}": its header has no column "${missing.join('", "')}"; it has ${found}`,
      )
    }
    const doubled = this.#columns.find(
      (column, at) => column >= 0 && this.#columns.indexOf(column) < at,
    )
    if (doubled !== undefined)
      scanner.fail(`column "${COLUMNS[doubled]}" stands twice in the header`)
    this.hasQuotes = this.#columns.includes(BID) || this.#columns.includes(ASK)
    if (!this.#columns.includes(SYMBOL)) this.#meet(symbol)
    scanner.endRow()
  }

  /** Reads the next row. */
  read(): void {
    this.#priceFinest = 0
    this.#quantityFinest = 0
    for (let field = 0; field < this.#columns.length; field++) {
      this.#readField(this.#columns[field] as number, this.#names[field] as string)
    }
    this.#scanner.endRow()
    const { instrument, priceDigits, quantityDigits } = this
    if (this.#priceFinest > (priceDigits[instrument] as number))
      priceDigits[instrument] = this.#priceFinest
    if (this.#quantityFinest > (quantityDigits[instrument] as number)) {
      quantityDigits[instrument] = this.#quantityFinest
    }
  }

  #readField(column: number, name: string) {
    if (column === OTHER) this.#scanner.skip(name)
    else if (column === TIME) this.time = this.#readTime(name)
    else if (column === SYMBOL) this.instrument = this.#readSymbol(name)
    else if (column === PRICE) this.price = this.#readPrice(name)
    else if (column === QUANTITY) this.quantity = this.#readQuantity(name)
    else if (column === BID) this.bid = this.#readPrice(name)
    else if (column === ASK) this.ask = this.#readPrice(name)
    else if (column === BID_QUANTITY) this.bidQuantity = this.#readQuantity(name)
    else if (column === ASK_QUANTITY) this.askQuantity = this.#readQuantity(name)
  }

  #readTime(name: string): number {
    const scanner = this.#scanner
    scanner.open(name)
    const from = scanner.at
    const time = scanner.bytes[from + 4] === DASH ? scanner.iso(name) : scanner.epoch(name)
    if (!scanner.atFieldEnd) {
      scanner.fail(
        `column "${name}" is ${scanner.shown(from)}, not a time like "2024-08-08T09:15:00Z"`,
      )
    }
    return time
  }

  #readPrice(name: string): number {
    const scanner = this.#scanner
    if (scanner.skipEmpty()) return Number.NaN
    const price = scanner.decimal(name, SCALE)
    if (price === 0) scanner.fail(`column "${name}" is zero`)
    if (scanner.decimals > this.#priceFinest) this.#priceFinest = scanner.decimals
    return price
  }

  #readQuantity(name: string): number {
    const scanner = this.#scanner
    if (scanner.skipEmpty()) return Number.NaN
    const quantity = scanner.decimal(name, SCALE)
    if (scanner.decimals > this.#quantityFinest) this.#quantityFinest = scanner.decimals
    return quantity
  }

  #readSymbol(name: string): number {
    const scanner = this.#scanner
    scanner.open(name)
    const from = scanner.at
    // Neighbours are mostly of one symbol: no text is made for those.
    const last = this.symbols[this.instrument]
    if (last !== undefined && isTextAt(scanner.bytes, from, last)) {
      scanner.at = from + last.length
      if (scanner.atFieldEnd) return this.instrument
      scanner.at = from
    }
    while (!scanner.atFieldEnd) scanner.at++
    if (scanner.at === from) scanner.fail(`column "${name}" is empty`)
    const text = new TextDecoder().decode(scanner.bytes.subarray(from, scanner.at)).trim()
    return this.#known.get(text) ?? this.#meet(text)
  }

  #meet(symbol: string): number {
    this.#known.set(symbol, this.symbols.length)
    this.priceDigits.push(0)
    this.quantityDigits.push(0)
    return this.symbols.push(symbol) - 1
  }
}

function readHeader(scanner: Scanner): string[] {
  const { bytes } = scanner
  const found = bytes.indexOf(LINE_FEED)
  const end = found < 0 ? bytes.length : found
  const text = new TextDecoder().decode(bytes.subarray(0, end))
  scanner.at = end
  return text.split(String.fromCharCode(COMMA)).map((name) => name.trim().replaceAll('"', ''))
}

function columnOf(name: string): number {
  return COLUMNS.findIndex((column) => column.toLowerCase() === name.toLowerCase())
}

function isTextAt(bytes: Uint8Array, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (bytes[at + index] !== text.charCodeAt(index)) return false
  }
  return true
}
