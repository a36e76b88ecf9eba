/**
 * How long to wait before the next attempt to connect.
 *
 * In       number of attempts that failed in a row, from 0; a random number in [0, 1)
 * Out      milliseconds: doubling from 0.5 s to 10 s, shortened at random by up to a quarter, so that many consoles do
 *          not come back at the same moment
 */
export function backOffMillis(failures: number, random: number): number {
  const longest = Math.min(MILLIS_MAX, MILLIS_MIN * 2 ** Math.min(failures, 10))
  return Math.round(longest * (1 - random / 4))
}

const MILLIS_MIN = 500
const MILLIS_MAX = 10_000
