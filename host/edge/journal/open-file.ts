/**
 * Opens the SQLite file of a journal for this process alone, and makes its tables where it is new.
 *
 * In       path of the file, and who holds it where somebody does
 * Out      the open database, and the two names that were made with it
 * Refuses  journal/locked, journal/foreign, journal/damaged
 * Touches  the file
 */
import { Database, SQLiteError } from 'bun:sqlite'
import { randomBytes, randomUUID } from 'node:crypto'

import { JournalError } from './journal-error.ts'

/** "HOTD": tells our files from other people's (sqlite.org/fileformat2.html#application_id). */
const APPLICATION = 0x484f5444
const FORMAT = 1
/** Above this the whole-file check would hold up a restart; records are still checked one by one as they are read. */
const CHECKED_BYTES_MAX = 256 * 1024 * 1024
/** A host that is just going down keeps the lock for a moment. */
const LOCK_WAIT_MS = 500

const TABLES = `
  CREATE TABLE records (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, sum INTEGER NOT NULL);
  CREATE TABLE states (strategy TEXT PRIMARY KEY, seq INTEGER NOT NULL UNIQUE, at INTEGER NOT NULL, body TEXT NOT NULL, sum INTEGER NOT NULL);
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);`

export interface OpenFile {
  readonly database: Database
  readonly journalId: string
  readonly hostKey: string
  readonly created: boolean
}

/** The journal's file, locked until it is closed or the process dies. */
export function openFile(file: string, owner: () => string): OpenFile {
  const database = connect(file)
  try {
    lock(database)
    const created = create(database)
    check(database, file)
    return { database, created, ...names(database) }
  } catch (error) {
    database.close()
    throw explain(error, file, owner)
  }
}

function connect(file: string): Database {
  try {
    return new Database(file, { create: true, readwrite: true, strict: true })
  } catch (error) {
    throw explain(error, file, () => 'another process')
  }
}

/** The operating system gives the lock back when the process ends, however it ends. */
function lock(database: Database): void {
  database.run(`PRAGMA busy_timeout = ${LOCK_WAIT_MS}`)
  database.run('PRAGMA locking_mode = EXCLUSIVE')
  database.run('BEGIN EXCLUSIVE')
  database.run('COMMIT')
}

function create(database: Database): boolean {
  const fresh = numberOf(database, 'SELECT count(*) AS n FROM sqlite_master') === 0
  if (
    !fresh &&
    numberOf(database, 'SELECT application_id AS n FROM pragma_application_id') !== APPLICATION
  ) {
    throw new JournalError('journal/foreign', 'is not a journal')
  }
  database.run('PRAGMA journal_mode = WAL')
  database.run('PRAGMA synchronous = FULL')
  if (!fresh) return false
  database.transaction(() => {
    database.run(TABLES)
    insertMeta(database, {
      format: String(FORMAT),
      hostKey: randomBytes(32).toString('hex'),
      journalId: randomUUID(),
    })
    database.run(`PRAGMA application_id = ${APPLICATION}`)
  })()
  return true
}

function insertMeta(database: Database, values: Readonly<Record<string, string>>): void {
  const insert = database.query('INSERT INTO meta (name, value) VALUES (?, ?)')
  for (const [name, value] of Object.entries(values)) insert.run(name, value)
}

function check(database: Database, file: string): void {
  if (Bun.file(file).size > CHECKED_BYTES_MAX) return
  const found = database
    .query<{ quick_check: string }, []>('PRAGMA quick_check(1)')
    .get()?.quick_check
  if (found !== 'ok') throw new JournalError('journal/damaged', `is damaged (${found})`)
}

function names(database: Database): { readonly journalId: string; readonly hostKey: string } {
  const rows = database
    .query<{ name: string; value: string }, []>('SELECT name, value FROM meta')
    .all()
  const meta = new Map(rows.map(({ name, value }) => [name, value]))
  const journalId = meta.get('journalId')
  const hostKey = meta.get('hostKey')
  if (journalId === undefined || hostKey === undefined)
    throw new JournalError('journal/damaged', 'has lost its names')
  if (meta.get('format') !== String(FORMAT)) {
    throw new JournalError('journal/foreign', `has format ${meta.get('format')}, not ${FORMAT}`)
  }
  return { journalId, hostKey }
}

function numberOf(database: Database, query: string): number {
  return database.query<{ n: number }, []>(query).get()?.n ?? 0
}

function explain(error: unknown, file: string, owner: () => string): JournalError {
  if (error instanceof JournalError) {
    const advice =
      error.code === 'journal/foreign'
        ? 'move it away'
        : 'restore it from a backup, or move it away and reconcile with the broker'
    return new JournalError(error.code, `Journal "${file}" ${error.message}: ${advice}`)
  }
  const code = error instanceof SQLiteError ? error.code : undefined
  if (code?.startsWith('SQLITE_BUSY') || code?.startsWith('SQLITE_LOCKED')) {
    return new JournalError(
      'journal/locked',
      `Another host has the journal "${file}" open (${owner()}): stop it first`,
    )
  }
  if (code === 'SQLITE_NOTADB')
    return new JournalError(
      'journal/foreign',
      `Journal "${file}" is not an SQLite file: move it away, or restore it from a backup`,
    )
  const what = error instanceof Error ? error.message : String(error)
  return new JournalError(
    'journal/damaged',
    `Cannot open journal "${file}" (${what}): restore it from a backup, or move it away and reconcile with the broker`,
  )
}
