/**
 * Reads zip archives, as far as market data comes in them: stored or deflated entries, no encryption. Vendors write the
 * 64-bit records even into small archives, so those are read too.
 *
 * In       the bytes of a whole archive
 * Out      entries by name; the bytes of one entry, checked against its length and checksum
 * Refuses  a truncated or damaged archive and what is not modelled, as a `SourceError`
 * Source   PKWARE APPNOTE 6.3.10, 4.3
 */
import { crc32, inflateRawSync } from 'node:zlib'

import { SourceError } from '../feed.ts'

const END_OF_DIRECTORY = 0x06054b50
const DIRECTORY_ENTRY = 0x02014b50
const LARGE_END_OF_DIRECTORY = 0x06064b50
const LARGE_LOCATOR = 0x07064b50
const LOCAL_ENTRY = 0x04034b50
const END_LENGTH = 22
const LARGE_LOCATOR_LENGTH = 20
/** A 32-bit field that says: see the 64-bit one. */
const SEE_LARGE = 0xffffffff
const LARGE_FIELD = 1
const COMMENT_MAX = 65_535
/** An entry that unpacks to more is damaged or a trap: the largest day of ticks known is below 200 MB. */
const UNPACKED_MAX = 2 ** 31

export interface ZipEntry {
  readonly name: string
  readonly method: number
  readonly encrypted: boolean
  readonly checksum: number
  readonly packed: number
  readonly unpacked: number
  readonly offset: number
}

/** True where the bytes begin like a zip archive. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5)
}

/** The files of an archive, in its own order. */
export function listZip(bytes: Uint8Array, file: string): ZipEntry[] {
  const view = viewOf(bytes)
  const directory = findDirectory(view)
  if (directory === undefined) {
    throw damaged(file, 'it is cut short or not a whole zip (no directory at its end)')
  }
  const { count, end } = directory
  let at = directory.from
  const entries: ZipEntry[] = []
  for (let index = 0; index < count; index++) {
    if (at + 46 > end || view.getUint32(at, true) !== DIRECTORY_ENTRY) {
      throw damaged(file, `its directory is damaged at entry ${index + 1} of ${count}`)
    }
    const nameLength = view.getUint16(at + 28, true)
    const extraLength = view.getUint16(at + 30, true)
    const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true)
    if (next > end)
      throw damaged(file, `its directory is damaged at entry ${index + 1} of ${count}`)
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength))
    if (!name.endsWith('/')) entries.push({ name, ...readEntry(view, at) })
    at = next
  }
  return entries
}

interface Directory {
  readonly count: number
  readonly from: number
  /** Its own end, where the end record begins. */
  readonly end: number
}

function findDirectory(view: DataView): Directory | undefined {
  const end = findEnd(view)
  if (end < 0) return undefined
  const locator = end - LARGE_LOCATOR_LENGTH
  if (locator < 0 || view.getUint32(locator, true) !== LARGE_LOCATOR) {
    return { count: view.getUint16(end + 10, true), from: view.getUint32(end + 16, true), end }
  }
  const large = Number(view.getBigUint64(locator + 8, true))
  if (large + 56 > end || view.getUint32(large, true) !== LARGE_END_OF_DIRECTORY) return undefined
  const count = Number(view.getBigUint64(large + 32, true))
  return { count, from: Number(view.getBigUint64(large + 48, true)), end: large }
}

function readEntry(view: DataView, at: number): Omit<ZipEntry, 'name'> {
  let extra = at + 46 + view.getUint16(at + 28, true)
  const extraEnd = extra + view.getUint16(at + 30, true)
  while (extra + 4 <= extraEnd && view.getUint16(extra, true) !== LARGE_FIELD) {
    extra += 4 + view.getUint16(extra + 2, true)
  }
  extra += 4
  // The 64-bit field holds only the numbers that did not fit, in this order.
  const sizeAt = (offset: number) => {
    const small = view.getUint32(at + offset, true)
    if (small !== SEE_LARGE || extra + 8 > extraEnd) return small
    extra += 8
    return Number(view.getBigUint64(extra - 8, true))
  }
  const unpacked = sizeAt(24)
  const packed = sizeAt(20)
  return {
    method: view.getUint16(at + 10, true),
    encrypted: (view.getUint16(at + 8, true) & 1) === 1,
    checksum: view.getUint32(at + 16, true),
    packed,
    unpacked,
    offset: sizeAt(42),
  }
}

/** The bytes of one entry. */
export function readZipEntry(bytes: Uint8Array, entry: ZipEntry, file: string): Uint8Array {
  const view = viewOf(bytes)
  const { name, offset, packed, unpacked } = entry
  if (entry.encrypted) throw damaged(file, `"${name}" in it is encrypted`)
  if (unpacked >= UNPACKED_MAX) throw damaged(file, `"${name}" in it is larger than 2 GiB`)
  if (offset + 30 > bytes.length || view.getUint32(offset, true) !== LOCAL_ENTRY) {
    throw damaged(file, `"${name}" in it is damaged`)
  }
  const from = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true)
  const body = bytes.subarray(from, from + packed)
  if (body.length !== packed) throw damaged(file, `"${name}" in it is cut short`)
  const content = unpack(body, entry, file)
  if (content.length !== unpacked || crc32(content) !== entry.checksum) {
    throw damaged(file, `"${name}" in it is damaged (its checksum differs)`)
  }
  return content
}

function unpack(body: Uint8Array, { name, method, unpacked }: ZipEntry, file: string): Uint8Array {
  if (method === 0) return body
  if (method !== 8)
    throw damaged(file, `"${name}" in it is packed by method ${method}, not deflate`)
  try {
    return inflateRawSync(body, { maxOutputLength: Math.max(unpacked, 1) })
  } catch {
    throw damaged(file, `"${name}" in it is damaged`)
  }
}

function findEnd(view: DataView): number {
  const lowest = Math.max(0, view.byteLength - END_LENGTH - COMMENT_MAX)
  for (let at = view.byteLength - END_LENGTH; at >= lowest; at--) {
    if (view.getUint32(at, true) === END_OF_DIRECTORY) return at
  }
  return -1
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function damaged(file: string, why: string): SourceError {
  return new SourceError(`Cannot read "${file}": ${why}`)
}
