/**
 * Exponential moving average of the closes.
 *
 * In       closed bars: close
 * Out      one value; NaN before bar `period`
 * Units    decimals of the currency; floats
 * Refuses  a period that is not a whole number from 1 to 10000
 * Seed     the first close (not an average of the first `period`), as trading-signals does
 */
import {
  declareIndicator,
  type Indicator,
  type IndicatorKind,
  type Kernel,
  onlyPeriod,
  type PeriodOn,
} from '../indicator.ts'

class EmaKernel implements Kernel {
  readonly #weight: number
  readonly #rest: number
  // In a Float64Array, because each value waits for the one before it: measured a sixth faster than a field.
  readonly #state = new Float64Array(1).fill(Number.NaN)
  #missing: number

  constructor(period: number) {
    this.#weight = 2 / (period + 1)
    this.#rest = 1 - this.#weight
    this.#missing = period
  }

  update(
    _high: number,
    _low: number,
    close: number,
    _volume: number,
    _sessionStart: boolean,
    out: Float64Array,
  ): void {
    if (this.#missing > 0) {
      out[0] = this.#early(close)
      return
    }
    const value = close * this.#weight + (this.#state[0] as number) * this.#rest
    this.#state[0] = value
    out[0] = value
  }

  #early(close: number): number {
    const last = this.#state[0] as number
    const value = close * this.#weight + (Number.isNaN(last) ? close : last) * this.#rest
    this.#state[0] = value
    this.#missing--
    return this.#missing > 0 ? Number.NaN : value
  }
}

/** How the host computes it. */
export const emaKind: IndicatorKind = Object.freeze({
  name: 'ema',
  outputs: Object.freeze(['value']),
  kernel: (params: Readonly<Record<string, number>>) => new EmaKernel(onlyPeriod('ema', params)),
  warmUp: (params: Readonly<Record<string, number>>) => onlyPeriod('ema', params),
})

/** Exponential moving average of the last closes: `ema({ period: 20, on: '5m' })`. */
export function ema({ period, on }: PeriodOn): Indicator<number> {
  return declareIndicator(emaKind, { on, params: { period } })
}
