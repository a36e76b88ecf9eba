/**
 * A CSV of trades, or of trades and quotes, with a header.
 *
 * In       columns time, price, quantity; optional symbol, bid, ask, bidQuantity, askQuantity; others are passed over.
 *          In any order, names in any case, fields without quotation marks. Rows in order of time
 * Out      one event a row: a trade, a quote (price and quantity empty) or both
 * Units    time: ISO 8601 with a zone, or whole seconds, milliseconds, microseconds or nanoseconds since 1970, told
 *          apart by their number of digits; prices and quantities are plain decimals
 * Refuses  a missing column, a price of zero or off the grid, a row out of order, more than 8 decimals
 *
 * Tick size: the caller's, else of each symbol the finest decimals of its prices, at least 0.01 (whole prices have a
 * tick of 0.01, one 10.125 makes it 0.001). Quantity step: the caller's, else the finest decimals of its quantities,
 * at least 1. Exchange: the caller's, else "CSV", open day and night. Symbol: the row's, else the caller's, else the
 * file's name.
 */
import type { Instrument } from '#sdk/instrument.ts'

import { SourceError } from '../feed.ts'
import { CsvRow, SCALE } from './csv-row.ts'
import { createColumnTape, EventColumns, type Tape } from './event-columns.ts'
import {
  describeInstrument,
  NSE,
  specOf,
  type TapeOptions,
  unitsPerStep,
  unitsPerTick,
  unknownExchange,
  USA,
} from './exchange.ts'
import { Scanner } from './scanner.ts'

const PRICE_DIGITS_MIN = 2

/** Opens the tape in an unpacked CSV. */
export function openCsv(
  path: string,
  { bytes, options }: { readonly bytes: Uint8Array; readonly options: TapeOptions },
): Tape {
  // A byte order mark is no part of the first column's name.
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  const scanner = new Scanner(marked ? bytes.subarray(3) : bytes, path)
  const row = new CsvRow(scanner, { path, symbol: options.symbol ?? symbolOf(path) })
  const columns = new EventColumns({ quotes: row.hasQuotes, received: false })
  readRows(scanner, { row, columns })
  if (columns.count === 0) throw new SourceError(`Cannot read "${path}": it has no rows`)
  const instruments = row.symbols.map((_, index) => describe(path, { row, index, options }))
  putOnGrid(path, { columns, instruments })
  const specs = instruments.map(specOf)
  return createColumnTape({ format: 'CSV', instruments: specs, columns, rows: columns.count })
}

function readRows(
  scanner: Scanner,
  { row, columns }: { readonly row: CsvRow; readonly columns: EventColumns },
) {
  let last = Number.NEGATIVE_INFINITY
  while (!scanner.ended) {
    const { row: number } = scanner
    row.read()
    const why = contradiction(row, last)
    if (why !== undefined) {
      scanner.row = number
      scanner.fail(why)
    }
    last = row.time
    const { price, bid, ask } = row
    const [quantity, bidQuantity, askQuantity] = [
      row.quantity || 0,
      row.bidQuantity || 0,
      row.askQuantity || 0,
    ]
    columns.tick(row.instrument, last, price, quantity, bid, ask, bidQuantity, askQuantity)
  }
}

/** What is wrong with a row as a whole. */
function contradiction({ time, price, quantity, bid, ask }: CsvRow, last: number) {
  if (time < last) return 'its time is before that of the row above it'
  if (Number.isNaN(price)) {
    if (Number.isNaN(bid) && Number.isNaN(ask)) return 'it has neither a price nor a quote'
    if (quantity > 0) return 'it has a quantity without a price'
  } else if (Number.isNaN(quantity)) return 'it has a price without a quantity'
  return undefined
}

function describe(
  path: string,
  {
    row,
    index,
    options,
  }: { readonly row: CsvRow; readonly index: number; readonly options: TapeOptions },
): Instrument {
  const { exchange: name = 'CSV' } = options
  const exchange = [USA, NSE].find(({ id }) => id === name) ?? unknownExchange(name)
  const digits = Math.max(PRICE_DIGITS_MIN, row.priceDigits[index] ?? 0)
  const tickSize = options.tickSize ?? unitOf(digits)
  const quantityStep = options.quantityStep ?? unitOf(row.quantityDigits[index] ?? 0)
  const symbol = row.symbols[index] ?? ''
  const grids = { ...options, tickSize, quantityStep }
  return describeInstrument(exchange, { file: path, symbol, options: grids })
}

/** One unit of the last of `digits` decimals: 2 is "0.01". */
function unitOf(digits: number): string {
  return digits === 0 ? '1' : `0.${'1'.padStart(digits, '0')}`
}

/** Turns integers of 1e-8 into ticks and steps: the grid is known only after the last row. */
function putOnGrid(
  path: string,
  {
    columns,
    instruments,
  }: { readonly columns: EventColumns; readonly instruments: readonly Instrument[] },
) {
  const ticks = {
    what: 'price',
    grids: instruments.map(({ tickSize }) => tickSize),
    units: instruments.map((instrument) => unitsPerTick(instrument, SCALE) ?? Number.NaN),
  }
  const steps = {
    what: 'quantity',
    grids: instruments.map(({ quantityStep }) => quantityStep),
    units: instruments.map((instrument) => unitsPerStep(instrument, SCALE) ?? Number.NaN),
  }
  const { count, instrument } = columns
  const divide = (column: Float64Array, { what, grids, units }: typeof ticks) => {
    for (let row = 0; row < count; row++) {
      const index = instrument[row] as number
      const value = column[row] as number
      const whole = value / (units[index] as number)
      // One event a row, and the header is the first.
      if (!Number.isInteger(whole) && !Number.isNaN(value)) {
        throw new SourceError(
          `Cannot read "${path}": row ${row + 2}: ${what} ${value / 10 ** SCALE} is off the grid of ${grids[index]}`,
        )
      }
      column[row] = whole
    }
  }
  divide(columns.price, ticks)
  divide(columns.quantity, steps)
  if (!columns.quotes) return
  divide(columns.bid, ticks)
  divide(columns.ask, ticks)
  divide(columns.bidQuantity, steps)
  divide(columns.askQuantity, steps)
}

/** "data/nifty.csv.gz" is "NIFTY"; characters that no symbol has become "-". */
function symbolOf(path: string): string {
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
  const symbol = name.replace(/(\.csv)?(\.gz)?$/i, '').replace(/[^a-z0-9._&-]+/gi, '-')
  return symbol.toUpperCase() || 'TAPE'
}
