/**
 * What a quantity is worth at a price, for comparing with limits: never throws, whatever a strategy asks.
 *
 * Out      Money, rounded up to the whole tick; Infinity where it leaves the exact range; NaN where there is no price
 */
import { type Instrument, notional } from '#sdk/instrument.ts'

/** Half of the safe range, so that a rough product just below it is surely exact. */
const EXACT = 2 ** 52

/** Value of `steps` at `ticks`; half a tick, as the middle of a quote may have, counts as a whole one. */
export function valueOf(instrument: Instrument, ticks: number, steps: number): number {
  if (!Number.isSafeInteger(steps)) return Number.isNaN(steps) ? Number.NaN : Infinity
  const units = Math.ceil(ticks)
  const product = units * steps
  const rough = (product * instrument.valueNumerator) / instrument.valueDenominator
  if (Number.isNaN(rough)) return Number.NaN
  if (Math.abs(product) > EXACT || Math.abs(rough) > EXACT) return Infinity
  return notional(instrument, units, steps)
}
