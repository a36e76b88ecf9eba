/**
 * The venue's words, applied: fills once and in every phase, everything else by the table of order-life.ts.
 *
 * In       one report and the order it speaks of
 * Out      an Outcome; the table changed where it is `applied`
 * Units    quantities in steps, prices in ticks
 * Source   trading-safety, table 4.3
 */
import { type Instrument, notional } from '#sdk/instrument.ts'
import { money, type Quantity, quantity } from '#sdk/money.ts'
import type { Fill, OrderReport, OrderRow } from '#sdk/order.ts'

import {
  changeRow,
  type Changes,
  isOpen,
  isUnsaidEnd,
  moveOrder,
  type OrderFlag,
} from './order-life.ts'
import type { FillReport, Outcome, UnsaidEnd } from './order-messages.ts'
import { pricesOf } from './order-requests.ts'
import type { Entry, OrderTable } from './order-table.ts'

/** Largest value of one fill that is still exact; a venue that says more is not believed. */
const FILL_MAX = 2 ** 52

interface Reported<R> {
  readonly entry: Entry
  readonly report: R
  readonly now: number
}

/** Any report that is not a fill. */
export function applyStatus(
  table: OrderTable,
  { entry, report, now }: Reported<Exclude<OrderReport, FillReport>>,
): Outcome {
  const move = moveOrder(entry.row, report)
  switch (move.kind) {
    case 'ignored':
      return { kind: 'ignored', row: entry.row, why: move.why }
    case 'illegal':
      return { kind: 'illegal', row: entry.row, text: move.text }
    case 'moved': {
      const replaced = settledTerms(entry, report)
      if (report.status === 'replaced' || report.status === 'replace-refused')
        entry.replacing = undefined
      // A cancel that was refused leaves the replace before it still to be answered.
      const waiting: Changes =
        entry.replacing && report.status === 'cancel-refused' ? { pending: 'replace' } : {}
      const changes = { ...replaced, ...move.changes, ...waiting, ...venueIdOf(entry.row, report) }
      table.put(entry, changeRow(entry.row, changes, now))
      return { kind: 'applied', row: entry.row, status: move.status, flags: move.flags }
    }
  }
}

/** A venue that answers a replace without prices means the ones that were asked. */
function settledTerms({ replacing }: Entry, { status }: OrderReport): Changes {
  return status === 'replaced' && replacing ? pricesOf(replacing) : {}
}

/** A venue without ids of its own knows the order by ours. From then on it is an order the venue has had. */
function venueIdOf(row: OrderRow, { status, venueId }: OrderReport): Changes {
  if (venueId !== undefined) return { venueId }
  const acknowledged =
    status === 'working' || status === 'triggered' || status === 'fill' || status === 'replaced'
  return acknowledged && row.venueId === undefined ? { venueId: row.clientId } : {}
}

/** A fill. The same execution again changes nothing. */
export function applyFill(
  table: OrderTable,
  { entry, report, now }: Reported<FillReport>,
): Outcome {
  const { row, instrument, executions } = entry
  const { executionId, quantity: steps, price: ticks, charges } = report
  const before = executions.get(executionId)
  if (before) {
    const same = before.quantity === steps && before.price === ticks
    if (same) return { kind: 'ignored', row, why: 'duplicate-fill' }
    return {
      kind: 'illegal',
      row,
      text: `Execution "${executionId}" came twice with different content`,
    }
  }
  if (!isFill(instrument, report)) {
    return {
      kind: 'illegal',
      row,
      text: `Execution "${executionId}" of ${steps} at ${ticks} is not a fill`,
    }
  }
  executions.set(executionId, { quantity: steps, price: ticks })
  const filled = quantity(row.filled + steps)
  const changes: Changes = {
    filled,
    filledValue: money(row.filledValue + notional(instrument, ticks, steps)),
    ...afterFill(row, filled),
    ...venueIdOf(row, report),
  }
  table.put(entry, changeRow(row, changes, now))
  const fill: Fill = {
    executionId,
    clientId: row.clientId,
    strategy: row.strategy,
    version: row.version,
    digest: row.digest,
    instrument: row.instrument,
    side: row.side,
    quantity: steps,
    price: ticks,
    charges,
    time: report.time,
  }
  const status = isOpen(row.phase) ? 'fill' : 'late-fill'
  return { kind: 'applied', row: entry.row, status, fill, flags: fillFlags(row, filled) }
}

function isFill(
  instrument: Instrument,
  { quantity: steps, price: ticks, charges }: FillReport,
): boolean {
  const value = (ticks * steps * instrument.valueNumerator) / instrument.valueDenominator
  return (
    Number.isSafeInteger(steps) &&
    steps > 0 &&
    Number.isSafeInteger(ticks) &&
    Number.isSafeInteger(charges) &&
    Math.abs(ticks * steps) <= FILL_MAX &&
    Math.abs(value) <= FILL_MAX
  )
}

/** A fill is a fact in every phase. It ends the order where nothing is left, and proves that the venue has it. */
function afterFill({ phase, quantity: asked }: OrderRow, filled: Quantity): Changes {
  if (filled >= asked) return { phase: 'FILLED', pending: 'none' }
  if (phase === 'SUBMITTING' || phase === 'UNKNOWN' || isUnsaidEnd(phase))
    return { phase: 'WORKING' }
  return {}
}

function fillFlags({ phase, quantity: asked }: OrderRow, filled: Quantity): OrderFlag[] {
  const flags: OrderFlag[] = []
  if (!isOpen(phase)) flags.push('late-fill')
  if (phase === 'REJECTED' || isUnsaidEnd(phase)) flags.push('resurrected')
  if (filled > asked) flags.push('overfilled')
  return flags
}

/** An end that the venue never said. */
export function endUnsaid(
  table: OrderTable,
  entry: Entry,
  { phase, reason, now }: UnsaidEnd,
): Outcome {
  const { row } = entry
  if (row.phase !== 'SUBMITTING' && row.phase !== 'UNKNOWN') {
    return { kind: 'illegal', row, text: `Order is ${row.phase}, it cannot be ${phase}` }
  }
  if (row.filled > 0)
    return { kind: 'illegal', row, text: `Order has fills, it cannot be ${phase}` }
  table.put(entry, changeRow(row, { phase, pending: 'none', reason }, now))
  return { kind: 'applied', row: entry.row, status: 'rejected', flags: [] }
}
