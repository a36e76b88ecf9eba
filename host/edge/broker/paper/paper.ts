/**
 * The paper broker: the paper venue behind the door that real brokers have.
 *
 * In       orders, new terms, cancels; the market and the time, as the host is shown them
 * Out      reports and snapshots of the venue's own books
 * Units    prices in ticks, quantities in steps, money in 1e-4 of the currency, times in microseconds
 * Touches  the ledger file, where a folder is given; one timer, where `timers` is on
 *
 * A report is in the ledger before it is given out. Where the ledger does not take it, the link is down and the report
 * waits until it does. A message that is still on its way when the process dies is lost, as it would be on a wire; one
 * that is on its way at `stop` takes effect, and is in the snapshot of the next start. How orders fill: venue.ts.
 */
import { assert } from '#sdk/assert.ts'
import type { Instrument } from '#sdk/instrument.ts'
import { money } from '#sdk/money.ts'

import type { Broker, BrokerSink } from '../broker.ts'
import type { Charges } from './charges.ts'
import { UNLISTED } from './inbox.ts'
import { type Ledger, openLedger } from './ledger.ts'
import type { News } from './order-life.ts'
import { type ClosesAt, createClosesAt } from './session-close.ts'
import { createVenue, type Venue } from './venue.ts'

/** How the paper broker behaves. Only `instruments` and `now` are needed. */
export interface PaperBrokerOptions {
  readonly instruments: readonly Instrument[]
  /** Desk time, microseconds. */
  readonly now: () => number
  /** Time between a message and its effect: 1,000 where it is absent. */
  readonly latencyMicros?: number
  /** No flat charge and 1 bps of the value where it is absent. */
  readonly charges?: Charges
  /** Names the venue's order ids: 1 where it is absent. */
  readonly seed?: number
  /** Half the spread around a trade, on a tape without quotes: 1 tick where it is absent. */
  readonly halfSpreadTicks?: number
  /** Share of a print or of a displayed size that one event gives away: 1, all of it, where it is absent. */
  readonly participation?: number
  /** By each instrument's session rule where it is absent. */
  readonly closesAt?: ClosesAt
  /** Where the books are kept; they are lost with the process where it is absent. */
  readonly folder?: string
  /** Answers in a silent market without waiting for the host's `time`. Off where it is absent: a backtest has no timers. */
  readonly timers?: boolean
}

/** A paper broker: it needs to be shown the market and the time. */
export type PaperBroker = Broker & Required<Pick<Broker, 'market' | 'time'>>

/** Makes a paper broker. Its books are there once it has started. */
export function createPaperBroker(options: PaperBrokerOptions): PaperBroker {
  return new Paper(options)
}

class Paper implements PaperBroker {
  readonly name = 'paper'
  readonly mode = 'paper'
  readonly #options: PaperBrokerOptions
  #venue: Venue
  #ledger: Ledger | undefined
  #sink: BrokerSink | undefined
  /** What has happened and nobody was told of. */
  #news: News[] = []
  #ledgerWorks = true
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: PaperBrokerOptions) {
    this.#options = options
    this.#venue = this.#createVenue()
  }

  async start(sink: BrokerSink): Promise<void> {
    assert(this.#sink === undefined, 'The paper broker is started twice')
    const { folder, instruments, now } = this.#options
    if (folder !== undefined) {
      const rows = new Map(instruments.map(({ id, index }) => [id, index]))
      this.#ledger = openLedger(folder)
      this.#venue = this.#createVenue()
      this.#venue.restore(
        this.#ledger.load(now(), (instrument) => rows.get(instrument) ?? UNLISTED),
      )
    }
    this.#sink = sink
    sink.link(true, 'Paper venue is open')
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#sink === undefined) return
    this.#venue.settle()
    this.#record()
    this.#news = []
    this.#sink = undefined
    this.#ledger?.close()
    this.#ledger = undefined
  }

  submit(order: Parameters<Broker['submit']>[0]): void {
    this.#assertStarted()
    this.#venue.submit(order, this.#options.now())
    this.#wakeWhenDue()
  }

  modify(clientId: string, terms: Parameters<Broker['modify']>[1]): void {
    this.#assertStarted()
    this.#venue.modify(clientId, { terms, now: this.#options.now() })
    this.#wakeWhenDue()
  }

  cancel(clientId: string): void {
    this.#assertStarted()
    this.#venue.cancel(clientId, this.#options.now())
    this.#wakeWhenDue()
  }

  async snapshot() {
    this.#assertStarted()
    return this.#venue.snapshot(this.#options.now())
  }

  market(event: Parameters<PaperBroker['market']>[0]): void {
    this.#venue.market(event)
    if (this.#news.length > 0 && this.#ledgerWorks) this.#giveOut()
  }

  time(now: number): void {
    this.#venue.time(now)
    if (this.#news.length > 0) this.#giveOut()
  }

  #createVenue(): Venue {
    const { instruments, closesAt } = this.#options
    return createVenue({
      instruments,
      latencyMicros: this.#options.latencyMicros ?? 1_000,
      charges: this.#options.charges ?? { perOrder: money(0), bps: 1 },
      seed: this.#options.seed ?? 1,
      halfSpreadTicks: this.#options.halfSpreadTicks ?? 1,
      participation: this.#options.participation ?? 1,
      closesAt: closesAt ?? createClosesAt(instruments),
      news: (news) => this.#news.push(news),
    })
  }

  #assertStarted(): void {
    assert(
      this.#sink !== undefined,
      'The paper broker is used before it has started, or after it has stopped',
    )
  }

  #giveOut(): void {
    const sink = this.#sink
    if (sink === undefined || !this.#record()) return
    // What the host does on hearing a report may be new news, for the next time.
    const news = this.#news
    this.#news = []
    for (const { report } of news) sink.report(report)
  }

  /** Writes the news down. False, and the link is down, where the ledger does not take it. */
  #record(): boolean {
    const worked = this.#ledgerWorks
    try {
      this.#ledger?.write(this.#news)
      this.#ledgerWorks = true
    } catch (error) {
      this.#ledgerWorks = false
      if (worked) this.#sink?.link(false, `Cannot write the paper venue's ledger: ${String(error)}`)
      return false
    }
    if (!worked) this.#sink?.link(true, "The paper venue's ledger is written again")
    return true
  }

  #wakeWhenDue(): void {
    if (this.#options.timers !== true || this.#timer !== undefined) return
    const due = this.#venue.nextDue
    if (due === Number.POSITIVE_INFINITY) return
    const millis = Math.max(1, Math.ceil((due - this.#options.now()) / 1000))
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.time(this.#options.now())
      this.#wakeWhenDue()
    }, millis)
  }
}
