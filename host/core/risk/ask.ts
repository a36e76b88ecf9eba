/**
 * What the gate is asked, and what it must know to answer. The pipeline fills both from the other rooms.
 *
 * Units    quantities in steps, prices in ticks, Money in 1e-4 of the currency, times in microseconds
 */
import type { Instrument } from '#sdk/instrument.ts'
import type { Grants } from '#sdk/manifest.ts'
import type { Micros, Money } from '#sdk/money.ts'
import type { OrderKind, Side, TimeInForce } from '#sdk/order.ts'

/** One order that a strategy, or the host for it, wants to send. */
export interface RiskAsk {
  readonly strategy: string
  readonly instrument: Instrument
  readonly side: Side
  readonly kind: OrderKind
  readonly timeInForce: TimeInForce
  readonly quantity: number
  readonly limit?: number | undefined
  readonly stop?: number | undefined
  /** Number of the request; below 0 for the host's own. */
  readonly ref: number
  readonly decidedAt: number
  readonly now: Micros
  /** True where the host itself asks, to flatten: grants and the strategy's mode do not bind it. */
  readonly host?: boolean
}

/** New terms for a working order, whole: what does not change is repeated. */
export interface ChangeAsk extends RiskAsk {
  /** Number of the order to change. */
  readonly target: number
  /** The order as it stands. Its open quantity is part of the exposure. */
  readonly replaces: {
    readonly quantity: number
    readonly filled: number
    readonly limit?: number | undefined
    readonly stop?: number | undefined
  }
}

/** May orders leave? Closed until reconciliation agrees. */
export type Gate = 'OPEN' | 'REDUCE' | 'CLOSED'

/** What a strategy may do now. */
export type StrategyMode = 'active' | 'reduce-only' | 'none'

/**
 * Where the strategy and the account stand as the ask arrives. Open quantities are what is still to fill, orders without
 * an answer included. Read it again for each ask.
 */
export interface Exposure {
  /** The strategy's own, in the instrument of the ask; signed. */
  readonly position: number
  readonly openBuys: number
  readonly openSells: number
  /** Of the whole account, in the instrument of the ask. */
  readonly accountPosition: number
  readonly accountOpenBuys: number
  readonly accountOpenSells: number
  /** Open orders of the strategy, all instruments. */
  readonly openOrders: number
  /** Worst-case value of the account, all instruments: see `createGrossExposure`. */
  readonly grossValue: number
  readonly strategyProfit: Money
  readonly accountProfit: Money
  /** Middle of the quote, or the last price, in ticks; NaN where there is none. */
  readonly reference: number
  readonly referenceAge: Micros
  readonly mode: StrategyMode
  readonly gate: Gate
  readonly halted: boolean
  /** Undefined grants nothing. */
  readonly grants: Grants | undefined
}
