/**
 * Which arrows on the chart get words, so that no word hides another.
 *
 * In       arrows with their place on the panel, in pixels, and the width of the panel
 * Out      for each arrow "strategy quantity", or the quantity alone, or nothing, as the room allows; the newest first
 */
import type { FillMark } from '../state/candles.ts'

/** An arrow and where it stands; `x` and `y` are null where it is off the panel. */
export interface PlacedMark extends FillMark {
  readonly x: number | null
  readonly y: number | null
}

/** Width and height of a letter at the chart's size of letters, pixels, rather too much than too little. */
export const LETTER_WIDTH = 6.2
export const LETTER_HEIGHT = 15

interface Box {
  readonly from: number
  readonly to: number
  readonly y: number
}

export function markWords(marks: readonly PlacedMark[], width: number): readonly string[] {
  const taken: Readonly<Record<FillMark['side'], Box[]>> = { BUY: [], SELL: [] }
  const words = marks.map(() => '')
  for (const [at, { x, y, side, strategy, quantity }] of [...marks.entries()].toReversed()) {
    if (x === null || y === null) continue
    for (const text of [`${strategy} ${quantity}`, String(quantity)]) {
      const box = boxOf(text, x, y)
      const isInside = box.from >= 0 && box.to <= width
      if (!isInside || taken[side].some((other) => doOverlap(box, other))) continue
      words[at] = text
      taken[side].push(box)
      break
    }
  }
  return words
}

/** What a text covers that stands over, or under, the middle of its arrow. */
function boxOf(text: string, x: number, y: number): Box {
  const half = (text.length * LETTER_WIDTH) / 2
  return { from: x - half, to: x + half, y }
}

function doOverlap(one: Box, other: Box): boolean {
  return one.from <= other.to && other.from <= one.to && Math.abs(one.y - other.y) < LETTER_HEIGHT
}
