/**
 * The books of one desk as they stand outside of it: at the venue, in the journal, in PostgreSQL.
 *
 * Units    quantities in steps, money in 1e-4 of the currency, both as they are stored
 * Touches  reads the venue's ledger in place; the journal as a copy, so that a crash is left as it happened
 */
import { Database } from 'bun:sqlite'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import postgres from 'postgres'

import type { NumberedRecord } from '#sdk/record.ts'

import { databaseUrl, type Place } from './desk-process.fixture.ts'

/** What the venue believes. */
export interface VenueBooks {
  readonly orders: readonly VenueRow[]
  readonly executions: readonly { readonly executionId: string; readonly clientId: string }[]
  /** Signed steps by instrument, without zeros. */
  readonly positions: ReadonlyMap<string, number>
}

export interface VenueRow {
  readonly clientId: string
  readonly instrument: string
  readonly side: 'BUY' | 'SELL'
  readonly kind: string
  readonly status: string
  readonly quantity: number
  readonly filled: number
}

/** Reads the ledger of the paper venue. */
export function venueBooks({ home }: Place): VenueBooks {
  const database = new Database(join(home, 'paper-venue.sqlite'), { readonly: true })
  try {
    // One transaction: an order, its execution and the position are from the same moment.
    return database.transaction(() => ({
      orders: database
        .query<VenueRow, []>(
          'SELECT client_id AS clientId, instrument, side, kind, status, quantity, filled FROM orders ORDER BY number',
        )
        .all(),
      executions: database
        .query<{ executionId: string; clientId: string }, []>(
          'SELECT execution_id AS executionId, client_id AS clientId FROM executions',
        )
        .all(),
      positions: netOf(
        database
          .query<{ instrument: string; quantity: number }, []>(
            'SELECT instrument, quantity FROM positions',
          )
          .all(),
      ),
    }))()
  } finally {
    database.close()
  }
}

/** Every record of the journal of a desk that is down. */
export function journalRecords({ folder, home }: Place): NumberedRecord[] {
  const copy = mkdtempSync(join(folder, 'journal-'))
  for (const ending of ['', '-wal']) {
    const name = `journal.sqlite${ending}`
    if (existsSync(join(home, name))) copyFileSync(join(home, name), join(copy, name))
  }
  const database = new Database(join(copy, 'journal.sqlite'))
  try {
    return database
      .query<{ seq: number; body: string }, []>(
        'SELECT seq, body FROM records UNION ALL SELECT seq, body FROM states ORDER BY seq',
      )
      .all()
      .map(({ seq, body }) => ({ ...JSON.parse(body), seq }) as NumberedRecord)
  } finally {
    database.close()
    rmSync(copy, { recursive: true, force: true })
  }
}

/** What PostgreSQL says, asked in one query each. */
export interface DatabaseBooks {
  positions(): Promise<ReadonlyMap<string, number>>
  /** Rows that a query of one column gives, as numbers. */
  numbers(query: string): Promise<number[]>
  close(): Promise<void>
}

/** Opens the place's PostgreSQL, which must be running; `url` where it is known better. */
export function databaseBooks(place: Place, url = databaseUrl(place)): DatabaseBooks {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} })
  return {
    async positions() {
      const rows = await sql<{ instrument: string; quantity: string }[]>`
        select instrument, sum(quantity)::text as quantity from positions group by instrument`
      return netOf(
        rows.map(({ instrument, quantity }) => ({ instrument, quantity: Number(quantity) })),
      )
    },
    async numbers(query) {
      const rows = await sql.unsafe<Record<string, unknown>[]>(query)
      return rows.map((row) => Number(Object.values(row)[0]))
    },
    close: () => sql.end({ timeout: 1 }),
  }
}

/** Sums by instrument, without zeros, in the order of their names: two that are equal compare as equal. */
export function netOf(
  rows: readonly { readonly instrument: string; readonly quantity: number }[],
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (const { instrument, quantity } of rows)
    sums.set(instrument, (sums.get(instrument) ?? 0) + quantity)
  return new Map([...sums].filter(([, held]) => held !== 0).sort(([a], [b]) => (a < b ? -1 : 1)))
}
