/**
 * One open order of ours against the broker's word on it.
 *
 * In       our row, the broker's order or nothing, the steps of fills that we missed
 * Out      reports for the walk, whether it is absent, whether its cancel must be sent again, what is doubtful
 * Units    steps
 * Source   trading-safety, table 5.3: O1-O10, O17, O18
 */
import type { BrokerOrder, OrderReport, OrderRow } from '#sdk/order.ts'

/** One order and what the snapshot says of it. */
export interface OrderPair {
  readonly row: OrderRow
  readonly order: BrokerOrder | undefined
  /** Steps of fills that are about to be applied. */
  readonly missed: number
  readonly settled: boolean
  /** Time of the snapshot. */
  readonly time: number
  readonly dayStartedAt: number
}

/** What follows for one order. */
export interface OrderFinding {
  readonly reports: readonly OrderReport[]
  readonly doubts: readonly string[]
  readonly absent: boolean
  readonly cancelAgain: boolean
}

const NOTHING: OrderFinding = { reports: [], doubts: [], absent: false, cancelAgain: false }

/** True where the broker may still fill it. */
export function isWorking({ status }: BrokerOrder): boolean {
  return status === 'working' || status === 'triggered'
}

/** Compares one order of ours. */
export function compareOrder(pair: OrderPair): OrderFinding {
  const { row, order, missed, settled } = pair
  if (!order) return settled ? notFound(pair) : NOTHING
  const filled = row.filled + missed
  const doubts: string[] = []
  if (settled && order.filled !== filled) {
    doubts.push(
      `Order "${row.clientId}" is filled ${order.filled} at the broker, our fills say ${filled}`,
    )
  }
  const reports = [...restated(pair, order), ...moved(pair, order, filled)]
  const cancelAgain =
    settled && row.pending === 'cancel' && isWorking(order) && filled < order.quantity
  return { reports, doubts, absent: false, cancelAgain }
}

/**
 * The broker's terms stand. New ones that we asked for have failed where all that can be compared is as it was; without
 * the broker's prices nothing is concluded, and the larger quantity stays counted.
 */
function restated({ row, missed, settled, time }: OrderPair, order: BrokerOrder): OrderReport[] {
  if (!settled) return []
  const { clientId } = row
  const { quantity, limit, stop } = order
  const done = row.filled + missed >= row.quantity
  const otherPrices =
    (limit !== undefined && limit !== row.limit) || (stop !== undefined && stop !== row.stop)
  if (
    done ? quantity > row.quantity : quantity !== row.quantity || (isWorking(order) && otherPrices)
  ) {
    const prices = { ...(limit !== undefined && { limit }), ...(stop !== undefined && { stop }) }
    return [{ status: 'replaced', clientId, time, quantity, ...prices }]
  }
  if (row.pending !== 'replace' || done || !isWorking(order)) return []
  if (
    (row.limit !== undefined && limit === undefined) ||
    (row.stop !== undefined && stop === undefined)
  )
    return []
  return [{ status: 'replace-refused', clientId, time, reason: 'The broker has the old terms' }]
}

function moved({ row, time }: OrderPair, order: BrokerOrder, filled: number): OrderReport[] {
  const { clientId, phase } = row
  const { status, venueId } = order
  const unanswered = phase === 'SUBMITTING' || phase === 'UNKNOWN'
  switch (status) {
    case 'working':
      return unanswered && filled < order.quantity ? [{ status, clientId, time, venueId }] : []
    case 'triggered':
      return phase !== 'TRIGGERED' && filled < order.quantity
        ? [{ status, clientId, time, venueId }]
        : []
    case 'filled':
      // Only fills fill an order: what they do not explain is said as a doubt.
      return unanswered && filled === 0 ? [{ status: 'working', clientId, time, venueId }] : []
    case 'cancelled':
    case 'expired':
    case 'rejected':
      return filled < order.quantity
        ? [{ status, clientId, time, venueId, reason: `The broker has it as ${status}` }]
        : []
  }
}

/** Not found is not over: only an order that the venue never acknowledged and that nothing was filled of is absent. */
function notFound({ row, missed, time, dayStartedAt }: OrderPair): OrderFinding {
  const { clientId, instrument, phase, venueId } = row
  if (row.timeInForce === 'DAY' && row.createdAt < dayStartedAt) {
    const reason = 'Its trading day is over and the broker has it no more'
    return row.filled + missed < row.quantity
      ? { ...NOTHING, reports: [{ status: 'expired', clientId, time, reason }] }
      : NOTHING
  }
  const doubts = [`Order "${clientId}" in ${instrument} is not known to the broker`]
  // It may still be on its way: after a restart nothing is, and such orders come as UNKNOWN.
  if (phase === 'SUBMITTING') return NOTHING
  if (phase === 'UNKNOWN') {
    const absent = venueId === undefined && row.filled + missed === 0
    return absent ? { ...NOTHING, absent } : { ...NOTHING, doubts }
  }
  if (row.filled + missed >= row.quantity) return { ...NOTHING, doubts }
  return {
    ...NOTHING,
    doubts,
    reports: [{ status: 'unknown', clientId, time, reason: 'Not known to the broker' }],
  }
}
