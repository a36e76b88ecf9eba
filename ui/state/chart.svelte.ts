/**
 * The chart: bars of one instrument and timeframe, and the fills on it.
 *
 * In       REST answers on choosing and on every new link; the moving bar and fills as they happen
 * Out      bars oldest first; `loaded` counts the times they were read whole, so that a view knows to start again
 */
import { type Bar, TIMEFRAME_MICROS, timeframeIndex } from '#sdk/bar.ts'
import type { ClientMessage, FillView } from '#sdk/view.ts'

import type { Rest } from '../wire/rest.ts'
import { type FillMark, markFills, placeBar } from './candles.ts'
import { completeRows, placeRow } from './rows.ts'
import type { Settings } from './settings.svelte.ts'
import type { Toasts } from './toasts.svelte.ts'

const BARS_ASKED = 500
const FILLS_ASKED = 200
const FILLS = { key: (fill: FillView) => fill.executionId, newer: () => false }

export interface Chart {
  readonly bars: readonly Bar[]
  readonly marks: readonly FillMark[]
  readonly loaded: number
  readonly state: 'empty' | 'loading' | 'shown' | 'failed'
  choose(chosen: Partial<Pick<Settings, 'instrument' | 'timeframe'>>): void
  /** Marks of one strategy only, or of all. */
  show(strategy: string | undefined): void
  load(): Promise<void>
  onBar(bar: Bar): void
  onFill(fill: FillView): void
}

export interface ChartOptions {
  readonly rest: Rest
  readonly settings: Settings
  readonly toasts: Toasts
  readonly subscribe: (message: ClientMessage) => void
}

export function createChart({ rest, settings, toasts, subscribe }: ChartOptions): Chart {
  let bars = $state.raw<readonly Bar[]>([])
  let fills = $state.raw<readonly FillView[]>([])
  // What came since the fills were last asked for; the answer may not have it yet.
  let heardFills: readonly FillView[] = []
  let loaded = $state(0)
  let state = $state<Chart['state']>('empty')
  let strategy = $state<string | undefined>(undefined)
  const marks = $derived(
    markFills(
      bars,
      fills.filter((fill) => strategy === undefined || fill.strategy === strategy),
    ),
  )

  const isShown = (bar: Bar) =>
    bar.instrument === settings.instrument && bar.timeframe === settings.timeframe

  async function load() {
    const { instrument, timeframe } = settings
    if (instrument === '') return
    subscribe({ type: 'chart', instrument, timeframe })
    state = 'loading'
    try {
      const [nextBars] = await Promise.all([
        rest.bars({ instrument, timeframe, limit: BARS_ASKED }),
        loadFills(),
      ])
      if (instrument !== settings.instrument || timeframe !== settings.timeframe) return
      bars = nextBars
      state = bars.length === 0 ? 'empty' : 'shown'
      loaded += 1
    } catch (error) {
      state = 'failed'
      toasts.problem(`Cannot read the bars of "${instrument}"`, error)
    }
  }

  /** Asked for by strategy, so that the fills of a busy one do not push out those of the chosen one. */
  async function loadFills() {
    const { instrument } = settings
    const asked = strategy
    heardFills = []
    const rows = await rest.fills({ instrument, strategy: asked, limit: FILLS_ASKED })
    if (instrument !== settings.instrument || asked !== strategy) return
    fills = completeRows(rows, heardFills, FILLS).filter((fill) => fill.instrument === instrument)
  }

  /** A tape that is played fast closes more bars than the desk sends; those between are asked for. */
  async function fillGap(count: number) {
    const { instrument, timeframe } = settings
    const limit = Math.min(BARS_ASKED, count + 2)
    const missed = await rest.bars({ instrument, timeframe, limit }).catch(() => [])
    bars = missed.filter(isShown).reduce(placeBar, bars)
  }

  return {
    get bars() {
      return bars
    },
    get marks() {
      return marks
    },
    get loaded() {
      return loaded
    },
    get state() {
      return state
    },
    choose({ instrument = settings.instrument, timeframe = settings.timeframe }) {
      if (instrument === settings.instrument && timeframe === settings.timeframe) return
      settings.instrument = instrument
      settings.timeframe = timeframe
      bars = []
      fills = []
      void load()
    },
    show(id) {
      if (id === strategy) return
      strategy = id
      loadFills().catch((error: unknown) => toasts.problem('Cannot read the fills', error))
    },
    load,
    onBar(bar) {
      if (!isShown(bar) || state === 'loading') return
      const ahead = bar.time - (bars.at(-1)?.time ?? bar.time)
      bars = placeBar(bars, bar)
      state = 'shown'
      const count = Math.round(ahead / (TIMEFRAME_MICROS[timeframeIndex(bar.timeframe)] ?? ahead))
      if (count > 1) void fillGap(count)
    },
    onFill(fill) {
      if (fill.instrument !== settings.instrument) return
      heardFills = [...heardFills, fill].slice(-FILLS_ASKED)
      fills = placeRow(fills, fill, FILLS)
    },
  }
}
