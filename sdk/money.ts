/**
 * Numbers with a unit: what prices, quantities and money are made of.
 *
 * Units    Price in ticks of the instrument, Quantity in steps of the instrument, Money in 1e-4 of the currency
 * Asserts  every value is a safe integer; a product that could pass 2^53 goes through `mulDiv`
 */
import { assert } from './assert.ts'

declare const unit: unique symbol

/** Whole ticks of one instrument: 39295 is 392.95 where the tick is 0.01. */
export type Price = number & { readonly [unit]: 'price' }
/** Whole quantity steps of one instrument. Signed where it is a position, positive where it is an order. */
export type Quantity = number & { readonly [unit]: 'quantity' }
/** 1e-4 of the currency, exact. */
export type Money = number & { readonly [unit]: 'money' }
/** Microseconds since the epoch. */
export type Micros = number

export const MONEY_SCALE = 10_000

export function price(ticks: number): Price {
  assert(Number.isSafeInteger(ticks), `Price ${ticks} is not a whole number of ticks`)
  return ticks as Price
}

export function quantity(steps: number): Quantity {
  assert(Number.isSafeInteger(steps), `Quantity ${steps} is not a whole number of steps`)
  return steps as Quantity
}

export function money(units: number): Money {
  assert(Number.isSafeInteger(units), `Money ${units} is not a safe integer of 1e-4`)
  return (units === 0 ? 0 : units) as Money
}

/** `a * b / divisor`, exact, rounded half away from zero. */
export function mulDiv(a: number, b: number, divisor: number): number {
  assert(Number.isSafeInteger(a) && Number.isSafeInteger(b), `Cannot multiply ${a} by ${b} exactly`)
  assert(Number.isSafeInteger(divisor) && divisor > 0, `Cannot divide by ${divisor}`)
  const product = a * b
  if (Number.isSafeInteger(product)) {
    if (divisor === 1) return product
    const half = Math.floor(divisor / 2)
    const size = Math.abs(product)
    const whole = Math.floor(size / divisor)
    const rest = size - whole * divisor
    const rounded = rest > half || (rest === half && divisor % 2 === 0) ? whole + 1 : whole
    return product < 0 ? -rounded : rounded
  }
  return mulDivWide(a, b, divisor)
}

function mulDivWide(a: number, b: number, divisor: number): number {
  const product = BigInt(a) * BigInt(b)
  const size = product < 0n ? -product : product
  const rounded = Number((size * 2n + BigInt(divisor)) / (BigInt(divisor) * 2n))
  assert(Number.isSafeInteger(rounded), `${a} * ${b} / ${divisor} leaves the safe range`)
  return product < 0n ? -rounded : rounded
}

/** Money as a decimal of the currency, for people and files: 12345 is 1.2345. */
export function moneyToDecimal(value: Money): number {
  return value / MONEY_SCALE
}

/** A decimal of the currency as Money; refuses what is finer than 1e-4. */
export function moneyFromDecimal(value: number): Money {
  const units = Math.round(value * MONEY_SCALE)
  assert(Math.abs(units / MONEY_SCALE - value) < 1e-9, `Money ${value} is finer than 0.0001`)
  return money(units)
}
