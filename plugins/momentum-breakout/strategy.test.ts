import { expect, test } from 'bun:test'

import fc from 'fast-check'

import { bars, contract, measured, runStrategy, walk } from '#sdk/testkit/testkit.ts'

import strategy from './strategy.ts'

contract(strategy, { folder: import.meta.dir })
measured(strategy, { folder: import.meta.dir })

const from = Date.parse('2024-01-15T03:00:00Z') * 1000
const MINUTE = 60_000_000

/** Bars of one minute, half a unit high around these prices. */
const around = (prices: readonly number[]) =>
  bars(prices.map((price, at) => [from + at * MINUTE, price, price + 0.25, price - 0.25, price]))

const params = { lookback: 5, trend: 5, near: 2 }
const flat = Array.from({ length: 16 }, () => 100)

test('rests a stop-limit a tick above the channel while the price is above its trend', () => {
  const { orders } = runStrategy(strategy, { tape: around([...flat, 100.1, 100.1]), params })
  expect(orders[0]).toMatchObject({ side: 'BUY', kind: 'STOP_LIMIT', stop: 100.4 })
  expect(orders[0]?.limit).toBeGreaterThan(100.4)
})

test('rests it below the channel where the price is below its trend', () => {
  const { orders } = runStrategy(strategy, { tape: around([...flat, 99.9, 99.9]), params })
  expect(orders[0]).toMatchObject({ side: 'SELL', kind: 'STOP_LIMIT', stop: 99.6 })
})

test('moves its entry with the channel rather than sending another', () => {
  const { orders } = runStrategy(strategy, {
    tape: around([...flat, 100.2, 100.1, 100.1, 100.1, 100.1, 100.1, 100.1]),
    params,
  })
  expect(orders).toHaveLength(1)
  expect(orders[0]).toMatchObject({ stop: 100.4 })
})

test('takes its entry away when the price has left the edge', () => {
  const { orders } = runStrategy(strategy, {
    tape: around([...flat, 100.1, 99.6, 97, 94]),
    params,
  })
  expect(orders[0]).toMatchObject({ side: 'BUY', phase: 'CANCELLED', filled: 0 })
})

test('trails its stop behind the best price, and never back', () => {
  const rise = Array.from({ length: 12 }, (_, at) => 100.4 + at * 0.5)
  const { orders } = runStrategy(strategy, {
    tape: around([...flat, 100.1, ...rise, 105.9, 105.8]),
    params,
  })
  const [entry, stop] = orders
  expect(entry).toMatchObject({ kind: 'STOP_LIMIT', phase: 'FILLED' })
  expect(stop).toMatchObject({ side: 'SELL', kind: 'STOP' })
  // The best high is 106.15; three ATRs of about 0.7 below it is far above the entry.
  expect(stop?.stop).toBeGreaterThan(103)
  expect(stop?.stop).toBeLessThan(105.8)
})

test('never holds more than its notional, and never passes from one side to the other in one order', () => {
  const seeds = fc.integer({ min: 1, max: 1e6 })
  fc.assert(
    fc.property(seeds, (seed) => {
      const tape = walk({ from, seed, count: 1200, every: 3 })
      const { fills } = runStrategy(strategy, { tape, params })
      let held = 0
      return fills.every(({ side, quantity, price }) => {
        const before = held
        held += side === 'BUY' ? quantity : -quantity
        const crossed = before !== 0 && held !== 0 && Math.sign(before) !== Math.sign(held)
        return !crossed && Math.abs(held) * price <= 10_200
      })
    }),
    { numRuns: 15 },
  )
})
