/**
 * Moving average convergence divergence of the closes.
 *
 * In       closed bars: close
 * Out      macd (fast average - slow average), signal (average of macd), histogram (macd - signal); NaN before bar `slow`
 * Units    decimals of the currency; floats
 * Refuses  periods that are not whole numbers from 1 to 10000; a fast one that is not below the slow one
 * Seed     both averages by the first close; the signal by the macd of bar `slow`, so that all three begin there, as
 *          trading-signals does. TA-Lib begins `signal - 1` bars later
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
import { ExponentialSmoothing } from '../smoothing.ts'

interface Periods {
  readonly fast: number
  readonly slow: number
  readonly signal: number
}

class MacdKernel implements Kernel {
  readonly #fast: ExponentialSmoothing
  readonly #slow: ExponentialSmoothing
  readonly #signal: ExponentialSmoothing
  #missing: number

  constructor({ fast, slow, signal }: Periods) {
    this.#fast = new ExponentialSmoothing(fast)
    this.#slow = new ExponentialSmoothing(slow)
    this.#signal = new ExponentialSmoothing(signal)
    this.#missing = slow
  }

  update(
    _high: number,
    _low: number,
    close: number,
    _volume: number,
    _sessionStart: boolean,
    out: Float64Array,
  ): void {
    const macd = this.#fast.next(close) - this.#slow.next(close)
    if (this.#missing > 0) this.#missing--
    if (this.#missing > 0) {
      out[0] = Number.NaN
      out[1] = Number.NaN
      out[2] = Number.NaN
      return
    }
    const signal = this.#signal.next(macd)
    out[0] = macd
    out[1] = signal
    out[2] = macd - signal
  }
}

function periods(params: Readonly<Record<string, number>>): Periods {
  checkNames('macd', { params, known: ['fast', 'slow', 'signal'] })
  const fast = checkPeriod('macd', 'fast', params['fast'])
  const slow = checkPeriod('macd', 'slow', params['slow'])
  const signal = checkPeriod('macd', 'signal', params['signal'])
  if (fast >= slow)
    throw new RangeError(`macd: fast is ${fast}; it must be below slow, which is ${slow}`)
  return { fast, slow, signal }
}

/** How the host computes it. */
export const macdKind: IndicatorKind = Object.freeze({
  name: 'macd',
  outputs: Object.freeze(['macd', 'signal', 'histogram']),
  kernel: (params: Readonly<Record<string, number>>) => new MacdKernel(periods(params)),
  warmUp: (params: Readonly<Record<string, number>>) => periods(params).slow,
})

/** What a handler reads of a macd. */
export interface MacdValue {
  readonly macd: number
  readonly signal: number
  readonly histogram: number
}

/** Convergence of two averages: `macd({ fast: 12, slow: 26, signal: 9, on: '5m' })`. */
export function macd({
  fast,
  slow,
  signal,
  on,
}: Periods & { readonly on: Timeframe }): Indicator<MacdValue> {
  return declareIndicator(macdKind, { on, params: { fast, slow, signal } })
}
