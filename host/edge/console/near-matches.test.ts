import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { nearMatches, nearText } from './near-matches.ts'

const names = ['opening-range', 'mean-reversion', 'NSE:INFY', 'NSE:TCS', 'ema']

describe('near matches', () => {
  test.each([
    ['openin-range', ['opening-range']],
    ['Mean-Reversion', ['mean-reversion']],
    ['infy', ['NSE:INFY']],
    ['NSE:TCX', ['NSE:TCS']],
    ['emo', ['ema']],
    ['exo', []],
    ['', []],
  ])('"%s" is near to %p', (asked, near) => {
    expect(nearMatches(asked, names)).toEqual(near)
  })

  test('the nearest comes first', () => {
    expect(nearMatches('abcdef', ['abcdxx', 'abcdex', 'abcdef'])).toEqual([
      'abcdef',
      'abcdex',
      'abcdxx',
    ])
  })

  test('never names more than three, and never one that is not there', () => {
    const name = fc.string({ maxLength: 12 })
    fc.assert(
      fc.property(name, fc.array(name, { maxLength: 20 }), (asked, known) => {
        const near = nearMatches(asked, known)
        return near.length <= 3 && near.every((match) => known.includes(match))
      }),
    )
  })

  test('a name of any length is answered', () => {
    expect(nearMatches('x'.repeat(1_000_000), names)).toEqual([])
  })

  test('says what the person may have meant', () => {
    expect(nearText('opening-rang', names)).toBe('did you mean "opening-range"?')
    expect(nearText('zzzzzzz', names)).toBe('none is near to it')
    expect(nearText('zzzzzzz', [])).toBe('there are none')
  })
})
