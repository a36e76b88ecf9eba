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

import type { Timeframe } from '#sdk/bar.ts'
import type { MarketEvent } from '#sdk/tick.ts'

import { isRefusedData, reasonOf, type Sql } from './connect.ts'
import { copyTicks, insertBars, type KeyedBar } from './market-copy.ts'
import type { StoreLog } from './store-error.ts'
import { TickBatch } from './tick-batch.ts'

const FLUSH_MS = 250
/** Batches in one COPY at most: what is being sent cannot be dropped. */
const TOGETHER = 4
const RETRY_MS = 100

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
  /** How many of the line are being sent: their bytes must stay. */
  let sending = 0

  /** Puts the current batch in line. In need of an empty one, takes the oldest of the line that is not being sent. */
  function seal(): void {
    waiting.push(current)
    const next = free.pop() ?? waiting.splice(sending, 1)[0] ?? new TickBatch(rowsMax)
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
      // While the database is away only whole batches stand in line: the part that is there goes once the line is empty.
      while (waiting.length > 0) await sendTicks()
      if (current.rows > 0) {
        seal()
        await sendTicks()
      }
      await sendBars()
    } catch (error) {
      // Everything stays in line for the next try; the projector tells the desk that the database is away.
      if (isRefusedData(error)) log.warn(`The database refuses market data: ${reasonOf(error)}`)
      // The client loses a query for ever that is asked between the break of a connection and its end.
      await Bun.sleep(RETRY_MS)
    }
  }

  /** Sends the head of the line in one COPY. */
  async function sendTicks(): Promise<void> {
    sending = Math.min(waiting.length, TOGETHER)
    const batches = waiting.slice(0, sending)
    const rows = batches.reduce((sum, batch) => sum + batch.rows, 0)
    try {
      if (
        await copyTicks(
          sql,
          batches.map(({ bytes }) => bytes),
        )
      )
        counts.ticksWritten += rows
      else {
        counts.ticksDropped += rows
        log.warn(`The database refuses ${rows} ticks; its own log says why`)
      }
      waiting.splice(0, sending)
    } finally {
      sending = 0
    }
    for (const batch of batches) {
      batch.clear()
      free.push(batch)
    }
  }

  function keyed({ instrument, start, ...bar }: BarRow): KeyedBar[] {
    const key = keys[instrument]
    return key === undefined ? [] : [{ ...bar, instrument: key, start_us: start }]
  }

  async function sendBars(): Promise<void> {
    if (bars.length === 0) return
    const sent = bars
    bars = []
    try {
      await insertBars(sql, sent.flatMap(keyed))
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
