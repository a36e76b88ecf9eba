import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { backOffMillis } from './back-off.ts'

const failures = fc.nat({ max: 10_000 })
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('the wait before the next attempt', () => {
  test('doubles from half a second to ten seconds', () => {
    const waits = [0, 1, 2, 3, 4, 5, 6].map((count) => backOffMillis(count, 0))
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000])
  })

  test('is never shorter than three eighths of a second nor longer than ten', () => {
    fc.assert(
      fc.property(failures, random, (count, chance) => {
        const wait = backOffMillis(count, chance)
        return wait >= 375 && wait <= 10_000
      }),
    )
  })
})
