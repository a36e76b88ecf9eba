/**
 * Times as people read them.
 *
 * In       microseconds since the epoch; the zone to show them in
 * Out      text; the same 24-hour form everywhere, so that two times can be compared at a glance
 */
import type { Zone } from '../state/settings.svelte.ts'

const formats = new Map<string, Intl.DateTimeFormat>()

function format(micros: number, zone: Zone, options: Intl.DateTimeFormatOptions): string {
  const key = `${zone} ${JSON.stringify(options)}`
  let known = formats.get(key)
  if (known === undefined) {
    known = new Intl.DateTimeFormat('en-GB', {
      hourCycle: 'h23',
      ...(zone === 'utc' ? { timeZone: 'UTC' } : {}),
      ...options,
    })
    formats.set(key, known)
  }
  return known.format(micros / 1000)
}

/** "09:15:00". */
export function timeText(micros: number, zone: Zone): string {
  return format(micros, zone, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
}

/** "09:15". */
export function minuteText(micros: number, zone: Zone): string {
  return format(micros, zone, { hour: '2-digit', minute: '2-digit' })
}

/** "22 Nov". */
export function dayText(micros: number, zone: Zone): string {
  return format(micros, zone, { day: '2-digit', month: 'short' })
}

/** "Nov 2026". */
export function monthText(micros: number, zone: Zone): string {
  return format(micros, zone, { month: 'short', year: 'numeric' })
}

/** "22 Nov 2026, 09:15:00". */
export function momentText(micros: number, zone: Zone): string {
  return `${dayText(micros, zone)} ${format(micros, zone, { year: 'numeric' })}, ${timeText(micros, zone)}`
}

/** How the zone is called: "UTC", or what the browser calls its own. */
export function zoneText(zone: Zone): string {
  if (zone === 'utc') return 'UTC'
  const parts = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' }).formatToParts()
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'local'
}

/** How long ago, to one unit that matters: "now", "12 s", "4 m", "3 h", "2 d". */
export function ageText(micros: number): string {
  const seconds = Math.floor(micros / 1e6)
  if (seconds < 1) return 'now'
  if (seconds < 100) return `${seconds} s`
  if (seconds < 6_000) return `${Math.floor(seconds / 60)} m`
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}
