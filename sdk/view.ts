/**
 * What people see: the shapes of REST answers and WebSocket messages. Prices are decimals, money decimals of the
 * currency, quantities in steps, times in microseconds since the epoch.
 */
import type { Bar, Timeframe } from './bar.ts'
import type { InstrumentKind } from './instrument.ts'
import type { OrderKind, OrderPhase, Side, TimeInForce } from './order.ts'
import type { StrategyState } from './record.ts'

export interface StrategyView {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly state: StrategyState
  /** Why it is in that state, as a sentence. */
  readonly reason: string
  readonly enabled: boolean
  readonly version: string
  readonly digest: string
  readonly loadedAt: number | null
  readonly instruments: readonly string[]
  readonly profitToday: number
  readonly profit: number
  /** Instruments with an open position, and the sum of their value at the mark. */
  readonly openPositions: number
  readonly exposure: number
  readonly openOrders: number
  readonly fills: number
  /** Time of the last tick it has consumed; null before the first. */
  readonly lastTickAt: number | null
  /** Tape records it is behind. */
  readonly lag: number
  readonly faults: number
  readonly lastFault: string | null
  /** A newer file that was refused, while this one trades on. */
  readonly refused: { readonly file: string; readonly code: string; readonly reason: string } | null
}

/** One strategy whole: the view and what its manifest says. */
export interface StrategyDetail extends StrategyView {
  readonly params: unknown
  readonly paramsSchema: unknown
  readonly grants: unknown
  readonly log: readonly LogLine[]
}

export interface LogLine {
  readonly time: number
  readonly level: 'info' | 'warn' | 'error'
  readonly text: string
}

export interface OrderView {
  readonly clientId: string
  readonly strategy: string
  readonly version: string
  readonly digest: string
  readonly instrument: string
  readonly side: Side
  readonly kind: OrderKind
  readonly timeInForce: TimeInForce
  readonly quantity: number
  readonly limit: number | null
  readonly stop: number | null
  readonly filled: number
  readonly averagePrice: number | null
  readonly phase: OrderPhase
  readonly pending: 'cancel' | 'replace' | null
  readonly reason: string | null
  readonly createdAt: number
  readonly updatedAt: number
}

export interface FillView {
  readonly executionId: string
  readonly clientId: string
  readonly strategy: string
  readonly version: string
  readonly digest: string
  readonly instrument: string
  readonly side: Side
  readonly quantity: number
  readonly price: number
  readonly charges: number
  readonly time: number
}

export interface PositionView {
  readonly strategy: string
  readonly instrument: string
  readonly quantity: number
  readonly averagePrice: number | null
  readonly mark: number | null
  readonly realised: number
  readonly unrealised: number
  readonly charges: number
}

export interface AccountView {
  readonly mode: 'paper' | 'live'
  readonly currency: string
  readonly capital: number
  readonly equity: number
  readonly profitToday: number
  readonly realised: number
  readonly unrealised: number
  readonly charges: number
  readonly halted: boolean
  readonly haltReason: string | null
  /** May orders leave? Closed until reconciliation agrees. */
  readonly gate: 'OPEN' | 'REDUCE' | 'CLOSED'
  readonly gateReason: string
}

export interface InstrumentView {
  readonly id: string
  readonly name: string
  readonly kind: InstrumentKind
  readonly currency: string
  readonly tickSize: number
  readonly priceDigits: number
  readonly lot: number
  readonly last: number | null
  readonly bid: number | null
  readonly ask: number | null
  readonly volume: number
  readonly lastTickAt: number | null
}

export interface HealthView {
  readonly ready: boolean
  /** One line per part that the desk needs, with what is wrong where something is. */
  readonly parts: readonly {
    readonly name: string
    readonly ok: boolean
    readonly detail: string
  }[]
  readonly version: string
  readonly mode: 'paper' | 'live'
  readonly startedAt: number
  readonly now: number
  readonly ticks: number
  readonly tapeSeq: number
}

/** What the console may ask of the desk: answers are made on the spot from the core's own books. */
export interface DeskViews {
  strategies(): StrategyView[]
  strategy(id: string): StrategyDetail | undefined
  /** Newest first. */
  orders(filter: {
    readonly strategy?: string
    readonly open?: boolean
    readonly limit: number
  }): OrderView[]
  /** Newest first. */
  fills(filter: {
    readonly strategy?: string
    readonly instrument?: string
    readonly limit: number
  }): FillView[]
  positions(): PositionView[]
  account(): AccountView
  instruments(): InstrumentView[]
  /** Closed bars, oldest first, and the one still open as the last. */
  bars(instrument: string, timeframe: Timeframe, limit: number): Bar[] | undefined
  health(): HealthView
}

/** WebSocket, server to client. */
export type ServerMessage =
  | {
      readonly type: 'hello'
      readonly version: string
      readonly mode: 'paper' | 'live'
      readonly now: number
    }
  | {
      readonly type: 'board'
      readonly now: number
      readonly strategies: readonly StrategyView[]
      readonly account: AccountView
    }
  | { readonly type: 'order'; readonly order: OrderView }
  | { readonly type: 'fill'; readonly fill: FillView }
  /** The last bar of the subscribed chart, again whenever it moved (at most 5 a second). */
  | { readonly type: 'bar'; readonly bar: Bar }
  | { readonly type: 'problem'; readonly text: string }

/** WebSocket, client to server. */
export type ClientMessage = {
  readonly type: 'chart'
  readonly instrument: string
  readonly timeframe: Timeframe
}
