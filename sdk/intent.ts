/**
 * Intents: what a strategy asks for. Who asks is stamped by the host; a bundle cannot name itself.
 *
 * Units    quantity in steps, limit and stop in ticks, decidedAt a tape sequence number
 */
import type { OrderKind, Side, TimeInForce } from './order.ts'

interface Asked {
  readonly kind: 'intent'
  /** Id of the strategy that asks; stamped by the host from the carrier it came from. */
  readonly strategy: string
  /** Row of the instrument. */
  readonly instrument: number
  /** The strategy's own number for this request; unique per strategy for ever. */
  readonly ref: number
  /** Last tape record the strategy had read. */
  readonly decidedAt: number
}

export interface PlaceIntent extends Asked {
  readonly ask: 'place'
  readonly side: Side
  readonly order: OrderKind
  readonly timeInForce: TimeInForce
  readonly quantity: number
  readonly limit?: number
  readonly stop?: number
}

/** New terms for a working order; what is absent stays as it is. */
export interface ModifyIntent extends Asked {
  readonly ask: 'modify'
  readonly target: number
  readonly quantity?: number
  readonly limit?: number
  readonly stop?: number
}

export interface CancelIntent extends Asked {
  readonly ask: 'cancel'
  readonly target: number
}

/** Bring the position to `quantity` (signed), counting what is already on its way. 0 closes. */
export interface TargetIntent extends Asked {
  readonly ask: 'target'
  readonly quantity: number
  readonly limit?: number
}

export type Intent = PlaceIntent | ModifyIntent | CancelIntent | TargetIntent
