/**
 * What is asked of an order: to be sent, to be cancelled, to have new terms.
 *
 * In       Approved, ApprovedChange, cancels
 * Out      rows to journal and what to send, or a Refusal
 * Refuses  order/unknown-ref, order/not-open, order/pending, order/invalid, order/nothing-to-do
 * Asserts  one operation waits at a time; a cancel takes the place of a replace
 */
import { ok, refuse, type Result } from '#sdk/assert.ts'
import { money, type Price, price, quantity } from '#sdk/money.ts'
import type { BrokerOrder, OrderRow, VenueOrder } from '#sdk/order.ts'
import { UNATTRIBUTED } from '#sdk/position.ts'
import type { Refusal } from '#sdk/refusal.ts'

import type { Approved, ApprovedChange } from '../risk/risk.ts'
import { changeRow, isOpen } from './order-life.ts'
import type { CancelRequest, ModifyRequest, OrderStamp } from './order-messages.ts'
import type { OrderTable } from './order-table.ts'

/** A refusal of this room. */
export function no(code: Refusal['code'], text: string, value: number): Refusal {
  return { code, value, limit: 0, text }
}

/** What the venue is told. */
export function venueOrder({ ask }: Approved, clientId: string): VenueOrder {
  return {
    clientId,
    instrument: ask.instrument.id,
    side: ask.side,
    kind: ask.kind,
    timeInForce: ask.timeInForce,
    quantity: quantity(ask.quantity),
    ...pricesOf(ask),
  }
}

/** The prices that are there, as an order carries them. */
export function pricesOf({
  limit,
  stop,
}: {
  readonly limit?: number | undefined
  readonly stop?: number | undefined
}): {
  readonly limit?: Price
  readonly stop?: Price
} {
  return {
    ...(limit !== undefined && { limit: price(limit) }),
    ...(stop !== undefined && { stop: price(stop) }),
  }
}

/** The row of an order that is about to be sent. */
export function firstRow(
  { ask }: Approved,
  { send, stamp }: { readonly send: VenueOrder; readonly stamp: OrderStamp },
): OrderRow {
  return {
    ...send,
    strategy: ask.strategy,
    version: stamp.version,
    digest: stamp.digest,
    ref: ask.ref,
    decidedAt: ask.decidedAt,
    createdAt: stamp.now,
    updatedAt: stamp.now,
    phase: 'SUBMITTING',
    filled: quantity(0),
    filledValue: money(0),
  }
}

/** The row of an order that is not ours. Nothing filled yet: its executions come as reports, so that they are owned like any other. */
export function adoptedRow(
  order: BrokerOrder,
  { now, ref }: { readonly now: number; readonly ref: number },
): OrderRow {
  const { clientId, venueId, instrument, side, kind } = order
  return {
    ...pricesOf(order),
    clientId,
    venueId,
    instrument,
    side,
    kind,
    timeInForce: 'DAY',
    quantity: order.quantity,
    strategy: UNATTRIBUTED,
    version: '',
    digest: '',
    ref,
    decidedAt: 0,
    createdAt: now,
    updatedAt: now,
    phase: order.status === 'triggered' ? 'TRIGGERED' : 'WORKING',
    filled: quantity(0),
    filledValue: money(0),
    reason: 'Not an order of this desk',
  }
}

/** Marks an order as being cancelled. */
export function requestCancel(
  table: OrderTable,
  { strategy, ref, now }: { readonly strategy: string; readonly ref: number; readonly now: number },
): Result<CancelRequest, Refusal> {
  const entry = table.byRef(strategy, ref)
  if (!entry) return refuse(no('order/unknown-ref', `There is no order ${ref}`, ref))
  if (!isOpen(entry.row.phase)) return refuse(notOpen(entry.row))
  if (entry.row.pending === 'cancel') return refuse(isPending(entry.row))
  // A replace that waits is superseded; its terms stay counted until the venue has answered.
  const row = changeRow(entry.row, { pending: 'cancel' }, now)
  table.put(entry, row)
  return ok({ row, clientId: row.clientId })
}

/** Marks an order as being replaced, and counts the larger of old and new terms. */
export function requestModify(
  table: OrderTable,
  { ask }: ApprovedChange,
): Result<ModifyRequest, Refusal> {
  const entry = table.byRef(ask.strategy, ask.target)
  if (!entry) return refuse(no('order/unknown-ref', `There is no order ${ask.target}`, ask.target))
  const { row } = entry
  if (!isOpen(row.phase)) return refuse(notOpen(row))
  if (row.pending || entry.replacing) return refuse(isPending(row))
  if (row.phase === 'SUBMITTING' || row.phase === 'UNKNOWN') {
    return refuse(no('order/pending', `Order ${row.ref} is not acknowledged yet`, row.ref))
  }
  const stale = ask.replaces.quantity !== row.quantity || ask.replaces.filled !== row.filled
  if (
    stale ||
    ask.side !== row.side ||
    ask.kind !== row.kind ||
    ask.instrument.id !== row.instrument
  ) {
    return refuse(
      no('order/invalid', `The change was not checked against order ${row.ref} as it is`, row.ref),
    )
  }
  if (ask.quantity === row.quantity && ask.limit === row.limit && ask.stop === row.stop) {
    return refuse(no('order/nothing-to-do', `Order ${row.ref} has these terms already`, row.ref))
  }
  const terms = { quantity: quantity(ask.quantity), ...pricesOf(ask) }
  const next = changeRow(row, { pending: 'replace' }, ask.now)
  entry.replacing = terms
  table.put(entry, next)
  return ok({ row: next, clientId: row.clientId, terms })
}

function notOpen({ ref, phase }: OrderRow): Refusal {
  return no('order/not-open', `Order ${ref} is ${phase.toLowerCase()}`, ref)
}

function isPending({ ref, pending }: OrderRow): Refusal {
  return no(
    'order/pending',
    `A ${pending ?? 'replace'} of order ${ref} is waiting for an answer`,
    ref,
  )
}
