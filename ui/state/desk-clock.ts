/**
 * The desk's time between its messages: the last time it said, carried on at the pace it has shown.
 *
 * In       the desk's time (microseconds) and the moment it was heard (milliseconds of a steady clock)
 * Out      the desk's time now; never earlier than a time it gave before
 */
export interface DeskClock {
  heard(deskNow: number, at: number): void
  /** Desk time, microseconds; 0 before the desk has spoken. */
  now(at: number): number
}

/** Shortest stretch that a pace is measured over, milliseconds. */
const STRETCH = 2_000

export function createDeskClock(): DeskClock {
  let anchor: { readonly desk: number; readonly at: number } | undefined
  let last: { readonly desk: number; readonly at: number } | undefined
  // Desk microseconds in one millisecond of ours: 1000 unless a tape is played faster or slower.
  let pace = 1000
  let shown = 0

  return {
    heard(deskNow, at) {
      anchor ??= { desk: deskNow, at }
      if (at - anchor.at >= STRETCH) {
        pace = Math.max(0, (deskNow - anchor.desk) / (at - anchor.at))
        anchor = { desk: deskNow, at }
      }
      // A desk that starts again on another tape may be earlier; then the old time is worth nothing.
      if (last !== undefined && deskNow < last.desk) shown = 0
      last = { desk: deskNow, at }
    },
    now(at) {
      if (last === undefined) return 0
      shown = Math.max(shown, Math.round(last.desk + (at - last.at) * pace))
      return shown
    },
  }
}
