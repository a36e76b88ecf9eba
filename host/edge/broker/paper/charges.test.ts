import { describe, expect, test } from 'bun:test'

import { money, price, quantity } from '#sdk/money.ts'

import { createChargeOf } from './charges.ts'
import { listed } from './stage.fixture.ts'

const [instrument] = listed(1)
if (instrument === undefined) throw new Error('No instrument')

describe('charges', () => {
  const one = { price: price(10_000), quantity: quantity(1), first: false }

  test('of 1 bps on 100.00 are 0.01', () => {
    expect(createChargeOf({ perOrder: money(0), bps: 1 })(instrument, one)).toBe(money(100))
  })

  test('are rounded up, never down', () => {
    const chargeOf = createChargeOf({ perOrder: money(0), bps: 1 })
    expect(chargeOf(instrument, { ...one, price: price(10_001) })).toBe(money(101))
  })

  test('have the flat part on the first execution of an order alone', () => {
    const chargeOf = createChargeOf({ perOrder: money(200_000), bps: 0 })
    expect(chargeOf(instrument, { ...one, first: true })).toBe(money(200_000))
    expect(chargeOf(instrument, one)).toBe(money(0))
  })

  test('stay exact where the product leaves the safe range', () => {
    const chargeOf = createChargeOf({ perOrder: money(0), bps: 2.5 })
    // 9,000,000 x 100,000.01 = 900,000,090,000.00; 2.5 bps of it are 225,000,022.50.
    const execution = { price: price(10_000_001), quantity: quantity(9_000_000), first: false }
    expect(chargeOf(instrument, execution)).toBe(money(2_250_000_225_000))
  })

  test('finer than 0.0001 bps are refused', () => {
    expect(() => createChargeOf({ perOrder: money(0), bps: 0.00001 })).toThrow('finer')
  })
})
