import type { Price, Quantity } from '#sdk/money.ts'
/**
 * Brokers: where orders leave and the venue's word comes back. Nothing here decides; nothing here is retried.
 */
import type { BrokerSnapshot, OrderReport, VenueOrder } from '#sdk/order.ts'
import type { MarketEvent } from '#sdk/tick.ts'

export interface BrokerSink {
  report(report: OrderReport): void
  link(working: boolean, reason: string): void
}

export interface Broker {
  readonly name: string
  readonly mode: 'paper' | 'live'
  start(sink: BrokerSink): Promise<void>
  stop(): Promise<void>
  /** Every answer comes through the sink, never as a return value. */
  submit(order: VenueOrder): void
  modify(
    clientId: string,
    terms: { readonly quantity: Quantity; readonly limit?: Price; readonly stop?: Price },
  ): void
  cancel(clientId: string): void
  /** Everything the broker believes: today's orders and executions, and positions. */
  snapshot(): Promise<BrokerSnapshot>
  /** A simulated venue is moved by the market and by time; a real one has neither method. */
  market?(event: MarketEvent): void
  time?(now: number): void
}
