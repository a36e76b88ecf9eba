/**
 * The paper venue: a small exchange that fills orders against the market it is shown.
 *
 * In       market events, times, and the messages of one client: new orders, new terms, cancels
 * Out      news: a report, with the order and the execution it is about
 * Units    prices in ticks, quantities in steps, money in 1e-4 of the currency, times in microseconds
 * Refuses  see check-order.ts; a client id it has seen before; terms and cancels of an order it does not know or that
 *          is closed. An answer to a message comes with a later `market` or `time`, never from within the message
 * Asserts  an order is never filled beyond its quantity
 * Touches  nothing: no clock, no file, no timer. The same calls give the same news
 *
 *  1. A message sent at T takes effect at T + latency; T is not before the last event of its instrument. An order is
 *     met by events strictly later than that, so never by the event that it was decided at. Lost latency is the same for
 *     new terms and cancels: a fill may come first.
 *  2. MARKET takes the touch (the ask for a buy), as much as is displayed times `participation`, in whole lots; the rest
 *     from the events that follow. Where the displayed size is unknown, the trade's quantity is the cap.
 *  3. LIMIT takes the touch, and keeps the better price, as long as the touch is at its limit or better. From the first
 *     event where it is not, it rests: it fills at its limit, when a trade prints strictly through it (up to the
 *     print's quantity) or when the opposite quote comes to it (up to the displayed size).
 *  4. STOP waits for a trade at its stop or beyond; while the instrument has never traded, for the opposite quote. From
 *     the next event on it is a market order: after a gap it fills where the market is. STOP_LIMIT becomes a limit.
 *  5. IOC is cancelled with what the first event that it meets has not filled. A stop meets events once triggered.
 *  6. Every order expires at the close of the session it was accepted in, where there is one.
 *  7. New terms keep what is filled, and cannot go below it; terms that leave nothing to fill complete the order. A new
 *     limit may take again.
 *  8. Orders that meet one event share its sizes, in the order in which they were accepted.
 *  9. Executions are numbered within the order, so their ids are unique as long as client ids are.
 */
import { assert } from '#sdk/assert.ts'
import type { BrokerSnapshot, VenueOrder } from '#sdk/order.ts'
import type { MarketEvent } from '#sdk/tick.ts'

import type { BookOrder, Terms } from './book-order.ts'
import type { SavedBooks } from './books.ts'
import { Inbox, type Message, UNLISTED } from './inbox.ts'
import { OrderLife, type OrderLifeOptions } from './order-life.ts'
import { createOffer, Quotes } from './quotes.ts'

/** How a venue behaves. */
export interface VenueOptions extends OrderLifeOptions {
  readonly latencyMicros: number
  readonly halfSpreadTicks: number
  readonly participation: number
}

/** How far an event's time may be ahead of the client's before it is taken for a broken stamp. */
const SKEW_MAX = 60_000_000

/** Makes a venue with empty books. */
export function createVenue(options: VenueOptions): Venue {
  return new Venue(options)
}

/** A paper venue. Made by `createVenue`. */
export class Venue {
  readonly #latency: number
  readonly #rows: ReadonlyMap<string, number>
  readonly #quotes: Quotes
  readonly #inbox: Inbox
  readonly #life: OrderLife
  readonly #offer = createOffer()

  constructor(options: VenueOptions) {
    const { instruments, latencyMicros, participation, halfSpreadTicks } = options
    assert(
      Number.isSafeInteger(latencyMicros) && latencyMicros >= 0,
      `Latency is ${latencyMicros} us`,
    )
    assert(
      participation > 0 && participation <= 1,
      `Participation ${participation} is not in (0, 1]`,
    )
    assert(
      Number.isSafeInteger(halfSpreadTicks) && halfSpreadTicks >= 0,
      `Half spread is ${halfSpreadTicks} ticks`,
    )
    for (const [row, { id, index }] of instruments.entries()) {
      assert(row === index, `Instrument "${id}" has row ${index} and stands in ${row}`)
    }
    this.#latency = latencyMicros
    this.#rows = new Map(instruments.map(({ id, index }) => [id, index]))
    this.#quotes = new Quotes(instruments, options)
    this.#inbox = new Inbox(instruments.length)
    this.#life = new OrderLife(options)
  }

  /** Earliest time at which a message takes effect; infinity where none is on its way. */
  get nextDue(): number {
    return this.#inbox.nextDue
  }

  submit(order: VenueOrder, now: number): void {
    const index = this.#rows.get(order.instrument) ?? UNLISTED
    this.#inbox.send({ ask: 'place', order, index, due: this.#dueAt(index, now) })
  }

  modify(clientId: string, { terms, now }: { readonly terms: Terms; readonly now: number }): void {
    const index = this.#rowOf(clientId)
    this.#inbox.send({ ask: 'modify', clientId, terms, index, due: this.#dueAt(index, now) })
  }

  cancel(clientId: string, now: number): void {
    const index = this.#rowOf(clientId)
    this.#inbox.send({ ask: 'cancel', clientId, index, due: this.#dueAt(index, now) })
  }

  /** Shows the venue one event. Costs next to nothing where the instrument has no orders. */
  market(event: MarketEvent): void {
    this.#quotes.update(event)
    const row = event.instrument
    // What takes effect at this very time comes after the event.
    if (this.#inbox.has(row)) this.#deliver(event.time - 1, row)
    const orders = this.#life.books.openOrders(row)
    if (orders.length > 0) this.#meetAll(event, orders)
  }

  /** Delivers what is due at `now`, and expires what has outlived its session. */
  time(now: number): void {
    if (now >= this.#inbox.nextDue) this.#deliver(now)
    if (now >= this.#life.nextExpiry) this.#life.expireAll(now)
  }

  /** Delivers every message that is on its way, at its own time. */
  settle(): void {
    this.#deliver(Number.POSITIVE_INFINITY)
  }

  snapshot(now: number): BrokerSnapshot {
    return this.#life.books.snapshot(now)
  }

  /** Takes over the books of an earlier process. */
  restore(saved: SavedBooks): void {
    this.#life.restore(saved)
  }

  #rowOf(clientId: string): number {
    return this.#life.books.order(clientId)?.index ?? this.#inbox.rowOf(clientId)
  }

  #dueAt(index: number, now: number): number {
    const shown = this.#quotes.timeOf(index)
    const sentAt = shown > now && shown - now <= SKEW_MAX ? shown : now
    return sentAt + this.#latency
  }

  /** Applies what is due by `until`, of one instrument or of all, in the order it was sent. */
  #deliver(until: number, only?: number): void {
    for (const message of this.#inbox.take(until, only)) this.#apply(message)
  }

  #apply(message: Message): void {
    switch (message.ask) {
      case 'place':
        return this.#life.place(message.order, message)
      case 'modify':
        return this.#life.replace(message.clientId, message)
      case 'cancel':
        return this.#life.withdraw(message.clientId, message.due)
    }
  }

  #meetAll(event: MarketEvent, orders: readonly BookOrder[]): void {
    this.#quotes.offer(event, this.#offer)
    for (let at = 0; at < orders.length;) {
      const order = orders[at]
      if (order === undefined) break
      this.#life.meet(order, this.#offer)
      // A closed order has left the list, and the next one has taken its place.
      if (orders[at] === order) at++
    }
  }
}
