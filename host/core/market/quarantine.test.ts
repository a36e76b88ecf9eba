import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { createMarketEvent, type MarketEvent } from '#sdk/tick.ts'

import { AHEAD_MAX, BACK_MAX, Quarantine, type QuarantineReason } from './quarantine.ts'

const NOW = 1_760_000_000_000_000
const event = (different: Partial<MarketEvent> = {}): MarketEvent => ({
  ...createMarketEvent(),
  instrument: 0,
  time: NOW,
  receivedAt: NOW,
  price: 100,
  quantity: 5,
  ...different,
})

const BAD: readonly (readonly [QuarantineReason, string, Partial<MarketEvent>])[] = [
  ['instrument', 'a row beyond the last', { instrument: 2 }],
  ['instrument', 'a row below 0', { instrument: -1 }],
  ['instrument', 'half a row', { instrument: 0.5 }],
  ['time', 'a time that is not a number', { time: Number.NaN }],
  ['time', 'an endless time', { time: Number.POSITIVE_INFINITY }],
  ['time', 'a time before the epoch', { time: -1 }],
  ['time-ahead', 'a time far ahead of its receipt', { time: NOW + AHEAD_MAX + 1 }],
  ['price', 'a price of 0', { price: 0 }],
  ['price', 'a price below 0', { price: -1 }],
  ['price', 'a trade without a price', { price: Number.NaN }],
  ['price', 'a price between two ticks', { price: 100.5 }],
  ['price', 'an endless price', { price: Number.POSITIVE_INFINITY }],
  ['price', 'a bad price without a trade', { price: -5, quantity: 0 }],
  ['price', 'a bid of 0', { bid: 0 }],
  ['price', 'an ask between two ticks', { ask: 100.25 }],
  ['quantity', 'a quantity below 0', { quantity: -1 }],
  ['quantity', 'a quantity that is not a number', { quantity: Number.NaN }],
  ['quantity', 'an endless quantity', { quantity: Number.POSITIVE_INFINITY }],
  ['quantity', 'half a step', { quantity: 0.5 }],
  ['quantity', 'a bid size below 0', { bid: 99, bidQuantity: -1 }],
  ['quantity', 'an endless ask size', { ask: 101, askQuantity: Number.POSITIVE_INFINITY }],
  ['crossed', 'a bid one tick above the ask', { bid: 101, ask: 100 }],
]

const GOOD: readonly (readonly [string, Partial<MarketEvent>])[] = [
  ['a trade', {}],
  ['a trade with a quote', { bid: 99, ask: 100, bidQuantity: 5, askQuantity: 0 }],
  ['a quote alone', { price: Number.NaN, quantity: 0, bid: 99, ask: 100 }],
  ['one side alone', { price: Number.NaN, quantity: 0, ask: 100, askQuantity: Number.NaN }],
  ['a bid at the ask', { bid: 100, ask: 100 }],
  ['a price without a trade', { quantity: 0 }],
  ['a time as far ahead as may be', { time: NOW + AHEAD_MAX }],
  ['a time without a receipt', { receivedAt: 0 }],
]

describe('quarantine', () => {
  test.each(BAD)('holds for "%s": %s', (reason, _, different) => {
    const quarantine = new Quarantine(2)
    expect(quarantine.check(event(different))).toBe(reason)
    const others = Object.entries(quarantine.counts).filter(([name]) => name !== reason)
    expect(quarantine.counts[reason]).toBe(1)
    expect(others.every(([, count]) => count === 0)).toBe(true)
  })

  test.each(GOOD)('lets through %s', (_, different) => {
    expect(new Quarantine(2).check(event(different))).toBeUndefined()
  })

  test('lets time go back one second for an instrument, and not a microsecond more', () => {
    const quarantine = new Quarantine(2)
    quarantine.check(event())
    expect(quarantine.check(event({ time: NOW - BACK_MAX }))).toBeUndefined()
    expect(quarantine.check(event({ time: NOW - BACK_MAX - 1 }))).toBe('time-back')
    expect(quarantine.check(event({ time: NOW - 10 * BACK_MAX, instrument: 1 }))).toBeUndefined()
  })

  test('is not moved forward in time by what it holds', () => {
    const quarantine = new Quarantine(1)
    quarantine.check(event())
    quarantine.check(event({ time: NOW + 60_000_000, price: 0 }))
    expect(quarantine.check(event({ time: NOW + 1 }))).toBeUndefined()
  })

  test('never throws and never lets a number through that is none, whatever a feed says', () => {
    const number = fc.oneof(fc.double(), fc.integer({ min: -2, max: 200 }))
    const raw = fc.record({
      instrument: fc.oneof(fc.integer({ min: -1, max: 2 }), number),
      time: fc.oneof(number, fc.constant(NOW)),
      receivedAt: number,
      price: number,
      quantity: number,
      bid: number,
      ask: number,
      bidQuantity: number,
      askQuantity: number,
    })
    fc.assert(
      fc.property(raw, (different) => {
        const given = event(different)
        if (new Quarantine(2).check(given) !== undefined) return
        expect(given.instrument === 0 || given.instrument === 1).toBe(true)
        expect(Number.isSafeInteger(given.quantity) && given.quantity >= 0).toBe(true)
        expect(given.quantity === 0 || given.price > 0).toBe(true)
        expect(given.bid > given.ask).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })
})
