/**
 * When the session ends that a DAY order lives in.
 *
 * In       an instrument row and a time
 * Out      the next close strictly after that time; infinity for an instrument that never closes
 * Units    microseconds since the epoch
 * Touches  nothing: civil time by the zone rules alone. Weekends and holidays are not known here; an order sent on a
 *          day without a session ends at the close that day would have had
 */
import { assert } from '#sdk/assert.ts'
import type { Instrument } from '#sdk/instrument.ts'

/** The close, strictly after `time`, of the instrument in row `index`. */
export type ClosesAt = (index: number, time: number) => number

const MICROS_PER_MILLI = 1000

/** Closes by each instrument's own session rule. */
export function createClosesAt(instruments: readonly Instrument[]): ClosesAt {
  // The answer holds from the time it was asked at until the close itself; zone arithmetic costs microseconds.
  const askedAt = new Float64Array(instruments.length).fill(Number.POSITIVE_INFINITY)
  const closes = new Float64Array(instruments.length)
  return (index, time) => {
    const instrument = instruments[index]
    assert(instrument !== undefined, `No instrument stands in row ${index}`)
    const rule = instrument.session
    if (rule.kind === 'always') return Number.POSITIVE_INFINITY
    if (time >= (askedAt[index] as number) && time < (closes[index] as number))
      return closes[index] as number
    const close = nextClose(rule, time)
    askedAt[index] = time
    closes[index] = close
    return close
  }
}

function nextClose(rule: { readonly zone: string; readonly closes: string }, time: number): number {
  const day = Temporal.Instant.fromEpochMilliseconds(Math.floor(time / MICROS_PER_MILLI))
    .toZonedDateTimeISO(rule.zone)
    .toPlainDate()
  const today = closeOn(day, rule)
  return today > time ? today : closeOn(day.add({ days: 1 }), rule)
}

function closeOn(
  day: Temporal.PlainDate,
  rule: { readonly zone: string; readonly closes: string },
): number {
  const close = day.toZonedDateTime({ timeZone: rule.zone, plainTime: rule.closes })
  return close.epochMilliseconds * MICROS_PER_MILLI
}
