import { expect, test } from 'bun:test'

import { bars, contract, measured, runStrategy } from '#sdk/testkit/testkit.ts'

import strategy from './strategy.ts'

contract(strategy, { folder: import.meta.dir })
measured(strategy, { folder: import.meta.dir })

const micros = (clock: string) => Date.parse(`2024-01-15T${clock}Z`) * 1000
const MINUTE = 60_000_000
type Prices = readonly [open: number, high: number, low: number, close: number]

/** Bars of one minute each, the first at 03:00, when a session opens. */
const session = (rows: readonly Prices[], from = '03:00:00') =>
  bars(rows.map((row, at) => [micros(from) + at * MINUTE, ...row]))

const opening: Prices[] = Array.from({ length: 5 }, () => [100, 101, 99, 100])
const quiet = (count: number): Prices[] =>
  Array.from({ length: count }, () => [102, 102.1, 101.9, 102])

test('buys on the first close above the range, with a stop at its low', () => {
  const { orders } = runStrategy(strategy, {
    tape: session([...opening, [100, 102, 100, 102], ...quiet(3)]),
  })
  expect(orders[0]).toMatchObject({ side: 'BUY', kind: 'LIMIT', timeInForce: 'IOC', limit: 102.1 })
  expect(orders[0]?.createdAt).toBe(micros('03:06:00'))
  expect(orders[1]).toMatchObject({ side: 'SELL', kind: 'STOP', stop: 99, quantity: 98 })
})

test('sells on the first close below the range, with a stop at its high', () => {
  const { orders } = runStrategy(strategy, {
    tape: session([...opening, [100, 100, 98, 98], [98, 98.1, 98, 98]]),
  })
  expect(orders[0]).toMatchObject({ side: 'SELL', limit: 97.95 })
  expect(orders[1]).toMatchObject({ side: 'BUY', kind: 'STOP', stop: 101 })
})

test('does not take a touch of the high for a break', () => {
  const { orders } = runStrategy(strategy, {
    tape: session([...opening, [100, 103, 99, 101], [101, 104, 100, 100]]),
  })
  expect(orders).toEqual([])
})

test('does nothing in the opening minutes, however far the price goes', () => {
  const { orders } = runStrategy(strategy, {
    tape: session([...opening.slice(0, 3), [100, 120, 100, 120], [120, 121, 119, 120]]),
  })
  expect(orders).toEqual([])
})

test('leaves a session alone whose opening it has not seen', () => {
  const { orders, state } = runStrategy(strategy, {
    tape: session([...opening, [100, 105, 100, 105], ...quiet(5)], '03:10:00'),
  })
  expect(orders).toEqual([])
  expect(state).toMatchObject({ range: 'missed' })
})

test('trades once a session', () => {
  const up: Prices = [101, 103, 101, 103]
  const down: Prices = [103, 103, 96, 97]
  const { orders } = runStrategy(strategy, {
    tape: session([...opening, up, ...quiet(1), down, ...quiet(2), down, up, up]),
  })
  expect(orders.filter(({ kind }) => kind === 'LIMIT')).toHaveLength(1)
})

test('raises its stop to the entry price once it has gained the height of the range', () => {
  const gain: Prices[] = [
    [102, 102, 102, 102],
    [102, 105, 102, 105],
    [105, 105, 105, 105],
  ]
  const { orders } = runStrategy(strategy, {
    tape: session([...opening, [100, 102, 100, 102], ...gain, [105, 105, 105, 105]]),
  })
  const [entry, stop] = orders
  expect(stop).toMatchObject({ kind: 'STOP', stop: entry?.averagePrice })
})

test('does not chase: an order that the market has run away from is gone at once', () => {
  const { orders, result } = runStrategy(strategy, {
    tape: session([...opening, [100, 102, 100, 102], [104, 104, 100, 100.5]]),
  })
  expect(orders).toHaveLength(1)
  expect(orders[0]).toMatchObject({ phase: 'CANCELLED', filled: 0 })
  expect(result.openPositions).toBe(0)
})

test('is flat two minutes before the session ends', () => {
  const { fills, result } = runStrategy(strategy, {
    tape: session([...opening, [100, 102, 100, 102], ...quiet(56)]),
  })
  expect(fills.map(({ side }) => side)).toEqual(['BUY', 'SELL'])
  expect(fills[1]?.time).toBeGreaterThanOrEqual(micros('03:58:00'))
  expect(fills[1]?.time).toBeLessThan(micros('04:00:00'))
  expect(result.openPositions).toBe(0)
})
