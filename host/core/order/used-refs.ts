/**
 * Which order numbers of a strategy were used, for ever, though most of their orders are long forgotten.
 *
 * Units    numbers from 0 up are the strategy's, below 0 the host's
 */
import type { LastRefs } from './order-messages.ts'

export interface UsedRefs {
  /** Notes a number whose order is in memory. */
  use(strategy: string, ref: number): void
  /** All numbers up to these are used, whether their orders are in memory or not. */
  burn(strategy: string, refs: LastRefs): void
  isBurnt(strategy: string, ref: number): boolean
  last(strategy: string): LastRefs
}

const NONE: LastRefs = { highest: -1, lowest: 0 }

/** Just this number, as a range. */
export function rangeOf(ref: number): LastRefs {
  return { highest: Math.max(ref, -1), lowest: Math.min(ref, 0) }
}

/** No number is used yet. */
export function createUsedRefs(): UsedRefs {
  const burnt = new Map<string, LastRefs>()
  const used = new Map<string, LastRefs>()
  return {
    use: (strategy, ref) => widen(used, strategy, rangeOf(ref)),
    burn(strategy, refs) {
      widen(burnt, strategy, refs)
      widen(used, strategy, refs)
    },
    isBurnt(strategy, ref) {
      const { highest, lowest } = burnt.get(strategy) ?? NONE
      return ref >= 0 ? ref <= highest : ref >= lowest
    },
    last: (strategy) => used.get(strategy) ?? NONE,
  }
}

function widen(
  ranges: Map<string, LastRefs>,
  strategy: string,
  { highest, lowest }: LastRefs,
): void {
  const before = ranges.get(strategy) ?? NONE
  if (highest <= before.highest && lowest >= before.lowest) return
  ranges.set(strategy, {
    highest: Math.max(before.highest, highest),
    lowest: Math.min(before.lowest, lowest),
  })
}
