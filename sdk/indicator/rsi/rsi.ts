/**
 * Relative strength index of the closes, smoothed in Wilder's way.
 *
 * In       closed bars: close
 * Out      0 to 100; NaN before bar `period + 1`
 * Units    percent; floats
 * Refuses  a period that is not a whole number from 1 to 10000
 * Edge     100 where there was no loss, also in a market that did not move at all, as trading-signals has it
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

class RsiKernel implements Kernel {
  readonly #gains: WilderSmoothing
  readonly #losses: WilderSmoothing
  #before = Number.NaN

  constructor(period: number) {
    this.#gains = new WilderSmoothing(period)
    this.#losses = new WilderSmoothing(period)
  }

  update(
    _high: number,
    _low: number,
    close: number,
    _volume: number,
    _sessionStart: boolean,
    out: Float64Array,
  ): void {
    const before = this.#before
    this.#before = close
    if (Number.isNaN(before)) {
      out[0] = Number.NaN
      return
    }
    const gain = this.#gains.next(close > before ? close - before : 0)
    const loss = this.#losses.next(close > before ? 0 : before - close)
    out[0] = loss === 0 ? 100 : 100 - 100 / (gain / loss + 1)
  }
}

/** How the host computes it. */
export const rsiKind: IndicatorKind = Object.freeze({
  name: 'rsi',
  outputs: Object.freeze(['value']),
  kernel: (params: Readonly<Record<string, number>>) => new RsiKernel(onlyPeriod('rsi', params)),
  warmUp: (params: Readonly<Record<string, number>>) => onlyPeriod('rsi', params) + 1,
})

/** Relative strength index: `rsi({ period: 14, on: '5m' })`. */
export function rsi({ period, on }: PeriodOn): Indicator<number> {
  return declareIndicator(rsiKind, { on, params: { period } })
}
