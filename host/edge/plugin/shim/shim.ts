/**
 * The shim: runs one strategy over the tape. The same shim stands in every carrier.
 *
 * In       tape records from a cursor, a strategy definition, its parameters, state and open orders
 * Out      outbox records (only of handlers that returned), state snapshots, faults, log lines
 * Refuses  orders outside a handler; orders in `stop`
 * Asserts  a handler is called only for instruments whose needs are ready; state is plain data at every snapshot
 * Touches  its rings, its cells and `post`. It has no clock: time is the time of the record
 */
import { assert } from '#sdk/assert.ts'
import { TIMEFRAMES } from '#sdk/bar.ts'
import type { BeginOrder, CarriedRow, Fault, FaultCode, StateSnapshot } from '#sdk/bundle.ts'
import { BarColumn } from '#sdk/column.ts'
import { type Instrument, priceToDecimal } from '#sdk/instrument.ts'
import type { ResolvedNeeds } from '#sdk/manifest.ts'
import { type OutboxMemory, OutboxWriter } from '#sdk/outbox.ts'
import { REFUSAL_CODES } from '#sdk/refusal.ts'
import { schemaProblem, withDefaults } from '#sdk/schema.ts'
import type { AnyStrategy } from '#sdk/strategy.ts'
import { CONTROL, RECORD, REPORT_STATUS, type TapeMemory, TapeReader } from '#sdk/tape.ts'

import { type CellMemory, Cells } from '../cells.ts'
import { EventContext, IndicatorReader, indicatorView, Series } from './context.ts'
import { describeError } from './describe-error.ts'
import type { Desk } from './order-door.ts'
import { resolveNeeds } from './resolve-needs.ts'
import { migrateStates, plainCopy } from './state.ts'

/** What a carrier tells its host besides the outbox. */
export type ShimMessage =
  | { readonly what: 'loaded'; readonly needs: ResolvedNeeds }
  | { readonly what: 'started' }
  | { readonly what: 'snapshot'; readonly snapshot: StateSnapshot; readonly final: boolean }
  | { readonly what: 'stopped' }
  | { readonly what: 'fault'; readonly fault: Fault }
  | { readonly what: 'log'; readonly time: number; readonly text: string }

/** Memory that a carrier shares with its host. */
export interface CarrierMemory {
  readonly tape: TapeMemory
  readonly outbox: OutboxMemory
  readonly cells: CellMemory
}

export interface ShimParts {
  readonly definition: AnyStrategy
  readonly memory: CarrierMemory
  /** Number under which records of this strategy alone stand on the tape. */
  readonly slot: number
  /** The instruments it trades; rows of the whole desk's list. */
  readonly instruments: readonly Instrument[]
  readonly params: unknown
  /** Must not throw. Called for each message, in order. */
  post(message: ShimMessage): void
  /** Called after a handler's intents were committed. */
  committed(): void
}

/** The shared state of a strategy whose scope is the whole strategy. */
const WHOLE = '*'
const LOG_LINES_PER_SECOND = 20
const DONE = new Set(['cancelled', 'rejected', 'expired', 'denied'])

/** State and readers of one traded instrument. */
interface Row {
  readonly instrument: Instrument
  readonly context: EventContext
  readonly series: (Series | undefined)[]
  readonly indicators: readonly IndicatorReader[]
  ready: boolean
  /** Value of the open quantity in ticks times steps, for the average price. */
  cost: number
}

export class Shim {
  /** True once the final snapshot is given: there is nothing more to run. */
  ended = false
  readonly #parts: ShimParts
  readonly #cells: Cells
  readonly #desk: Desk
  readonly #needs: ResolvedNeeds
  readonly #params: unknown
  readonly #barsWanted: readonly boolean[]
  #reader: TapeReader
  #rows: Row[] = []
  /** Row number of each instrument of the desk; -1 where it is not traded here. */
  #byInstrument = new Int32Array(0)
  #time = 0
  #random = 0
  #started = false
  #logSecond = 0
  #logLines = 0

  constructor(parts: ShimParts) {
    this.#parts = parts
    this.#cells = new Cells(parts.memory.cells)
    this.#desk = {
      outbox: new OutboxWriter(parts.memory.outbox),
      nextRef: 1,
      decidedAt: 0,
      open: false,
      closedBecause: 'no handler is running',
      asked: [],
      terms: [],
    }
    this.#reader = new TapeReader(parts.memory.tape, 0)
    this.#params = Object.freeze(withDefaults(parts.definition.params, parts.params ?? {}))
    const problem = schemaProblem(parts.definition.params, this.#params)
    if (problem !== undefined) throw new RangeError(`Parameters do not fit: ${problem}`)
    this.#needs = resolveNeeds(parts.definition, this.#params)
    this.#barsWanted = TIMEFRAMES.map((timeframe) => this.#needs.bars.includes(timeframe))
  }

  get needs(): ResolvedNeeds {
    return this.#needs
  }

  get lag(): number {
    return this.#reader.lag
  }

  /** Takes state, position and open orders, and stands at the cursor. Throws where the state does not fit. */
  begin(begin: BeginOrder): void {
    const { definition } = this.#parts
    this.#cells.enter('start')
    try {
      this.#place(begin)
    } finally {
      this.#cells.leave()
    }
    if (begin.gap !== undefined && definition.onGap !== undefined) {
      for (const row of this.#rows) {
        row.context.gap = begin.gap
        this.#call(definition.onGap, row.context)
      }
    }
    for (const row of this.#rows) this.#checkReady(row)
    this.#announce()
  }

  #place(begin: BeginOrder): void {
    const { definition, instruments, memory } = this.#parts
    this.#time = begin.now ?? 0
    this.#reader = new TapeReader(memory.tape, begin.cursor)
    this.#cells.cursor = begin.cursor
    this.#desk.nextRef = Math.max(begin.nextRef, begin.snapshot?.nextRef ?? 1)
    const highest = instruments.reduce((top, one) => Math.max(top, one.index), -1)
    this.#byInstrument = new Int32Array(highest + 1).fill(-1)
    instruments.forEach((one, at) => {
      this.#byInstrument[one.index] = at
    })
    this.#rows = instruments.map((instrument, at) => this.#row(instrument, { begin, at }))
    const seen = this.#takeView(begin)
    for (const position of begin.positions) this.#restorePosition(position, seen)
    this.#rewind(begin, seen)
    this.#states(definition, begin.snapshot)
    for (const order of begin.openOrders) {
      const row = this.#rowOf(order.instrument)
      if (row !== undefined && !seen.has(row)) row.context.orders.restore(order)
    }
  }

  /**
   * Takes what the version before saw at this very record. What the host's books say is from later on the tape: an order
   * that ended in between would be missing, and its fill be met a second time.
   */
  #takeView({ cursor, snapshot }: BeginOrder): Set<Row> {
    const seen = new Set<Row>()
    if (snapshot?.view === undefined || snapshot.tapeSeq !== cursor) return seen
    for (const { instrument, quantity, cost, openOrders, session, last } of snapshot.view) {
      const row = this.#rowOf(instrument)
      if (row === undefined) continue
      seen.add(row)
      row.cost = cost
      this.#setPosition(row, quantity)
      for (const order of openOrders) row.context.orders.restore(order)
      Object.assign(row.context.session, session)
      Object.assign(row.context.last, last)
    }
    return seen
  }

  #row(
    instrument: Instrument,
    { begin, at }: { readonly begin: BeginOrder; readonly at: number },
  ): Row {
    const context = new EventContext({
      instrument,
      params: this.#params,
      services: {
        desk: this.#desk,
        random: () => this.#nextRandom(),
        log: (text) => this.#log(text),
      },
    })
    const series: (Series | undefined)[] = []
    for (const { timeframe, memory, counts } of begin.columns.bars) {
      const one = new Series(new BarColumn(memory), {
        instrument,
        timeframe,
        count: counts[at] ?? 0,
      })
      series[TIMEFRAMES.indexOf(timeframe)] = one
      context.addSeries(timeframe, one)
    }
    const readers: Record<string, IndicatorReader> = {}
    for (const [name, source] of Object.entries(begin.columns.indicators)) {
      const on = series[TIMEFRAMES.indexOf(source.on)]
      assert(on !== undefined, `Indicator "${name}" has no bars of ${source.on}`)
      readers[name] = new IndicatorReader(source, { instrument: instrument.index, series: on })
    }
    context.indicators = indicatorView(readers)
    const session = begin.columns.sessions[at]
    if (session !== undefined) Object.assign(context.session, session)
    return {
      instrument,
      context,
      series,
      indicators: Object.values(readers),
      ready: false,
      cost: 0,
    }
  }

  /** Bars and positions were read later on the tape than the cursor stands: take back what happened in between. */
  #rewind(begin: BeginOrder, known: ReadonlySet<Row>): void {
    const ahead = new TapeReader(this.#parts.memory.tape, begin.cursor)
    const seen = new Set<Series>()
    while (ahead.seq < begin.columnsAt && ahead.next()) {
      if (ahead.kind === RECORD.bar) {
        const series = this.#rowOf(ahead.subject)?.series[ahead.a]
        if (series === undefined || seen.has(series)) continue
        seen.add(series)
        series.count = ahead.v[6] as number
      } else if (ahead.kind === RECORD.report && ahead.subject === this.#parts.slot) {
        const row = this.#rowOf(ahead.b)
        const status = REPORT_STATUS[ahead.a]
        if (row === undefined || known.has(row) || (status !== 'fill' && status !== 'late-fill'))
          continue
        this.#applyFill(row, { quantity: -(ahead.v[2] as number), price: ahead.v[3] as number })
      }
    }
  }

  #states(definition: AnyStrategy, snapshot: StateSnapshot | undefined): void {
    const migrated = snapshot === undefined ? undefined : migrateStates(definition, snapshot)
    let whole: unknown
    for (const { context, instrument } of this.#rows) {
      const kept = migrated?.[definition.scope === 'strategy' ? WHOLE : instrument.id]
      if (definition.scope === 'strategy') {
        whole ??= kept ?? this.#startState(definition, context)
        context.state = whole
      } else {
        context.state = kept ?? this.#startState(definition, context)
      }
    }
  }

  #startState(definition: AnyStrategy, context: EventContext): unknown {
    const state: unknown = definition.start({
      params: this.#params,
      instrument: context.instrument,
    })
    const problem = schemaProblem(definition.state, state)
    if (problem !== undefined)
      throw new RangeError(`The state that start() returned does not fit its schema: ${problem}`)
    return state
  }

  #restorePosition(
    { instrument, quantity, cost }: BeginOrder['positions'][number],
    known: ReadonlySet<Row>,
  ): void {
    const row = this.#rows.find((one) => one.instrument.id === instrument)
    if (row === undefined || known.has(row)) return
    const { valueNumerator, valueDenominator } = row.instrument
    row.cost = (cost * valueDenominator) / valueNumerator
    this.#setPosition(row, quantity)
  }

  /** Handles up to `most` waiting records. Returns how many it read. */
  run(most: number): number {
    let count = 0
    while (count < most && !this.ended && this.#reader.next()) {
      this.#handle()
      count++
    }
    if (count > 0) this.#cells.cursor = this.#reader.seq
    else if (this.#reader.lapped) this.#lapped()
    return count
  }

  #handle(): void {
    const reader = this.#reader
    this.#desk.decidedAt = reader.seq
    switch (reader.kind) {
      case RECORD.tick:
        return this.#onTick()
      case RECORD.bar:
        return this.#onBar()
      case RECORD.timer:
        return this.#onTimer()
      case RECORD.session:
        return this.#onSession()
      case RECORD.report:
        return reader.subject === this.#parts.slot ? this.#onReport() : undefined
      case RECORD.control:
        return reader.subject === this.#parts.slot ? this.#onControl() : undefined
    }
  }

  #onTick(): void {
    const row = this.#rowOf(this.#reader.subject)
    if (row === undefined) return
    const { v } = this.#reader
    const { instrument, context } = row
    const { last } = context
    this.#time = v[0] as number
    last.time = this.#time
    last.price = priceToDecimal(instrument, v[1] as number)
    last.quantity = v[2] as number
    last.bid = priceToDecimal(instrument, v[3] as number)
    last.ask = priceToDecimal(instrument, v[4] as number)
    last.bidQuantity = v[5] as number
    last.askQuantity = v[6] as number
    this.#cells.lastTickAt = this.#time
    const { onTick } = this.#parts.definition
    if (onTick === undefined || !row.ready) return
    context.tick = last
    this.#call(onTick, context)
  }

  #onBar(): void {
    const row = this.#rowOf(this.#reader.subject)
    const series = row?.series[this.#reader.a]
    if (row === undefined || series === undefined) return
    series.count = (this.#reader.v[6] as number) + 1
    this.#time = series.endsAt
    if (!row.ready) this.#checkReady(row)
    const { onBar } = this.#parts.definition
    // Bars that only an indicator stands on are not the strategy's.
    if (onBar === undefined || !row.ready || !this.#barsWanted[this.#reader.a]) return
    row.context.bar = series.at(0)
    this.#call(onBar, row.context)
  }

  #onTimer(): void {
    this.#time = this.#reader.v[0] as number
    const { timerSeconds } = this.#needs
    const { onTimer } = this.#parts.definition
    if (
      onTimer === undefined ||
      timerSeconds === 0 ||
      Math.round(this.#time / 1e6) % timerSeconds !== 0
    )
      return
    for (const row of this.#rows) if (row.ready) this.#call(onTimer, row.context)
  }

  #onSession(): void {
    const row = this.#rowOf(this.#reader.subject)
    if (row === undefined) return
    const { v } = this.#reader
    this.#time = v[0] as number
    row.context.session.opensAt = v[1] as number
    row.context.session.closesAt = v[2] as number
    const { onSession } = this.#parts.definition
    if (onSession !== undefined && row.ready) this.#call(onSession, row.context)
  }

  #onReport(): void {
    const { v, a, b } = this.#reader
    const row = this.#rowOf(b)
    if (row === undefined) return
    const status = REPORT_STATUS[a]
    assert(status !== undefined, `Report status ${a} is not in the list`)
    this.#time = v[0] as number
    const ref = v[1] as number
    const filled = v[4] as number
    const signed = v[5] as number
    const isFill = status === 'fill' || status === 'late-fill'
    if (isFill) this.#applyFill(row, { quantity: v[2] as number, price: v[3] as number })
    const done = DONE.has(status) || (filled > 0 && filled >= Math.abs(signed))
    row.context.orders.settle(ref, { done, filled, signed, replaced: status === 'replaced' })
    const { onOrder, onFill } = this.#parts.definition
    if (onOrder !== undefined) {
      row.context.report = {
        ref,
        status,
        filled,
        quantity: Math.abs(signed),
        reason: REFUSAL_CODES[v[6] as number] ?? 'none',
        limit: v[7] as number,
      }
      this.#call(onOrder, row.context)
    }
    if (onFill === undefined || !isFill) return
    const quantity = v[2] as number
    row.context.fill = {
      ref,
      side: quantity > 0 ? 'BUY' : 'SELL',
      quantity: Math.abs(quantity),
      price: priceToDecimal(row.instrument, v[3] as number),
    }
    this.#call(onFill, row.context)
  }

  #applyFill(row: Row, fill: { readonly quantity: number; readonly price: number }): void {
    const held = row.context.position.quantity
    const after = held + fill.quantity
    if (held === 0 || Math.sign(held) === Math.sign(fill.quantity))
      row.cost += fill.quantity * fill.price
    else if (after === 0 || Math.sign(after) === Math.sign(held)) row.cost *= after / held
    else row.cost = after * fill.price
    this.#setPosition(row, after)
  }

  #setPosition(row: Row, quantity: number): void {
    const { position } = row.context
    position.quantity = quantity
    position.averagePrice =
      quantity === 0 ? Number.NaN : priceToDecimal(row.instrument, row.cost / quantity)
  }

  #onControl(): void {
    if (this.#reader.a === CONTROL.snapshot) return this.#snapshot(false)
    const { stop } = this.#parts.definition
    if (stop !== undefined) {
      this.#desk.closedBecause = 'the strategy is being taken down'
      for (const row of this.#rows) this.#call(stop, row.context, false)
    }
    this.#snapshot(true)
    this.ended = true
    this.#parts.post({ what: 'stopped' })
  }

  #snapshot(final: boolean): void {
    const { definition } = this.#parts
    const states: Record<string, unknown> = {}
    // A state may hold getters and toJSON of the bundle: this is a call of its code like any other.
    this.#cells.enter('state')
    try {
      for (const { context, instrument } of this.#rows) {
        const key = definition.scope === 'strategy' ? WHOLE : instrument.id
        states[key] ??= plainCopy(context.state, definition)
      }
    } catch (error) {
      return this.#fault('plugin/state', error)
    } finally {
      this.#cells.leave()
    }
    const snapshot = {
      tapeSeq: this.#reader.seq,
      stateVersion: definition.stateVersion ?? 1,
      states,
      nextRef: this.#desk.nextRef,
      ...(final ? { view: this.#rows.map(viewOf) } : {}),
    }
    this.#parts.post({ what: 'snapshot', snapshot, final })
  }

  /** Calls plug-in code. What it asks for exists only if it returns. */
  #call(handler: (context: never) => void, context: EventContext, mayOrder = true): void {
    const desk = this.#desk
    context.time = this.#time
    this.#random = 0
    desk.open = mayOrder
    const firstRef = desk.nextRef
    this.#cells.enter()
    try {
      handler(context as never)
    } catch (error) {
      desk.open = false
      desk.asked.length = 0
      desk.terms.length = 0
      desk.outbox.discard()
      desk.nextRef = firstRef
      // What was thrown may be the bundle's code once more: it is described while the watchdog looks.
      this.#fault('plugin/threw', error)
      this.#cells.leave()
      return
    }
    this.#cells.leave()
    desk.open = false
    for (const order of desk.asked) order.door.add(order)
    if (desk.asked.length > 0) desk.asked.length = 0
    for (const { order, asked } of desk.terms) order.asked = asked
    if (desk.terms.length > 0) desk.terms.length = 0
    if (desk.outbox.commit() > 0) this.#parts.committed()
  }

  #fault(code: FaultCode, error: unknown): void {
    const { message, stack } = describeError(error)
    const hard = code === 'plugin/state'
    this.#parts.post({
      what: 'fault',
      fault: {
        code,
        hard,
        message,
        ...(stack === undefined ? {} : { stack }),
        tapeSeq: this.#reader.seq,
      },
    })
    if (hard) this.ended = true
  }

  #lapped(): void {
    this.ended = true
    const message = `The strategy fell ${this.#reader.lag} records behind, more than the tape keeps`
    this.#parts.post({
      what: 'fault',
      fault: { code: 'plugin/lagged', hard: true, message, tapeSeq: this.#reader.seq },
    })
  }

  #rowOf(instrument: number): Row | undefined {
    const at = this.#byInstrument[instrument]
    return at === undefined || at < 0 ? undefined : this.#rows[at]
  }

  #checkReady(row: Row): void {
    const { warmUpBars, bars } = this.#needs
    row.ready =
      bars.every(
        (timeframe) => (row.series[TIMEFRAMES.indexOf(timeframe)]?.count ?? 0) >= warmUpBars,
      ) && row.indicators.every((indicator) => indicator.ready)
    if (row.ready) this.#announce()
  }

  #announce(): void {
    if (this.#started || !this.#rows.some((row) => row.ready)) return
    this.#started = true
    this.#parts.post({ what: 'started' })
  }

  /** Mulberry32 over the tape sequence and a count within the call: the same record gives the same numbers again. */
  #nextRandom(): number {
    this.#random = (this.#random + 0x6d2b79f5) | 0
    let t = this.#random ^ Math.imul(this.#reader.seq | 0, 0x9e3779b1)
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }

  #log(text: unknown): void {
    const second = Math.floor(this.#time / 1e6)
    if (second !== this.#logSecond) {
      this.#logSecond = second
      this.#logLines = 0
    }
    this.#logLines++
    if (this.#logLines > LOG_LINES_PER_SECOND) return
    const line = typeof text === 'string' ? text.slice(0, 500) : `a ${typeof text}, not a text`
    const note =
      this.#logLines === LOG_LINES_PER_SECOND ? ' (more lines of this second are dropped)' : ''
    this.#parts.post({ what: 'log', time: this.#time, text: line + note })
  }
}

/** One instrument as the strategy sees it now, to be handed over. */
function viewOf({ instrument, context, cost }: Row): CarriedRow {
  const { position, orders, session, last } = context
  return {
    instrument: instrument.index,
    quantity: position.quantity,
    cost,
    openOrders: orders.carried(),
    session: { ...session },
    last: { ...last },
  }
}
