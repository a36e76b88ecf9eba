/**
 * Our books against the broker's: what we missed, what is not ours, what nobody can explain, and whether orders may leave.
 *
 * In       a complete BrokerSnapshot, our open orders, what we know, the net of our books
 * Out      reports to run through the walk, orders to adopt, absences, corrections, the gate and why
 * Units    quantities in steps, times in microseconds
 * Asserts  acting on the answer and asking again gives nothing new; where the books agree it gives nothing at all; the order
 *          of the snapshot's rows does not matter
 * Touches  nothing. A query that failed or came in part is no information: do not call this with it
 * Source   trading-safety, tables 5.3 and 5.4. In this first version: no inferred fills, no second look before a
 *          correction, and one complete snapshot without an order that the venue never acknowledged proves it absent
 */
import type {
  BrokerExecution,
  BrokerOrder,
  BrokerSnapshot,
  OrderReport,
  OrderRow,
} from '#sdk/order.ts'

import type { Gate } from '../risk/risk.ts'
import { compareOrder, isWorking } from './compare-order.ts'
import { comparePositions, type PositionDifference } from './compare-positions.ts'

export type { PositionDifference } from './compare-positions.ts'

export interface ReconcileAsk {
  readonly snapshot: BrokerSnapshot
  readonly openRows: readonly OrderRow[]
  readonly knownExecutions: { has(executionId: string, clientId: string): boolean }
  /** Orders of ours, ended ones too, as far as memory goes. */
  readonly knownOrders: { has(clientId: string): boolean }
  /** Signed steps of all our books by instrument id. */
  readonly net: ReadonlyMap<string, number>
  /** Day orders from before this that the broker does not know have expired. */
  readonly dayStartedAt?: number
  /**
   * False where an order was sent or a report came since the snapshot was asked for: then only facts are taken from it,
   * nothing is concluded from what is not in it, and the gate stays as it is.
   */
  readonly settled?: boolean
}

export interface Reconciliation {
  /** Orders at the broker that are not ours: take them in first. They are never cancelled by default. */
  readonly foreign: readonly BrokerOrder[]
  /** Run through the walk like any other: missed fills first, in the venue's order, then where orders stand. */
  readonly reports: readonly OrderReport[]
  /** Client ids of orders that the venue never had. */
  readonly absent: readonly string[]
  /** Client ids whose cancel must be sent again. */
  readonly cancels: readonly string[]
  /** Orders that we took for ended, and that still work. */
  readonly alive: readonly BrokerOrder[]
  /** What fills do not explain, for the book of nobody. */
  readonly corrections: readonly PositionDifference[]
  readonly gate: Gate | 'UNCHANGED'
  readonly reasons: readonly string[]
}

/** Compares, and says what to do. It does nothing itself. */
export function reconcile(ask: ReconcileAsk): Reconciliation {
  const contradiction = contradictionIn(ask.snapshot)
  if (contradiction !== undefined) return nothingBut('CLOSED', contradiction)

  const { snapshot, openRows, knownOrders, settled = true } = ask
  const ours = new Map(openRows.map((row) => [row.clientId, row]))
  const orders = [...snapshot.orders].sort((one, other) =>
    compareText(one.clientId, other.clientId),
  )
  const strangers = orders.filter((order) => isWorking(order) && !ours.has(order.clientId))
  const foreign = strangers.filter(({ clientId }) => !knownOrders.has(clientId))
  const alive = settled ? strangers.filter(({ clientId }) => knownOrders.has(clientId)) : []
  const adopted = new Set(foreign.map(({ clientId }) => clientId))
  const missed = missedFills(ask, adopted)

  const reasons = [
    ...foreign.map(
      ({ clientId, instrument }) => `Order "${clientId}" in ${instrument} is not one of this desk`,
    ),
    ...alive.map(
      ({ clientId, instrument }) =>
        `Order "${clientId}" in ${instrument} was over for us and still works`,
    ),
  ]
  const doubts: string[] = []
  const statuses: OrderReport[] = []
  const absent: string[] = []
  const cancels: string[] = []
  const filledOf = sumByOrder(missed)
  const theirs = new Map(orders.map((order) => [order.clientId, order]))
  for (const row of openRows) {
    const found = compareOrder({
      row,
      order: theirs.get(row.clientId),
      missed: filledOf.get(row.clientId) ?? 0,
      settled,
      time: snapshot.time,
      dayStartedAt: ask.dayStartedAt ?? -Infinity,
    })
    statuses.push(...found.reports)
    doubts.push(...found.doubts)
    if (found.absent) absent.push(row.clientId)
    if (found.cancelAgain) cancels.push(row.clientId)
  }
  for (const order of foreign) {
    const explained = filledOf.get(order.clientId) ?? 0
    if (settled && order.filled !== explained) doubts.push(unexplained(order, explained))
  }
  const corrections = settled ? comparePositions({ snapshot, net: ask.net, missed }) : []
  const differences = corrections.map(
    ({ instrument, quantity }) =>
      `${instrument}: the broker holds ${quantity} steps more than our books explain`,
  )
  const reduce = alive.length > 0 || doubts.length > 0 || corrections.length > 0
  return {
    foreign,
    reports: [...missed.map(fillReport), ...statuses],
    absent,
    cancels,
    alive,
    corrections,
    gate: !settled ? 'UNCHANGED' : reduce ? 'REDUCE' : 'OPEN',
    reasons: [...reasons, ...doubts, ...differences],
  }
}

/** Executions of orders that we have or are about to adopt, in the venue's order, that never reached us. */
function missedFills(
  { snapshot, knownOrders, knownExecutions, openRows }: ReconcileAsk,
  adopted: ReadonlySet<string>,
): BrokerExecution[] {
  const open = new Set(openRows.map(({ clientId }) => clientId))
  const unique = new Map<string, BrokerExecution>()
  for (const execution of snapshot.executions) {
    const { clientId, executionId } = execution
    const owned = open.has(clientId) || knownOrders.has(clientId) || adopted.has(clientId)
    if (owned && !knownExecutions.has(executionId, clientId))
      unique.set(`${clientId} ${executionId}`, execution)
  }
  return [...unique.values()].sort(
    (one, other) => one.time - other.time || compareText(one.executionId, other.executionId),
  )
}

function fillReport({
  clientId,
  executionId,
  quantity,
  price,
  charges,
  time,
}: BrokerExecution): OrderReport {
  return { status: 'fill', clientId, executionId, quantity, price, charges, time }
}

function sumByOrder(executions: readonly BrokerExecution[]): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { clientId, quantity } of executions)
    sums.set(clientId, (sums.get(clientId) ?? 0) + quantity)
  return sums
}

function unexplained({ clientId, filled }: BrokerOrder, explained: number): string {
  return `Order "${clientId}" is filled ${filled} at the broker, its executions say ${explained}`
}

/** A snapshot that says two things of one order or of one execution is not to be acted on. */
function contradictionIn({ orders, executions, positions }: BrokerSnapshot): string | undefined {
  const ids = new Set<string>()
  for (const { clientId } of orders) {
    if (ids.has(clientId)) return `The broker has two orders with the id "${clientId}"`
    ids.add(clientId)
  }
  const trades = new Map<string, BrokerExecution>()
  for (const execution of executions) {
    const key = `${execution.clientId} ${execution.executionId}`
    const other = trades.get(key)
    if (other && (other.quantity !== execution.quantity || other.price !== execution.price)) {
      return `The broker says two things of execution "${execution.executionId}"`
    }
    trades.set(key, execution)
  }
  const held = new Set<string>()
  for (const { instrument } of positions) {
    if (held.has(instrument)) return `The broker has two positions in ${instrument}`
    held.add(instrument)
  }
  return undefined
}

function nothingBut(gate: Gate, reason: string): Reconciliation {
  return {
    foreign: [],
    reports: [],
    absent: [],
    cancels: [],
    alive: [],
    corrections: [],
    gate,
    reasons: [reason],
  }
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
