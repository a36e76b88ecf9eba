/**
 * What the name of a LEAN file says: exchange, symbol, date, resolution.
 *
 * In       the path by LEAN's convention, <class>/<market>/<resolution>/<symbol>/<date>_<kind>.zip or
 *          <class>/<market>/daily/<symbol>.zip; a file that stands elsewhere is named by the CSV in it
 * Out      what is to be read of which CSV, or a `SourceError`
 */
import { SourceError } from '../feed.ts'
import { type DailyExchange, NSE, USA } from './exchange.ts'

export type LeanResolution = 'tick' | 'second' | 'minute' | 'daily'

/** What a LEAN zip holds and which of its files is meant. */
export interface LeanName {
  /** Undefined where neither the path nor the caller says. */
  readonly exchange: DailyExchange | undefined
  /** Undefined where the path does not say. */
  readonly assetClass: 'equity' | 'index' | undefined
  readonly resolution: LeanResolution
  readonly kind: 'trade' | 'quote'
  readonly symbol: string
  /** "20131007"; undefined for a daily file, whose rows have their own. */
  readonly date: string | undefined
  /** Name of the CSV in the zip. */
  readonly entry: string
}

/** Every class that LEAN knows; this tells its folders from others. */
const CLASSES =
  /^(equity|index|option|indexoption|future|futureoption|forex|cfd|crypto|cryptofuture)$/
const DATED = /^(\d{8})_([a-z]+)(?:_[a-z]+)?\.zip$/i
const INNER =
  /^(\d{8})_(.+?)_(trade|quote|tick|second|minute)_(trade|quote|tick|second|minute)\.csv$/i
const INNER_DAILY = /^([a-z][a-z0-9.-]*)\.csv$/i

/** What `path` is, with `entries` in it. */
export function readLeanName(
  path: string,
  {
    entries,
    exchange,
  }: { readonly entries: readonly string[]; readonly exchange: string | undefined },
): LeanName {
  const parts = path.split(/[\\/]/)
  const zip = parts.at(-1) ?? ''
  const depth = DATED.test(zip) ? 5 : 4
  const [assetClass = '', market = '', resolution = '', symbol = ''] = parts.slice(-depth)
  if (!CLASSES.test(assetClass)) {
    return readInnerName(path, { entry: chooseEntry(path, { zip, entries }), exchange })
  }
  const kind = DATED.exec(zip)?.[2] ?? 'trade'
  return {
    exchange: oneOf(path, { what: 'market', word: market, known: { usa: USA, india: NSE } }),
    assetClass: oneOf(path, {
      what: 'class',
      word: assetClass,
      known: { equity: 'equity', index: 'index' } as const,
    }),
    resolution: oneOf(path, { what: 'resolution', word: resolution, known: RESOLUTIONS }),
    kind: oneOf(path, { what: 'kind', word: kind, known: KINDS }),
    symbol: symbol.replace(/\.zip$/i, '').toUpperCase(),
    date: DATED.exec(zip)?.[1],
    entry: chooseEntry(path, { zip, entries }),
  }
}

const RESOLUTIONS = { tick: 'tick', second: 'second', minute: 'minute', daily: 'daily' } as const
const KINDS = { trade: 'trade', quote: 'quote' } as const

/** The CSV with the date of the zip's own name: a zip may hold another day's as well. */
function chooseEntry(
  path: string,
  { zip, entries }: { readonly zip: string; readonly entries: readonly string[] },
): string {
  const files = entries.filter((name) => /\.csv$/i.test(name) && !name.startsWith('__MACOSX/'))
  const date = /^(\d{8})/.exec(zip)?.[1]
  const dated = date === undefined ? files : files.filter((name) => baseName(name).startsWith(date))
  const [only] = dated
  if (only !== undefined && dated.length === 1) return only
  if (files.length === 0) throw unreadable(path, 'it holds no CSV')
  if (dated.length === 0) {
    throw unreadable(path, `it holds ${some(files)}, but its own name says ${date}`)
  }
  const hint = date === undefined ? '; name the zip <date>_trade.zip to choose a day' : ''
  throw unreadable(
    path,
    `it holds ${dated.length} files where one is expected, ${some(dated)}${hint}`,
  )
}

function readInnerName(
  path: string,
  { entry, exchange }: { readonly entry: string; readonly exchange: string | undefined },
): LeanName {
  const name = baseName(entry)
  const market =
    exchange === undefined
      ? undefined
      : oneOf(path, { what: 'exchange', word: exchange, known: { USA, NSE } })
  const daily = INNER_DAILY.exec(name)
  if (daily?.[1] !== undefined) {
    const symbol = daily[1].toUpperCase()
    const day = { resolution: 'daily', kind: 'trade', date: undefined } as const
    return { ...day, exchange: market, assetClass: undefined, symbol, entry }
  }
  const [, date, symbol = '', one = '', two = ''] = INNER.exec(name) ?? []
  // "Trade_Tick" and "minute_trade" both occur.
  const words = [one.toLowerCase(), two.toLowerCase()]
  const kind = words.find((word) => word === 'trade' || word === 'quote')
  const resolution = words.find((word) => word !== kind)
  if (date === undefined || kind === undefined || resolution === undefined) {
    throw unreadable(path, `"${name}" in it is not named like "20131007_spy_minute_trade.csv"`)
  }
  return {
    exchange: market,
    assetClass: undefined,
    resolution: oneOf(path, { what: 'resolution', word: resolution, known: RESOLUTIONS }),
    kind: oneOf(path, { what: 'kind', word: kind, known: KINDS }),
    symbol: symbol.toUpperCase(),
    date,
    entry,
  }
}

function oneOf<T>(
  path: string,
  asked: {
    readonly what: string
    readonly word: string
    readonly known: Readonly<Record<string, T>>
  },
): T {
  const found = asked.known[asked.word]
  if (found !== undefined) return found
  const names = Object.keys(asked.known).join(', ')
  throw unreadable(path, `LEAN ${asked.what} "${asked.word}" is not read; known are ${names}`)
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 2).map((name) => `"${name}"`)
  return shown.join(' and ') + (names.length > 2 ? ' and more' : '')
}

function unreadable(path: string, why: string): SourceError {
  return new SourceError(`Cannot read "${path}": ${why}`)
}
