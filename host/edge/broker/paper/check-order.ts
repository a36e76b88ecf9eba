/**
 * What the venue does not accept, in its own words.
 *
 * In       an order or new terms, the instrument it lists, the order it already has
 * Out      the reason, or undefined where there is none
 * Refuses  a quantity that is not a positive multiple of the lot; a price that is missing, off the grid or not positive;
 *          terms below what is filled; terms that the order's kind does not have; a new stop after the trigger
 */
import type { Instrument } from '#sdk/instrument.ts'
import type { VenueOrder } from '#sdk/order.ts'

import {
  type BookOrder,
  isLimited,
  isOpen,
  isStopped,
  isUntriggered,
  type Terms,
} from './book-order.ts'

/** Why a new order is rejected. */
export function faultOfOrder(
  order: VenueOrder,
  instrument: Instrument | undefined,
): string | undefined {
  if (instrument === undefined) return `instrument "${order.instrument}" is not listed`
  return (
    faultOfQuantity(order.quantity, instrument) ??
    (isLimited(order.kind) ? faultOfPrice('limit', order.limit) : undefined) ??
    (isStopped(order.kind) ? faultOfPrice('stop', order.stop) : undefined)
  )
}

/** Why new terms are refused. */
export function faultOfTerms(
  terms: Terms,
  {
    order,
    instrument,
  }: { readonly order: BookOrder | undefined; readonly instrument: Instrument | undefined },
): string | undefined {
  if (order === undefined) return 'unknown order'
  if (!isOpen(order)) return 'not open'
  if (instrument === undefined) return `instrument "${order.instrument}" is not listed`
  if (terms.quantity < order.filled)
    return `quantity ${terms.quantity} is below filled ${order.filled}`
  return (
    faultOfQuantity(terms.quantity, instrument) ??
    faultOfNewLimit(terms, order) ??
    faultOfNewStop(terms, order)
  )
}

function faultOfQuantity(steps: number, { lot }: Instrument): string | undefined {
  if (!Number.isSafeInteger(steps)) return `quantity ${steps} is not a whole number`
  if (steps <= 0) return `quantity ${steps} is not positive`
  return steps % lot === 0 ? undefined : `quantity ${steps} is not a multiple of the lot ${lot}`
}

function faultOfPrice(name: 'limit' | 'stop', ticks: number | undefined): string | undefined {
  if (ticks === undefined) return `${name} is missing`
  if (!Number.isSafeInteger(ticks)) return `${name} ${ticks} is off the tick grid`
  return ticks > 0 ? undefined : `${name} ${ticks} is not positive`
}

function faultOfNewLimit({ limit }: Terms, { kind }: BookOrder): string | undefined {
  if (limit === undefined) return undefined
  return isLimited(kind) ? faultOfPrice('limit', limit) : `a ${kind} order has no limit`
}

function faultOfNewStop({ stop }: Terms, order: BookOrder): string | undefined {
  if (stop === undefined || stop === order.stop) return undefined
  if (!isStopped(order.kind)) return `a ${order.kind} order has no stop`
  return isUntriggered(order) ? faultOfPrice('stop', stop) : 'already triggered'
}
