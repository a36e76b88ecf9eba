import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { createClientId } from './client-id.ts'

const clientId = createClientId({ hostKey: 'a key of this host', account: 'paper' })

describe('a client order id', () => {
  test('is 16 characters of A-Z and 2-7, whatever the strategy and the number', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer(), (strategy, ref) => {
        expect(clientId(strategy, ref)).toMatch(/^[A-Z2-7]{16}$/)
      }),
    )
  })

  test('is the same for the same order after a restart', () => {
    const again = createClientId({ hostKey: 'a key of this host', account: 'paper' })
    fc.assert(
      fc.property(fc.string(), fc.integer(), (strategy, ref) => {
        expect(again(strategy, ref)).toBe(clientId(strategy, ref))
      }),
    )
  })

  test('is never that of another order: 100,000 of them are all different', () => {
    const ids = new Set<string>()
    for (let ref = -25_000; ref < 25_000; ref++) {
      ids.add(clientId('one', ref))
      ids.add(clientId('two', ref))
    }
    expect(ids.size).toBe(100_000)
  })

  test('is another one on another host and in another account', () => {
    const host = createClientId({ hostKey: 'another key', account: 'paper' })
    const account = createClientId({ hostKey: 'a key of this host', account: 'live' })
    expect(new Set([clientId('one', 1), host('one', 1), account('one', 1)]).size).toBe(3)
  })

  test('makes use of every character at every place', () => {
    const seen = Array.from({ length: 16 }, () => new Set<string>())
    for (let ref = 0; ref < 2_000; ref++) {
      for (const [at, letter] of [...clientId('one', ref)].entries()) seen[at]?.add(letter)
    }
    expect(seen.map(({ size }) => size)).toEqual(Array.from({ length: 16 }, () => 32))
  })
})
