/**
 * Worst-case value of the account over all instruments, kept as a running sum.
 *
 * In       one instrument's position, open orders and reference, each time one of them moved
 * Out      the sum, at the references last given; constant cost per change
 * Units    Money in 1e-4 of the currency
 */
import type { Instrument } from '#sdk/instrument.ts'

import { valueOf } from './value.ts'

/** Position and open orders of the account in one instrument, in steps. */
export interface InstrumentExposure {
  readonly position: number
  readonly openBuys: number
  readonly openSells: number
  /** Price to value it by, in ticks. NaN keeps the last one; before the first, the sum is NaN, which denies. */
  readonly reference: number
}

export interface GrossExposure {
  readonly total: number
  update(instrument: number, exposure: InstrumentExposure): void
}

/** The larger of what could be held long and what could be held short: nothing open is netted off. */
export function worstSteps({ position, openBuys, openSells }: InstrumentExposure): number {
  return Math.max(Math.max(position, 0) + openBuys, Math.max(-position, 0) + openSells)
}

/** Keeps the sum. Update it on every change of an order or a position, and now and then for moved prices. */
export function createGrossExposure({
  instruments,
}: {
  readonly instruments: readonly Instrument[]
}): GrossExposure {
  const values: number[] = instruments.map(() => 0)
  const references: number[] = instruments.map(() => Number.NaN)
  let sum = 0
  let unpriced = 0

  return {
    get total() {
      return unpriced > 0 ? Number.NaN : sum
    },
    update(index, exposure) {
      const instrument = instruments[index]
      if (!instrument) return
      if (exposure.reference > 0) references[index] = exposure.reference
      const steps = worstSteps(exposure)
      const value = steps === 0 ? 0 : valueOf(instrument, references[index] ?? Number.NaN, steps)
      const before = values[index] ?? 0
      // A value that is no number would poison the sum for ever; it is counted beside it.
      if (Number.isFinite(before)) sum -= before
      else unpriced--
      if (Number.isFinite(value)) sum += value
      else unpriced++
      values[index] = value
    },
  }
}
