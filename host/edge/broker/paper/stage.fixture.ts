/** A stage for the venue's tests: instruments, hand-written tapes, and orders in few words. */
import { createInstrument, type Instrument, type InstrumentSpec } from '#sdk/instrument.ts'
import { money, price, quantity } from '#sdk/money.ts'
import type { OrderReport, VenueOrder } from '#sdk/order.ts'
import { createMarketEvent, type MarketEvent } from '#sdk/tick.ts'

import { createVenue, type VenueOptions } from './venue.ts'

/** Noon of a Monday in UTC, in microseconds: the origin of the hand-written tapes. */
export const NOON = Date.UTC(2026, 10, 16, 12) * 1000

const SPEC: InstrumentSpec = {
  exchange: 'SIM',
  symbol: 'A',
  kind: 'equity',
  currency: 'USD',
  tickSize: '0.01',
  quantityStep: '1',
  lot: 1,
  session: { kind: 'daily', zone: 'UTC', opens: '09:00', closes: '16:00' },
}

/** Instruments SIM:A, SIM:B and so on, alike but for what `changes` says. */
export function listed(count: number, changes: Partial<InstrumentSpec> = {}): Instrument[] {
  return Array.from({ length: count }, (_, index) =>
    createInstrument({ ...SPEC, symbol: String.fromCharCode(65 + index), ...changes }, index),
  )
}

type Happening = Partial<Omit<MarketEvent, 'kind' | 'receivedAt'>>

/** One market event at `NOON + time`; what is not named is unknown. */
export function event({ time = 0, ...rest }: Happening): MarketEvent {
  const unknown = { bidQuantity: Number.NaN, askQuantity: Number.NaN }
  return { ...createMarketEvent(), ...unknown, instrument: 0, ...rest, time: NOON + time }
}

/** A quote of 100 on either side, unless said otherwise. */
export function quote(time: number, bid: number, ask: number, size = 100): MarketEvent {
  return event({ time, bid, ask, bidQuantity: size, askQuantity: size })
}

/** A trade, with no word on the quote. */
export function trade(time: number, at: number, size: number): MarketEvent {
  return event({ time, price: at, quantity: size })
}

type Asked = Partial<Omit<VenueOrder, 'quantity' | 'limit' | 'stop'>> & {
  readonly quantity?: number
  readonly limit?: number
  readonly stop?: number
}

/** An order: a buy of 10 at the market for the day, but for what is said. */
export function order({ quantity: steps = 10, limit, stop, ...rest }: Asked = {}): VenueOrder {
  return {
    clientId: 'A',
    instrument: 'SIM:A',
    side: 'BUY',
    kind: 'MARKET',
    timeInForce: 'DAY',
    ...rest,
    quantity: quantity(steps),
    ...(limit === undefined ? {} : { limit: price(limit) }),
    ...(stop === undefined ? {} : { stop: price(stop) }),
  }
}

/** A venue, and everything it has said, in short and in full. */
export function createStage(options: Partial<VenueOptions> = {}) {
  const reports: OrderReport[] = []
  const venue = createVenue({
    instruments: listed(2),
    latencyMicros: 1_000,
    charges: { perOrder: money(0), bps: 1 },
    seed: 1,
    halfSpreadTicks: 1,
    participation: 1,
    closesAt: () => Number.POSITIVE_INFINITY,
    ...options,
    news: (news) => {
      reports.push(news.report)
      options.news?.(news)
    },
  })
  return {
    venue,
    reports,
    /** Shows the venue events, one after the other. */
    show: (...events: readonly MarketEvent[]) => {
      for (const shown of events) venue.market(shown)
    },
    /** What was said since the last time of asking: "A working", "A fill 10 @ 101". */
    said: () => reports.splice(0).map(brief),
  }
}

/** A report in a few words. */
export function brief(report: OrderReport): string {
  const { clientId, status } = report
  if (report.status === 'fill') return `${clientId} fill ${report.quantity} @ ${report.price}`
  if ('reason' in report && report.reason !== undefined) {
    return `${clientId} ${status}: ${report.reason}`
  }
  return `${clientId} ${status}`
}
