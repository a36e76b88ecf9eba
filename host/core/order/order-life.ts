/**
 * The life of one order: what each word of the venue does to its phase. Fills are facts about quantity and are applied by
 * the room; here is everything else.
 *
 * In       the row as it stands, a report that is not a fill
 * Out      the changes to the row and what the strategy is told, or why nothing changes
 * Asserts  no phase is ever downgraded by an older word; what the table does not list is `illegal`, never thrown
 * Source   trading-safety, table 4.3
 */
import { type Quantity, quantity } from '#sdk/money.ts'
import type { OrderPhase, OrderReport, OrderRow } from '#sdk/order.ts'
import type { ReportStatus } from '#sdk/tape.ts'

/** What an operator should know of a change beside the change itself. */
export type OrderFlag = 'late-fill' | 'overfilled' | 'resurrected' | 'restated' | 'ask-venue'

/** Why a report changes nothing. */
export type Ignored = 'duplicate-fill' | 'repeated' | 'older-than-known'

/** What a row becomes. `pending: 'none'` takes the mark away. */
export type Changes = Partial<Omit<OrderRow, 'pending'>> & {
  readonly pending?: 'cancel' | 'replace' | 'none'
}

export type Move =
  | {
      readonly kind: 'moved'
      readonly changes: Changes
      readonly status: ReportStatus
      readonly flags: readonly OrderFlag[]
    }
  | { readonly kind: 'ignored'; readonly why: Ignored }
  | { readonly kind: 'illegal'; readonly text: string }

type StatusReport = Exclude<OrderReport, { readonly status: 'fill' }>
type Word<S extends OrderReport['status']> = Extract<OrderReport, { readonly status: S }>

/** True where the venue may still fill it. */
export function isOpen(phase: OrderPhase): boolean {
  return (
    phase === 'SUBMITTING' || phase === 'UNKNOWN' || phase === 'WORKING' || phase === 'TRIGGERED'
  )
}

/** Ends that the venue never said: contrary evidence brings the order back. */
export function isUnsaidEnd(phase: OrderPhase): boolean {
  return phase === 'NEVER_SENT' || phase === 'ABSENT_PROVEN'
}

/** The row with `changes` made; rows are never altered in place. */
export function changeRow(row: OrderRow, changes: Changes, now: number): OrderRow {
  const { pending: before, ...kept } = row
  const { pending = before ?? 'none', ...made } = changes
  const next = { ...kept, ...made, updatedAt: now }
  return pending === 'none' ? next : { ...next, pending }
}

/** Where a report that is not a fill takes the order. */
export function moveOrder(row: OrderRow, report: StatusReport): Move {
  switch (report.status) {
    case 'working':
      return onWorking(row)
    case 'triggered':
      return onTriggered(row)
    case 'cancelled':
      return onEnd(row, 'CANCELLED', report)
    case 'expired':
      return onEnd(row, 'EXPIRED', report)
    case 'rejected':
      return onEnd(row, 'REJECTED', report)
    case 'replaced':
      return onReplaced(row, report)
    case 'cancel-refused':
      return onCancelRefused(row, report)
    case 'replace-refused':
      return onReplaceRefused(row, report)
    case 'unknown':
      return onUnknown(row, report)
  }
}

function onWorking({ phase }: OrderRow): Move {
  switch (phase) {
    case 'SUBMITTING':
    case 'UNKNOWN':
      return moved({ phase: 'WORKING' }, 'working')
    case 'WORKING':
      return ignored('repeated')
    case 'NEVER_SENT':
    case 'ABSENT_PROVEN':
      return moved({ phase: 'WORKING' }, 'working', ['resurrected'])
    case 'TRIGGERED':
    case 'FILLED':
    case 'CANCELLED':
    case 'REJECTED':
    case 'EXPIRED':
      return ignored('older-than-known')
  }
}

function onTriggered({ phase, kind }: OrderRow): Move {
  if (kind !== 'STOP' && kind !== 'STOP_LIMIT')
    return illegal(`A ${kind} order cannot be triggered`)
  if (phase === 'TRIGGERED') return ignored('repeated')
  if (isOpen(phase)) return moved({ phase: 'TRIGGERED' }, 'triggered')
  if (isUnsaidEnd(phase)) return moved({ phase: 'TRIGGERED' }, 'triggered', ['resurrected'])
  return ignored('older-than-known')
}

type End = 'CANCELLED' | 'EXPIRED' | 'REJECTED'

function onEnd(
  row: OrderRow,
  phase: End,
  report: Word<'cancelled' | 'expired' | 'rejected'>,
): Move {
  if (row.phase === phase) return ignored('repeated')
  if (!isOpen(row.phase) && !isUnsaidEnd(row.phase)) {
    return illegal(`Order is ${row.phase}, the venue says it is ${report.status}`)
  }
  const { reason } = report
  const changes: Changes = { phase, pending: 'none', ...(reason !== undefined && { reason }) }
  return moved(changes, report.status)
}

function onReplaced(row: OrderRow, report: Word<'replaced'>): Move {
  if (!Number.isSafeInteger(report.quantity) || report.quantity <= 0) {
    return illegal(`The venue replaced the quantity by ${report.quantity}`)
  }
  const grown = row.phase === 'FILLED' && report.quantity > row.filled
  // A replace may be answered after the old terms were filled to the end: the order lives on with the rest.
  if (!isOpen(row.phase) && !grown) return ignored('older-than-known')
  if (row.pending === undefined && !grown && isSame(row, report)) return ignored('repeated')
  const done = report.quantity <= row.filled
  const changes: Changes = {
    quantity: kept(report.quantity, row.filled),
    phase: done ? 'FILLED' : row.phase === 'TRIGGERED' ? 'TRIGGERED' : 'WORKING',
    ...((row.pending === 'replace' || done) && { pending: 'none' as const }),
    ...(report.limit !== undefined && { limit: report.limit }),
    ...(report.stop !== undefined && { stop: report.stop }),
  }
  const flags: OrderFlag[] = grown ? ['resurrected'] : []
  return moved(changes, 'replaced', row.pending !== undefined || grown ? flags : ['restated'])
}

function isSame(row: OrderRow, { quantity: steps, limit, stop }: Word<'replaced'>): boolean {
  const sameLimit = limit === undefined || limit === row.limit
  return steps === row.quantity && sameLimit && (stop === undefined || stop === row.stop)
}

/** A venue that lowers an order below what it filled has closed it at what it filled. */
function kept(asked: Quantity, filled: Quantity): Quantity {
  return quantity(Math.max(asked, filled))
}

/** The venue's words for an order it does not know. */
const NOT_KNOWN = /\b(unknown|no such|not found|does not exist)\b/i

function onCancelRefused(row: OrderRow, { reason }: Word<'cancel-refused'>): Move {
  if (!isOpen(row.phase)) return ignored('older-than-known')
  if (row.pending !== 'cancel') return ignored('repeated')
  // Not found is not cancelled: it may have been filled, or not yet have arrived.
  const phase = NOT_KNOWN.test(reason) ? 'UNKNOWN' : row.phase
  return moved({ phase, pending: 'none', reason }, 'cancel-refused', ['ask-venue'])
}

function onReplaceRefused(row: OrderRow, { reason }: Word<'replace-refused'>): Move {
  if (!isOpen(row.phase)) return ignored('older-than-known')
  const phase = NOT_KNOWN.test(reason) ? 'UNKNOWN' : row.phase
  const flags: OrderFlag[] = phase === 'UNKNOWN' ? ['ask-venue'] : []
  if (row.pending === 'replace') {
    return moved({ phase, pending: 'none', reason }, 'replace-refused', flags)
  }
  // A cancel has taken the place of the replace: the cancel is still to be answered.
  if (row.pending === 'cancel') return moved({ phase, reason }, 'replace-refused', flags)
  return ignored('repeated')
}

function onUnknown(row: OrderRow, { reason }: Word<'unknown'>): Move {
  if (!isOpen(row.phase)) return ignored('older-than-known')
  if (row.phase === 'UNKNOWN') return ignored('repeated')
  return moved({ phase: 'UNKNOWN', reason }, 'unknown', ['ask-venue'])
}

function moved(changes: Changes, status: ReportStatus, flags: readonly OrderFlag[] = []): Move {
  return { kind: 'moved', changes, status, flags }
}

function ignored(why: Ignored): Move {
  return { kind: 'ignored', why }
}

function illegal(text: string): Move {
  return { kind: 'illegal', text }
}
