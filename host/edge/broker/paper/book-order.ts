/**
 * An order as the venue keeps it in its own books, and the venue's word on it.
 *
 * Units    prices in ticks, quantities in steps, times in microseconds; NaN for a price the order does not have
 */
import { type Price, price, type Quantity, quantity } from '#sdk/money.ts'
import type { BrokerExecution, BrokerOrder, OrderKind, Side, TimeInForce } from '#sdk/order.ts'

/** What becomes of an order at the venue. */
export type BookStatus = BrokerOrder['status']

/** New terms for an open order: `quantity` is the whole order's, what is absent stays. */
export interface Terms {
  readonly quantity: Quantity
  readonly limit?: Price
  readonly stop?: Price
}

/** One order in the venue's books. Only the venue changes it. */
export interface BookOrder {
  readonly clientId: string
  readonly venueId: string
  /** Its place in the order in which orders reached the venue, from 1. */
  readonly number: number
  readonly instrument: string
  /** Row of the instrument; -1 where the venue does not list it. */
  readonly index: number
  readonly side: Side
  readonly kind: OrderKind
  readonly timeInForce: TimeInForce
  readonly createdAt: number
  quantity: number
  limit: number
  stop: number
  filled: number
  status: BookStatus
  /** Only market events later than this meet the order. */
  activeAt: number
  /** Has not rested yet: it trades at the touch, not at its limit. */
  taking: boolean
  /** End of its session; infinity where there is none. */
  expiresAt: number
  updatedAt: number
  readonly executions: BrokerExecution[]
}

/** True while the order may still trade. */
export function isOpen(order: BookOrder): boolean {
  return order.status === 'working' || order.status === 'triggered'
}

/** True while the order waits for its stop and does nothing else. */
export function isUntriggered(order: BookOrder): boolean {
  return (order.kind === 'STOP' || order.kind === 'STOP_LIMIT') && order.status === 'working'
}

/** True for the kinds that carry a limit. */
export function isLimited(kind: OrderKind): boolean {
  return kind === 'LIMIT' || kind === 'STOP_LIMIT'
}

/** True for the kinds that wait for a stop. */
export function isStopped(kind: OrderKind): boolean {
  return kind === 'STOP' || kind === 'STOP_LIMIT'
}

/** The terms that stand. */
export function termsOf(order: BookOrder): Terms {
  return {
    quantity: quantity(order.quantity),
    ...(Number.isNaN(order.limit) ? {} : { limit: price(order.limit) }),
    ...(Number.isNaN(order.stop) ? {} : { stop: price(order.stop) }),
  }
}

/** The order as a snapshot shows it. */
export function brokerOrder(order: BookOrder): BrokerOrder {
  const { clientId, venueId, instrument, side, kind, status } = order
  return {
    clientId,
    venueId,
    instrument,
    side,
    kind,
    status,
    quantity: quantity(order.quantity),
    filled: quantity(order.filled),
  }
}
