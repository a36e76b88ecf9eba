/**
 * The market as the venue was last shown it, and what one event offers to the orders that meet it.
 *
 * In       market events
 * Out      an offer: touch, sizes and print of one event
 * Units    prices in ticks, quantities in steps; NaN for a side where nobody stands or that was never shown
 *
 * A bid or ask that is NaN in an event keeps its last value and size; one of 0 says that nobody stands there. An instrument
 * that has never shown a quote gets one from each trade: the price, half a spread to either side, of unknown size.
 */
import type { Instrument } from '#sdk/instrument.ts'
import type { MarketEvent } from '#sdk/tick.ts'

/** What one event offers. Orders that meet it share the sizes, oldest first. One object, reused. */
export interface Offer {
  time: number
  bid: number
  ask: number
  /** False where the displayed size is unknown: then what the print leaves is the cap. */
  bidSized: boolean
  askSized: boolean
  bidLeft: number
  askLeft: number
  /** Price of the trade; NaN where the event is none. */
  print: number
  printLeft: number
  /** The quote is the feed's own, not made from trades. */
  quoted: boolean
  /** The instrument has traded, now or before. */
  traded: boolean
}

/** An offer for the venue to reuse. */
export function createOffer(): Offer {
  const nothing = Number.NaN
  return {
    time: 0,
    bid: nothing,
    ask: nothing,
    bidSized: false,
    askSized: false,
    bidLeft: 0,
    askLeft: 0,
    print: nothing,
    printLeft: 0,
    quoted: false,
    traded: false,
  }
}

const QUOTED = 1
const TRADED = 2

/** Last quotes of every instrument, in columns. */
export class Quotes {
  readonly #instruments: readonly Instrument[]
  readonly #halfSpread: number
  readonly #participation: number
  readonly #time: Float64Array
  readonly #bid: Float64Array
  readonly #ask: Float64Array
  readonly #bidSize: Float64Array
  readonly #askSize: Float64Array
  readonly #seen: Uint8Array

  constructor(
    instruments: readonly Instrument[],
    {
      halfSpreadTicks,
      participation,
    }: { readonly halfSpreadTicks: number; readonly participation: number },
  ) {
    const column = () => new Float64Array(instruments.length).fill(Number.NaN)
    this.#instruments = instruments
    this.#halfSpread = halfSpreadTicks
    this.#participation = participation
    this.#time = new Float64Array(instruments.length)
    this.#bid = column()
    this.#ask = column()
    this.#bidSize = column()
    this.#askSize = column()
    this.#seen = new Uint8Array(instruments.length)
  }

  /** Latest event time that an instrument was shown; 0 before the first. */
  timeOf(index: number): number {
    return this.#time[index] ?? 0
  }

  /** Remembers what one event says. Allocates nothing. */
  update(event: MarketEvent): void {
    const at = event.instrument
    if (event.time > (this.#time[at] as number)) this.#time[at] = event.time
    const { bid, ask } = event
    if (bid === bid) {
      this.#bid[at] = bid === 0 ? Number.NaN : bid
      this.#bidSize[at] = event.bidQuantity
      this.#seen[at] = (this.#seen[at] as number) | QUOTED
    }
    if (ask === ask) {
      this.#ask[at] = ask === 0 ? Number.NaN : ask
      this.#askSize[at] = event.askQuantity
      this.#seen[at] = (this.#seen[at] as number) | QUOTED
    }
    if (event.quantity > 0 && event.price === event.price) this.#trade(at, event.price)
  }

  #trade(at: number, print: number): void {
    this.#seen[at] = (this.#seen[at] as number) | TRADED
    if (((this.#seen[at] as number) & QUOTED) !== 0) return
    this.#bid[at] = print - this.#halfSpread
    this.#ask[at] = print + this.#halfSpread
  }

  /** Lays out what `event`, already remembered, offers. */
  offer(event: MarketEvent, into: Offer): void {
    const at = event.instrument
    const seen = this.#seen[at] as number
    const trades = event.quantity > 0 && event.price === event.price
    const bidSize = this.#bidSize[at] as number
    const askSize = this.#askSize[at] as number
    into.time = event.time
    into.quoted = (seen & QUOTED) !== 0
    into.traded = (seen & TRADED) !== 0
    into.bid = this.#bid[at] as number
    into.ask = this.#ask[at] as number
    into.bidSized = into.quoted && bidSize > 0
    into.askSized = into.quoted && askSize > 0
    into.bidLeft = into.bidSized ? this.#share(at, bidSize) : 0
    into.askLeft = into.askSized ? this.#share(at, askSize) : 0
    into.print = trades ? event.price : Number.NaN
    // Where no size and no trade was ever shown there is nothing to measure by, and no cap.
    into.printLeft = trades
      ? this.#share(at, event.quantity)
      : into.traded
        ? 0
        : Number.POSITIVE_INFINITY
  }

  /** The part of a size that may be taken, in whole lots. */
  #share(at: number, size: number): number {
    const lot = this.#instruments[at]?.lot ?? 1
    // A product like 0.07 * 100 lies a hair above or below the whole number that is meant.
    return Math.floor((size * this.#participation) / lot + 1e-9) * lot
  }
}
