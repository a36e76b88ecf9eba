/**
 * The journal: what the host wrote down, in order, durable when `append` returns. The authority for everything else.
 *
 * In       journal records, in the order of the walk
 * Out      the same records with their sequence numbers, from any point
 * Units    `at` in microseconds; sequence numbers from 1, rising, never used twice
 * Refuses  a second host on the same folder, a file that is not a journal, a damaged record, a full disk
 * Asserts  a record that was read is byte for byte the one that was written (a checksum each)
 * Touches  journal.sqlite and its -wal, journal.pid
 * Source   sqlite.org/wal.html and pragma.html#pragma_synchronous: in WAL mode only FULL survives a power loss
 */
import { type Database, SQLiteError } from 'bun:sqlite'
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { JournalRecord, NumberedRecord } from '#sdk/record.ts'

import { JournalError } from './journal-error.ts'
import { openFile } from './open-file.ts'

/** The journal of one host, open for this process alone. */
export interface Journal {
  /** Random name of this journal; a store belongs to exactly one. */
  readonly journalId: string
  /** 32 random bytes, hex, made once: what client order ids are derived from. */
  readonly hostKey: string
  /** Sequence number of the newest record; 0 where there is none. */
  readonly lastSeq: number
  /** Writes all records or none, durable when it returns. Returns the last sequence number. */
  append(records: readonly JournalRecord[]): number
  /** Up to `limit` records after `after`, in sequence. Of state snapshots only the newest of each strategy is kept. */
  read(after: number, limit: number): NumberedRecord[]
  close(): void
}

interface Row {
  readonly seq: number
  readonly at: number
  readonly kind: string
  readonly body: string
  readonly sum: number
}

const READ = `
  SELECT seq, at, kind, body, sum FROM records WHERE seq > ?1
  UNION ALL
  SELECT seq, at, 'state' AS kind, body, sum FROM states WHERE seq > ?1
  ORDER BY seq LIMIT ?2`

/** Opens the journal of `folder`, or makes one. */
export function openJournal({ folder }: { readonly folder: string }): Journal {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'journal.sqlite')
  const owner = join(folder, 'journal.pid')
  const { database, journalId, hostKey, created } = openFile(file, () => ownerOf(owner))
  writeFileSync(owner, `${process.pid}\n`)
  if (created) syncFolder(folder)

  const write = createWriter(database)
  const select = database.query<Row, [number, number]>(READ)
  let lastSeq = newestSeq(database)
  let broken: JournalError | undefined

  return {
    journalId,
    hostKey,
    get lastSeq() {
      return lastSeq
    },
    append(records) {
      if (broken !== undefined) throw broken
      if (records.length === 0) return lastSeq
      try {
        lastSeq = write.immediate(records, lastSeq)
      } catch (error) {
        const failure = writeFailure(file, error)
        // After a failed sync nobody knows what the disk holds: nothing more is written before a restart.
        if (failure.code === 'journal/failed') broken = failure
        throw failure
      }
      return lastSeq
    },
    read(after, limit) {
      return readRows(file, () => select.all(after, limit)).map((row) => decode(file, row))
    },
    close() {
      database.close()
    },
  }
}

function createWriter(database: Database) {
  const insert = database.query(
    'INSERT INTO records (seq, at, kind, body, sum) VALUES (?, ?, ?, ?, ?)',
  )
  const replace = database.query(
    `INSERT INTO states (strategy, seq, at, body, sum) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (strategy) DO UPDATE SET seq = excluded.seq, at = excluded.at, body = excluded.body, sum = excluded.sum`,
  )
  return database.transaction((records: readonly JournalRecord[], lastSeq: number) => {
    let seq = lastSeq
    for (const record of records) {
      seq++
      const { at, kind } = record
      const body = JSON.stringify(record)
      const sum = checksum(seq, body)
      if (kind === 'state') replace.run(record.strategy, seq, at, body, sum)
      else insert.run(seq, at, kind, body, sum)
    }
    return seq
  })
}

function checksum(seq: number, body: string): number {
  return Bun.hash.crc32(`${seq} ${body}`)
}

function decode(file: string, { seq, body, sum }: Row): NumberedRecord {
  if (checksum(seq, body) !== sum) {
    throw new JournalError('journal/damaged', `Record ${seq} of "${file}" is damaged: ${RESTORE}`)
  }
  return { ...JSON.parse(body), seq }
}

const RESTORE = 'restore the file from a backup, or move it away and reconcile with the broker'

function newestSeq(database: Database): number {
  const newest = database
    .query<{ seq: number | null }, []>(
      'SELECT max(seq) AS seq FROM (SELECT max(seq) AS seq FROM records UNION ALL SELECT max(seq) FROM states)',
    )
    .get()
  return newest?.seq ?? 0
}

function readRows(file: string, read: () => Row[]): Row[] {
  try {
    return read()
  } catch (error) {
    throw new JournalError(
      'journal/damaged',
      `Cannot read "${file}": ${messageOf(error)}; ${RESTORE}`,
    )
  }
}

function writeFailure(file: string, error: unknown): JournalError {
  if (error instanceof SQLiteError && error.code === 'SQLITE_FULL') {
    return new JournalError(
      'journal/full',
      `Cannot write "${file}": the disk is full; nothing was written`,
    )
  }
  return new JournalError(
    'journal/failed',
    `Cannot write "${file}": ${messageOf(error)}; restart the host`,
  )
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function ownerOf(file: string): string {
  try {
    return `process ${readFileSync(file, 'utf8').trim()}`
  } catch {
    return 'another process'
  }
}

/** A new file is only there after a power loss if its folder was synced too. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}
