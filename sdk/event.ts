/** Everything that can happen to the host: the closed union that the walk takes, one event at a time. */
import type { BundleEvent, CarrierEvent } from './bundle.ts'
import type { Intent } from './intent.ts'
import type { BrokerSnapshot, OrderReport } from './order.ts'
import type { MarketEvent } from './tick.ts'

/** The clock's word. Second boundaries only; time between them is carried by the events. */
export interface TimeEvent {
  readonly kind: 'time'
  readonly now: number
}

export interface ReportEvent {
  readonly kind: 'report'
  readonly report: OrderReport
}

/** The broker's whole book, for reconciliation. */
export interface SnapshotEvent {
  readonly kind: 'snapshot'
  readonly snapshot: BrokerSnapshot
}

/** A fault of an edge: the outside world failed. `working` false stops what depends on it. */
export interface LinkEvent {
  readonly kind: 'link'
  readonly edge: 'feed' | 'broker' | 'store' | 'journal'
  readonly working: boolean
  readonly reason: string
  readonly now: number
}

/** What a person asks for. */
export type Command = { readonly kind: 'command'; readonly now: number; readonly by: string } & (
  | { readonly ask: 'enable' | 'disable' | 'reload'; readonly strategy: string }
  | { readonly ask: 'halt' | 'resume'; readonly reason: string }
  | { readonly ask: 'cancel-entries' }
  | { readonly ask: 'shutdown' }
)

export type HostEvent =
  | MarketEvent
  | TimeEvent
  | Intent
  | ReportEvent
  | SnapshotEvent
  | LinkEvent
  | BundleEvent
  | CarrierEvent
  | Command
