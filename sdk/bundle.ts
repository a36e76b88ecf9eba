import type { Timeframe } from './bar.ts'
/**
 * What the drop folder and the carriers tell the walk, and what the walk asks of the carriers.
 * States and transitions: SPEC.md, "The life of a bundle".
 */
import type { Manifest, ResolvedNeeds } from './manifest.ts'
import type { PositionRow } from './position.ts'
import type { Tick } from './tick.ts'

/** One bundle file as it stands in the drop folder. `code` is what was hashed and what is run. */
export interface Bundle {
  readonly id: string
  readonly file: string
  /** sha-256 of the file's bytes, hex. */
  readonly digest: string
  readonly manifest: Manifest
  readonly code: string
}

export type BundleEvent = { readonly kind: 'bundle'; readonly now: number } & (
  | { readonly change: 'present'; readonly bundle: Bundle }
  | {
      readonly change: 'refused'
      /** Id if it could be read, else the file's name without its ending. */
      readonly id: string
      readonly file: string
      readonly digest: string
      readonly code: string
      readonly reason: string
    }
  | { readonly change: 'gone'; readonly id: string; readonly file: string }
)

/** Number of one carrier, unique while the process lives. */
export type CarrierId = number

/** Strategy state at a point of the tape, as the host keeps and hands it over. */
export interface StateSnapshot {
  /** Every tape record up to and including this one is in it. */
  readonly tapeSeq: number
  readonly stateVersion: number
  /** One state per instrument id, or one under "*" where the strategy's scope is the whole strategy. */
  readonly states: Readonly<Record<string, unknown>>
  readonly nextRef: number
  /** What the strategy saw of the world at `tapeSeq`: only where it hands over, never written down. */
  readonly view?: readonly CarriedRow[]
}

/** One instrument as a strategy saw it at a point of the tape. */
export interface CarriedRow {
  readonly instrument: number
  readonly quantity: number
  /** What the open quantity cost, in ticks times steps. */
  readonly cost: number
  readonly openOrders: readonly CarriedOrder[]
  readonly session: { readonly opensAt: number; readonly closesAt: number }
  /** The last tick, as its author reads it. */
  readonly last: Tick
}

export type CarrierEvent = {
  readonly kind: 'carrier'
  readonly carrier: CarrierId
  readonly strategy: string
  readonly now: number
} & (
  | { readonly what: 'loaded'; readonly needs: ResolvedNeeds }
  | { readonly what: 'started' }
  | { readonly what: 'snapshot'; readonly snapshot: StateSnapshot; readonly final: boolean }
  | { readonly what: 'stopped' }
  | { readonly what: 'fault'; readonly fault: Fault }
)

/** One failure of plug-in code. `hard` means the carrier is dead. */
export interface Fault {
  readonly code: FaultCode
  readonly hard: boolean
  readonly message: string
  readonly stack?: string
  /** Tape record that was being handled. */
  readonly tapeSeq: number
}

export const FAULT_CODES = [
  'plugin/threw',
  'plugin/hung',
  'plugin/crashed',
  'plugin/lagged',
  'plugin/eval',
  'plugin/start',
  'plugin/state',
  'plugin/outbox-full',
] as const
export type FaultCode = (typeof FAULT_CODES)[number]

/** An open order as a starting carrier is told of it. */
export interface CarriedOrder {
  readonly ref: number
  readonly instrument: number
  readonly side: 'BUY' | 'SELL'
  readonly order: 'MARKET' | 'LIMIT' | 'STOP' | 'STOP_LIMIT'
  readonly quantity: number
  readonly filled: number
  readonly limit?: number
  readonly stop?: number
  /** Terms asked for and not answered yet. */
  readonly asked?: { readonly limit?: number; readonly stop?: number }
}

/** Where a carrier finds what it declared. Memory is shared, the host writes it. */
export interface CarrierColumns {
  readonly bars: readonly {
    readonly timeframe: Timeframe
    readonly memory: SharedArrayBuffer
    /** Closed bars so far of each instrument that the carrier trades, in the order it was loaded with. */
    readonly counts: readonly number[]
  }[]
  readonly indicators: Readonly<
    Record<
      string,
      {
        readonly memory: SharedArrayBuffer
        readonly outputs: readonly string[]
        readonly on: Timeframe
      }
    >
  >
  readonly sessions: readonly { readonly opensAt: number; readonly closesAt: number }[]
}

/** How a loaded carrier starts: from where on the tape, with what. */
export interface BeginOrder {
  /** Last tape record that it must not handle again; it starts with the next. */
  readonly cursor: number
  /** Tape sequence at which `columns` was read. */
  readonly columnsAt: number
  readonly columns: CarrierColumns
  readonly snapshot?: StateSnapshot
  readonly positions: readonly Pick<PositionRow, 'instrument' | 'quantity' | 'cost'>[]
  readonly openOrders: readonly CarriedOrder[]
  readonly nextRef: number
  /** Desk time at which it begins. */
  readonly now?: number
  /** Tape records that this strategy has missed, where it has. */
  readonly gap?: { readonly from: number; readonly to: number }
}

/** What the walk asks of the carriers; performed by edge/plugin. */
export type CarrierOrder =
  | {
      readonly ask: 'load'
      readonly carrier: CarrierId
      readonly slot: number
      readonly bundle: Bundle
      readonly params: unknown
      readonly instruments: readonly number[]
    }
  | { readonly ask: 'begin'; readonly carrier: CarrierId; readonly begin: BeginOrder }
  | { readonly ask: 'drain'; readonly carrier: CarrierId }
  | { readonly ask: 'kill'; readonly carrier: CarrierId }
