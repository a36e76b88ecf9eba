/** A new order in the venue's books, of what was asked and what the venue makes of it. */
import type { VenueOrder } from '#sdk/order.ts'

import { type BookOrder, isLimited, isStopped } from './book-order.ts'

/** The venue's own part of an order. */
export type Admission = Pick<
  BookOrder,
  'index' | 'number' | 'venueId' | 'activeAt' | 'expiresAt' | 'status'
>

/** The order as it enters the books. Prices that its kind does not have are dropped. */
export function openOrder(asked: VenueOrder, admission: Admission): BookOrder {
  const { clientId, instrument, side, kind, timeInForce, limit, stop } = asked
  return {
    ...admission,
    clientId,
    instrument,
    side,
    kind,
    timeInForce,
    // A rejected order may have asked for anything; the books hold numbers.
    quantity: Number.isSafeInteger(asked.quantity) ? asked.quantity : 0,
    limit: isLimited(kind) ? (limit ?? Number.NaN) : Number.NaN,
    stop: isStopped(kind) ? (stop ?? Number.NaN) : Number.NaN,
    filled: 0,
    taking: true,
    createdAt: admission.activeAt,
    updatedAt: admission.activeAt,
    executions: [],
  }
}
