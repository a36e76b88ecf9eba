/**
 * Simple moving average of the closes.
 *
 * In       closed bars: close
 * Out      one value; NaN before bar `period`
 * Units    decimals of the currency; floats
 * Refuses  a period that is not a whole number from 1 to 10000
 */
import {
  declareIndicator,
  type Indicator,
  type IndicatorKind,
  type Kernel,
  onlyPeriod,
  type PeriodOn,
} from '../indicator.ts'

/** A sum that fell below this part of its greatest has lost digits that matter, and is made again. */
const WORN = 1e-3

class SmaKernel implements Kernel {
  readonly #closes: Float64Array
  readonly #period: number
  #next = 0
  #full = false
  #sum = 0
  #greatest = 0

  constructor(period: number) {
    this.#closes = new Float64Array(period)
    this.#period = period
  }

  update(
    _high: number,
    _low: number,
    close: number,
    _volume: number,
    _sessionStart: boolean,
    out: Float64Array,
  ): void {
    const closes = this.#closes
    const at = this.#next
    this.#sum += close - (closes[at] as number)
    closes[at] = close
    if (this.#sum > this.#greatest) this.#greatest = this.#sum
    if (at + 1 === this.#period) {
      this.#next = 0
      this.#full = true
      this.#sumAgain()
    } else {
      this.#next = at + 1
      if (this.#full && this.#sum < this.#greatest * WORN) this.#sumAgain()
    }
    out[0] = this.#full ? this.#sum / this.#period : Number.NaN
  }

  /** Once a period: adding and taking away for ever would let rounding errors grow. */
  #sumAgain(): void {
    const closes = this.#closes
    let sum = 0
    for (let at = 0; at < closes.length; at++) sum += closes[at] as number
    this.#sum = sum
    this.#greatest = sum
  }
}

/** How the host computes it. */
export const smaKind: IndicatorKind = Object.freeze({
  name: 'sma',
  outputs: Object.freeze(['value']),
  kernel: (params: Readonly<Record<string, number>>) => new SmaKernel(onlyPeriod('sma', params)),
  warmUp: (params: Readonly<Record<string, number>>) => onlyPeriod('sma', params),
})

/** Average of the last `period` closes: `sma({ period: 20, on: '5m' })`. */
export function sma({ period, on }: PeriodOn): Indicator<number> {
  return declareIndicator(smaKind, { on, params: { period } })
}
