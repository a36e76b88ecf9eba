/**
 * The limits of the account: what no strategy may pass, whatever it was granted.
 *
 * Units    Money in 1e-4 of the currency, quantities in steps, ages in microseconds, collars in percent, rates a second
 * Source   trading-safety, section 6: shares of the capital, chosen for one person
 */
import { type Micros, type Money, money, mulDiv } from '#sdk/money.ts'

/** Plain data. A limit that is missing or NaN denies. */
export interface RiskLimits {
  /** Largest single order, in steps of its instrument. */
  readonly orderQuantityMax: number
  readonly orderValueMax: Money
  /** How far a limit price may be from the reference, in percent of it. */
  readonly priceCollarPercent: number
  /** Oldest reference price that an order may be judged by. */
  readonly referenceAgeMax: Micros
  /** Worst-case value of one instrument in the book of one strategy, and in the account. */
  readonly strategyPositionValueMax: Money
  readonly accountPositionValueMax: Money
  /** Worst-case value of all instruments of the account together. */
  readonly exposureMax: Money
  /** Open orders of one strategy, where its grants name no smaller number. */
  readonly openOrdersMax: number
  readonly strategyOrdersPerSecond: number
  readonly accountOrdersPerSecond: number
  /** Loss of the day at which entries end. */
  readonly strategyLossMax: Money
  readonly accountLossMax: Money
}

/** The limits that follow from a capital. */
export function limitsFor(capital: Money): RiskLimits {
  const percent = (share: number): Money => money(mulDiv(capital, share, 100))
  return {
    orderQuantityMax: 1_000_000,
    orderValueMax: percent(10),
    priceCollarPercent: 5,
    referenceAgeMax: 60_000_000,
    strategyPositionValueMax: percent(10),
    accountPositionValueMax: percent(20),
    exposureMax: percent(150),
    openOrdersMax: 100,
    strategyOrdersPerSecond: 5,
    accountOrdersPerSecond: 50,
    strategyLossMax: percent(1),
    accountLossMax: percent(3),
  }
}

/** For a capital of 1,000,000.00. */
export const DEFAULT_LIMITS: RiskLimits = limitsFor(money(10_000_000_000))
