/**
 * Feeds: where market events come from.
 *
 * A source is pulled and deterministic: the same file or seed gives the same events. A feed pushes them into the walk at
 * the pace of a clock. A backtest pulls the source itself.
 */
import type { InstrumentSpec } from '#sdk/instrument.ts'
import type { MarketEvent } from '#sdk/tick.ts'

export interface MarketSource {
  /** What `event.instrument` counts: row i of the desk is the i-th of these. */
  readonly instruments: readonly InstrumentSpec[]
  /** Exchange time of the first event, microseconds. */
  readonly startsAt: number
  /** Fills `event` with the next event; false at the end. Throws a `SourceError` for a broken input. */
  next(event: MarketEvent): boolean
  /** From 0 to 1, for a progress bar; undefined where there is no end. */
  progress(): number | undefined
  close(): void
}

/** A tape that cannot be read: the message says what is wrong, where, and what would be right. */
export class SourceError extends Error {
  override readonly name = 'SourceError'
}

export interface FeedSink {
  /** One event, to be read before the call returns: the object is reused. */
  market(event: MarketEvent): void
  /** The events due now are all given. */
  flushed(): void
  /** The feed works or does not, and why. */
  link(working: boolean, reason: string): void
  /** The source is at its end. */
  ended(): void
}

export interface Feed {
  readonly name: string
  readonly instruments: readonly InstrumentSpec[]
  start(sink: FeedSink): Promise<void>
  stop(): Promise<void>
}
