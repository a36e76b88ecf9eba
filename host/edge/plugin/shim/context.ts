/**
 * What a handler is given: one context per instrument, made once and reused, so that nothing is allocated per event.
 * It shows closed bars, indicators, the position and the session exactly as they stood at the tape record being handled.
 */
import { type Bar, type Timeframe, TIMEFRAME_MICROS, timeframeIndex, TIMEFRAMES } from '#sdk/bar.ts'
import type { CarrierColumns } from '#sdk/bundle.ts'
import { type BarColumn, BARS_KEPT, IndicatorColumn } from '#sdk/column.ts'
import { type Instrument, priceToDecimal } from '#sdk/instrument.ts'
import type {
  BarSeries,
  FillInfo,
  InstrumentInfo,
  OrderReportInfo,
  PositionInfo,
  SessionInfo,
} from '#sdk/strategy.ts'
import type { Tick } from '#sdk/tick.ts'

import { type Desk, OrderDoor } from './order-door.ts'

export type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** What the carrier does for a context outside of its instrument. */
export interface ContextServices {
  readonly desk: Desk
  random(): number
  log(text: string): void
}

/** How one context is made; `columns` come when the carrier begins. */
export interface ContextParts {
  readonly instrument: Instrument
  readonly params: unknown
  readonly services: ContextServices
}

export class EventContext {
  readonly params: unknown
  readonly instrument: InstrumentInfo
  readonly position: Mutable<PositionInfo>
  readonly session: Mutable<SessionInfo>
  readonly last: Mutable<Tick>
  readonly orders: OrderDoor
  indicators: Readonly<Record<string, unknown>> = {}
  state: unknown
  time = 0
  tick: Tick | undefined
  bar: Bar | undefined
  report: OrderReportInfo | undefined
  fill: FillInfo | undefined
  gap: { readonly from: number; readonly to: number } | undefined
  readonly #series = new Map<Timeframe, BarSeries>()
  readonly #services: ContextServices

  constructor({ instrument, params, services }: ContextParts) {
    this.params = params
    this.instrument = instrumentInfo(instrument)
    this.position = { quantity: 0, averagePrice: Number.NaN }
    this.session = { opensAt: Number.NaN, closesAt: Number.NaN }
    this.last = emptyTick(instrument.id)
    this.#services = services
    this.orders = new OrderDoor(services.desk, { instrument, held: () => this.position.quantity })
  }

  // Handlers take these by destructuring, so they carry their own `this`.
  readonly bars = (timeframe: Timeframe): BarSeries => {
    const series = this.#series.get(timeframe)
    if (series === undefined)
      throw new RangeError(`Bars of ${String(timeframe)} are not among the declared needs`)
    return series
  }

  readonly random = (): number => this.#services.random()

  readonly log = (text: string): void => this.#services.log(text)

  addSeries(timeframe: Timeframe, series: BarSeries): void {
    this.#series.set(timeframe, series)
  }
}

function instrumentInfo(instrument: Instrument): InstrumentInfo {
  const scale = 10 ** instrument.priceDigits / instrument.tickUnits
  const round = { nearest: Math.round, down: Math.floor, up: Math.ceil }
  return Object.freeze({
    id: instrument.id,
    symbol: instrument.symbol,
    exchange: instrument.exchange,
    tickSize: Number(instrument.tickSize),
    lot: instrument.lot,
    roundPrice: (value: number, direction: 'nearest' | 'down' | 'up' = 'nearest') => {
      // A value that is on the grid up to the dust of its decimals stays where it is.
      const exact = value * scale
      const nearest = Math.round(exact)
      return priceToDecimal(
        instrument,
        Math.abs(exact - nearest) < 1e-6 ? nearest : round[direction](exact),
      )
    },
  })
}

function emptyTick(instrument: string): Tick {
  const { NaN: unknown } = Number
  return {
    instrument,
    time: unknown,
    price: unknown,
    quantity: 0,
    bid: unknown,
    ask: unknown,
    bidQuantity: 0,
    askQuantity: 0,
  }
}

/** The closed bars of one instrument and timeframe, up to the last one that the tape has shown. */
export class Series implements BarSeries {
  /** Bars closed so far. */
  count: number
  readonly #column: BarColumn
  readonly #instrument: Instrument
  readonly #timeframe: number

  constructor(
    column: BarColumn,
    {
      instrument,
      timeframe,
      count,
    }: { readonly instrument: Instrument; readonly timeframe: Timeframe; readonly count: number },
  ) {
    this.#column = column
    this.#instrument = instrument
    this.#timeframe = timeframeIndex(timeframe)
    this.count = count
  }

  /** Half of what is kept: the writer may be that far ahead of a slow reader. */
  get length(): number {
    return Math.min(this.count, BARS_KEPT / 2)
  }

  at(ago: number): Bar | undefined {
    if (!(ago >= 0 && ago < this.length)) return undefined
    return {
      instrument: this.#instrument.id,
      timeframe: TIMEFRAMES[this.#timeframe] ?? '1m',
      time: this.#raw(ago, 0),
      open: this.#price(ago, 1),
      high: this.#price(ago, 2),
      low: this.#price(ago, 3),
      close: this.#price(ago, 4),
      volume: this.#raw(ago, 5),
    }
  }

  close(ago: number): number {
    return this.#price(ago, 4)
  }

  high(ago: number): number {
    return this.#price(ago, 2)
  }

  low(ago: number): number {
    return this.#price(ago, 3)
  }

  get endsAt(): number {
    return this.#raw(0, 0) + (TIMEFRAME_MICROS[this.#timeframe] ?? 0)
  }

  #price(ago: number, field: number): number {
    return priceToDecimal(this.#instrument, this.#raw(ago, field))
  }

  #raw(ago: number, field: number): number {
    return ago >= 0 && ago < this.length
      ? this.#column.read(this.#instrument.index, this.count - 1 - ago, field)
      : Number.NaN
  }
}

/** One indicator of one instrument: reads its column at the last bar that the tape has shown. */
export class IndicatorReader {
  readonly #column: IndicatorColumn
  readonly #instrument: number
  readonly #series: Series
  readonly #outputs: readonly string[]
  readonly #value: Record<string, number> = {}

  constructor(
    source: CarrierColumns['indicators'][string],
    { instrument, series }: { readonly instrument: number; readonly series: Series },
  ) {
    this.#column = new IndicatorColumn(source.memory, source.outputs.length)
    this.#outputs = source.outputs
    this.#instrument = instrument
    this.#series = series
  }

  get ready(): boolean {
    return this.#outputs.every((_, i) => !Number.isNaN(this.#read(i)))
  }

  /** A number, or the reused object of numbers where the indicator has several. */
  get value(): number | Readonly<Record<string, number>> {
    if (this.#outputs.length === 1) return this.#read(0)
    this.#outputs.forEach((name, i) => {
      this.#value[name] = this.#read(i)
    })
    return this.#value
  }

  #read(output: number): number {
    const last = this.#series.count - 1
    return last < 0 ? Number.NaN : this.#column.read(this.#instrument, last, output)
  }
}

/** The object a handler reads its indicators from: one getter per declared name. */
export function indicatorView(
  readers: Readonly<Record<string, IndicatorReader>>,
): Readonly<Record<string, unknown>> {
  const view = {}
  for (const [name, reader] of Object.entries(readers)) {
    Object.defineProperty(view, name, { enumerable: true, get: () => reader.value })
  }
  return view
}
