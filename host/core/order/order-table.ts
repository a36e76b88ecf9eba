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

import { createOpenSums, type OpenSums } from './open-quantities.ts'
import { isOpen } from './order-life.ts'
import type { LastRefs } from './order-messages.ts'

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

const NO_REFS: LastRefs = { highest: -1, lowest: 0 }

/** A table that keeps `endedMax` ended orders beside the open ones. */
export function createOrderTable({ endedMax }: { readonly endedMax: number }): OrderTable {
  const sums = createOpenSums()
  const openEntries = new Set<Entry>()
  const entries = new Map<string, Entry>()
  const refs = new Map<string, Map<number, Entry>>()
  const burnt = new Map<string, LastRefs>()
  const used = new Map<string, LastRefs>()
  let log: Entry[] = []
  let ended: Entry[] = []
  let endedFrom = 0

  const widen = (seen: Map<string, LastRefs>, strategy: string, { highest, lowest }: LastRefs) => {
    const before = seen.get(strategy) ?? NO_REFS
    if (highest <= before.highest && lowest >= before.lowest) return
    seen.set(strategy, {
      highest: Math.max(before.highest, highest),
      lowest: Math.min(before.lowest, lowest),
    })
  }

  const forget = (entry: Entry): void => {
    const { clientId, strategy, ref } = entry.row
    entries.delete(clientId)
    refs.get(strategy)?.delete(ref)
    widen(burnt, strategy, { highest: Math.max(ref, -1), lowest: Math.min(ref, 0) })
    entry.gone = true
    if (log.length > 2 * entries.size + 64) log = log.filter((kept) => !kept.gone)
  }

  const queueEnded = (entry: Entry): void => {
    entry.queued = true
    ended.push(entry)
    while (ended.length - endedFrom > endedMax) {
      const oldest = ended[endedFrom++]
      if (!oldest) return
      oldest.queued = false
      // A late word may have brought it back; it queues again when it ends again.
      if (!isOpen(oldest.row.phase)) forget(oldest)
    }
    if (endedFrom > 1024 && endedFrom * 2 > ended.length) {
      ended = ended.slice(endedFrom)
      endedFrom = 0
    }
  }

  const recount = (entry: Entry): void => {
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
    if (open) openEntries.add(entry)
    else openEntries.delete(entry)
    if (!open && !entry.queued) queueEnded(entry)
  }

  return {
    sums,
    openEntries,
    add(row, instrument) {
      const { clientId, strategy, ref } = row
      assert(!entries.has(clientId), `Client id "${clientId}" is used twice`)
      const own = refs.get(strategy) ?? new Map<number, Entry>()
      assert(!own.has(ref), `Order ${ref} of "${strategy}" is there twice`)
      const entry: Entry = {
        row,
        instrument,
        executions: new Map(),
        replacing: undefined,
        countedSteps: 0,
        countedOrders: 0,
        queued: false,
        gone: false,
      }
      entries.set(clientId, entry)
      refs.set(strategy, own.set(ref, entry))
      widen(used, strategy, { highest: Math.max(ref, -1), lowest: Math.min(ref, 0) })
      log.push(entry)
      recount(entry)
      return entry
    },
    put(entry, row) {
      entry.row = row
      if (!isOpen(row.phase)) entry.replacing = undefined
      recount(entry)
    },
    byClientId: (clientId) => entries.get(clientId),
    byRef: (strategy, ref) => refs.get(strategy)?.get(ref),
    newest(limit, fits) {
      const found: OrderRow[] = []
      for (let at = log.length - 1; at >= 0 && found.length < limit; at--) {
        const entry = log[at]
        if (entry && !entry.gone && fits(entry.row)) found.push(entry.row)
      }
      return found
    },
    isUsed(strategy, ref) {
      if (refs.get(strategy)?.has(ref)) return true
      const { highest, lowest } = burnt.get(strategy) ?? NO_REFS
      return ref >= 0 ? ref <= highest : ref >= lowest && lowest < 0
    },
    burn(strategy, lastRefs) {
      widen(burnt, strategy, lastRefs)
      widen(used, strategy, lastRefs)
    },
    lastRefs: (strategy) => used.get(strategy) ?? NO_REFS,
  }
}
