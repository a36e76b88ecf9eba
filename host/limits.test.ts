import { describe, expect, test } from 'bun:test'

import { defaultLimits } from './config-schema.ts'
import type { RiskLimits } from './core/risk/risk.ts'
import { createStage, place } from './desk.fixture.ts'
import { riskLimits } from './limits.ts'

const WORDS = {
  orderQuantityMax: 1_000,
  orderValueMax: 50_000.5,
  priceCollarPercent: 2.5,
  positionValueMax: 200_000,
  exposureMax: 1_500_000.25,
  ordersPerSecond: 20,
  dailyLossStrategy: 9_999.5,
  dailyLossAccount: 30_000.01,
  staleSeconds: 1.5,
}

describe('the limits of the configuration', () => {
  test('become money in 1e-4, ages in microseconds, and counts as they are', () => {
    expect<object>(riskLimits(1_000_000, WORDS)).toMatchObject({
      orderQuantityMax: 1_000,
      orderValueMax: 500_005_000,
      priceCollarPercent: 2.5,
      strategyPositionValueMax: 2_000_000_000,
      exposureMax: 15_000_002_500,
      accountOrdersPerSecond: 20,
      strategyLossMax: 99_995_000,
      accountLossMax: 300_000_100,
      referenceAgeMax: 1_500_000,
    })
  })

  test('leave none out: a limit that is missing or not a number would deny everything', () => {
    const limits: RiskLimits = riskLimits(1_000_000, WORDS)
    for (const [name, value] of Object.entries(limits))
      expect([name, Number.isFinite(value) && value > 0]).toEqual([name, true])
  })

  test.each([1, 33.33, 1_000, 1_000_000, 1e10])(
    'that follow from a capital of %d can be said in 1e-4 of the currency',
    (capital) => {
      const limits = riskLimits(capital, defaultLimits(capital))
      for (const value of Object.values(limits)) expect(Number.isFinite(value)).toBe(true)
      expect(limits.accountLossMax).toBeLessThan(limits.exposureMax)
    },
  )

  test('hold at the gate', () => {
    const limits = riskLimits(1_000_000, { ...WORDS, orderValueMax: 1_000 })
    const stage = createStage({ limits })
    stage.take(place(1, { quantity: 10 }), place(2, { quantity: 9 }))
    // 10 at the middle of the quote, 100.00, is the most to the unit; a step more is too much.
    stage.take(place(3, { quantity: 11 }))
    expect(stage.refusals()).toMatchObject([
      { ref: 3, refusal: { code: 'risk/order-value-max', value: 11_000_000, limit: 10_000_000 } },
    ])
  })
})
