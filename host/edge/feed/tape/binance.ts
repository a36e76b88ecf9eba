/**
 * A raw capture of Binance USD-M futures streams: a line a message, receive time in nanoseconds, a space, the
 * combined-stream JSON.
 *
 * In       bookTicker (b, B, a, A, T, s) and trade (p, q, T, s) messages; other streams are left out and counted
 * Out      a bookTicker is a quote, a trade a price with a quantity, in the order in which they were received
 * Units    `time` is the exchange's transaction time T (ms), `receivedAt` the line's own time. T of two streams may
 *          interleave: it goes back by up to 110 ms in the capture of 2024-08-08, receive time never does
 * Refuses  a line that is not such a message, prices off the grid, lines whose receive time goes back
 * Source   developers.binance.com, USD-M futures, websocket market streams
 */
import type { Instrument } from '#sdk/instrument.ts'

import { SourceError } from '../feed.ts'
import { createColumnTape, EventColumns, type Tape } from './event-columns.ts'
import {
  describeInstrument,
  type Exchange,
  specOf,
  type TapeOptions,
  unitsPerStep,
  unitsPerTick,
} from './exchange.ts'
import { Scanner } from './scanner.ts'

const LINE_FEED = 10
const SPACE = 32
const QUOTE_MARK = 34
const COLON = 58
const BRACE = 123
/** Binance gives at most 8 decimals. */
const SCALE = 8

const BINANCE: Exchange = {
  id: 'BINANCE',
  kind: 'crypto',
  currency: 'USDT',
  tickSize: '0.10',
  session: { kind: 'always', minutes: 1440 },
}

/** Grids by symbol; what is not here the caller must say. */
const GRIDS: Readonly<
  Record<string, { readonly tickSize: string; readonly quantityStep: string }>
> = { BTCUSDT: { tickSize: '0.10', quantityStep: '0.001' } }

const letter = (text: string) => text.charCodeAt(0)
const [BID, BID_SIZE, ASK, ASK_SIZE] = [letter('b'), letter('B'), letter('a'), letter('A')]
const [PRICE, QUANTITY, TIME, SYMBOL] = [letter('p'), letter('q'), letter('T'), letter('s')]
const STREAM = new TextEncoder().encode('{"stream":"')
const BOOK_TICKER = new TextEncoder().encode('@bookTicker"')
const TRADE = new TextEncoder().encode('@trade"')

/** True where the bytes begin like a line of such a capture. */
export function isBinance(bytes: Uint8Array): boolean {
  let at = 0
  while (isDigit(bytes[at])) at++
  return at >= 16 && at <= 19 && bytes[at] === SPACE && bytes[at + 1] === BRACE
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 48 && byte <= 57
}

/** Opens the tape in an unpacked capture. */
export function openBinance(
  path: string,
  { bytes, options }: { readonly bytes: Uint8Array; readonly options: TapeOptions },
): Tape {
  const capture = new Capture(path, { bytes, options })
  capture.readAll()
  const { columns, instruments, skipped } = capture
  if (columns.count === 0) {
    throw new SourceError(`Cannot read "${path}": it has no bookTicker and no trade messages`)
  }
  const format = 'Binance capture'
  const specs = instruments.map(specOf)
  return createColumnTape({ format, instruments: specs, columns, rows: columns.count, skipped })
}

class Capture {
  readonly columns = new EventColumns({ quotes: true, received: true })
  readonly instruments: Instrument[] = []
  skipped = 0
  readonly #path: string
  readonly #options: TapeOptions
  readonly #scanner: Scanner
  /** Where the value of each one-letter key of the line begins; 0 for none. */
  readonly #values = new Int32Array(128)
  #unitsPerTick: readonly number[] = []
  #unitsPerStep: readonly number[] = []

  constructor(
    path: string,
    { bytes, options }: { readonly bytes: Uint8Array; readonly options: TapeOptions },
  ) {
    this.#path = path
    this.#options = options
    this.#scanner = new Scanner(bytes, path)
  }

  readAll() {
    const scanner = this.#scanner
    const { bytes } = scanner
    let last = 0
    while (!scanner.ended) {
      const found = bytes.indexOf(LINE_FEED, scanner.at)
      const end = found < 0 ? bytes.length : found
      const receivedAt = scanner.epoch('receive time')
      if (receivedAt < last) scanner.fail('it was received before the line above it')
      last = receivedAt
      if (bytes[scanner.at] !== SPACE || bytes[scanner.at + 1] !== BRACE) {
        scanner.fail('it is not a time, a space and a JSON object')
      }
      this.#readMessage(end, receivedAt)
      scanner.at = end
      scanner.endRow()
    }
  }

  #readMessage(end: number, receivedAt: number) {
    const scanner = this.#scanner
    const { bytes } = scanner
    const from = scanner.at + 1
    const at = startsWith(bytes, from, STREAM) ? bytes.indexOf(64, from) : -1
    const isQuote = at >= 0 && at < end && startsWith(bytes, at, BOOK_TICKER)
    const isTrade = at >= 0 && at < end && startsWith(bytes, at, TRADE)
    if (!isQuote && !isTrade) {
      this.skipped++
      return
    }
    if (bytes[end - 1] !== 125) scanner.fail('its message is cut short')
    this.#findValues(at, end)
    const row = isQuote ? this.#readQuote() : this.#readTrade()
    this.columns.receivedAt[row] = receivedAt
  }

  #readQuote(): number {
    const instrument = this.#instrument()
    const bid = this.#price(BID, instrument)
    const ask = this.#price(ASK, instrument)
    const bidQuantity = this.#quantity(BID_SIZE, instrument)
    const askQuantity = this.#quantity(ASK_SIZE, instrument)
    return this.columns.quote(instrument, this.#time(), bid, ask, bidQuantity, askQuantity)
  }

  #readTrade(): number {
    const instrument = this.#instrument()
    const price = this.#price(PRICE, instrument)
    return this.columns.trade(instrument, this.#time(), price, this.#quantity(QUANTITY, instrument))
  }

  /** Notes where each one-letter key of the line has its value: the messages read are flat. */
  #findValues(from: number, end: number) {
    const { bytes } = this.#scanner
    const values = this.#values
    values.fill(0)
    for (let at = from; at + 3 < end; at++) {
      if (bytes[at] === QUOTE_MARK && bytes[at + 2] === QUOTE_MARK && bytes[at + 3] === COLON) {
        values[(bytes[at + 1] as number) & 127] = at + 4
        at += 3
      }
    }
  }

  #valueAt(key: number): number {
    const at = this.#values[key] as number
    if (at === 0) this.#scanner.fail(`field "${String.fromCharCode(key)}" is missing`)
    return at
  }

  /** A decimal in quotation marks as a whole number of `units`. */
  #whole(key: number, units: number): number {
    const scanner = this.#scanner
    const name = String.fromCharCode(key)
    const at = this.#valueAt(key)
    scanner.at = at + 1
    const value = scanner.number(name, SCALE)
    const quoted = scanner.bytes[at] === QUOTE_MARK && scanner.bytes[scanner.at] === QUOTE_MARK
    if (!quoted) scanner.fail(`field "${name}" is ${scanner.shown(at)}, not a number`)
    const whole = value / units
    if (!Number.isInteger(whole))
      scanner.fail(`field "${name}" is ${scanner.shown(at)}, off the grid`)
    return whole
  }

  #price(key: number, instrument: number): number {
    const ticks = this.#whole(key, this.#unitsPerTick[instrument] as number)
    if (ticks === 0) this.#scanner.fail(`field "${String.fromCharCode(key)}" is a price of zero`)
    return ticks
  }

  #quantity(key: number, instrument: number): number {
    return this.#whole(key, this.#unitsPerStep[instrument] as number)
  }

  #time(): number {
    this.#scanner.at = this.#valueAt(TIME)
    return this.#scanner.epoch('T')
  }

  #instrument(): number {
    const { bytes } = this.#scanner
    const from = this.#valueAt(SYMBOL) + 1
    for (let index = 0; index < this.instruments.length; index++) {
      if (isSymbolAt(bytes, from, this.instruments[index]?.symbol ?? '')) return index
    }
    const end = bytes.indexOf(QUOTE_MARK, from)
    return this.#meet(new TextDecoder().decode(bytes.subarray(from, Math.min(end, from + 32))))
  }

  #meet(symbol: string): number {
    const file = this.#path
    const options = this.#options
    const grid = GRIDS[symbol]
    const tickSize = options.tickSize ?? grid?.tickSize
    const quantityStep = options.quantityStep ?? grid?.quantityStep
    if (tickSize === undefined || quantityStep === undefined) {
      this.#scanner.fail(`tick size and quantity step of "${symbol}" are not known and not given`)
    }
    const grids = { ...options, tickSize, quantityStep }
    const instrument = describeInstrument(BINANCE, { file, symbol, options: grids })
    const perTick = unitsPerTick(instrument, SCALE)
    const perStep = unitsPerStep(instrument, SCALE)
    if (perTick === undefined || perStep === undefined) {
      this.#scanner.fail(`the grid of "${symbol}" is finer than ${SCALE} decimals`)
    }
    this.#unitsPerTick = [...this.#unitsPerTick, perTick]
    this.#unitsPerStep = [...this.#unitsPerStep, perStep]
    return this.instruments.push(instrument) - 1
  }
}

function startsWith(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let index = 0; index < word.length; index++) {
    if (bytes[at + index] !== word[index]) return false
  }
  return true
}

function isSymbolAt(bytes: Uint8Array, at: number, symbol: string): boolean {
  for (let index = 0; index < symbol.length; index++) {
    if (bytes[at + index] !== symbol.charCodeAt(index)) return false
  }
  return bytes[at + symbol.length] === QUOTE_MARK
}
