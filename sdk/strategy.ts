/**
 * A strategy, as its author writes it: state, and handlers that answer events. The same tape gives the same answer.
 *
 * Units    prices are decimals (392.95), quantities whole steps, times microseconds since the epoch
 * Refuses  what SPEC.md lists; every refusal reaches `onOrder` with its code and numbers
 */
import type { Static, TObject } from '@sinclair/typebox'

import type { Bar, Timeframe } from './bar.ts'
import type { Indicator } from './indicator/indicator.ts'
import type { Grants, ON_FAULT } from './manifest.ts'
import type { OrderKind, Side, TimeInForce } from './order.ts'
import type { RefusalCode } from './refusal.ts'
import type { ReportStatus } from './tape.ts'
import type { Tick } from './tick.ts'

/** What a strategy needs of the market. `indicators` are read under the names given here. */
export interface Needs {
  readonly bars?: readonly Timeframe[]
  readonly indicators?: Readonly<Record<string, Indicator<unknown>>>
  /** No handler is called for an instrument before so many bars of each needed timeframe are closed. */
  readonly warmUp?: { readonly bars: number }
  /** Seconds between calls of `onTimer`. */
  readonly timer?: { readonly seconds: number }
}

type Values<N extends Needs> = {
  readonly [K in keyof N['indicators']]: N['indicators'][K] extends Indicator<infer V> ? V : never
}

/** An instrument, as a strategy sees it. */
export interface InstrumentInfo {
  readonly id: string
  readonly symbol: string
  readonly exchange: string
  readonly tickSize: number
  readonly lot: number
  /** The nearest price on the grid, at or below, or at or above. */
  roundPrice(value: number, direction?: 'nearest' | 'down' | 'up'): number
}

/** The strategy's own position in the instrument of the event. */
export interface PositionInfo {
  /** Steps held: above 0 long, below 0 short. */
  readonly quantity: number
  /** Average price of what is held; NaN where it is flat. */
  readonly averagePrice: number
}

/** Number of an order, the strategy's own. */
export type OrderRef = number

/**
 * `limit` alone makes a limit order, `stop` alone a stop that becomes a market order, both a stop-limit, neither a
 * market order. DAY unless said otherwise.
 */
export interface OrderRequest {
  readonly quantity: number
  readonly limit?: number
  readonly stop?: number
  readonly timeInForce?: TimeInForce
}

export interface OpenOrder {
  readonly ref: OrderRef
  readonly side: Side
  readonly kind: OrderKind
  readonly quantity: number
  readonly filled: number
  readonly limit: number | undefined
  readonly stop: number | undefined
}

/** Asks for orders in the instrument of the event. They exist only if the handler returns. */
export interface Orders {
  buy(request: OrderRequest): OrderRef
  sell(request: OrderRequest): OrderRef
  /** New terms for an open order; what is left out stays. */
  modify(
    ref: OrderRef,
    terms: { readonly quantity?: number; readonly limit?: number; readonly stop?: number },
  ): void
  cancel(ref: OrderRef): void
  cancelAll(): void
  /** Brings the position to `quantity`, counting orders already on their way. */
  target(quantity: number, terms?: { readonly limit?: number }): OrderRef
  /** `target(0)`. */
  close(): OrderRef
  /** Open orders in this instrument, oldest first, as far as the tape has told. */
  readonly open: readonly OpenOrder[]
}

/** What became of an order. `reason` says why where the answer is no. */
export interface OrderReportInfo {
  readonly ref: OrderRef
  readonly status: ReportStatus
  readonly filled: number
  readonly quantity: number
  readonly reason: RefusalCode
  /** The bound of the rule that refused; NaN otherwise. */
  readonly limit: number
}

export interface FillInfo {
  readonly ref: OrderRef
  readonly side: Side
  readonly quantity: number
  readonly price: number
}

export interface SessionInfo {
  readonly opensAt: number
  readonly closesAt: number
}

/** Closed bars of the instrument of the event, newest first: `at(0)` is the last closed one. */
export interface BarSeries {
  readonly length: number
  at(ago: number): Bar | undefined
  close(ago: number): number
  high(ago: number): number
  low(ago: number): number
}

/** What every handler is given. One object, reused: take what you need, keep it in state. */
export interface Context<P, S, N extends Needs> {
  readonly params: P
  readonly state: S
  readonly instrument: InstrumentInfo
  readonly position: PositionInfo
  readonly orders: Orders
  readonly indicators: Values<N>
  /** Time of the event, microseconds. There is no other clock. */
  readonly time: number
  readonly session: SessionInfo
  /** The last tick of the instrument; its fields are NaN before the first. */
  readonly last: Tick
  bars(timeframe: Timeframe): BarSeries
  /** A number in [0, 1), the same at every replay. */
  random(): number
  log(text: string): void
}

export interface StrategyDefinition<P extends TObject, S extends TObject, N extends Needs> {
  readonly id: string
  readonly version: string
  readonly name?: string
  readonly description?: string
  readonly params: P
  readonly state: S
  /** Raised when the state's shape changes; `migrate` then makes the new shape of the old. */
  readonly stateVersion?: number
  migrate?(old: unknown, fromVersion: number): Static<S>
  /** `instrument`: one state for each instrument (default). `strategy`: one state for all of them. */
  readonly scope?: 'instrument' | 'strategy'
  readonly grants: Grants
  readonly onFault?: (typeof ON_FAULT)[number]
  needs(from: { readonly params: Static<P> }): N
  /** The state before the first event. */
  start(from: { readonly params: Static<P>; readonly instrument: InstrumentInfo }): Static<S>
  onTick?(event: Context<Static<P>, Static<S>, N> & { readonly tick: Tick }): void
  onBar?(event: Context<Static<P>, Static<S>, N> & { readonly bar: Bar }): void
  onOrder?(event: Context<Static<P>, Static<S>, N> & { readonly report: OrderReportInfo }): void
  onFill?(event: Context<Static<P>, Static<S>, N> & { readonly fill: FillInfo }): void
  onTimer?(event: Context<Static<P>, Static<S>, N>): void
  onSession?(event: Context<Static<P>, Static<S>, N>): void
  /** Records between `from` and `to` were missed. */
  onGap?(
    event: Context<Static<P>, Static<S>, N> & {
      readonly gap: { readonly from: number; readonly to: number }
    },
  ): void
  /** The last call before the strategy is taken down. Orders asked for here are not taken. */
  stop?(event: Context<Static<P>, Static<S>, N>): void
}

/** A definition of any strategy, as the host handles it. */
// oxlint-disable-next-line typescript/no-explicit-any -- the host knows the shapes only at run time, by schema
export type AnyStrategy = StrategyDefinition<any, any, any>

/** Declares a strategy. It adds nothing: it is there so that the compiler knows every handler's types. */
export function defineStrategy<P extends TObject, S extends TObject, const N extends Needs>(
  definition: StrategyDefinition<P, S, N>,
): StrategyDefinition<P, S, N> {
  return definition
}
