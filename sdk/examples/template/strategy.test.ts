import { expect, test } from 'bun:test'

import { contract, path, runStrategy } from '#sdk/testkit/testkit.ts'

import strategy from './strategy.ts'

// What every strategy must keep: the same tape gives the same answer, its state survives a reload, and more.
contract(strategy, { folder: import.meta.dir })

// A session of the test's instrument begins with every hour; these are trades, one a minute.
const trades = (prices: readonly number[]) => path(prices, { from: '2024-01-15T03:00:00Z' })
const flat = Array.from({ length: 10 }, () => 100)

test('buys when the close is above its average, and sells when it is not', () => {
  const tape = trades([...flat, 101, 102, 102, 99, 99, 99])
  const run = runStrategy(strategy, { tape, params: { period: 5 } })
  expect(run.orders.map(({ side, quantity }) => [side, quantity])).toEqual([
    ['BUY', 99],
    ['SELL', 99],
  ])
  expect(run.state).toEqual({ entries: 1 })
})

test('does nothing while the close is at its average', () => {
  expect(runStrategy(strategy, { tape: trades([...flat, ...flat]) }).orders).toEqual([])
})

test('is flat when the session ends', () => {
  const rise = Array.from({ length: 60 }, (_, at) => 100 + at)
  const run = runStrategy(strategy, { tape: trades(rise), params: { period: 5 } })
  expect(run.fills.map(({ side }) => side)).toEqual(['BUY', 'SELL'])
  expect(run.result.openPositions).toBe(0)
})
