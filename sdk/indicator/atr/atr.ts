/**
 * Average true range, smoothed in Wilder's way.
 *
 * In       closed bars: high, low, close
 * Out      one value; NaN before bar `period`
 * Units    decimals of the currency; floats
 * Refuses  a period that is not a whole number from 1 to 10000
 * Seed     the range of the first bar is high - low: it has no close before it
 * Source   Wilder, New Concepts in Technical Trading Systems, 1978
 */
import {
  declareIndicator,
  type Indicator,
  type IndicatorKind,
  type Kernel,
  onlyPeriod,
  type PeriodOn,
} from '../indicator.ts'
import { WilderSmoothing } from '../smoothing.ts'

class AtrKernel implements Kernel {
  readonly #ranges: WilderSmoothing
  #before = Number.NaN

  constructor(period: number) {
    this.#ranges = new WilderSmoothing(period)
  }

  update(
    high: number,
    low: number,
    close: number,
    _volume: number,
    _sessionStart: boolean,
    out: Float64Array,
  ): void {
    const before = this.#before
    let range = high - low
    if (!Number.isNaN(before)) {
      const up = Math.abs(high - before)
      const down = Math.abs(low - before)
      if (up > range) range = up
      if (down > range) range = down
    }
    this.#before = close
    out[0] = this.#ranges.next(range)
  }
}

/** How the host computes it. */
export const atrKind: IndicatorKind = Object.freeze({
  name: 'atr',
  outputs: Object.freeze(['value']),
  kernel: (params: Readonly<Record<string, number>>) => new AtrKernel(onlyPeriod('atr', params)),
  warmUp: (params: Readonly<Record<string, number>>) => onlyPeriod('atr', params),
})

/** Average true range: `atr({ period: 14, on: '5m' })`. */
export function atr({ period, on }: PeriodOn): Indicator<number> {
  return declareIndicator(atrKind, { on, params: { period } })
}
