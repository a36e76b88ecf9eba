import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { LETTER_HEIGHT, LETTER_WIDTH, markWords, type PlacedMark } from './mark-words.ts'

const mark = (x: number | null, terms: Partial<PlacedMark> = {}): PlacedMark => ({
  x,
  y: 100,
  time: 0,
  side: 'BUY',
  strategy: 'fade',
  quantity: 50,
  ...terms,
})

describe('words of arrows', () => {
  test('an arrow with room says strategy and quantity', () => {
    expect(markWords([mark(200)], 400)).toEqual(['fade 50'])
  })

  test('where the strategy has no room the quantity is left', () => {
    expect(markWords([mark(200), mark(235)], 400)).toEqual(['50', 'fade 50'])
  })

  test('an arrow right under a newer one says nothing', () => {
    expect(markWords([mark(200), mark(202)], 400)).toEqual(['', 'fade 50'])
  })

  test('a buy and a sell of one bar both speak: one stands below, one above', () => {
    expect(markWords([mark(200), mark(200, { side: 'SELL' })], 400)).toEqual(['fade 50', 'fade 50'])
  })

  test('two arrows of one bar both speak where one stands a line higher', () => {
    const higher = { y: 100 - LETTER_HEIGHT }
    expect(markWords([mark(200), mark(205, higher)], 400)).toEqual(['fade 50', 'fade 50'])
  })

  test('an arrow off the panel says nothing', () => {
    expect(markWords([mark(null), mark(-5), mark(405)], 400)).toEqual(['', '', ''])
  })

  test('no two words of one side ever overlap, and none leaves the panel', () => {
    const marks = fc.array(
      fc.record({
        x: fc.option(fc.integer({ min: -50, max: 650 })),
        y: fc.option(fc.integer({ min: 0, max: 300 })),
        time: fc.constant(0),
        side: fc.constantFrom('BUY' as const, 'SELL' as const),
        strategy: fc.constantFrom('fade', 'opening-range'),
        quantity: fc.integer({ min: 1, max: 9_999 }),
      }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(marks, (placed) => {
        const words = markWords(placed, 600)
        const spans = placed.flatMap(({ x, y, side }, at) => {
          const half = ((words[at]?.length ?? 0) * LETTER_WIDTH) / 2
          return x === null || y === null || half === 0
            ? []
            : [{ side, y, from: x - half, to: x + half }]
        })
        return spans.every(
          (one, at) =>
            one.from >= 0 &&
            one.to <= 600 &&
            spans.every(
              (other, beside) =>
                at === beside ||
                one.side !== other.side ||
                one.to < other.from ||
                other.to < one.from ||
                Math.abs(one.y - other.y) >= LETTER_HEIGHT,
            ),
        )
      }),
    )
  })
})
