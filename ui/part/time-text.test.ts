import { describe, expect, test } from 'bun:test'

import { ageText, dayText, momentText, timeText } from './time-text.ts'

const SECOND = 1_000_000
const MOMENT = Date.UTC(2026, 10, 22, 3, 45, 7) * 1000

describe('times on the console', () => {
  test('are shown in UTC to the second', () => {
    expect(timeText(MOMENT, 'utc')).toBe('03:45:07')
  })

  test('midnight is hour 00', () => {
    expect(timeText(Date.UTC(2026, 10, 22) * 1000, 'utc')).toBe('00:00:00')
  })

  test('a moment carries its day and year', () => {
    expect(dayText(MOMENT, 'utc')).toBe('22 Nov')
    expect(momentText(MOMENT, 'utc')).toBe('22 Nov 2026, 03:45:07')
  })

  test.each([
    [0, 'now'],
    [SECOND - 1, 'now'],
    [SECOND, '1 s'],
    [99 * SECOND, '99 s'],
    [100 * SECOND, '1 m'],
    [6_000 * SECOND, '1 h'],
    [172_800 * SECOND, '2 d'],
  ])('an age of %d microseconds reads "%s"', (micros, text) => {
    expect(ageText(micros)).toBe(text)
  })
})
