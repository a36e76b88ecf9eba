/**
 * Messages of the client on their way to the venue.
 *
 * In       messages, each with the time at which it takes effect
 * Out      those that are due, in the order they were sent
 * Units    microseconds
 */
import type { VenueOrder } from '#sdk/order.ts'

import type { Terms } from './book-order.ts'

/** One message. `index` is the row of its instrument, `UNLISTED` where it has none. */
export type Message = { readonly due: number; readonly index: number } & (
  | { readonly ask: 'place'; readonly order: VenueOrder }
  | { readonly ask: 'modify'; readonly clientId: string; readonly terms: Terms }
  | { readonly ask: 'cancel'; readonly clientId: string }
)

/** Row of an instrument that the venue does not list. */
export const UNLISTED = -1

/** Messages between the client and the venue. */
export class Inbox {
  /** Earliest time at which a message takes effect; infinity where none waits. */
  nextDue = Number.POSITIVE_INFINITY
  #messages: Message[] = []
  readonly #waiting: Int32Array

  constructor(instruments: number) {
    this.#waiting = new Int32Array(instruments)
  }

  /** True where messages about the instrument wait. */
  has(index: number): boolean {
    return (this.#waiting[index] as number) > 0
  }

  send(message: Message): void {
    this.#messages.push(message)
    this.nextDue = Math.min(this.nextDue, message.due)
    if (message.index !== UNLISTED)
      this.#waiting[message.index] = (this.#waiting[message.index] as number) + 1
  }

  /** Takes out what is due by `until`, of the instrument in row `only` or of all. */
  take(until: number, only?: number): Message[] {
    const due: Message[] = []
    const left: Message[] = []
    this.nextDue = Number.POSITIVE_INFINITY
    for (const message of this.#messages) {
      if (message.due <= until && (only === undefined || only === message.index)) {
        due.push(message)
        if (message.index !== UNLISTED)
          this.#waiting[message.index] = (this.#waiting[message.index] as number) - 1
      } else {
        left.push(message)
        this.nextDue = Math.min(this.nextDue, message.due)
      }
    }
    this.#messages = left
    return due
  }

  /** Row of the instrument of an order that is still on its way. */
  rowOf(clientId: string): number {
    const sent = this.#messages.find(
      (message) => message.ask === 'place' && message.order.clientId === clientId,
    )
    return sent?.index ?? UNLISTED
  }
}
