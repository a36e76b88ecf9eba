/**
 * Bars for tests and benches of indicators: a random walk on a 0.05 grid, the same for the same seed.
 *
 * Units    prices in decimals of the currency, volume in steps
 */
import type { IndicatorKind } from './indicator.ts'

/** One closed bar, as a kernel takes it. */
export interface SampleBar {
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  readonly sessionStart: boolean
}

/** `length` bars; a session of 75 bars, flat stretches and jumps among them. */
export function sampleBars(seed: number, length: number): SampleBar[] {
  let state = seed | 0
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return (state >>> 8) / 0x1_00_00_00
  }
  const bars: SampleBar[] = []
  let price = 100 + Math.floor(random() * 50_000)
  for (let at = 0; at < length; at++) {
    const mood = random()
    const reach = mood < 0.02 ? 1000 : mood < 0.2 ? 0 : 20
    const step = () => Math.floor(random() * (2 * reach + 1)) - reach
    price = Math.max(20, price + step())
    const high = price + Math.abs(step())
    const low = Math.max(1, price - Math.abs(step()))
    bars.push({
      high: high / 20,
      low: low / 20,
      close: price / 20,
      volume: 1 + Math.floor(random() * 10_000),
      sessionStart: at % 75 === 0,
    })
  }
  return bars
}

/** Runs one fresh kernel over the bars: a row of values for each bar. */
export function runKernel(
  kind: IndicatorKind,
  {
    params,
    bars,
  }: { readonly params: Readonly<Record<string, number>>; readonly bars: readonly SampleBar[] },
): number[][] {
  const kernel = kind.kernel(params)
  const out = new Float64Array(kind.outputs.length)
  return bars.map(({ high, low, close, volume, sessionStart }) => {
    kernel.update(high, low, close, volume, sessionStart, out)
    return [...out]
  })
}

/** The first bar whose value is further from the expected one than 1e-9 of `scale`; undefined where all are near. */
export function firstDifference(
  actual: readonly (number | undefined)[],
  expected: readonly (number | null | undefined)[],
  scale: (at: number) => number = () => 0,
):
  | { readonly at: number; readonly actual: number | undefined; readonly expected: number }
  | undefined {
  for (let at = 0; at < expected.length; at++) {
    const want = expected[at] ?? Number.NaN
    const have = actual[at] ?? Number.NaN
    if (Object.is(have, want) || have === want) continue
    if (!(Math.abs(have - want) <= 1e-9 * Math.max(Math.abs(want), scale(at)))) {
      return { at, actual: actual[at], expected: want }
    }
  }
  return undefined
}
