/**
 * The rows of all open orders and of the last ended ones, with what is open as running sums.
 *
 * In       rows as they change
 * Out      rows by client id or by number, newest first, and the sums
 * Units    steps
 * Asserts  a client id and a number are used once; the sums are those of the rows
 */
import { assert } from '#sdk/assert.ts'
import type { Instrument } from '#sdk/instrument.ts'
import type { Price, Quantity } from '#sdk/money.ts'
import type { OrderRow } from '#sdk/order.ts'

import { createEndedQueue } from './ended-queue.ts'
import { createOpenSums, type OpenSums } from './open-quantities.ts'
import { isOpen } from './order-life.ts'
import type { LastRefs } from './order-messages.ts'
import { createUsedRefs, rangeOf } from './used-refs.ts'

/** One order in memory. */
export interface Entry {
  row: OrderRow
  readonly instrument: Instrument
  /** Fills that were applied, by execution id. */
  readonly executions: Map<string, { readonly quantity: number; readonly price: number }>
  /** New terms that the venue has not answered; the larger quantity is counted until it has. */
  replacing:
    { readonly quantity: Quantity; readonly limit?: Price; readonly stop?: Price } | undefined
  /** What the sums hold of it. */
  countedSteps: number
  countedOrders: number
  /** Waits in the queue of ended orders. */
  queued: boolean
  gone: boolean
}

export interface OrderTable {
  readonly sums: OpenSums
  readonly openEntries: ReadonlySet<Entry>
  add(row: OrderRow, instrument: Instrument): Entry
  /** Sets the row, and counts it anew. */
  put(entry: Entry, row: OrderRow): void
  byClientId(clientId: string): Entry | undefined
  byRef(strategy: string, ref: number): Entry | undefined
  /** Newest first. */
  newest(limit: number, fits: (row: OrderRow) => boolean): OrderRow[]
  isUsed(strategy: string, ref: number): boolean
  /** Numbers up to these are used, whether their orders are in memory or not. */
  burn(strategy: string, refs: LastRefs): void
  lastRefs(strategy: string): LastRefs
}

/** A table that keeps `endedMax` ended orders beside the open ones. */
export function createOrderTable({ endedMax }: { readonly endedMax: number }): OrderTable {
  const sums = createOpenSums()
  const openEntries = new Set<Entry>()
  const entries = new Map<string, Entry>()
  const refs = new Map<string, Map<number, Entry>>()
  const used = createUsedRefs()
  let log: Entry[] = []

  const forget = (entry: Entry): void => {
    const { clientId, strategy, ref } = entry.row
    entries.delete(clientId)
    refs.get(strategy)?.delete(ref)
    used.burn(strategy, rangeOf(ref))
    entry.gone = true
    if (log.length > 2 * entries.size + 64) log = log.filter((kept) => !kept.gone)
  }

  const ended = createEndedQueue<Entry>({
    max: endedMax,
    drop(oldest) {
      oldest.queued = false
      // A late word may have brought it back; it queues again when it ends again.
      if (!isOpen(oldest.row.phase)) forget(oldest)
    },
  })

  const put = (entry: Entry, row: OrderRow): void => {
    const open = isOpen(row.phase)
    entry.row = row
    recount(sums, entry)
    if (open) openEntries.add(entry)
    else openEntries.delete(entry)
    if (open || entry.queued) return
    entry.queued = true
    ended.add(entry)
  }

  return {
    sums,
    openEntries,
    put,
    add(row, instrument) {
      const { clientId, strategy, ref } = row
      assert(!entries.has(clientId), `Client id "${clientId}" is used twice`)
      const own = refs.get(strategy) ?? new Map<number, Entry>()
      assert(!own.has(ref), `Order ${ref} of "${strategy}" is there twice`)
      const entry = createEntry(row, instrument)
      entries.set(clientId, entry)
      refs.set(strategy, own.set(ref, entry))
      used.use(strategy, ref)
      log.push(entry)
      put(entry, row)
      return entry
    },
    byClientId: (clientId) => entries.get(clientId),
    byRef: (strategy, ref) => refs.get(strategy)?.get(ref),
    newest: (limit, fits) => newest(log, { limit, fits }),
    isUsed: (strategy, ref) =>
      (refs.get(strategy)?.has(ref) ?? false) || used.isBurnt(strategy, ref),
    burn: (strategy, lastRefs) => used.burn(strategy, lastRefs),
    lastRefs: (strategy) => used.last(strategy),
  }
}

function createEntry(row: OrderRow, instrument: Instrument): Entry {
  return {
    row,
    instrument,
    executions: new Map(),
    replacing: undefined,
    countedSteps: 0,
    countedOrders: 0,
    queued: false,
    gone: false,
  }
}

/** Brings the sums to what the entry is now: the larger of its terms and of those that wait, less what is filled. */
function recount(sums: OpenSums, entry: Entry): void {
  const { row, instrument, replacing } = entry
  const open = isOpen(row.phase)
  const asked = Math.max(row.quantity, replacing?.quantity ?? 0)
  const steps = open ? Math.max(0, asked - row.filled) : 0
  const orders = open ? 1 : 0
  sums.add({
    strategy: row.strategy,
    instrument: instrument.index,
    side: row.side,
    steps: steps - entry.countedSteps,
    orders: orders - entry.countedOrders,
  })
  entry.countedSteps = steps
  entry.countedOrders = orders
}

function newest(
  log: readonly Entry[],
  { limit, fits }: { readonly limit: number; readonly fits: (row: OrderRow) => boolean },
): OrderRow[] {
  const found: OrderRow[] = []
  for (let at = log.length - 1; at >= 0 && found.length < limit; at--) {
    const entry = log[at]
    if (entry && !entry.gone && fits(entry.row)) found.push(entry.row)
  }
  return found
}
