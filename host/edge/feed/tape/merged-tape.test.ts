import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { openCsv } from './csv.ts'
import { mergeSources } from './merged-tape.ts'
import { readAll } from './recorded-market.fixture.ts'

/** A source with one trade a time, of a quantity that tells the source. */
const source = (
  symbol: string,
  times: readonly number[],
  { quantity = 1, tickSize = '0.01' } = {},
) => {
  const rows = times.map((time) => `${1_700_000_000 + time},10.00,${quantity}\n`).join('')
  const bytes = new TextEncoder().encode(`time,price,quantity\n${rows}`)
  return openCsv('a.csv', { bytes, options: { symbol, tickSize } })
}

const times = (merged: ReturnType<typeof mergeSources>) =>
  readAll(merged).map((event) => [
    event.time / 1e6 - 1_700_000_000,
    event.instrument,
    event.quantity,
  ])

describe('merged sources', () => {
  test('come in order of time, and at one time in the order in which they were given', () => {
    const merged = mergeSources([
      source('B', [2, 3, 3], { quantity: 1 }),
      source('A', [1, 3, 9], { quantity: 2 }),
    ])
    expect(merged.startsAt).toBe(1_700_000_001_000_000)
    expect(times(merged)).toEqual([
      [1, 1, 2],
      [2, 0, 1],
      [3, 0, 1],
      [3, 0, 1],
      [3, 1, 2],
      [9, 1, 2],
    ])
  })

  test('share the row of an instrument that both have', () => {
    const merged = mergeSources([source('A', [1]), source('B', [2]), source('A', [3])])
    expect(merged.instruments.map(({ symbol }) => symbol)).toEqual(['A', 'B'])
    expect(times(merged).map(([, instrument]) => instrument)).toEqual([0, 1, 0])
  })

  test('are refused where they disagree on a tick size', () => {
    expect(() => mergeSources([source('A', [1]), source('A', [1], { tickSize: '0.05' })])).toThrow(
      'Cannot merge tapes of "CSV:A": tick size 0.01',
    )
  })

  test('always give every event of every source, sorted and stable', () => {
    const sorted = fc
      .array(fc.nat(20), { minLength: 1 })
      .map((list) => list.toSorted((a, b) => a - b))
    fc.assert(
      fc.property(fc.array(sorted, { minLength: 1, maxLength: 8 }), (lists) => {
        const merged = mergeSources(
          lists.map((list, at) => source('A', list, { quantity: at + 1 })),
        )
        const expected = lists
          .flatMap((list, at) => list.map((time) => [time, 0, at + 1] as const))
          .toSorted((one, other) => one[0] - other[0] || one[2] - other[2])
        expect(times(merged)).toEqual(expected.map((entry) => [...entry]))
      }),
    )
  })

  test('give nothing more once they are closed', () => {
    const merged = mergeSources([source('A', [1]), source('B', [2])])
    merged.close()
    expect(readAll(merged)).toEqual([])
  })
})
