/**
 * Volume-weighted average price of the session, over the typical prices of its closed bars.
 *
 * In       closed bars: high, low, close, volume, and whether the bar is the first of a session
 * Out      one value from the first bar on; NaN only where the session has no volume yet
 * Units    decimals of the currency; floats
 * Restart  at the first bar of each session
 */
import type { Timeframe } from '../../bar.ts'
import {
  checkNames,
  declareIndicator,
  type Indicator,
  type IndicatorKind,
  type Kernel,
} from '../indicator.ts'

/** A product where a division would do: half the time, the same to the last digit but one. */
const THIRD = 1 / 3

class VwapKernel implements Kernel {
  #value = 0
  #volume = 0

  update(
    high: number,
    low: number,
    close: number,
    volume: number,
    sessionStart: boolean,
    out: Float64Array,
  ): void {
    if (sessionStart) {
      this.#value = 0
      this.#volume = 0
    }
    const value = this.#value + (high + low + close) * THIRD * volume
    const traded = this.#volume + volume
    this.#value = value
    this.#volume = traded
    out[0] = traded > 0 ? value / traded : Number.NaN
  }
}

function checked(params: Readonly<Record<string, number>>): void {
  checkNames('vwap', { params, known: [] })
}

/** How the host computes it. */
export const vwapKind: IndicatorKind = Object.freeze({
  name: 'vwap',
  outputs: Object.freeze(['value']),
  kernel(params: Readonly<Record<string, number>>) {
    checked(params)
    return new VwapKernel()
  },
  warmUp(params: Readonly<Record<string, number>>) {
    checked(params)
    return 1
  },
})

/** Volume-weighted average price of the session: `vwap({ on: '1m' })`. */
export function vwap({ on }: { readonly on: Timeframe }): Indicator<number> {
  return declareIndicator(vwapKind, { on, params: {} })
}
