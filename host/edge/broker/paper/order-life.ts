/**
 * The life of an order at the venue: it is accepted, changed, met by the market, closed.
 *
 * In       messages at the time they take effect, offers, times
 * Out      the books changed, and news of it
 * Units    prices in ticks, quantities in steps, money in 1e-4 of the currency, times in microseconds
 * Refuses  see check-order.ts; a client id seen before; terms and cancels of an order that is unknown or closed
 * Touches  the books, nothing else. The rules are those of venue.ts
 */
import { assert } from '#sdk/assert.ts'
import type { Instrument } from '#sdk/instrument.ts'
import { type Price, price, quantity } from '#sdk/money.ts'
import type { BrokerExecution, OrderReport, VenueOrder } from '#sdk/order.ts'

import {
  type BookOrder,
  type BookStatus,
  isOpen,
  isUntriggered,
  type Terms,
  termsOf,
} from './book-order.ts'
import { Books, type SavedBooks } from './books.ts'
import { type ChargeOf, type Charges, createChargeOf } from './charges.ts'
import { faultOfOrder, faultOfTerms } from './check-order.ts'
import { type Meeting, meetOffer, reachesStop } from './meet-offer.ts'
import { openOrder } from './open-order.ts'
import type { Offer } from './quotes.ts'
import type { ClosesAt } from './session-close.ts'

/** One piece of news. `order` is absent where the report is about an order that the venue does not know. */
export interface News {
  readonly report: OrderReport
  readonly order?: BookOrder
  readonly execution?: BrokerExecution
}

/** What the life of orders depends on. */
export interface OrderLifeOptions {
  /** Row i is the i-th. */
  readonly instruments: readonly Instrument[]
  readonly charges: Charges
  /** Names the venue's order ids: two venues with different seeds never give the same one. */
  readonly seed: number
  readonly closesAt: ClosesAt
  readonly news: (news: News) => void
}

/** All orders of one venue. */
export class OrderLife {
  readonly books: Books
  /** No open order expires before this. */
  nextExpiry = Number.POSITIVE_INFINITY
  readonly #options: OrderLifeOptions
  readonly #chargeOf: ChargeOf
  readonly #meeting: Meeting = { at: 0 }

  constructor(options: OrderLifeOptions) {
    this.#options = options
    this.#chargeOf = createChargeOf(options.charges)
    this.books = new Books(options.instruments.length)
  }

  /** Takes over the books of an earlier process. */
  restore(saved: SavedBooks): void {
    this.books.restore(saved)
    for (const order of this.books.allOpen())
      this.nextExpiry = Math.min(this.nextExpiry, order.expiresAt)
  }

  /** A new order arrives. */
  place(asked: VenueOrder, { due, index }: { readonly due: number; readonly index: number }): void {
    const { clientId } = asked
    if (this.books.knows(clientId)) {
      const reason = 'duplicate client id'
      return this.#options.news({ report: { clientId, time: due, status: 'rejected', reason } })
    }
    const reason = faultOfOrder(asked, this.#options.instruments[index])
    const number = this.books.nextNumber()
    const order = openOrder(asked, {
      index,
      number,
      venueId: `P${this.#options.seed}-${number}`,
      activeAt: due,
      expiresAt: reason === undefined ? this.#options.closesAt(index, due) : due,
      status: reason === undefined ? 'working' : 'rejected',
    })
    this.books.add(order)
    if (reason !== undefined)
      return this.#tell(order, { ...head(order, due), status: 'rejected', reason })
    this.nextExpiry = Math.min(this.nextExpiry, order.expiresAt)
    this.#tell(order, { ...head(order, due), status: 'working' })
  }

  /** New terms arrive. */
  replace(clientId: string, { terms, due }: { readonly terms: Terms; readonly due: number }): void {
    const order = this.books.order(clientId)
    const instrument = order && this.#options.instruments[order.index]
    const reason = order ? faultOfTerms(terms, { order, instrument }) : this.#absence(clientId)
    if (order === undefined || reason !== undefined) {
      const report = {
        clientId,
        time: due,
        status: 'replace-refused',
        reason: reason ?? '',
      } as const
      return this.#options.news(order ? { report, order } : { report })
    }
    order.quantity = terms.quantity
    if (terms.stop !== undefined) order.stop = terms.stop
    if (terms.limit !== undefined && terms.limit !== order.limit) {
      order.limit = terms.limit
      order.taking = true
    }
    order.activeAt = due
    order.updatedAt = due
    if (order.filled === order.quantity) this.#close(order, { status: 'filled', at: due })
    this.#tell(order, { ...head(order, due), status: 'replaced', ...termsOf(order) })
  }

  /** A cancel arrives. */
  withdraw(clientId: string, due: number): void {
    const order = this.books.order(clientId)
    if (order !== undefined && isOpen(order)) {
      this.#close(order, { status: 'cancelled', at: due })
      return this.#tell(order, { ...head(order, due), status: 'cancelled' })
    }
    const reason = order ? 'not open' : this.#absence(clientId)
    const report = { clientId, time: due, status: 'cancel-refused', reason } as const
    this.#options.news(order ? { report, order } : { report })
  }

  /** What is said of an order that is not in the books: it was closed long ago, or it never came. */
  #absence(clientId: string): string {
    return this.books.knows(clientId) ? 'not open' : 'unknown order'
  }

  /** An event meets an open order. */
  meet(order: BookOrder, offer: Offer): void {
    const { time } = offer
    if (time >= order.expiresAt) return this.#expire(order, time)
    if (time <= order.activeAt) return
    if (isUntriggered(order)) {
      if (reachesStop(order, offer)) this.#trigger(order, time)
      return
    }
    const taken = meetOffer(order, offer, this.#meeting)
    if (taken > 0) this.#fill(order, { taken, at: price(this.#meeting.at), time })
    if (order.timeInForce === 'IOC' && isOpen(order)) {
      this.#close(order, { status: 'cancelled', at: time })
      const reason = 'IOC: the rest was not there'
      this.#tell(order, { ...head(order, time), status: 'cancelled', reason })
    }
  }

  #trigger(order: BookOrder, time: number): void {
    order.status = 'triggered'
    order.updatedAt = time
    this.#tell(order, { ...head(order, time), status: 'triggered' })
  }

  #fill(
    order: BookOrder,
    { taken, at, time }: { readonly taken: number; readonly at: Price; readonly time: number },
  ): void {
    const instrument = this.#options.instruments[order.index]
    assert(instrument !== undefined, `Order "${order.clientId}" has no instrument and trades`)
    const executed = { quantity: quantity(taken), price: at }
    const first = order.executions.length === 0
    const charges = this.#chargeOf(instrument, { ...executed, first })
    const { clientId, side } = order
    const executionId = `${clientId}-${order.executions.length + 1}`
    const execution = {
      executionId,
      clientId,
      instrument: order.instrument,
      side,
      ...executed,
      charges,
      time,
    }
    this.books.execute(order, execution)
    order.updatedAt = time
    if (order.filled === order.quantity) this.#close(order, { status: 'filled', at: time })
    const report = {
      ...head(order, time),
      status: 'fill',
      executionId,
      ...executed,
      charges,
    } as const
    this.#options.news({ report, order, execution })
  }

  /** Ends what has outlived its session. */
  expireAll(now: number): void {
    this.nextExpiry = Number.POSITIVE_INFINITY
    for (const order of this.books.allOpen()) {
      if (now >= order.expiresAt) this.#expire(order, now)
      else this.nextExpiry = Math.min(this.nextExpiry, order.expiresAt)
    }
  }

  #expire(order: BookOrder, at: number): void {
    this.#close(order, { status: 'expired', at })
    this.#tell(order, { ...head(order, at), status: 'expired', reason: 'session closed' })
  }

  #close(
    order: BookOrder,
    { status, at }: { readonly status: BookStatus; readonly at: number },
  ): void {
    order.status = status
    order.updatedAt = at
    this.books.close(order)
  }

  #tell(order: BookOrder, report: OrderReport): void {
    this.#options.news({ report, order })
  }
}

function head({ clientId, venueId }: BookOrder, time: number) {
  return { clientId, venueId, time }
}
