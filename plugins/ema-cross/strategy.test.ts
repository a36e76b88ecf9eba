import { expect, test } from 'bun:test'

import { contract, measured, path, runStrategy } from '#sdk/testkit/testkit.ts'

import strategy from './strategy.ts'

contract(strategy, { folder: import.meta.dir })
measured(strategy, { folder: import.meta.dir })

const FROM = '2024-01-15T03:00:00Z'
const params = { fast: 2, slow: 4 }
const fall = Array.from({ length: 20 }, (_, at) => 110 - at * 0.5)
const rise = Array.from({ length: 15 }, (_, at) => 100.5 + at)
const minutes = (prices: readonly number[]) => path(prices, { from: FROM })

test('takes over the state of version 1, and its stop', () => {
  const before = { above: true, stop: 99.5 }
  expect(strategy.migrate?.(before, 1)).toMatchObject({ side: 'above', stop: 99.5, leaving: false })
  expect(() => strategy.migrate?.(before, 7)).toThrow('State version 7 is not known')
})

test('does not take the side found at its start for a cross', () => {
  const rising = Array.from({ length: 40 }, (_, at) => 100 + at * 0.5)
  expect(runStrategy(strategy, { tape: minutes(rising), params }).orders).toEqual([])
})

test('buys for its notional on a cross up, and protects exactly what is filled', () => {
  const { orders } = runStrategy(strategy, { tape: minutes([...fall, ...rise]), params })
  const [entry, stop] = orders
  expect(entry).toMatchObject({ side: 'BUY', kind: 'MARKET', phase: 'FILLED' })
  expect(entry?.quantity).toBe(Math.floor(10_000 / 101.5))
  expect(stop).toMatchObject({ side: 'SELL', kind: 'STOP', quantity: entry?.filled })
  expect(stop?.stop).toBeLessThan(101.5)
})

test('sells once on the cross down: the stop is gone before the close is sent', () => {
  const slow = Array.from({ length: 15 }, (_, at) => 115 - at * 0.05)
  const run = runStrategy(strategy, {
    tape: minutes([...fall, ...rise, ...slow]),
    params: { ...params, atrStop: 20 },
  })
  const [entry, stop, close] = run.orders
  expect(stop).toMatchObject({ kind: 'STOP', phase: 'CANCELLED', filled: 0 })
  expect(close).toMatchObject({ side: 'SELL', kind: 'MARKET', filled: entry?.filled })
  expect(run.refusals).toEqual([])
  expect(run.result.openPositions).toBe(0)
})

test('is stopped out below its entry and does not sell what it no longer holds', () => {
  // Three trades a minute: the stop is met and done before the bar closes that crosses down.
  const tape = path(
    [...fall, ...rise.slice(0, 4), 90, 90].flatMap((price) => [price, price, price]),
    {
      from: FROM,
      every: 20,
    },
  )
  const run = runStrategy(strategy, { tape, params: { ...params, atrStop: 1 } })
  expect(run.orders.map(({ kind }) => kind)).toEqual(['MARKET', 'STOP'])
  expect(run.orders[1]).toMatchObject({ phase: 'FILLED' })
  expect(run.result.openPositions).toBe(0)
})

test('holds nothing when the session closes', () => {
  const before = Array.from({ length: 30 }, (_, at) => 110 - at * 0.5)
  const after = Array.from({ length: 60 }, (_, at) => 96 + at * 0.5)
  const run = runStrategy(strategy, { tape: minutes([...before, ...after]), params })
  const inSession = run.fills.filter(({ time }) => time < Date.parse('2024-01-15T04:00:00Z') * 1000)
  const sum = (side: string) =>
    inSession
      .filter((fill) => fill.side === side)
      .reduce((total, { quantity }) => total + quantity, 0)
  expect(sum('BUY')).toBeGreaterThan(0)
  expect(sum('SELL')).toBe(sum('BUY'))
})
