/**
 * What an execution costs.
 *
 * In       the instrument, price and quantity of one execution, and whether it is the order's first
 * Out      the flat charge of the order, on its first execution only, plus a share of the value, rounded up to 1e-4
 * Units    `perOrder` in 1e-4 of the currency; `bps` in hundredths of a percent, at most four decimals
 * Asserts  charges that are not negative and not finer than that
 */
import { assert } from '#sdk/assert.ts'
import { type Instrument, notional } from '#sdk/instrument.ts'
import { type Money, money, type Price, type Quantity } from '#sdk/money.ts'

/** The venue's tariff. */
export interface Charges {
  readonly perOrder: Money
  readonly bps: number
}

/** Charges of one execution. */
export type ChargeOf = (
  instrument: Instrument,
  execution: { readonly price: Price; readonly quantity: Quantity; readonly first: boolean },
) => Money

/** Parts of a basis point that a tariff may name. */
const PARTS = 10_000
const BASIS_POINTS = 10_000

/** The rule that charges by one tariff. */
export function createChargeOf({ perOrder, bps }: Charges): ChargeOf {
  const share = Math.round(bps * PARTS)
  assert(perOrder >= 0 && bps >= 0, `Charges of ${perOrder} an order and ${bps} bps are negative`)
  assert(Math.abs(share / PARTS - bps) < 1e-9, `Charges of ${bps} bps are finer than 0.0001 bps`)
  return (instrument, { price, quantity, first }) => {
    const value = Math.abs(notional(instrument, price, quantity))
    return money((first ? perOrder : 0) + divideUp(value, share, PARTS * BASIS_POINTS))
  }
}

/** `value * share / divisor`, rounded up, exact. */
function divideUp(value: number, share: number, divisor: number): number {
  const product = value * share
  if (Number.isSafeInteger(product)) {
    const rest = product % divisor
    return (product - rest) / divisor + (rest > 0 ? 1 : 0)
  }
  const wide = BigInt(value) * BigInt(share)
  return Number((wide + BigInt(divisor) - 1n) / BigInt(divisor))
}
