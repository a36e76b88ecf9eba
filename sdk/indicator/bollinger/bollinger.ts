/**
 * Bollinger bands of the closes: the average, and lines a number of standard deviations from it.
 *
 * In       closed bars: close
 * Out      lower, middle, upper; NaN before bar `period`
 * Units    decimals of the currency; floats. The deviation is that of the whole window (divided by `period`)
 * Refuses  a period that is not a whole number from 1 to 10000; deviations not above 0 and at most 100
 * Source   Bollinger on Bollinger Bands, 2001
 */
import type { Timeframe } from '../../bar.ts'
import {
  checkNames,
  checkPeriod,
  declareIndicator,
  type Indicator,
  type IndicatorKind,
  type Kernel,
} from '../indicator.ts'

interface Terms {
  readonly period: number
  readonly deviations: number
}

/** Rounding of one step, and the part of the spread that all steps of a window may cost. */
const ROUNDING = 2.3e-16
const TOLERANCE = 1e-10

/**
 * Sums of the window's distances from an origin near it, moved on bar by bar. What the moving loses is bounded: the sums
 * are made again once a period, and at once where the spread became small against the greatest sum since.
 */
class BollingerKernel implements Kernel {
  readonly #closes: Float64Array
  readonly #period: number
  readonly #deviations: number
  readonly #worn: number
  #next = 0
  #full = false
  #origin = 0
  #sum = 0
  #squares = 0
  #greatest = 0

  constructor({ period, deviations }: Terms) {
    this.#closes = new Float64Array(period)
    this.#period = period
    this.#deviations = deviations
    this.#worn = (period * ROUNDING) / TOLERANCE
  }

  update(
    _high: number,
    _low: number,
    close: number,
    _volume: number,
    _sessionStart: boolean,
    out: Float64Array,
  ): void {
    this.#take(close)
    if (!this.#full) {
      out[0] = Number.NaN
      out[1] = Number.NaN
      out[2] = Number.NaN
      return
    }
    const period = this.#period
    let spread = this.#squares - (this.#sum * this.#sum) / period
    if (spread < this.#greatest * this.#worn) {
      this.#sumAgain()
      spread = this.#squares - (this.#sum * this.#sum) / period
    }
    const middle = this.#origin + this.#sum / period
    const distance = Math.sqrt(spread > 0 ? spread / period : 0) * this.#deviations
    out[0] = middle - distance
    out[1] = middle
    out[2] = middle + distance
  }

  #take(close: number): void {
    const at = this.#next
    const came = close - this.#origin
    const left = (this.#closes[at] as number) - this.#origin
    this.#closes[at] = close
    this.#sum += came - left
    this.#squares += came * came - left * left
    if (this.#squares > this.#greatest) this.#greatest = this.#squares
    this.#next = at + 1
    if (at + 1 === this.#period) {
      this.#next = 0
      this.#full = true
      this.#sumAgain()
    }
  }

  #sumAgain(): void {
    const closes = this.#closes
    let total = 0
    for (let at = 0; at < closes.length; at++) total += closes[at] as number
    const origin = total / this.#period
    let sum = 0
    let squares = 0
    for (let at = 0; at < closes.length; at++) {
      const distance = (closes[at] as number) - origin
      sum += distance
      squares += distance * distance
    }
    this.#origin = origin
    this.#sum = sum
    this.#squares = squares
    this.#greatest = squares
  }
}

function terms(params: Readonly<Record<string, number>>): Terms {
  checkNames('bollinger', { params, known: ['period', 'deviations'] })
  const period = checkPeriod('bollinger', 'period', params['period'])
  const deviations = params['deviations']
  if (typeof deviations !== 'number' || !(deviations > 0 && deviations <= 100)) {
    throw new RangeError(
      `bollinger: deviations is ${deviations}; it must be above 0 and at most 100`,
    )
  }
  return { period, deviations }
}

/** How the host computes it. */
export const bollingerKind: IndicatorKind = Object.freeze({
  name: 'bollinger',
  outputs: Object.freeze(['lower', 'middle', 'upper']),
  kernel: (params: Readonly<Record<string, number>>) => new BollingerKernel(terms(params)),
  warmUp: (params: Readonly<Record<string, number>>) => terms(params).period,
})

/** What a handler reads of the bands. */
export interface BollingerValue {
  readonly lower: number
  readonly middle: number
  readonly upper: number
}

/** Bands around the average: `bollinger({ period: 20, deviations: 2, on: '5m' })`. */
export function bollinger({
  period,
  deviations,
  on,
}: Terms & { readonly on: Timeframe }): Indicator<BollingerValue> {
  return declareIndicator(bollingerKind, { on, params: { period, deviations } })
}
