/**
 * Recorded markets: opens files as sources, each told by its content and its name.
 *
 * In       LEAN zips, Binance captures (.gz), CSV with a header (.csv, .csv.gz)
 * Out      a `Tape`, whole in memory; several files merged by time
 * Refuses  everything else, as a `SourceError` of one line that says what is wrong and what would be right
 * Touches  files, for reading only
 */
import { gunzipSync } from 'node:zlib'

import { type MarketSource, SourceError } from '../feed.ts'
import { isBinance, openBinance } from './binance.ts'
import { openCsv } from './csv.ts'
import type { Tape } from './event-columns.ts'
import type { TapeOptions } from './exchange.ts'
import { openLean } from './lean.ts'
import { mergeSources } from './merged-tape.ts'
import { isZip } from './zip.ts'

export type { Tape } from './event-columns.ts'
export type { TapeOptions } from './exchange.ts'

const FORMATS =
  'known are LEAN zips (tick trades, second and minute bars, daily), Binance captures (.gz) and CSV with a header (.csv, .csv.gz)'
/** A capture that unpacks to more does not fit in memory as columns either. */
const UNPACKED_MAX = 2 ** 31 - 1

/** Opens one recorded file. */
export async function openTape(path: string, options: TapeOptions = {}): Promise<Tape> {
  const file = await readFile(path)
  if (isZip(file)) return openLean(path, { bytes: file, options })
  const bytes = file[0] === 0x1f && file[1] === 0x8b ? unpack(path, file) : file
  if (bytes.length === 0) throw new SourceError(`Cannot read "${path}": it is empty`)
  if (isBinance(bytes)) return openBinance(path, { bytes, options })
  if (isCsv(path, bytes)) return openCsv(path, { bytes, options })
  throw new SourceError(`Cannot read "${path}": its format is not known; ${FORMATS}`)
}

/** Opens several recorded files as one source, merged by time; files of one instrument share its row. */
export async function openTapes(
  paths: readonly string[],
  options: TapeOptions = {},
): Promise<MarketSource> {
  if (paths.length === 0) throw new SourceError('Cannot open a tape: no file is named')
  const tapes: Tape[] = []
  // One after the other: a file is unpacked whole, and two at once would need the memory of two.
  for (const path of paths) tapes.push(await openTape(path, options))
  const [only] = tapes
  return only !== undefined && tapes.length === 1 ? only : mergeSources(tapes)
}

async function readFile(path: string): Promise<Uint8Array> {
  try {
    return await Bun.file(path).bytes()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') throw new SourceError(`Cannot read "${path}": there is no such file`)
    if (code === 'EISDIR') throw new SourceError(`Cannot read "${path}": it is a folder`)
    const why = error instanceof Error ? error.message : String(error)
    throw new SourceError(`Cannot read "${path}": ${why}`)
  }
}

function unpack(path: string, file: Uint8Array): Uint8Array {
  try {
    return gunzipSync(file, { maxOutputLength: UNPACKED_MAX })
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it is not gzip'
    throw new SourceError(`Cannot read "${path}": it is cut short or damaged (${why})`)
  }
}

/** Text with the name of a CSV, or with a header that has a time and a price. */
function isCsv(path: string, bytes: Uint8Array): boolean {
  const start = bytes.subarray(0, 1024)
  if (start.includes(0)) return false
  const [header = ''] = new TextDecoder().decode(start).toLowerCase().split('\n')
  const names = header.split(',').map((name) => name.trim())
  return /\.csv(\.gz)?$/i.test(path) || (names.includes('time') && names.includes('price'))
}
