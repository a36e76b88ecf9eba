/**
 * A feed that plays a source at the pace of a clock: each event when its time has come, never before.
 *
 * In       a source, and a clock: desk time, and real milliseconds until a desk time
 * Out      events in the source's order, stamped with the time at which they were given; `flushed` after each batch
 * Units    microseconds of desk time
 * Touches  timers: one at a time, none more often than each millisecond; between full batches it yields to the event
 *          loop, so that a feed that is late starves nobody
 */
import { createMarketEvent } from '#sdk/tick.ts'

import { type Feed, type FeedSink, type MarketSource, SourceError } from './feed.ts'

/** What a paced feed asks of the clock. */
export interface Pace {
  now(): number
  /** Real milliseconds until desk time `at`, at least 0. */
  millisUntil(at: number): number
}

export interface PacedFeedOptions {
  readonly name: string
  readonly source: MarketSource
  readonly clock: Pace
  readonly log?: { info(text: string): void; warn(text: string): void }
}

/** A feed that counts what it gave, and how late. */
export interface PacedFeed extends Feed {
  readonly source: MarketSource
  /** Events given so far. */
  readonly given: number
  /** The most that an event was given after its time, microseconds of desk time. */
  readonly latenessMax: number
}

/** Most events of one turn. */
export const BATCH_MAX = 2000
/** Longest sleep: a timer of more than 24.8 days would fire at once. */
const SLEEP_MS_MAX = 60_000

export function createPacedFeed(options: PacedFeedOptions): PacedFeed {
  return new PacedSource(options)
}

class PacedSource implements PacedFeed {
  readonly name: string
  readonly source: MarketSource
  given = 0
  latenessMax = 0
  readonly #clock: Pace
  readonly #log: PacedFeedOptions['log']
  readonly #event = createMarketEvent()
  #sink: FeedSink | undefined
  /** True while `#event` holds an event that is not given yet. */
  #held = false
  #closed = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #immediate: ReturnType<typeof setImmediate> | undefined

  constructor({ name, source, clock, log }: PacedFeedOptions) {
    this.name = name
    this.source = source
    this.#clock = clock
    this.#log = log
  }

  get instruments() {
    return this.source.instruments
  }

  async start(sink: FeedSink): Promise<void> {
    this.#sink = sink
    sink.link(true, `Playing ${this.name}`)
    this.#pull(sink)
    this.#arrange(sink)
  }

  /** After it has resolved, no event is given. */
  async stop(): Promise<void> {
    this.#finish()
    if (this.#closed) return
    this.#closed = true
    this.source.close()
    const late = Math.round(this.latenessMax / 1000)
    this.#log?.info(
      `Feed "${this.name}" stopped after ${this.given} events, at most ${late} ms late`,
    )
  }

  /** Gives what is due, at most one batch. */
  #turn(sink: FeedSink) {
    // One reading for the batch: all of it was due at this moment, and what waits in it is late by its wait.
    const now = this.#clock.now()
    const event = this.#event
    let count = 0
    while (this.#held && this.#sink === sink && event.time <= now && count < BATCH_MAX) {
      if (now - event.time > this.latenessMax) this.latenessMax = now - event.time
      event.receivedAt = now
      this.#held = false
      this.given++
      count++
      sink.market(event)
      if (this.#sink === sink) this.#pull(sink)
    }
    if (count > 0) sink.flushed()
    this.#arrange(sink)
  }

  #pull(sink: FeedSink) {
    try {
      this.#held = this.source.next(this.#event)
    } catch (error) {
      if (!(error instanceof SourceError)) throw error
      this.#finish()
      this.#log?.warn(error.message)
      sink.link(false, error.message)
    }
  }

  #arrange(sink: FeedSink) {
    if (this.#sink !== sink) return
    if (!this.#held) {
      this.#finish()
      sink.ended()
      return
    }
    const wait = this.#clock.millisUntil(this.#event.time)
    if (wait <= 0) this.#immediate = setImmediate(() => this.#turn(sink))
    else this.#timer = setTimeout(() => this.#turn(sink), Math.min(SLEEP_MS_MAX, Math.max(1, wait)))
  }

  #finish() {
    this.#sink = undefined
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
  }
}
