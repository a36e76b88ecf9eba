/**
 * Civil dates and times of an exchange's zone as microseconds since the epoch.
 *
 * Source   days from a civil date: Howard Hinnant, chrono-compatible low-level date algorithms
 */

/** Days from 1970-01-01 to a date of the Gregorian calendar; NaN for a date that does not exist. */
export function daysFromCivil(year: number, month: number, day: number): number {
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return Number.NaN
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/**
 * Microseconds at civil midnight of `date` ("20131007") in `zone`; undefined for a date that does not exist.
 * Measured back from noon: where clocks change in the night, trading hours stay right.
 */
export function civilMidnight(date: string, zone: string): number | undefined {
  const year = Number(date.slice(0, 4))
  const month = Number(date.slice(4, 6))
  const day = Number(date.slice(6, 8))
  if (Number.isNaN(daysFromCivil(year, month, day))) return undefined
  const noon = Temporal.PlainDateTime.from({ year, month, day, hour: 12 }).toZonedDateTime(zone)
  return (noon.epochMilliseconds - 12 * 3_600_000) * 1000
}

/** Microseconds from midnight to a civil time like "09:30". */
export function civilTime(text: string): number {
  const time = Temporal.PlainTime.from(text)
  return ((time.hour * 60 + time.minute) * 60 + time.second) * 1_000_000
}
