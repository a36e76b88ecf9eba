/**
 * Orders after a restart: what was being sent may have arrived or not, so it is unknown until the venue has been asked.
 *
 * In       the rows and fills that were written down
 * Out      the table filled again; from the same memory always the same table
 * Asserts  the fills of an open order are all there
 * Source   trading-safety, 4.4: recovery meaning
 */
import { assert } from '#sdk/assert.ts'
import type { Instrument } from '#sdk/instrument.ts'
import type { OrderRow } from '#sdk/order.ts'

import { changeRow, type Changes, isOpen } from './order-life.ts'
import type { OrderMemory, Restored } from './order-messages.ts'
import type { OrderTable } from './order-table.ts'

/** Fills the table from memory. */
export function restoreOrders(
  table: OrderTable,
  {
    memory,
    byId,
  }: { readonly memory: OrderMemory; readonly byId: ReadonlyMap<string, Instrument> },
): Restored {
  const changed: OrderRow[] = []
  const unplaced: OrderRow[] = []
  const fills = byOrder(memory.fills)
  for (const [strategy, refs] of Object.entries(memory.lastRefs)) table.burn(strategy, refs)
  for (const row of memory.rows) {
    const instrument = byId.get(row.instrument)
    const own = fills.get(row.clientId) ?? []
    const complete = own.reduce((sum, fill) => sum + fill.quantity, 0) === row.filled
    assert(
      complete || !isOpen(row.phase),
      `Fills of open order "${row.clientId}" are not all there`,
    )
    // An ended order without its fills would take them for new ones when the venue tells them again.
    if (!instrument || !complete) {
      unplaced.push(row)
      continue
    }
    const restored = restoredRow(row, memory.now)
    if (restored !== row) changed.push(restored)
    const entry = table.add(restored, instrument)
    for (const { executionId, quantity, price } of own) {
      entry.executions.set(executionId, { quantity, price })
    }
  }
  return { changed, unplaced }
}

function byOrder(fills: OrderMemory['fills']): Map<string, OrderMemory['fills'][number][]> {
  const groups = new Map<string, OrderMemory['fills'][number][]>()
  for (const fill of fills) {
    const group = groups.get(fill.clientId)
    if (group) group.push(fill)
    else groups.set(fill.clientId, [fill])
  }
  return groups
}

/** Whether it was sent, nobody knows. Terms that were asked and not answered are not written down: the old ones stand. */
function restoredRow(row: OrderRow, now: number): OrderRow {
  const unsure: Changes = row.phase === 'SUBMITTING' ? { phase: 'UNKNOWN' } : {}
  const settled: Changes =
    row.pending === 'replace' || (row.pending && !isOpen(row.phase)) ? { pending: 'none' } : {}
  const changes = { ...unsure, ...settled }
  return Object.keys(changes).length > 0 ? changeRow(row, changes, now) : row
}
