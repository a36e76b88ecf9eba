/**
 * LEAN market data: a zip with one CSV a day (ticks, seconds, minutes) or one of all days (daily).
 *
 * In       tick trades (ms, price, quantity, exchange, condition, suspicious); trade bars (ms, open, high, low, close,
 *          volume); quote bars (ms, bid OHLC, bid size, ask OHLC, ask size); daily bars (YYYYMMDD HH:MM, OHLC, volume)
 * Out      a tick is one event with a price and a quantity; a bar is four events, see lean-bar.ts. An index has no
 *          volume: its events carry a price with quantity 0
 * Units    milliseconds since midnight of the exchange's zone; equity prices x 10,000, index prices as they are
 * Refuses  prices off the tick grid or zero, rows out of order, bars that contradict themselves, wrong columns
 * Source   github.com/QuantConnect/Lean, Data/equity/readme.md
 *
 * A file that stands outside LEAN's folders is of the exchange that the caller names; else of the USA, or of the NSE
 * where its prices have decimal points, because only Indian indices are read that way. A daily bar covers the hours of
 * the session, not the civil day.
 *
 * Daily bars of the USA hold prices between cents (43 of SPY's 5,849 days: trades may be reported finer than quoted).
 * Where one does and the caller has not said otherwise, the tick size is 0.0001, LEAN's own unit.
 * Ticks that the vendor marks suspicious are left out and counted.
 */
import type { Instrument } from '#sdk/instrument.ts'

import { SourceError } from '../feed.ts'
import { civilTime } from './civil-time.ts'
import { createColumnTape, EventColumns, type Tape } from './event-columns.ts'
import {
  type DailyExchange,
  describeInstrument,
  NSE,
  specOf,
  type TapeOptions,
  unitsPerTick,
  USA,
} from './exchange.ts'
import { type BarSpan, decodeQuoteBars, decodeTradeBars } from './lean-bar.ts'
import { type LeanName, readLeanName } from './lean-name.ts'
import { type LeanFile, LeanRows, PRICE_SCALE } from './lean-row.ts'
import { Scanner } from './scanner.ts'
import { listZip, readZipEntry } from './zip.ts'

const FINEST = '0.0001'
const POINT = 46
const SECOND = 1_000_000

/** Opens the tape in a LEAN zip; `path` is read for what it says of the content. */
export function openLean(
  path: string,
  { bytes, options }: { readonly bytes: Uint8Array; readonly options: TapeOptions },
): Tape {
  const zipped = listZip(bytes, path)
  const name = readLeanName(path, {
    entries: zipped.map((entry) => entry.name),
    exchange: options.exchange,
  })
  const chosen = zipped.find((entry) => entry.name === name.entry)
  if (chosen === undefined)
    throw new SourceError(`Cannot read "${path}": it has no "${name.entry}"`)
  const content = readZipEntry(bytes, chosen, path)
  if (content.length === 0) throw new SourceError(`Cannot read "${path}": it has no rows`)
  return decodeLean(path, { name, content, options })
}

function decodeLean(
  path: string,
  terms: {
    readonly name: LeanName
    readonly content: Uint8Array
    readonly options: TapeOptions
  },
): Tape {
  const { name, content } = terms
  const unscaled =
    name.assetClass === 'index' ||
    (name.assetClass === undefined && name.resolution !== 'tick' && content.includes(POINT))
  const exchange = name.exchange ?? (unscaled ? NSE : USA)
  const instrument = describe(path, { ...terms, exchange, unscaled })
  const { zone } = exchange.session
  const rows = new LeanRows({ path, content, instrument, zone, date: name.date, unscaled })
  const columns = new EventColumns({ quotes: name.kind === 'quote', received: false })
  const read = decodeRows(rows, { name, columns, exchange })
  const format = `LEAN ${name.resolution} ${name.kind}s`
  return createColumnTape({ format, instruments: [specOf(instrument)], columns, ...read })
}

function decodeRows(
  rows: LeanRows,
  terms: {
    readonly name: LeanName
    readonly columns: EventColumns
    readonly exchange: DailyExchange
  },
): { readonly rows: number; readonly skipped: number } {
  const { name, columns } = terms
  if (name.resolution === 'tick') {
    if (name.kind === 'quote') rows.scanner.fail('quote ticks are not read; trade ticks are')
    return decodeTicks(rows, columns)
  }
  const span = spanOf(name, terms.exchange)
  const decode = name.kind === 'quote' ? decodeQuoteBars : decodeTradeBars
  return { rows: decode(rows, columns, span), skipped: 0 }
}

function decodeTicks(
  rows: LeanRows,
  columns: EventColumns,
): { readonly rows: number; readonly skipped: number } {
  const { scanner } = rows
  let skipped = 0
  while (!scanner.ended) {
    const time = rows.time(true)
    const price = rows.price('price')
    const quantity = scanner.integer('quantity')
    scanner.skip('exchange')
    scanner.skip('condition')
    if (scanner.integer('suspicious') === 0) columns.trade(0, time, price, quantity)
    else skipped++
    scanner.endRow()
  }
  return { rows: columns.count, skipped }
}

function spanOf({ resolution }: LeanName, { session }: DailyExchange): BarSpan {
  const opensAt = civilTime(session.opens)
  if (resolution === 'daily') return { length: civilTime(session.closes) - opensAt, opensAt }
  return { length: resolution === 'minute' ? 60 * SECOND : SECOND, opensAt: undefined }
}

function describe(
  path: string,
  terms: {
    readonly name: LeanName
    readonly content: Uint8Array
    readonly options: TapeOptions
    readonly exchange: DailyExchange
    readonly unscaled: boolean
  },
): Instrument {
  const { name, options, exchange, unscaled } = terms
  const symbol = name.exchange === undefined ? (options.symbol ?? name.symbol) : name.symbol
  const kind = unscaled ? 'index' : 'equity'
  const instrument = describeInstrument(exchange, { file: path, symbol, kind, options })
  if (name.resolution !== 'daily' || options.tickSize !== undefined) return instrument
  if (onGrid(instrument, { ...terms, path })) return instrument
  const finer = { ...options, tickSize: FINEST }
  return describeInstrument(exchange, { file: path, symbol, kind, options: finer })
}

/** True where every price of a daily file is a whole number of ticks. */
function onGrid(
  instrument: Instrument,
  { path, content, unscaled }: Pick<LeanFile, 'path' | 'content' | 'unscaled'>,
): boolean {
  const scanner = new Scanner(content, path)
  const units = unitsPerTick(instrument, PRICE_SCALE) ?? 1
  for (; !scanner.ended; scanner.endRow()) {
    scanner.skip('date')
    for (const column of ['open', 'high', 'low', 'close']) {
      const value = unscaled ? scanner.decimal(column, PRICE_SCALE) : scanner.integer(column)
      if (value % units !== 0) return false
    }
    scanner.skip('volume')
  }
  return true
}
