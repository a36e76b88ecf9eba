import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { createCalendar } from './session.ts'

const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds * 1000
const HOUR = 3_600_000_000

const newYork = () =>
  createCalendar({ kind: 'daily', zone: 'America/New_York', opens: '09:30', closes: '16:00' })
const kolkata = () =>
  createCalendar({ kind: 'daily', zone: 'Asia/Kolkata', opens: '09:15', closes: '15:30' })

describe('a daily session', () => {
  test.each([
    ['in winter', '2026-01-15T18:00:00Z', '2026-01-15T14:30:00Z', '2026-01-15T21:00:00Z'],
    ['in summer', '2026-07-15T18:00:00Z', '2026-07-15T13:30:00Z', '2026-07-15T20:00:00Z'],
    [
      'on the day the clocks go forward',
      '2026-03-08T18:00:00Z',
      '2026-03-08T13:30:00Z',
      '2026-03-08T20:00:00Z',
    ],
    [
      'on the day the clocks go back',
      '2026-11-01T18:00:00Z',
      '2026-11-01T14:30:00Z',
      '2026-11-01T21:00:00Z',
    ],
  ])('opens and closes by the clocks of New York %s', (_, time, opens, closes) => {
    expect(newYork().session(at(time))).toMatchObject({ opensAt: at(opens), closesAt: at(closes) })
  })

  test('opens and closes by the clocks of Kolkata, half an hour off the others', () => {
    expect(kolkata().session(at('2026-07-15T05:00:00Z'))).toEqual({
      from: at('2026-07-14T18:30:00Z'),
      until: at('2026-07-15T18:30:00Z'),
      opensAt: at('2026-07-15T03:45:00Z'),
      closesAt: at('2026-07-15T10:00:00Z'),
    })
  })

  test('takes over at midnight of its zone, to the microsecond', () => {
    const calendar = newYork()
    const midnight = at('2026-07-15T04:00:00Z')
    expect(calendar.session(midnight - 1).opensAt).toBe(at('2026-07-14T13:30:00Z'))
    expect(calendar.session(midnight).opensAt).toBe(at('2026-07-15T13:30:00Z'))
  })

  test('may be the whole day, which has 23 hours where the clocks go forward', () => {
    const calendar = createCalendar({
      kind: 'daily',
      zone: 'America/New_York',
      opens: '00:00',
      closes: '24:00',
    })
    const { from, until, opensAt, closesAt } = calendar.session(at('2026-03-08T12:00:00Z'))
    expect([opensAt, closesAt]).toEqual([from, until])
    expect(closesAt - opensAt).toBe(23 * HOUR)
    expect(calendar.session(closesAt).opensAt).toBe(closesAt)
  })

  test('that closes at or before its opening time runs into the next day', () => {
    const calendar = createCalendar({
      kind: 'daily',
      zone: 'America/Chicago',
      opens: '17:00',
      closes: '16:00',
    })
    const evening = calendar.session(at('2026-01-15T23:30:00Z'))
    expect(evening).toEqual({
      from: at('2026-01-15T22:00:00Z'),
      until: at('2026-01-16T22:00:00Z'),
      opensAt: at('2026-01-15T23:00:00Z'),
      closesAt: at('2026-01-16T22:00:00Z'),
    })
    expect(calendar.session(at('2026-01-16T12:00:00Z'))).toEqual(evening)
  })

  test.each(['9:15', '24:01', '12:60', 'noon', ''])('cannot open at "%s"', (opens) => {
    expect(() => createCalendar({ kind: 'daily', zone: 'UTC', opens, closes: '23:00' })).toThrow(
      'Civil time',
    )
  })

  test('cannot stand in a zone that does not exist', () => {
    expect(() =>
      createCalendar({ kind: 'daily', zone: 'Asia/Gotham', opens: '09:00', closes: '17:00' }),
    ).toThrow('Asia/Gotham')
  })
})

describe('endless sessions', () => {
  test('follow one another, aligned to the epoch', () => {
    const calendar = createCalendar({ kind: 'always', minutes: 60 })
    const start = at('2026-01-15T18:00:00Z')
    expect(calendar.session(start - 1).closesAt).toBe(start)
    expect(calendar.session(start)).toEqual({
      from: start,
      until: start + HOUR,
      opensAt: start,
      closesAt: start + HOUR,
    })
  })

  test('have the days of UTC', () => {
    const calendar = createCalendar({ kind: 'always', minutes: 60 })
    expect(calendar.day(at('2026-01-15T23:59:59Z'))).toEqual({
      start: at('2026-01-15T00:00:00Z'),
      end: at('2026-01-16T00:00:00Z'),
    })
  })

  test.each([0, -5, 1.5, Number.NaN])('cannot be %p minutes long', (minutes) => {
    expect(() => createCalendar({ kind: 'always', minutes })).toThrow('minutes')
  })
})

describe('every calendar', () => {
  const rules = fc.constantFrom(
    ...(
      ['America/New_York', 'Asia/Kolkata', 'Europe/London', 'Africa/Cairo', 'Pacific/Apia'] as const
    ).flatMap((zone) => [
      { kind: 'daily' as const, zone, opens: '09:30', closes: '16:00' },
      { kind: 'daily' as const, zone, opens: '18:00', closes: '17:00' },
      { kind: 'daily' as const, zone, opens: '00:00', closes: '24:00' },
    ]),
    { kind: 'always' as const, minutes: 7 },
  )
  const times = fc.array(fc.integer({ min: 0, max: at('2040-01-01T00:00:00Z') }), {
    minLength: 1,
    maxLength: 30,
  })

  test('gives every moment exactly one session and one day, whatever it was asked before', () => {
    fc.assert(
      fc.property(rules, times, (rule, moments) => {
        const used = createCalendar(rule)
        for (const moment of moments) {
          const session = used.session(moment)
          expect(session).toEqual(createCalendar(rule).session(moment))
          expect(session.from <= moment && moment < session.until).toBe(true)
          expect(used.session(session.until).from).toBe(session.until)
          const day = used.day(moment)
          expect(day.start <= moment && moment < day.end).toBe(true)
          expect(used.day(day.end).start).toBe(day.end)
        }
      }),
      { numRuns: 200 },
    )
  })
})
