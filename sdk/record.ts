/** What the host writes down before anything leaves. Each record stands for itself: applying it twice changes nothing. */
import type { StateSnapshot } from './bundle.ts'
import type { Fill, OrderRow } from './order.ts'
import type { PositionRow } from './position.ts'
import type { Refusal } from './refusal.ts'

/** A refused intent, with the numbers that refused it. */
export interface RefusalRow {
  readonly strategy: string
  readonly version: string
  readonly digest: string
  readonly ref: number
  readonly instrument: string
  readonly ask: string
  readonly quantity: number
  readonly refusal: Refusal
}

/** Where a strategy stands, and what the operator wants of it. */
export interface StrategyRow {
  readonly strategy: string
  readonly state: StrategyState
  readonly reason: string
  readonly enabled: boolean
  readonly version: string
  readonly digest: string
  readonly faults: number
}

export const STRATEGY_STATES = [
  'SEEN',
  'REJECTED',
  'PENDING_APPROVAL',
  'READY',
  'STARTING',
  'WARMING',
  'ACTIVE',
  'SHADOW',
  'DRAINING',
  'STOPPED',
  'DISABLED',
  'FAULTED',
  'BACKOFF',
  'QUARANTINED',
  'UNLOAD_FAILED',
] as const
export type StrategyState = (typeof STRATEGY_STATES)[number]

export type JournalRecord = { readonly at: number } & (
  | { readonly kind: 'order'; readonly order: OrderRow }
  | { readonly kind: 'refusal'; readonly refused: RefusalRow }
  /** A fill, the order and the book after it: all or none. */
  | {
      readonly kind: 'fill'
      readonly fill: Fill
      readonly order: OrderRow
      readonly position: PositionRow
    }
  /** A book that changed without a fill of ours (reconciliation). */
  | { readonly kind: 'position'; readonly position: PositionRow; readonly reason: string }
  | { readonly kind: 'strategy'; readonly row: StrategyRow }
  | {
      readonly kind: 'state'
      readonly strategy: string
      readonly version: string
      readonly digest: string
      readonly snapshot: StateSnapshot
    }
  | {
      readonly kind: 'halt'
      readonly halted: boolean
      readonly reason: string
      readonly by: string
    }
  /** Start of a trading day: profit so far per strategy, which "today" is counted from. */
  | {
      readonly kind: 'day'
      readonly date: string
      readonly profits: Readonly<Record<string, number>>
    }
)

export type NumberedRecord = JournalRecord & { readonly seq: number }
