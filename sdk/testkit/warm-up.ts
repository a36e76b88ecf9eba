/** When a strategy's declared needs are met on a tape, counted from the trades themselves. */
import { type Recording } from '#host/lab/testkit.ts'

import { assert } from '../assert.ts'
import { type Timeframe, TIMEFRAME_MICROS, timeframeIndex } from '../bar.ts'
import { findIndicator } from '../indicator/kinds.ts'
import type { IndicatorNeed } from '../manifest.ts'
import { withDefaults } from '../schema.ts'
import type { AnyStrategy, Needs } from '../strategy.ts'

const FIELDS = 8

/** The earliest time at which a handler may be called for `instrument`; infinity where the tape is too short. */
export function readyAt(
  definition: AnyStrategy,
  {
    recording,
    instrument,
    params,
  }: { readonly recording: Recording; readonly instrument: string; readonly params: object },
): number {
  const needs: Needs = definition.needs({ params: withDefaults(definition.params, params) })
  const indicators: readonly IndicatorNeed[] = Object.values(needs.indicators ?? {})
  const most = needs.warmUp?.bars ?? 0
  const wanted = [
    ...(needs.bars ?? []).map((timeframe) => ({ timeframe, bars: most })),
    ...indicators.flatMap(({ name, params: terms, on }) => [
      { timeframe: on, bars: most },
      { timeframe: on, bars: findIndicator(name)?.warmUp(terms) ?? 0 },
    ]),
  ]
  const row = recording.instruments.findIndex(
    ({ exchange, symbol }) => `${exchange}:${symbol}` === instrument,
  )
  assert(row >= 0, `The tape has no instrument "${instrument}"`)
  return Math.max(0, ...wanted.map((one) => closedAt(recording, { row, ...one })))
}

/** When so many bars are closed: a bar exists where something traded in it. Days follow zones and are not counted. */
function closedAt(
  { events, length }: Recording,
  {
    row,
    timeframe,
    bars,
  }: { readonly row: number; readonly timeframe: Timeframe; readonly bars: number },
): number {
  if (bars === 0 || timeframe === '1d') return 0
  const span = TIMEFRAME_MICROS[timeframeIndex(timeframe)] ?? 1
  const started = new Set<number>()
  for (let at = 0; at < length * FIELDS; at += FIELDS) {
    const traded = events[at] === row && (events[at + 3] as number) > 0
    if (!traded) continue
    const bar = Math.floor((events[at + 1] as number) / span)
    started.add(bar)
    if (started.size === bars) return (bar + 1) * span
  }
  return Number.POSITIVE_INFINITY
}
