/**
 * Writes ticks and closed bars into the database, in batches, off the caller's path.
 *
 * In       market events and bars, as they happen
 * Out      rows; counts of what was written and dropped
 * Bounds   ticks: `batches` of `rowsMax`; bars: `rowsMax`. Where the database cannot follow, the oldest ticks (a whole
 *          batch) and the oldest bars are dropped and counted. The caller never waits
 * Asserts  nothing is allocated per tick
 * Touches  tables ticks and bars, by a connection of its own
 */
import type { Writable } from 'node:stream'

import type { Timeframe } from '#sdk/bar.ts'
import type { MarketEvent } from '#sdk/tick.ts'

import { isRefusedData, reasonOf, type Sql } from './connect.ts'
import type { StoreLog } from './store-error.ts'
import { TICK_COLUMNS, TickBatch } from './tick-batch.ts'

const FLUSH_MS = 250
const SLICE_BYTES = 128 * 1024

/** A closed bar as the host keeps it: prices in ticks, volume in steps, `instrument` the row of the board. */
export interface BarRow {
  readonly instrument: number
  readonly timeframe: Timeframe
  readonly start: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}

export interface MarketCounts {
  readonly ticksWritten: number
  readonly ticksDropped: number
  readonly barsWritten: number
  readonly barsDropped: number
}

export interface MarketWriter {
  tick(event: MarketEvent): void
  bar(bar: BarRow): void
  /** Sends what is there, until it is sent or the database fails. */
  flush(): Promise<void>
  stop(): void
  readonly counts: MarketCounts
}

export interface MarketWriterOptions {
  /** A client with one connection, for this writer alone. */
  readonly sql: Sql
  /** Key of each row of the board in the database. */
  readonly keys: Int32Array
  readonly log: StoreLog
  readonly rowsMax?: number
  readonly batches?: number
}

/** A writer that flushes by itself until it is stopped. */
export function createMarketWriter({
  sql,
  keys,
  log,
  rowsMax = 10_000,
  batches = 16,
}: MarketWriterOptions): MarketWriter {
  const counts = { ticksWritten: 0, ticksDropped: 0, barsWritten: 0, barsDropped: 0 }
  const free = Array.from({ length: batches - 1 }, () => new TickBatch(rowsMax))
  const waiting: TickBatch[] = []
  let current = new TickBatch(rowsMax)
  let bars: BarRow[] = []
  let flushing: Promise<void> | undefined

  /** Puts the current batch in line. In need of an empty one, takes the oldest of the line but the one being sent. */
  function seal(): void {
    waiting.push(current)
    const next =
      free.pop() ?? waiting.splice(flushing === undefined ? 0 : 1, 1)[0] ?? new TickBatch(rowsMax)
    counts.ticksDropped += next.rows
    next.clear()
    current = next
  }

  function flush(): Promise<void> {
    flushing ??= send().finally(() => {
      flushing = undefined
    })
    return flushing
  }

  async function send(): Promise<void> {
    try {
      for (let sealed = false; ;) {
        const batch = waiting[0]
        if (batch === undefined) {
          // A part of a batch goes last and once: while the database is away, only whole ones stand in line.
          if (sealed || current.rows === 0) break
          seal()
          sealed = true
          continue
        }
        await sendTicks(batch)
        waiting.shift()
        batch.clear()
        free.push(batch)
      }
      await sendBars()
    } catch (error) {
      // Everything stays in line for the next try; the projector tells the desk that the database is away.
      if (isRefusedData(error)) log.warn(`The database refuses market data: ${reasonOf(error)}`)
    }
  }

  async function sendTicks(batch: TickBatch): Promise<void> {
    try {
      await copyTicks(sql, batch.bytes)
      counts.ticksWritten += batch.rows
    } catch (error) {
      if (!isRefusedData(error)) throw error
      counts.ticksDropped += batch.rows
      log.warn(`The database refuses ${batch.rows} ticks: ${reasonOf(error)}`)
    }
  }

  async function sendBars(): Promise<void> {
    if (bars.length === 0) return
    const sent = bars
    bars = []
    try {
      await insertBars(
        sql,
        sent.map(({ instrument, start, ...bar }) => ({
          ...bar,
          instrument: keys[instrument],
          start_us: start,
        })),
      )
      counts.barsWritten += sent.length
    } catch (error) {
      if (isRefusedData(error)) counts.barsDropped += sent.length
      else bars = [...sent, ...bars]
      dropOldBars()
      throw error
    }
  }

  function dropOldBars(): void {
    const over = bars.length - rowsMax
    if (over <= 0) return
    bars.splice(0, over)
    counts.barsDropped += over
  }

  const timer = setInterval(() => void flush(), FLUSH_MS)

  return {
    counts,
    flush,
    tick(event) {
      const key = keys[event.instrument]
      if (key === undefined) {
        counts.ticksDropped++
        return
      }
      current.put(event, key)
      if (!current.full) return
      seal()
      void flush()
    },
    bar(bar) {
      bars.push(bar)
      if (bars.length > rowsMax) dropOldBars()
    },
    stop() {
      clearInterval(timer)
    },
  }
}

/** One COPY, all or nothing. */
async function copyTicks(sql: Sql, bytes: Buffer): Promise<void> {
  try {
    await sql.unsafe('begin')
    const stream = await sql
      .unsafe(`copy ticks (${TICK_COLUMNS.join(', ')}) from stdin (format binary)`)
      .writable()
    // A connection that breaks is told by the write that waits for it, or by the commit.
    stream.on('error', () => {})
    for (let at = 0; at < bytes.length; at += SLICE_BYTES)
      await write(stream, bytes.subarray(at, at + SLICE_BYTES))
    stream.end()
    // The client ends a refused COPY like a good one; the server then answers the commit with a rollback.
    const { command } = await sql.unsafe('commit')
    if (command !== 'COMMIT') throw new Error('the server rolled the ticks back')
  } catch (error) {
    await sql.unsafe('rollback').catch(() => {})
    throw error
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

async function insertBars(sql: Sql, rows: readonly object[]): Promise<void> {
  await sql`
    insert into bars (instrument, timeframe, start_us, open, high, low, close, volume)
    select distinct on (instrument, timeframe, start_us) instrument, timeframe, start_us, open, high, low, close, volume
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as given (
      instrument integer, timeframe text, start_us bigint, open bigint, high bigint, low bigint, close bigint, volume bigint
    ) where instrument is not null
    on conflict (instrument, timeframe, start_us) do update
      set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume`
}
