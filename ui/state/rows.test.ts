import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { completeRows, placeRow, ROWS_MAX } from './rows.ts'

interface Row {
  readonly id: string
  readonly at: number
}

const by = { key: (row: Row) => row.id, newer: (row: Row, than: Row) => row.at > than.at }

describe('rows of the blotter', () => {
  test('a new row stands on top', () => {
    expect(placeRow([{ id: 'a', at: 1 }], { id: 'b', at: 2 }, by).map((row) => row.id)).toEqual([
      'b',
      'a',
    ])
  })

  test('a known row is renewed where it stands', () => {
    const rows = [
      { id: 'b', at: 2 },
      { id: 'a', at: 1 },
    ]
    expect(placeRow(rows, { id: 'a', at: 3 }, by)).toEqual([
      { id: 'b', at: 2 },
      { id: 'a', at: 3 },
    ])
  })

  test('an older word does not undo a newer one', () => {
    const rows = [{ id: 'a', at: 5 }]
    expect(placeRow(rows, { id: 'a', at: 4 }, by)).toBe(rows)
  })

  test('an answer does not undo what was heard while the desk made it', () => {
    const answer = [
      { id: 'b', at: 1 },
      { id: 'a', at: 1 },
    ]
    const heard = [
      { id: 'b', at: 2 },
      { id: 'c', at: 3 },
    ]
    expect(completeRows(answer, heard, by)).toEqual([
      { id: 'c', at: 3 },
      { id: 'b', at: 2 },
      { id: 'a', at: 1 },
    ])
  })

  test('never keeps more than its rows, nor one row twice', () => {
    const words = fc.array(fc.record({ id: fc.nat(400).map(String), at: fc.nat(50) }), {
      maxLength: 600,
    })
    fc.assert(
      fc.property(words, (rows) => {
        const kept = rows.reduce<readonly Row[]>((all, row) => placeRow(all, row, by), [])
        return kept.length <= ROWS_MAX && new Set(kept.map((row) => row.id)).size === kept.length
      }),
      { numRuns: 40 },
    )
  })
})
