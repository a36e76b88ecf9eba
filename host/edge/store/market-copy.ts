/**
 * Market data into the database: ticks by COPY, bars by one statement.
 *
 * In       rows as bytes; bars with the key of their instrument
 * Touches  tables ticks and bars
 * Source   postgresql.org/docs/18/sql-copy.html; github.com/porsager/postgres, connection.js, CopyInResponse
 */
import type { Writable } from 'node:stream'

import { type Sql, stillConnected } from './connect.ts'
import { COPY_HEADER, COPY_TRAILER, TICK_COLUMNS } from './tick-batch.ts'

const SLICE_BYTES = 128 * 1024

/** A bar as the table has it. */
export interface KeyedBar {
  readonly instrument: number
  readonly timeframe: string
  readonly start_us: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}

/** One COPY, all or nothing: false where the server took none of it. Throws where the connection breaks. */
export async function copyTicks(sql: Sql, batches: readonly Buffer[]): Promise<boolean> {
  try {
    // The last half second of ticks may go with a crash of the server; the journal's disk is not kept waiting for them.
    await sql.unsafe('begin; set local synchronous_commit = off')
    const stream = await sql
      .unsafe(`copy ticks (${TICK_COLUMNS.join(', ')}) from stdin (format binary)`)
      .writable()
    // A connection that breaks is told by the write that waits for it, or by the commit.
    stream.on('error', () => {})
    await write(stream, COPY_HEADER)
    for (const bytes of batches) {
      for (let at = 0; at < bytes.length; at += SLICE_BYTES)
        await write(stream, bytes.subarray(at, at + SLICE_BYTES))
    }
    await write(stream, COPY_TRAILER)
    stream.end()
    // The client ends a refused COPY like a good one; the server then answers the commit with a rollback.
    const { command } = await sql.unsafe('commit')
    return command === 'COMMIT'
  } catch (error) {
    if (!stillConnected(error)) throw error
    await sql.unsafe('rollback')
    return false
  }
}

function write(stream: Writable, bytes: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const broken = () => reject(new Error('the connection broke'))
  stream.once('close', broken)
  stream.write(bytes, (error) => {
    stream.removeListener('close', broken)
    if (error === null || error === undefined) resolve()
    else reject(error)
  })
  return promise
}

/** Bars; one that is there already is written over. */
export async function insertBars(sql: Sql, rows: readonly KeyedBar[]): Promise<void> {
  await sql`
    insert into bars (instrument, timeframe, start_us, open, high, low, close, volume)
    select distinct on (instrument, timeframe, start_us) instrument, timeframe, start_us, open, high, low, close, volume
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as given (
      instrument integer, timeframe text, start_us bigint, open bigint, high bigint, low bigint, close bigint, volume bigint
    )
    on conflict (instrument, timeframe, start_us) do update
      set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume`
}
