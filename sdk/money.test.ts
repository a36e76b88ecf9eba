import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { InvariantError } from './assert.ts'
import {
  type Money,
  money,
  moneyFromDecimal,
  moneyToDecimal,
  mulDiv,
  price,
  quantity,
} from './money.ts'

const MAX = Number.MAX_SAFE_INTEGER

/** Half away from zero, in whole numbers of any size. */
function exactly(a: number, b: number, divisor: number): bigint {
  const product = BigInt(a) * BigInt(b)
  const size = product < 0n ? -product : product
  const rounded = (size + BigInt(divisor) / 2n) / BigInt(divisor)
  const up = BigInt(divisor) % 2n === 0n || (size % BigInt(divisor)) * 2n > BigInt(divisor)
  const answer = up ? rounded : size / BigInt(divisor)
  return product < 0n ? -answer : answer
}

describe('mulDiv', () => {
  test.each([
    [7, 1, 2, 4],
    [-7, 1, 2, -4],
    [5, 1, 3, 2],
    [4, 1, 3, 1],
    [0, 5, 3, 0],
    [MAX, MAX, MAX, MAX],
    [MAX, -3, 6, -4_503_599_627_370_496],
    [10, 10, 1, 100],
  ])('%p times %p through %p is %p', (a, b, divisor, answer) => {
    expect(mulDiv(a, b, divisor)).toBe(answer)
  })

  test('is always the exact quotient, rounded half away from zero, or an error', () => {
    const whole = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -1000, max: 1000 }))
    const divisors = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: MAX }))
    fc.assert(
      fc.property(whole, whole, divisors, (a, b, divisor) => {
        const exact = exactly(a, b, divisor)
        const safe = exact <= BigInt(MAX) && exact >= -BigInt(MAX)
        if (safe) expect(BigInt(mulDiv(a, b, divisor))).toBe(exact)
        else expect(() => mulDiv(a, b, divisor)).toThrow(InvariantError)
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    [0.5, 1, 1],
    [1, MAX + 1, 1],
    [1, 1, 0],
    [1, 1, -2],
    [1, Number.NaN, 1],
  ])('refuses %p, %p, %p', (a, b, divisor) => {
    expect(() => mulDiv(a, b, divisor)).toThrow(InvariantError)
  })
})

describe('numbers with a unit', () => {
  test.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, MAX + 1])('are never %p', (value) => {
    expect(() => price(value)).toThrow(InvariantError)
    expect(() => quantity(value)).toThrow(InvariantError)
    expect(() => money(value)).toThrow(InvariantError)
  })

  test('may be below zero: a short position, a loss, a price of a spread', () => {
    expect([price(-1), quantity(-2), money(-3)].map(Number)).toEqual([-1, -2, -3])
  })

  test('money has no zero below zero', () => {
    expect(Object.is(money(-0), 0)).toBe(true)
  })

  test('a plain number is not money', () => {
    // @ts-expect-error a number that nobody checked has no unit
    const forged: Money = 5
    expect(forged).toBe(money(5))
  })
})

describe('money as a decimal', () => {
  test('comes back the same from every amount below a hundred billion', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), (units) => {
        expect(moneyFromDecimal(moneyToDecimal(money(units)))).toBe(money(units))
      }),
    )
  })

  test('is refused where it is finer than 0.0001', () => {
    expect(moneyFromDecimal(1.2345)).toBe(money(12_345))
    expect(() => moneyFromDecimal(1.234_51)).toThrow(InvariantError)
  })
})
