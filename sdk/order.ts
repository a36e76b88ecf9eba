/**
 * Orders: what is asked of a venue, where it stands, and what the venue says of it.
 *
 * Units    price in ticks, quantity in steps, time in microseconds
 * Source   trading-safety: one phase plus what was done, "partly filled" is derived and never stored
 */
import type { Money, Price, Quantity } from './money.ts'

export const ORDER_KINDS = ['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT'] as const
export type OrderKind = (typeof ORDER_KINDS)[number]
export const SIDES = ['BUY', 'SELL'] as const
export type Side = (typeof SIDES)[number]
export const TIMES_IN_FORCE = ['DAY', 'IOC'] as const
export type TimeInForce = (typeof TIMES_IN_FORCE)[number]

/** What a venue is told. `limit` and `stop` are there exactly where `kind` needs them. */
export interface VenueOrder {
  /** The host's id: deterministic, unique, 16 characters of A-Z and 2-7. */
  readonly clientId: string
  readonly instrument: string
  readonly side: Side
  readonly kind: OrderKind
  readonly timeInForce: TimeInForce
  readonly quantity: Quantity
  readonly limit?: Price
  readonly stop?: Price
}

export type OrderPhase =
  | 'SUBMITTING'
  | 'UNKNOWN'
  | 'WORKING'
  | 'TRIGGERED'
  | 'FILLED'
  | 'CANCELLED'
  | 'REJECTED'
  | 'EXPIRED'
  | 'NEVER_SENT'
  | 'ABSENT_PROVEN'

/** An order as the host keeps, journals and shows it. A row stands for itself: writing it again changes nothing. */
export interface OrderRow extends VenueOrder {
  readonly strategy: string
  readonly version: string
  readonly digest: string
  /** The strategy's own number of the order; unique per strategy for ever. Below 0: the host's own (flatten). */
  readonly ref: number
  /** Tape sequence at which the strategy decided. */
  readonly decidedAt: number
  readonly createdAt: number
  readonly updatedAt: number
  readonly phase: OrderPhase
  /** Sum of fills. */
  readonly filled: Quantity
  /** Value of the fills, for the average price. */
  readonly filledValue: Money
  readonly pending?: 'cancel' | 'replace'
  readonly venueId?: string
  /** Why it was rejected or cancelled, in the venue's words. */
  readonly reason?: string
}

/** The venue's word on one order. Fills carry an execution id and are applied once. */
export type OrderReport = {
  readonly clientId: string
  /** Venue time, microseconds. */
  readonly time: number
  readonly venueId?: string
} & (
  | { readonly status: 'working' }
  | { readonly status: 'triggered' }
  | {
      readonly status: 'fill'
      readonly executionId: string
      readonly quantity: Quantity
      readonly price: Price
      readonly charges: Money
    }
  | { readonly status: 'cancelled'; readonly reason?: string }
  | { readonly status: 'expired'; readonly reason?: string }
  | { readonly status: 'rejected'; readonly reason: string }
  | {
      readonly status: 'replaced'
      readonly quantity: Quantity
      readonly limit?: Price
      readonly stop?: Price
    }
  | { readonly status: 'cancel-refused'; readonly reason: string }
  | { readonly status: 'replace-refused'; readonly reason: string }
  | { readonly status: 'unknown'; readonly reason: string }
)

/** One execution, owned by a strategy. */
export interface Fill {
  readonly executionId: string
  readonly clientId: string
  readonly strategy: string
  readonly version: string
  readonly digest: string
  readonly instrument: string
  readonly side: Side
  readonly quantity: Quantity
  readonly price: Price
  readonly charges: Money
  readonly time: number
}

/** What the broker believes, all of it: the truth that reconciliation compares with. */
export interface BrokerSnapshot {
  readonly time: number
  readonly orders: readonly BrokerOrder[]
  readonly positions: readonly { readonly instrument: string; readonly quantity: Quantity }[]
  readonly executions: readonly BrokerExecution[]
}

export interface BrokerOrder {
  readonly clientId: string
  readonly venueId: string
  readonly instrument: string
  readonly side: Side
  readonly kind: OrderKind
  readonly quantity: Quantity
  readonly filled: Quantity
  /** Prices as they stand, where the broker says them. */
  readonly limit?: Price
  readonly stop?: Price
  readonly status: 'working' | 'triggered' | 'filled' | 'cancelled' | 'rejected' | 'expired'
}

export interface BrokerExecution {
  readonly executionId: string
  readonly clientId: string
  readonly instrument: string
  readonly side: Side
  readonly quantity: Quantity
  readonly price: Price
  readonly charges: Money
  readonly time: number
}
