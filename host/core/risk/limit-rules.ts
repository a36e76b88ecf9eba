/**
 * Rules of size: what a strategy was granted and what the account can bear. A reduction is excused from all of them.
 *
 * Refuses  risk/halted, risk/quantity-max, risk/order-value-max, risk/no-reference-price, risk/stale-market,
 *          risk/price-collar, risk/position-max, risk/exposure-max, risk/orders-per-second, risk/daily-loss
 * Asserts  nothing: a limit that is missing or NaN denies, so each is `!(asked <= limit)` or `if (asked <= limit) pass`
 * Source   trading-safety, section 6: R01, R09-R11, R14, R17, R18, R21, R24, R27, R35, R36
 */
import type { Grants } from '#sdk/manifest.ts'
import type { Refusal } from '#sdk/refusal.ts'

import { type Facts, no } from './facts.ts'
import type { RiskLimits } from './limits.ts'
import { valueOf } from './value.ts'

/** How much the strategy was granted: of one order, held at worst, open at once (R09, R17, R21). */
export function sizeIsGranted(facts: Facts): Refusal | undefined {
  const { ask, replaces, limits } = facts
  const { grants, openOrders } = facts.exposure
  if (ask.host === true || !grants) return undefined
  const { quantity } = ask
  if (!(quantity <= grants.maxOrderQuantity)) {
    const text = `Quantity ${quantity} is above the granted ${grants.maxOrderQuantity} of one order`
    return no('risk/quantity-max', quantity, grants.maxOrderQuantity, text)
  }
  const worst = worstPosition(facts)
  if (!(worst <= grants.maxPosition)) {
    const text = `Position could reach ${worst}, above the granted ${grants.maxPosition}`
    return no('risk/position-max', worst, grants.maxPosition, text)
  }
  const orders = replaces ? openOrders : openOrders + 1
  const ordersMax = Math.min(grants.maxOpenOrders ?? Infinity, limits.openOrdersMax)
  if (!(orders <= ordersMax)) {
    return no(
      'risk/not-granted',
      orders,
      ordersMax,
      `More than ${ordersMax} open orders are not granted`,
    )
  }
  return undefined
}

/** Nobody has halted the desk (R01). */
export function isNotHalted({ exposure }: Facts): Refusal | undefined {
  if (exposure.halted === false) return undefined
  return no('risk/halted', 0, 0, 'Trading is halted; only reductions leave')
}

/** Steps of one order (R09). */
export function orderQuantity({
  ask: { quantity },
  limits: { orderQuantityMax },
}: Facts): Refusal | undefined {
  if (quantity <= orderQuantityMax) return undefined
  const text = `Quantity ${quantity} is above the most of one order, ${orderQuantityMax}`
  return no('risk/quantity-max', quantity, orderQuantityMax, text)
}

/** Value of one order, at the dearest price it could be done at (R10). */
export function orderValue(facts: Facts): Refusal | undefined {
  const { ask, price, limits } = facts
  if (!(price > 0)) return hasReference(facts)
  const value = valueOf(ask.instrument, price, ask.quantity)
  if (value <= limits.orderValueMax) return undefined
  return no(
    'risk/order-value-max',
    value,
    limits.orderValueMax,
    'Value is above the most of one order',
  )
}

/** There is a price to judge by. */
export function hasReference({ ask, exposure: { reference } }: Facts): Refusal | undefined {
  if (reference > 0 && reference < Infinity) return undefined
  const text = `There is no price of "${ask.instrument.id}" to judge an order by`
  return no('risk/no-reference-price', reference, 1, text)
}

/** The price is not too old (R14). */
export function referenceIsFresh({
  exposure: { referenceAge },
  limits,
}: Facts): Refusal | undefined {
  if (referenceAge <= limits.referenceAgeMax) return undefined
  const text = 'The last price is too old to judge an order by'
  return no('risk/stale-market', referenceAge, limits.referenceAgeMax, text)
}

/** The limit price is near the market (R11). */
export function priceCollar({
  ask: { limit },
  exposure: { reference },
  limits,
}: Facts): Refusal | undefined {
  if (limit === undefined) return undefined
  const percent = (Math.abs(limit - reference) * 100) / reference
  if (percent <= limits.priceCollarPercent) return undefined
  const text = `Limit price is ${percent.toFixed(2)} % from the market, more than ${limits.priceCollarPercent} %`
  return no('risk/price-collar', percent, limits.priceCollarPercent, text)
}

/** Steps held if every open order of this side fills, this one too, and nothing of the other side does. */
function worstPosition({ ask, exposure, added }: Facts): number {
  return ask.side === 'BUY'
    ? exposure.position + exposure.openBuys + added
    : exposure.openSells - exposure.position + added
}

/** Value held at worst, by the strategy and by the account (R17). */
export function positionMax(facts: Facts): Refusal | undefined {
  const { ask, exposure, added, price, limits } = facts
  const own = valueOf(ask.instrument, price, Math.max(0, worstPosition(facts)))
  if (!(own <= limits.strategyPositionValueMax)) {
    const text = 'Position of the strategy could pass its most in value'
    return no('risk/position-max', own, limits.strategyPositionValueMax, text)
  }
  const steps =
    ask.side === 'BUY'
      ? exposure.accountPosition + exposure.accountOpenBuys + added
      : exposure.accountOpenSells - exposure.accountPosition + added
  const account = valueOf(ask.instrument, price, Math.max(0, steps))
  if (account <= limits.accountPositionValueMax) return undefined
  const text = 'Position of the account could pass its most in value'
  return no('risk/position-max', account, limits.accountPositionValueMax, text)
}

/** Value of the whole account at worst (R18). */
export function exposureMax({ ask, exposure, added, price, limits }: Facts): Refusal | undefined {
  const gross = exposure.grossValue + valueOf(ask.instrument, price, added)
  if (gross <= limits.exposureMax) return undefined
  return no(
    'risk/exposure-max',
    gross,
    limits.exposureMax,
    'Exposure of the account could pass its most',
  )
}

/** Tokens are left, of the strategy and of the account (R24, R27). */
export function ordersPerSecond({
  exposure,
  limits,
  strategyHasToken,
  accountHasToken,
}: Facts): Refusal | undefined {
  if (!strategyHasToken) {
    const rate = strategyRate(exposure.grants, limits)
    return no(
      'risk/orders-per-second',
      rate,
      rate,
      `Strategy sends more than ${rate} orders a second`,
    )
  }
  if (accountHasToken) return undefined
  const rate = limits.accountOrdersPerSecond
  return no('risk/orders-per-second', rate, rate, `Account sends more than ${rate} orders a second`)
}

/** The day may still be traded (R35, R36). */
export function dailyLoss({
  exposure: { strategyProfit, accountProfit },
  limits,
}: Facts): Refusal | undefined {
  if (!(-strategyProfit <= limits.strategyLossMax)) {
    const text = 'Loss of the strategy today is past its most'
    return no('risk/daily-loss', -strategyProfit, limits.strategyLossMax, text)
  }
  if (-accountProfit <= limits.accountLossMax) return undefined
  const text = 'Loss of the account today is past its most'
  return no('risk/daily-loss', -accountProfit, limits.accountLossMax, text)
}

/** Orders a second of one strategy: the smaller of what it was granted and the account's limit. */
export function strategyRate(grants: Grants | undefined, limits: RiskLimits): number {
  return Math.min(grants?.maxOrdersPerSecond ?? Infinity, limits.strategyOrdersPerSecond)
}
