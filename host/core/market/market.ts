/**
 * The market: what is believed of every instrument, and the strategies' tape of it.
 *
 * In       MarketEvent, moments of time, declared needs
 * Out      tick, bar, session and timer records on the tape; shared columns of bars and indicators; the board
 * Units    prices in ticks, quantities in steps, times in microseconds; decimals only in `recent`
 * Refuses  bad ticks, counted by reason; needs that cannot be met, as text
 * Asserts  one writer of the tape's market records; rows that exist
 * Touches  nothing but shared memory: no clock, no wire, no log
 *
 * One event gives, in this order: the bars that it ends (shortest first, each indicator value before its bar record), a
 * session record where a new one begins, its own tick record. An event with a quantity above 0 is a trade and makes bars;
 * an index has no trades, so each of its values counts as one of quantity 0. Nothing is allocated per tick.
 */
import { assert, ok, refuse, type Result } from '#sdk/assert.ts'
import { type Bar, type Timeframe, timeframeIndex, TIMEFRAMES } from '#sdk/bar.ts'
import type { CarrierColumns } from '#sdk/bundle.ts'
import type { Instrument } from '#sdk/instrument.ts'
import type { IndicatorNeed, ResolvedNeeds } from '#sdk/manifest.ts'
import { RECORD, type TapeWriter } from '#sdk/tape.ts'
import type { MarketEvent } from '#sdk/tick.ts'

import { BarBuilder } from './bars.ts'
import { Board } from './board.ts'
import { COLUMNS_MAX, Indicators, type SharedIndicator } from './indicators.ts'
import { Quarantine, type Quarantined } from './quarantine.ts'
import { recentBars } from './recent-bars.ts'
import { type Calendar, createCalendars } from './session.ts'

export interface MarketOptions {
  /** Row i is the instrument with index i. */
  readonly instruments: readonly Instrument[]
  readonly tape: TapeWriter
  /** How long after its end a bar is closed, and a session changed, where no tick does it. */
  readonly graceMicros: number
  /** Timeframes that get bar records for every instrument from the start; none where it is absent. */
  readonly barsWanted?: readonly Timeframe[]
  /** Told of every closed bar of every timeframe; its numbers are read from `columns`. */
  readonly onBar?: (instrument: number, timeframe: number, number: number) => void
}

/** The needs of one carrier, with the rows it trades. */
export interface CarrierNeeds {
  readonly instruments: readonly number[]
  readonly needs: ResolvedNeeds
}

export interface MarketCounters {
  /** Events that were taken, without the quarantined. */
  readonly ticks: number
  readonly quarantined: Quarantined
  /** Trades that counted into a later second than their own. */
  readonly late: number
  readonly barsClosed: number
}

export interface Market {
  /** Last values by row; read only. */
  readonly board: Board
  /** Closed bars by `timeframeIndex`; read only. */
  readonly columns: BarBuilder['columns']
  /** Takes one event; false where it is quarantined and nothing else happened. */
  apply(event: MarketEvent): boolean
  /** A second boundary: ends bars and sessions that no tick ended, writes the timer record. */
  time(now: number): void
  /** Bar records of this timeframe from now on, whoever else asks. */
  want(instrument: number, timeframe: Timeframe): void
  /** Registers what a carrier declared and tells where it finds it. The same needs again change nothing. */
  need(instruments: readonly number[], needs: ResolvedNeeds): Result<CarrierColumns, string>
  /** Forgets what was needed by carriers that are gone. What `want` asked for stays. */
  retain(living: readonly CarrierNeeds[]): void
  /** Closed bars, oldest first, and the open one as the last; at most `limit`, at most what is kept. */
  recent(
    instrument: number,
    { timeframe, limit }: { readonly timeframe: Timeframe; readonly limit: number },
  ): Bar[]
  counters(): MarketCounters
}

/** Who asked for bar records: a mark of `want`, a mark of `need`. */
const WANTED = 1
const NEEDED = 2

export function createMarket(options: MarketOptions): Market {
  return new CoreMarket(options)
}

class CoreMarket implements Market {
  readonly board: Board
  readonly columns: BarBuilder['columns']
  readonly #instruments: readonly Instrument[]
  readonly #tape: TapeWriter
  readonly #grace: number
  readonly #onBar: MarketOptions['onBar']
  readonly #quarantine: Quarantine
  readonly #bars: BarBuilder
  readonly #indicators: Indicators
  readonly #calendars: readonly Calendar[]
  /** 1 where a value without quantity makes bars. */
  readonly #isIndex: Uint8Array
  readonly #marks: Uint8Array
  /** Per instrument: when its session is over, opens, closes. Before any event it is over since ever. */
  readonly #sessionUntil: Float64Array
  readonly #opensAt: Float64Array
  readonly #closesAt: Float64Array
  #ticks = 0
  #barsClosed = 0

  constructor({ instruments, tape, graceMicros, barsWanted = [], onBar }: MarketOptions) {
    const count = instruments.length
    instruments.forEach(({ index, id }, row) =>
      assert(index === row, `Instrument "${id}" has index ${index} and stands in row ${row}`),
    )
    assert(graceMicros >= 0, `Grace of ${graceMicros} microseconds is not possible`)
    this.#instruments = instruments
    this.#tape = tape
    this.#grace = graceMicros
    this.#onBar = onBar
    this.#calendars = createCalendars(instruments)
    this.#isIndex = Uint8Array.from(instruments, ({ kind }) => (kind === 'index' ? 1 : 0))
    this.#marks = new Uint8Array(count * TIMEFRAMES.length)
    this.#sessionUntil = new Float64Array(count).fill(Number.NEGATIVE_INFINITY)
    this.#opensAt = new Float64Array(count).fill(Number.NaN)
    this.#closesAt = new Float64Array(count).fill(Number.NaN)
    this.#quarantine = new Quarantine(count)
    this.board = new Board(count)
    this.#bars = new BarBuilder({
      instruments: count,
      dayOf: (row, time) => this.#calendar(row).day(time),
      onClose: (row, timeframe, number) => this.#closed(row, timeframe, number),
    })
    this.columns = this.#bars.columns
    this.#indicators = new Indicators({
      instruments,
      columns: this.columns,
      count: (row, timeframe) => this.#bars.count(row, timeframe),
      sessionOf: (row, time) => this.#calendar(row).session(time).from,
    })
    for (const timeframe of barsWanted) {
      for (let row = 0; row < count; row++) this.want(row, timeframe)
    }
  }

  apply(event: MarketEvent): boolean {
    if (this.#quarantine.check(event) !== undefined) return false
    const { instrument, time, price, quantity } = event
    const { board } = this
    if (time >= (this.#bars.due[instrument] as number)) this.#bars.close(instrument, time)
    if (time >= (this.#sessionUntil[instrument] as number)) this.#openSession(instrument, time)
    board.take(event)
    if (quantity > 0 || (price > 0 && this.#isIndex[instrument] === 1)) {
      this.#bars.trade(instrument, time, price, quantity)
    }
    this.#ticks++
    this.#tape.write(
      RECORD.tick,
      instrument,
      0,
      0,
      time,
      board.price[instrument] as number,
      quantity,
      board.bid[instrument] as number,
      board.ask[instrument] as number,
      board.bidQuantity[instrument] as number,
      board.askQuantity[instrument] as number,
    )
    return true
  }

  time(now: number): void {
    // Sessions wait for the grace too: the last bars of the old one come before the new one begins.
    const until = now - this.#grace
    const { due } = this.#bars
    for (let row = 0; row < due.length; row++) {
      if ((due[row] as number) <= until) this.#bars.close(row, until)
      if ((this.#sessionUntil[row] as number) <= until) this.#openSession(row, until)
    }
    this.#tape.write(RECORD.timer, -1, 0, 0, now)
  }

  want(instrument: number, timeframe: Timeframe): void {
    this.#mark(instrument, timeframeIndex(timeframe), WANTED)
  }

  need(instruments: readonly number[], needs: ResolvedNeeds): Result<CarrierColumns, string> {
    const answer = this.#checkNeeds(needs)
    if (!answer.ok) return answer
    const shared: [string, SharedIndicator][] = Object.entries(needs.indicators).map(
      ([name, need]) => [name, this.#indicators.add(need, instruments)],
    )
    const timeframes = timeframesOf(needs)
    for (const row of instruments) {
      for (const timeframe of timeframes) this.#mark(row, timeframeIndex(timeframe), NEEDED)
    }
    return ok({
      bars: timeframes.map((timeframe) => this.#barsOf(timeframe, instruments)),
      indicators: Object.fromEntries(
        shared.map(([name, { memory, outputs, on }]) => [name, { memory, outputs, on }]),
      ),
      sessions: instruments.map((row) => ({
        opensAt: this.#opensAt[row] as number,
        closesAt: this.#closesAt[row] as number,
      })),
    })
  }

  retain(living: readonly CarrierNeeds[]): void {
    const keys = new Map<string, Set<number>>()
    for (let at = 0; at < this.#marks.length; at++) {
      this.#marks[at] = (this.#marks[at] as number) & ~NEEDED
    }
    for (const { instruments, needs } of living) {
      for (const timeframe of timeframesOf(needs)) {
        for (const row of instruments) this.#mark(row, timeframeIndex(timeframe), NEEDED)
      }
      for (const need of Object.values(needs.indicators)) {
        const key = this.#indicators.check(need)
        assert(key.ok, `Indicator "${need.name}" is kept and was never registered`)
        const rows = keys.get(key.value) ?? new Set()
        for (const row of instruments) rows.add(row)
        keys.set(key.value, rows)
      }
    }
    this.#indicators.retain(keys)
  }

  recent(
    instrument: number,
    { timeframe, limit }: { readonly timeframe: Timeframe; readonly limit: number },
  ): Bar[] {
    const terms = this.#instruments[instrument]
    assert(terms !== undefined, `There is no instrument in row ${instrument}`)
    return recentBars(this.#bars, { instrument: terms, timeframe, limit })
  }

  counters(): MarketCounters {
    return {
      ticks: this.#ticks,
      quarantined: { ...this.#quarantine.counts },
      late: this.#bars.late,
      barsClosed: this.#barsClosed,
    }
  }

  #calendar(row: number): Calendar {
    return this.#calendars[row] as Calendar
  }

  #openSession(row: number, time: number): void {
    const { until, opensAt, closesAt } = this.#calendar(row).session(time)
    this.#sessionUntil[row] = until
    this.#opensAt[row] = opensAt
    this.#closesAt[row] = closesAt
    this.board.openSession(row)
    this.#tape.write(RECORD.session, row, 0, 0, time, opensAt, closesAt)
  }

  #closed(row: number, timeframe: number, number: number): void {
    this.#barsClosed++
    // The values stand before the record is published: who reads the record may read them.
    this.#indicators.update(row, timeframe, number)
    if (this.#marks[row * TIMEFRAMES.length + timeframe] !== 0) {
      const column = this.columns[timeframe] as BarBuilder['columns'][number]
      this.#tape.write(
        RECORD.bar,
        row,
        timeframe,
        0,
        column.read(row, number, 0),
        column.read(row, number, 1),
        column.read(row, number, 2),
        column.read(row, number, 3),
        column.read(row, number, 4),
        column.read(row, number, 5),
        number,
      )
    }
    this.#onBar?.(row, timeframe, number)
  }

  #mark(row: number, timeframe: number, mark: number): void {
    assert(row >= 0 && row < this.#instruments.length, `There is no instrument in row ${row}`)
    const at = row * TIMEFRAMES.length + timeframe
    this.#marks[at] = (this.#marks[at] as number) | mark
  }

  #barsOf(timeframe: Timeframe, instruments: readonly number[]): CarrierColumns['bars'][number] {
    const index = timeframeIndex(timeframe)
    const memory = this.#bars.memories[index]
    assert(memory !== undefined, `Timeframe "${timeframe}" has no memory`)
    return { timeframe, memory, counts: instruments.map((row) => this.#bars.count(row, index)) }
  }

  /** Looks at all of it before anything is registered. */
  #checkNeeds(needs: ResolvedNeeds): Result<true, string> {
    for (const timeframe of needs.bars) {
      if (!TIMEFRAMES.includes(timeframe)) return refuse(`Bars of "${timeframe}" are not built`)
    }
    const keys = new Set<string>()
    for (const need of Object.values(needs.indicators)) {
      const key = this.#indicators.check(need)
      if (!key.ok) return key
      keys.add(key.value)
    }
    if (this.#indicators.countWith(keys) > COLUMNS_MAX) {
      return refuse(`More than ${COLUMNS_MAX} different indicators are in use`)
    }
    return ok(true)
  }
}

/** What bars a carrier is told of: those it asked for, and those its indicators stand on; shortest first. */
function timeframesOf({ bars, indicators }: ResolvedNeeds): readonly Timeframe[] {
  const on = Object.values<IndicatorNeed>(indicators).map((need) => need.on)
  return TIMEFRAMES.filter((timeframe) => bars.includes(timeframe) || on.includes(timeframe))
}
