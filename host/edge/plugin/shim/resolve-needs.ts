/** What a strategy declares that it needs, checked word by word. */
import { TIMEFRAMES } from '#sdk/bar.ts'
import type { ResolvedNeeds } from '#sdk/manifest.ts'
import type { AnyStrategy } from '#sdk/strategy.ts'

/** Asks the strategy what it needs, and checks every word of the answer. */
export function resolveNeeds(definition: AnyStrategy, params: unknown): ResolvedNeeds {
  const { bars = [], indicators = {}, warmUp, timer } = definition.needs({ params })
  const declared = Object.entries(
    indicators as Record<
      string,
      { name: string; params: Record<string, number>; on: (typeof TIMEFRAMES)[number] }
    >,
  )
  const timeframes = new Set([...bars, ...declared.map(([, need]) => need.on)])
  for (const timeframe of timeframes) {
    if (!TIMEFRAMES.includes(timeframe))
      throw new RangeError(
        `Timeframe "${String(timeframe)}" is not one of ${TIMEFRAMES.join(', ')}`,
      )
  }
  const warmUpBars = warmUp?.bars ?? 0
  const timerSeconds = timer?.seconds ?? 0
  for (const [what, value, most] of [
    ['warmUp.bars', warmUpBars, 128],
    ['timer.seconds', timerSeconds, 86_400],
  ] as const) {
    if (!Number.isInteger(value) || value < 0 || value > most)
      throw new RangeError(
        `${what} is ${String(value)}; it must be a whole number from 0 to ${most}`,
      )
  }
  return {
    ticks: definition.onTick !== undefined,
    bars: TIMEFRAMES.filter((timeframe) => bars.includes(timeframe)),
    indicators: Object.fromEntries(
      declared.map(([name, need]) => [
        name,
        { name: need.name, params: { ...need.params }, on: need.on },
      ]),
    ),
    warmUpBars,
    timerSeconds,
  }
}
