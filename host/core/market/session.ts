/**
 * Sessions: when an instrument trades, and which civil day a moment belongs to.
 *
 * In       a session rule; times in microseconds
 * Out      the session a moment belongs to, and the civil day
 * Units    microseconds since the epoch
 * Refuses  a zone, a civil time or a length that does not exist, when the calendar is made
 * Touches  nothing: the tables of time zones are part of the language
 *
 * A session belongs to a civil day of the exchange's zone and takes over at midnight there, so that prints before the
 * open count to the session that they lead to. Where a session closes at or before its opening time it runs into the next
 * day, and the next one takes over at that close. Weekends and holidays are not known: each civil day has a session.
 */
import { assert } from '#sdk/assert.ts'
import type { SessionRule } from '#sdk/instrument.ts'

/** One session. Moments from `from` up to `until` belong to it; it trades from `opensAt` up to `closesAt`. */
export interface Session {
  readonly from: number
  readonly until: number
  readonly opensAt: number
  readonly closesAt: number
}

/** A civil day: [start, end). 23 or 25 hours where the clocks change. */
export interface CivilDay {
  readonly start: number
  readonly end: number
}

/** Sessions and days of one rule. Answers for the same day come from memory; others cost a look into the zone's table. */
export interface Calendar {
  session(time: number): Session
  day(time: number): CivilDay
}

const MINUTE = 60_000_000
const DAY = 86_400_000_000

export function createCalendar(rule: SessionRule): Calendar {
  switch (rule.kind) {
    case 'always':
      return createEndless(rule.minutes)
    case 'daily':
      return createDaily(rule)
  }
}

/** One calendar for each different rule, however many instruments have it. */
export function createCalendars(
  instruments: readonly { readonly session: SessionRule }[],
): readonly Calendar[] {
  const made = new Map<string, Calendar>()
  return instruments.map(({ session }) => {
    const key = JSON.stringify(session)
    const calendar = made.get(key) ?? createCalendar(session)
    made.set(key, calendar)
    return calendar
  })
}

function createEndless(minutes: number): Calendar {
  assert(
    Number.isSafeInteger(minutes) && minutes > 0,
    `Session of ${minutes} minutes is not possible`,
  )
  const length = minutes * MINUTE
  return {
    session: remember((time) => {
      const opensAt = Math.floor(time / length) * length
      const closesAt = opensAt + length
      return { from: opensAt, until: closesAt, opensAt, closesAt }
    }),
    day(time) {
      const start = Math.floor(time / DAY) * DAY
      return { start, end: start + DAY }
    },
  }
}

function createDaily({ zone, opens, closes }: SessionRule & { readonly kind: 'daily' }): Calendar {
  assert(isZone(zone), `Time zone "${zone}" is not known`)
  const opening = minuteOfDay(opens)
  const closing = minuteOfDay(closes)
  const overnight = closing <= opening

  const days = remember((time) => {
    const date = dateAt(time, zone)
    const start = moment(date, { zone, minute: 0 })
    return { date, from: start, until: moment(date, { zone, minute: 1440 }) }
  })

  const session = remember((time) => {
    const today = days(time).date
    if (!overnight) {
      const opensAt = moment(today, { zone, minute: opening })
      const closesAt = moment(today, { zone, minute: closing })
      return { from: days(time).from, until: days(time).until, opensAt, closesAt }
    }
    const closed = time < moment(today, { zone, minute: closing })
    const date = closed ? today.subtract({ days: 1 }) : today
    const closesAt = moment(date.add({ days: 1 }), { zone, minute: closing })
    return {
      from: moment(date, { zone, minute: closing }),
      until: closesAt,
      opensAt: moment(date, { zone, minute: opening }),
      closesAt,
    }
  })

  const day = (time: number): CivilDay => {
    const { from, until } = days(time)
    return { start: from, end: until }
  }
  return { session, day }
}

/** Keeps the last two answers: bars of the day before close while the new one has begun. */
function remember<T extends { readonly from: number; readonly until: number }>(
  find: (time: number) => T,
): (time: number) => T {
  let newest: T | undefined
  let before: T | undefined
  return (time) => {
    if (newest !== undefined && time >= newest.from && time < newest.until) return newest
    if (before !== undefined && time >= before.from && time < before.until) return before
    before = newest
    newest = find(time)
    return newest
  }
}

function isZone(zone: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone)
    return true
  } catch {
    return false
  }
}

/** "09:15" as minutes since midnight; "24:00" is the end of the day. */
function minuteOfDay(text: string): number {
  const [, hours = '', minutes = ''] = /^(\d\d):(\d\d)$/.exec(text) ?? []
  const minute = Number(hours) * 60 + Number(minutes)
  const exists = hours !== '' && Number(minutes) < 60 && minute <= 1440
  assert(exists, `Civil time "${text}" is not one from 00:00 to 24:00`)
  return minute
}

function dateAt(time: number, zone: string): Temporal.PlainDate {
  const instant = Temporal.Instant.fromEpochMilliseconds(Math.floor(time / 1000))
  return instant.toZonedDateTimeISO(zone).toPlainDate()
}

/** The moment that the clocks of the zone show `minute`; the later one where they jump over it. */
function moment(
  date: Temporal.PlainDate,
  { zone, minute }: { readonly zone: string; readonly minute: number },
): number {
  if (minute === 1440) return moment(date.add({ days: 1 }), { zone, minute: 0 })
  // Midnight itself may not exist where the clocks change then: the day begins with its first moment.
  const zoned =
    minute === 0
      ? date.toZonedDateTime({ timeZone: zone })
      : date.toZonedDateTime({
          timeZone: zone,
          plainTime: { hour: Math.floor(minute / 60), minute: minute % 60 },
        })
  return zoned.epochMilliseconds * 1000
}
