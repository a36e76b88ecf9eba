/** What the person prefers, kept in the browser. */
import { type Timeframe, TIMEFRAMES } from '#sdk/bar.ts'

export const ZONES = ['utc', 'local'] as const
export type Zone = (typeof ZONES)[number]

/** Timeframes of the chart, in the order of their keys 1 to 6. */
export const CHART_TIMEFRAMES = TIMEFRAMES.filter((timeframe) => timeframe !== '1d')

export interface Settings {
  zone: Zone
  timeframe: Timeframe
  /** Id of the instrument on the chart; empty before one was chosen. */
  instrument: string
}

export function createSettings(): Settings {
  let zone = $state<Zone>(ZONES.find((one) => one === recall('zone')) ?? 'utc')
  let timeframe = $state<Timeframe>(
    CHART_TIMEFRAMES.find((one) => one === recall('timeframe')) ?? '1m',
  )
  let instrument = $state(recall('instrument') ?? '')
  return {
    get zone() {
      return zone
    },
    set zone(value) {
      zone = value
      keep('zone', value)
    },
    get timeframe() {
      return timeframe
    },
    set timeframe(value) {
      timeframe = value
      keep('timeframe', value)
    },
    get instrument() {
      return instrument
    },
    set instrument(value) {
      instrument = value
      keep('instrument', value)
    },
  }
}

function recall(name: string): string | null {
  try {
    return localStorage.getItem(`hotdesk.${name}`)
  } catch {
    return null // A browser that keeps nothing still shows everything.
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`hotdesk.${name}`, value)
  } catch {
    // As above: the choice holds until the page is left.
  }
}
