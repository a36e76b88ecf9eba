/**
 * The two smoothings that other indicators are made of.
 *
 * In       one number at a time
 * Out      its smoothed value
 * Units    floats, in the unit of the input
 * Source   Wilder, New Concepts in Technical Trading Systems, 1978; seeds as in the npm package trading-signals
 */

/** Exponential: each value weighs 2 / (period + 1). Seeded by the first input. */
export class ExponentialSmoothing {
  readonly #weight: number
  readonly #rest: number
  #value = Number.NaN

  constructor(period: number) {
    this.#weight = 2 / (period + 1)
    this.#rest = 1 - this.#weight
  }

  next(input: number): number {
    const before = Number.isNaN(this.#value) ? input : this.#value
    this.#value = input * this.#weight + before * this.#rest
    return this.#value
  }
}

/** Wilder's: each value weighs 1 / period. Seeded by the average of the first `period` inputs; NaN before. */
export class WilderSmoothing {
  readonly #period: number
  readonly #weight: number
  #seen = 0
  #value = 0

  constructor(period: number) {
    this.#period = period
    this.#weight = 1 / period
  }

  next(input: number): number {
    if (this.#seen === this.#period) {
      this.#value = (input - this.#value) * this.#weight + this.#value
      return this.#value
    }
    this.#value += input
    this.#seen++
    if (this.#seen < this.#period) return Number.NaN
    this.#value /= this.#period
    return this.#value
  }
}
