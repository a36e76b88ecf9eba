/** The limits of the account, from the words of the configuration to the units of the gate. */
import { moneyFromDecimal } from '#sdk/money.ts'

import type { LimitsConfig } from './config.ts'
import { limitsFor, type RiskLimits } from './core/risk/risk.ts'

export function riskLimits(capital: number, limits: LimitsConfig): RiskLimits {
  return {
    ...limitsFor(moneyFromDecimal(capital)),
    orderQuantityMax: limits.orderQuantityMax,
    orderValueMax: moneyFromDecimal(limits.orderValueMax),
    priceCollarPercent: limits.priceCollarPercent,
    referenceAgeMax: Math.round(limits.staleSeconds * 1e6),
    strategyPositionValueMax: moneyFromDecimal(limits.positionValueMax),
    exposureMax: moneyFromDecimal(limits.exposureMax),
    accountOrdersPerSecond: limits.ordersPerSecond,
    strategyLossMax: moneyFromDecimal(limits.dailyLossStrategy),
    accountLossMax: moneyFromDecimal(limits.dailyLossAccount),
  }
}
