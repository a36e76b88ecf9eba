/**
 * Rules of form and permission: is it an order at all, may any leave, may this strategy send such a one here.
 *
 * Refuses  order/invalid, risk/gate-closed, risk/strategy-inactive, risk/not-granted
 * Asserts  nothing: every number may be hostile
 * Source   trading-safety, section 6: R02-R04, R07, R08
 */
import type { Instrument } from '#sdk/instrument.ts'
import { type Grants, matchesInstrument } from '#sdk/manifest.ts'
import { ORDER_KINDS, SIDES, TIMES_IN_FORCE } from '#sdk/order.ts'
import type { Refusal } from '#sdk/refusal.ts'

import { type Facts, no } from './facts.ts'
import { valueOf } from './value.ts'

/** Numbers that make sense, prices where the kind needs them (R08). */
export function isValid({ ask, replaces }: Facts): Refusal | undefined {
  const { instrument, quantity, limit, stop } = ask
  const invalid = (text: string, value: number, bound: number) =>
    no('order/invalid', value, bound, text)
  if (!SIDES.includes(ask.side)) return invalid('Side is neither BUY nor SELL', 0, 0)
  if (!ORDER_KINDS.includes(ask.kind)) return invalid('Order kind is not one we know', 0, 0)
  if (!TIMES_IN_FORCE.includes(ask.timeInForce))
    return invalid('Time in force is not one we know', 0, 0)
  if (!Number.isSafeInteger(ask.ref) || (ask.ref < 0 && ask.host !== true)) {
    return invalid(`Order number ${ask.ref} is not the strategy's to give`, ask.ref, 0)
  }
  if (!Number.isSafeInteger(quantity) || quantity <= 0) {
    return invalid(`Quantity ${quantity} is not a whole number of steps above 0`, quantity, 1)
  }
  if (quantity % instrument.lot !== 0) {
    return invalid(
      `Quantity ${quantity} is not a multiple of the lot, ${instrument.lot}`,
      quantity,
      instrument.lot,
    )
  }
  const limitNeeded = ask.kind === 'LIMIT' || ask.kind === 'STOP_LIMIT'
  const stopNeeded = ask.kind === 'STOP' || ask.kind === 'STOP_LIMIT'
  const wrong = wrongPrice('limit', limit, limitNeeded) ?? wrongPrice('stop', stop, stopNeeded)
  if (wrong !== undefined)
    return invalid(`${ask.kind} order ${wrong}`, limit ?? stop ?? Number.NaN, 1)
  if (valueOf(instrument, Math.max(limit ?? 1, stop ?? 1), quantity) === Infinity) {
    return invalid(
      `Quantity ${quantity} at its price is beyond exact numbers`,
      quantity,
      Number.MAX_SAFE_INTEGER,
    )
  }
  if (replaces && !(quantity > replaces.filled)) {
    return invalid(`Quantity ${quantity} is already filled`, quantity, replaces.filled + 1)
  }
  return undefined
}

function wrongPrice(name: string, value: number | undefined, needed: boolean): string | undefined {
  if (value === undefined) return needed ? `has no ${name} price` : undefined
  if (!needed) return `takes no ${name} price`
  return Number.isSafeInteger(value) && value > 0
    ? undefined
    : `has a ${name} price of ${value}, not whole ticks above 0`
}

/** Reconciliation lets orders leave (R02). */
export function gateIsOpen({ exposure, reduces }: Facts): Refusal | undefined {
  if (exposure.gate === 'OPEN' || (exposure.gate === 'REDUCE' && reduces)) return undefined
  return exposure.gate === 'REDUCE'
    ? no('risk/gate-closed', 0, 0, 'Only reductions leave until our books agree with the broker')
    : no('risk/gate-closed', 0, 0, 'No order leaves until our books agree with the broker')
}

/** The strategy may trade (R03). */
export function strategyIsActive({ ask, exposure, reduces }: Facts): Refusal | undefined {
  if (ask.host === true || exposure.mode === 'active') return undefined
  if (exposure.mode === 'reduce-only' && reduces) return undefined
  return exposure.mode === 'reduce-only'
    ? no('risk/strategy-inactive', 0, 0, `Strategy "${ask.strategy}" may only reduce`)
    : no('risk/strategy-inactive', 0, 0, `Strategy "${ask.strategy}" is not active`)
}

/** What may be sent at all is a permission, not a limit: it binds a reduction too. */
export function formIsGranted({ ask, exposure: { grants } }: Facts): Refusal | undefined {
  if (ask.host === true) return undefined
  if (!grants) return no('risk/not-granted', 0, 0, `Strategy "${ask.strategy}" was granted nothing`)
  const { kinds, timesInForce } = grants
  if (!kinds.includes(ask.kind)) {
    return no(
      'risk/not-granted',
      0,
      0,
      `Order kind ${ask.kind} is not granted, only ${kinds.join(', ')}`,
    )
  }
  if (timesInForce && !timesInForce.includes(ask.timeInForce)) {
    return no(
      'risk/not-granted',
      0,
      0,
      `Time in force ${ask.timeInForce} is not granted, only ${timesInForce.join(', ')}`,
    )
  }
  return undefined
}

/** Where and on which side risk may be taken (R04). */
export function placeIsGranted({ ask, exposure: { grants } }: Facts): Refusal | undefined {
  if (ask.host === true || !grants) return undefined
  if (!mayTrade(grants, ask.instrument)) {
    return no('risk/not-granted', 0, 0, `Instrument "${ask.instrument.id}" is not granted`)
  }
  if (grants.sides && !grants.sides.includes(ask.side)) {
    return no(
      'risk/not-granted',
      0,
      0,
      `Side ${ask.side} is not granted, only ${grants.sides.join(', ')}`,
    )
  }
  return undefined
}

// Patterns are long lists and instruments are asked for again and again: the answer is kept per grant.
const answers = new WeakMap<Grants, Map<number, boolean>>()

function mayTrade(grants: Grants, { index, id }: Instrument): boolean {
  let known = answers.get(grants)
  if (!known) answers.set(grants, (known = new Map()))
  let answer = known.get(index)
  if (answer === undefined) known.set(index, (answer = matchesInstrument(grants.instruments, id)))
  return answer
}
