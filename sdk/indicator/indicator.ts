/**
 * Indicators as declared needs: a strategy names what it wants, the host computes it once for all readers.
 *
 * In       closed bars: high, low, close as decimals, volume in steps, and whether the bar is the first of a session
 * Out      one or more values per bar; NaN until ready
 */
import { type Timeframe, TIMEFRAMES } from '../bar.ts'
import type { IndicatorNeed } from '../manifest.ts'

declare const shape: unique symbol

/** A declared indicator. `V` is what a handler reads: a number, or an object of numbers. */
export interface Indicator<V> extends IndicatorNeed {
  /** Names of the values; one name "value" stands for a plain number. */
  readonly outputs: readonly string[]
  readonly [shape]?: V
}

/** The running computation for one instrument. Allocates when made, never in `update`. */
export interface Kernel {
  /** Takes one closed bar and writes all of this kernel's values to `out`, in the order of `outputs`; NaN until ready. */
  update(
    high: number,
    low: number,
    close: number,
    volume: number,
    sessionStart: boolean,
    out: Float64Array,
  ): void
}

/** How the host finds an indicator by name. */
export interface IndicatorKind {
  readonly name: string
  readonly outputs: readonly string[]
  /** Throws a RangeError that says what is wrong with the parameters. */
  kernel(params: Readonly<Record<string, number>>): Kernel
  /** Closed bars until the first value that is not NaN. Throws like `kernel`. */
  warmUp(params: Readonly<Record<string, number>>): number
}

export interface PeriodOn {
  readonly period: number
  readonly on: Timeframe
}

/** What an author declares: frozen plain data, its parameters checked on the spot. */
export function declareIndicator<V>(
  kind: IndicatorKind,
  { on, params }: { readonly on: Timeframe; readonly params: Readonly<Record<string, number>> },
): Indicator<V> {
  kind.warmUp(params)
  if (!TIMEFRAMES.includes(on)) {
    throw new RangeError(`${kind.name}: on is ${on}; it must be one of ${TIMEFRAMES.join(', ')}`)
  }
  return Object.freeze({
    name: kind.name,
    params: Object.freeze({ ...params }),
    on,
    outputs: kind.outputs,
  })
}

/** Refuses parameters that the indicator does not know: a misspelt one would be silently ignored. */
export function checkNames(
  name: string,
  {
    params,
    known,
  }: { readonly params: Readonly<Record<string, number>>; readonly known: readonly string[] },
): void {
  for (const given of Object.keys(params)) {
    if (!known.includes(given)) {
      throw new RangeError(
        `${name}: ${given} is unknown; it takes ${known.join(', ') || 'nothing'}`,
      )
    }
  }
}

/** The one parameter of most indicators: `period`, and nothing else. */
export function onlyPeriod(name: string, params: Readonly<Record<string, number>>): number {
  checkNames(name, { params, known: ['period'] })
  return checkPeriod(name, 'period', params['period'])
}

/** A count of bars: a whole number from 1 to 10000. */
export function checkPeriod(name: string, what: string, value: number | undefined): number {
  if (value === undefined || !Number.isInteger(value) || value < 1 || value > 10_000) {
    throw new RangeError(`${name}: ${what} is ${value}; it must be a whole number from 1 to 10000`)
  }
  return value
}
