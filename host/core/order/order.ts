/**
 * The room of orders: every order's life from approval to its end, and what is open at any moment.
 *
 * In       Approved and ApprovedChange (from risk), cancels, the venue's reports
 * Out      rows to journal, what to send, Outcomes with Fills, the sums of what is open
 * Units    quantities in steps, prices in ticks, Money in 1e-4 of the currency, times in microseconds
 * Refuses  order/ref-reused, order/unknown-ref, order/not-open, order/pending, order/nothing-to-do
 * Asserts  a client id and a number are used once. A fill is applied once, in any phase; the sums hold the worst case,
 *          orders without an answer included
 * Touches  nothing
 * Source   trading-safety, section 4
 */
import { ok, refuse, type Result } from '#sdk/assert.ts'
import type { Instrument } from '#sdk/instrument.ts'
import type { BrokerOrder, OrderReport, OrderRow } from '#sdk/order.ts'
import { UNATTRIBUTED } from '#sdk/position.ts'
import type { Refusal } from '#sdk/refusal.ts'

import type { Approved, ApprovedChange } from '../risk/risk.ts'
import { entriesOf } from './entries.ts'
import type { OpenQuantities } from './open-quantities.ts'
import { isOpen } from './order-life.ts'
import type {
  CancelRequest,
  LastRefs,
  ModifyRequest,
  OrderCounts,
  OrderMemory,
  OrderStamp,
  Outcome,
  Restored,
  Submitted,
  UnsaidEnd,
} from './order-messages.ts'
import { applyFill, applyStatus, endUnsaid } from './order-reports.ts'
import {
  adoptedRow,
  firstRow,
  no,
  requestCancel,
  requestModify,
  venueOrder,
} from './order-requests.ts'
import { restoreOrders } from './order-restore.ts'
import { createOrderTable, type OrderTable } from './order-table.ts'

export type { OpenQuantities } from './open-quantities.ts'
export { isOpen, type OrderFlag } from './order-life.ts'
export type * from './order-messages.ts'

export interface Orders {
  /** Refuses a number that was used before; ask it before the gate, so that a repeat costs no token. */
  checkRef(strategy: string, ref: number): Refusal | undefined
  submit(approved: Approved, stamp: OrderStamp): Result<Submitted, Refusal>
  requestCancel(asked: {
    readonly strategy: string
    readonly ref: number
    readonly now: number
  }): Result<CancelRequest, Refusal>
  requestModify(approved: ApprovedChange): Result<ModifyRequest, Refusal>
  apply(report: OrderReport, now: number): Outcome
  /** Ends an order that the venue never had: it could not be sent, or its absence is proven. */
  endUnsaid(clientId: string, end: UnsaidEnd): Outcome
  /** Takes in an order that is not ours, as the account's own; undefined for an instrument the desk does not have. */
  adopt(order: BrokerOrder, now: number): OrderRow | undefined
  restore(memory: OrderMemory): Restored
  get(strategy: string, ref: number): OrderRow | undefined
  byClientId(clientId: string): OrderRow | undefined
  /** Oldest first. `instrument` is an id. */
  open(filter?: { readonly strategy?: string; readonly instrument?: string }): OrderRow[]
  /** Open orders that do not only reduce: what a halt and a shutdown cancel. */
  entriesWorking(positionOf: (strategy: string, instrument: string) => number): OrderRow[]
  /** Open and ended orders, newest first, as far as memory goes. */
  recent(
    limit: number,
    filter?: { readonly strategy?: string; readonly open?: boolean },
  ): OrderRow[]
  openOf(strategy: string, instrument: number): OpenQuantities
  openOfStrategy(strategy: string): OpenQuantities
  openOfAccount(instrument: number): OpenQuantities
  /** Highest and lowest number used so far; -1 and 0 before the first. */
  lastRefs(strategy: string): LastRefs
  /** For reconciliation. */
  readonly knownOrders: { has(clientId: string): boolean }
  readonly knownExecutions: { has(executionId: string, clientId: string): boolean }
  readonly counts: OrderCounts
}

export interface OrdersOptions {
  /** The host's id for an order: deterministic, and never the same for two. */
  readonly clientId: (strategy: string, ref: number) => string
  readonly instruments: readonly Instrument[]
  /** Ended orders kept in memory. */
  readonly endedMax?: number
}

/** Makes the room. */
export function createOrders({ clientId, instruments, endedMax = 5_000 }: OrdersOptions): Orders {
  const table = createOrderTable({ endedMax })
  const byId = new Map(instruments.map((instrument) => [instrument.id, instrument]))
  const counts = { duplicates: 0, ignored: 0, illegal: 0, unknown: 0 }
  const count = (outcome: Outcome): Outcome => {
    const sort = sortOf(outcome)
    if (sort) counts[sort]++
    return outcome
  }
  const checkRef = (strategy: string, ref: number): Refusal | undefined =>
    table.isUsed(strategy, ref)
      ? no('order/ref-reused', `Order number ${ref} of "${strategy}" was used before`, ref)
      : undefined

  return {
    checkRef,
    submit(approved, stamp) {
      const { ask } = approved
      const refusal = checkRef(ask.strategy, ask.ref)
      if (refusal) return refuse(refusal)
      const send = venueOrder(approved, clientId(ask.strategy, ask.ref))
      const row = firstRow(approved, { send, stamp })
      table.add(row, ask.instrument)
      return ok({ row, send })
    },
    requestCancel: (asked) => requestCancel(table, asked),
    requestModify: (approved) => requestModify(table, approved),
    apply(report, now) {
      const entry = table.byClientId(report.clientId)
      if (!entry) return count({ kind: 'unknown-order', clientId: report.clientId })
      return count(
        report.status === 'fill'
          ? applyFill(table, { entry, report, now })
          : applyStatus(table, { entry, report, now }),
      )
    },
    endUnsaid(id, end) {
      const entry = table.byClientId(id)
      return count(entry ? endUnsaid(table, entry, end) : { kind: 'unknown-order', clientId: id })
    },
    adopt(order, now) {
      const known = table.byClientId(order.clientId)
      if (known) return known.row
      const instrument = byId.get(order.instrument)
      if (!instrument) return undefined
      const row = adoptedRow(order, { now, ref: table.lastRefs(UNATTRIBUTED).lowest - 1 })
      return table.add(row, instrument).row
    },
    restore: (memory) => restoreOrders(table, { memory, byId }),
    get: (strategy, ref) => table.byRef(strategy, ref)?.row,
    byClientId: (id) => table.byClientId(id)?.row,
    open: (filter = {}) => openRows(table).filter((row) => fitsFilter(row, filter)),
    entriesWorking: (positionOf) => entriesOf(openRows(table), positionOf),
    recent: (limit, filter = {}) => table.newest(limit, (row) => fitsFilter(row, filter)),
    openOf: (strategy, instrument) => table.sums.of(strategy, instrument),
    openOfStrategy: (strategy) => table.sums.ofStrategy(strategy),
    openOfAccount: (instrument) => table.sums.ofAccount(instrument),
    lastRefs: (strategy) => table.lastRefs(strategy),
    knownOrders: { has: (id) => table.byClientId(id) !== undefined },
    knownExecutions: {
      has: (executionId, id) => table.byClientId(id)?.executions.has(executionId) ?? false,
    },
    counts,
  }
}

/** What an outcome that changed nothing counts as. */
function sortOf(outcome: Outcome): keyof OrderCounts | undefined {
  switch (outcome.kind) {
    case 'applied':
      return undefined
    case 'ignored':
      return outcome.why === 'duplicate-fill' ? 'duplicates' : 'ignored'
    case 'illegal':
      return 'illegal'
    case 'unknown-order':
      return 'unknown'
  }
}

function fitsFilter(
  row: OrderRow,
  {
    strategy,
    instrument,
    open,
  }: { readonly strategy?: string; readonly instrument?: string; readonly open?: boolean },
): boolean {
  return (
    (strategy === undefined || row.strategy === strategy) &&
    (instrument === undefined || row.instrument === instrument) &&
    (open === undefined || isOpen(row.phase) === open)
  )
}

function openRows(table: OrderTable): OrderRow[] {
  return Array.from(table.openEntries, ({ row }) => row)
}
