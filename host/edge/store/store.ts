/**
 * The store: what is queried, and what a starting host loads its books from. A projection of the journal, never ahead of
 * it; the desk trades on when it is away.
 *
 * In       the journal's tail, ticks and closed bars
 * Out      the past at start; recent orders and fills; whether it works
 * Refuses  store/address, store/away, store/locked, store/schema, store/journal: each one line, none with a password
 * Asserts  after `start` the database is at the end of the journal
 * Touches  one PostgreSQL database, by up to four connections
 */
import type { Instrument } from '#sdk/instrument.ts'
import type { Fill, OrderRow } from '#sdk/order.ts'
import type { MarketEvent } from '#sdk/tick.ts'

import { addressOf, connect, reasonOf, type Sql } from './connect.ts'
import { takeLock } from './host-lock.ts'
import {
  type BarRow,
  createMarketWriter,
  type MarketCounts,
  type MarketWriter,
} from './market-writer.ts'
import { migrate } from './migrate.ts'
import { createProjector, type JournalTail, type Projector } from './projector.ts'
import { recentFills, recentOrders, type Recovered, recoverFromDatabase } from './recovered.ts'
import { StoreError, type StoreLog } from './store-error.ts'

export { StoreError, type StoreLog } from './store-error.ts'
export { recoverFromRecords, type Recovered, type StateRow } from './recovered.ts'
export type { BarRow, MarketCounts } from './market-writer.ts'
export type { JournalTail } from './projector.ts'

const NOTHING: MarketCounts = { ticksWritten: 0, ticksDropped: 0, barsWritten: 0, barsDropped: 0 }
const SETTLE_MS = 3_000

/** What the database must know of an instrument to show its prices. */
export type StoredInstrument = Pick<
  Instrument,
  'id' | 'priceDigits' | 'tickUnits' | 'quantityDigits' | 'stepUnits'
>

export interface StoreOptions {
  readonly url: string
  readonly journal: JournalTail
  /** In the order of the board's rows. Without them ticks and bars are not stored. */
  readonly instruments?: readonly StoredInstrument[]
  readonly log: StoreLog
  /** Told whenever the database starts or stops working; not of the first start. */
  readonly onLink?: (working: boolean, reason: string) => void
  /** How long the database may take to answer before it counts as away. */
  readonly answerSeconds?: number
  /** How long another host may still hold the database at start. */
  readonly lockSeconds?: number
}

export interface Store {
  /** Connects, takes the lock, migrates, and applies what the database has not seen of the journal. Once. */
  start(): Promise<void>
  /** The past, as it is in the database now. */
  load(): Promise<Recovered>
  /** Says that the journal has grown. Never throws, never waits. */
  poke(): void
  tick(event: MarketEvent): void
  bar(bar: BarRow): void
  /** Newest first. */
  recentOrders(limit: number): Promise<OrderRow[]>
  /** Newest first. */
  recentFills(limit: number): Promise<Fill[]>
  /** True once everything given so far is in the database; false where it is away. */
  flush(): Promise<boolean>
  /** Writes what it can within a few seconds and lets go of the database. */
  stop(): Promise<void>
  /** Sequence number of the last journal record in the database. */
  readonly appliedSeq: number
  readonly working: boolean
  readonly counts: MarketCounts
}

interface Started {
  readonly projector: Projector
  readonly market: MarketWriter
}

/** A store of the journal given, in the database at `url`. */
export function createStore({
  url,
  journal,
  instruments = [],
  log,
  onLink = () => {},
  answerSeconds = 5,
  lockSeconds = 2,
}: StoreOptions): Store {
  const address = addressOf(url)
  let locked = false
  const onClose = () => {
    locked = false
  }
  const keeper = connect({ url, connections: 1, answerSeconds, onClose })
  const copier = connect({ url, connections: 1, answerSeconds })
  const reader = connect({ url, connections: 2, answerSeconds })
  let started: Started | undefined

  async function ensureLock(seconds = 0): Promise<void> {
    if (locked) return
    // Said before it is known: a connection that breaks on the way says the opposite after it.
    locked = true
    await takeLock(keeper, { address, seconds }).catch((error: unknown) => {
      locked = false
      throw error
    })
  }

  async function begin(): Promise<Started> {
    await ensureLock(lockSeconds)
    const applied = await migrate(keeper)
    if (applied.length > 0)
      log.info(`Brought the database at ${address} up to date: ${applied.join(', ')}`)
    const projector = createProjector({
      sql: keeper,
      journal,
      appliedSeq: await appliedSeqOf(keeper, { journal, address }),
      log,
      ensureLock,
      answerSeconds,
      onLink: (working, reason) =>
        onLink(working, working ? '' : `Database at ${address}: ${reason}`),
    })
    await projector.catchUp()
    return {
      projector,
      market: createMarketWriter({ sql: copier, keys: await keysOf(keeper, instruments), log }),
    }
  }

  return {
    async start() {
      try {
        started = await begin()
      } catch (error) {
        await endAll([keeper, copier, reader])
        if (error instanceof StoreError) throw error
        throw new StoreError(
          'store/away',
          `Cannot use the database at ${address}: ${reasonOf(error)}`,
        )
      }
    },
    load: () => recoverFromDatabase(reader),
    poke: () => started?.projector.poke(),
    tick: (event) => started?.market.tick(event),
    bar: (bar) => started?.market.bar(bar),
    recentOrders: (limit) => recentOrders(reader, limit),
    recentFills: (limit) => recentFills(reader, limit),
    async flush() {
      if (started === undefined) return false
      await started.market.flush()
      return started.projector.settled(SETTLE_MS)
    },
    async stop() {
      if (started === undefined) return endAll([keeper, copier, reader])
      const { projector, market } = started
      market.stop()
      await Promise.race([
        Promise.all([market.flush(), projector.settled(SETTLE_MS)]),
        Bun.sleep(SETTLE_MS),
      ])
      const stopping = projector.stop()
      await endAll([keeper, copier, reader])
      await stopping
    },
    get appliedSeq() {
      return started?.projector.appliedSeq ?? 0
    },
    get working() {
      return started?.projector.working ?? false
    },
    get counts() {
      return started?.market.counts ?? NOTHING
    },
  }
}

async function endAll(clients: readonly Sql[]): Promise<void> {
  await Promise.all(clients.map((client) => client.end({ timeout: 1 })))
}

/** How far the database is, once it is sure that it belongs to this journal. */
async function appliedSeqOf(
  sql: Sql,
  { journal, address }: { readonly journal: JournalTail; readonly address: string },
): Promise<number> {
  await sql`insert into host (journal_id, applied_seq) values (${journal.journalId}, 0) on conflict do nothing`
  const [host] = await sql<
    { journal_id: string; applied_seq: number }[]
  >`select journal_id, applied_seq from host`
  if (host === undefined)
    throw new StoreError('store/schema', `The database at ${address} cannot be written`)
  if (host.journal_id !== journal.journalId) {
    throw new StoreError(
      'store/journal',
      `The database at ${address} belongs to another journal: restore that journal, or use an empty database`,
    )
  }
  if (host.applied_seq > journal.lastSeq) {
    const { lastSeq } = journal
    throw new StoreError(
      'store/journal',
      `The database at ${address} has record ${host.applied_seq}, the journal ends at ${lastSeq}: restore the newer journal, or use an empty database and reconcile with the broker`,
    )
  }
  return host.applied_seq
}

/** Writes the instruments down and gives the key of each, in the order of the board's rows. */
async function keysOf(sql: Sql, instruments: readonly StoredInstrument[]): Promise<Int32Array> {
  const rows = instruments.map(({ id, priceDigits, tickUnits, quantityDigits, stepUnits }) => ({
    id,
    price_digits: priceDigits,
    tick_units: tickUnits,
    quantity_digits: quantityDigits,
    step_units: stepUnits,
  }))
  const keys = await sql<{ id: string; key: number }[]>`
    insert into instruments (id, price_digits, tick_units, quantity_digits, step_units)
    select * from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as given (
      id text, price_digits integer, tick_units bigint, quantity_digits integer, step_units bigint
    )
    on conflict (id) do update set price_digits = excluded.price_digits, tick_units = excluded.tick_units,
      quantity_digits = excluded.quantity_digits, step_units = excluded.step_units
    returning id, key`
  const byId = new Map(keys.map(({ id, key }) => [id, key]))
  return Int32Array.from(instruments, ({ id }) => byId.get(id) ?? 0)
}
