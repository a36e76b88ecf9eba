/**
 * Rows of the database as the nouns of the SDK. The other way is in apply.ts.
 *
 * Asserts  prices, quantities and money are safe integers
 */
import { money, price, quantity } from '#sdk/money.ts'
import type { Fill, OrderKind, OrderPhase, OrderRow, Side, TimeInForce } from '#sdk/order.ts'
import type { PositionRow } from '#sdk/position.ts'
import type { StrategyRow, StrategyState } from '#sdk/record.ts'

interface Owner {
  readonly strategy: string
  readonly version: string
  readonly digest: string
}

/** A row as the database gives it. */
export interface OrderColumns extends Owner {
  readonly client_id: string
  readonly ref: number
  readonly instrument: string
  readonly side: Side
  readonly kind: OrderKind
  readonly time_in_force: TimeInForce
  readonly quantity: number
  readonly limit_price: number | null
  readonly stop_price: number | null
  readonly decided_at_seq: number
  readonly created_us: number
  readonly updated_us: number
  readonly phase: OrderPhase
  readonly filled: number
  readonly filled_value: number
  readonly pending: 'cancel' | 'replace' | null
  readonly venue_id: string | null
  readonly reason: string | null
}

/** The row as the host knows it. */
export function orderOf(row: OrderColumns): OrderRow {
  return {
    clientId: row.client_id,
    strategy: row.strategy,
    version: row.version,
    digest: row.digest,
    ref: row.ref,
    instrument: row.instrument,
    side: row.side,
    kind: row.kind,
    timeInForce: row.time_in_force,
    quantity: quantity(row.quantity),
    ...(row.limit_price === null ? {} : { limit: price(row.limit_price) }),
    ...(row.stop_price === null ? {} : { stop: price(row.stop_price) }),
    decidedAt: row.decided_at_seq,
    createdAt: row.created_us,
    updatedAt: row.updated_us,
    phase: row.phase,
    filled: quantity(row.filled),
    filledValue: money(row.filled_value),
    ...(row.pending === null ? {} : { pending: row.pending }),
    ...(row.venue_id === null ? {} : { venueId: row.venue_id }),
    ...(row.reason === null ? {} : { reason: row.reason }),
  }
}

/** A row as the database gives it. */
export interface FillColumns extends Owner {
  readonly client_id: string
  readonly execution_id: string
  readonly instrument: string
  readonly side: Side
  readonly quantity: number
  readonly price: number
  readonly charges: number
  readonly time_us: number
}

/** The row as the host knows it. */
export function fillOf(row: FillColumns): Fill {
  const { strategy, version, digest, instrument, side } = row
  return {
    executionId: row.execution_id,
    clientId: row.client_id,
    strategy,
    version,
    digest,
    instrument,
    side,
    quantity: quantity(row.quantity),
    price: price(row.price),
    charges: money(row.charges),
    time: row.time_us,
  }
}

/** A row as the database gives it. */
export interface PositionColumns {
  readonly strategy: string
  readonly instrument: string
  readonly quantity: number
  readonly cost: number
  readonly realised: number
  readonly charges: number
  readonly fills: number
  readonly updated_us: number
}

/** The row as the host knows it. */
export function positionOf(row: PositionColumns): PositionRow {
  const { strategy, instrument, fills } = row
  return {
    strategy,
    instrument,
    quantity: quantity(row.quantity),
    cost: money(row.cost),
    realised: money(row.realised),
    charges: money(row.charges),
    fills,
    updatedAt: row.updated_us,
  }
}

/** A row as the database gives it. */
export interface StrategyColumns extends Owner {
  readonly state: StrategyState
  readonly reason: string
  readonly enabled: boolean
  readonly faults: number
}

/** The row as the host knows it. */
export function strategyOf({
  strategy,
  state,
  reason,
  enabled,
  version,
  digest,
  faults,
}: StrategyColumns): StrategyRow {
  return { strategy, state, reason, enabled, version, digest, faults }
}
