import { expect, test } from 'bun:test'

import { bars, contract, measured, runStrategy } from '#sdk/testkit/testkit.ts'

import strategy from './strategy.ts'

contract(strategy, { folder: import.meta.dir })
measured(strategy, { folder: import.meta.dir })

const from = Date.parse('2024-01-15T03:00:00Z') * 1000
const MINUTE = 60_000_000
const micros = (minute: number) => from + minute * MINUTE

/** A bar of one price each minute, which is its close and nearly its average. */
const closes = (prices: readonly number[]) =>
  bars(prices.map((price, at) => [micros(at), price, price, price, price]))

/** Around 100 by half a unit: VWAP is at 100, the deviation about 0.5. */
const calm = Array.from({ length: 16 }, (_, at) => (at % 2 === 0 ? 100.5 : 99.5))

test('buys below the band with a limit at the close, and rests a stop a deviation further', () => {
  const { orders } = runStrategy(strategy, { tape: closes([...calm, 98, 97.5, 98]) })
  expect(orders[0]).toMatchObject({ side: 'BUY', kind: 'LIMIT', limit: 98, createdAt: micros(17) })
  expect(orders[1]).toMatchObject({ side: 'SELL', kind: 'STOP', quantity: orders[0]?.quantity })
  expect(orders[1]?.stop).toBeLessThan(97.5)
})

test('sells above the band', () => {
  const { orders } = runStrategy(strategy, { tape: closes([...calm, 102, 102.5, 102]) })
  expect(orders[0]).toMatchObject({ side: 'SELL', kind: 'LIMIT', limit: 102 })
})

test('does nothing before enough of the session is seen', () => {
  const { orders } = runStrategy(strategy, { tape: closes([...calm.slice(0, 7), 90, 90]) })
  expect(orders).toEqual([])
})

test('takes its entry back when nobody came to it', () => {
  const run = runStrategy(strategy, {
    tape: closes([...calm, 98, 98.5, 99, 99, 99]),
    params: { patience: 1 },
  })
  expect(run.orders).toHaveLength(1)
  expect(run.orders[0]).toMatchObject({ kind: 'LIMIT', phase: 'CANCELLED', filled: 0 })
})

test('leaves with a limit when the price is back at VWAP, and its stop goes first', () => {
  const back = [98, 97.8, 98, 99, 100.5, 100.6, 100.6]
  const run = runStrategy(strategy, { tape: closes([...calm, ...back]), params: { stopBands: 4 } })
  const [entry, stop, exit] = run.orders
  expect(stop).toMatchObject({ kind: 'STOP', phase: 'CANCELLED', filled: 0 })
  expect(exit).toMatchObject({ side: 'SELL', kind: 'LIMIT', filled: entry?.filled })
  expect(run.trades[0]?.net).toBeGreaterThan(0)
})

test('leaves at the market where its limit was not met', () => {
  const back = [98, 97.8, 98, 99, 100.5, 100, 99, 99, 99]
  const run = runStrategy(strategy, { tape: closes([...calm, ...back]), params: { stopBands: 4 } })
  expect(run.orders.map(({ kind, phase }) => `${kind} ${phase}`)).toEqual([
    'LIMIT FILLED',
    'STOP CANCELLED',
    'LIMIT CANCELLED',
    'MARKET FILLED',
  ])
  expect(run.result.openPositions).toBe(0)
})

test('fades a stretch once: after a stop it waits until the price was back at VWAP', () => {
  const falls = Array.from({ length: 20 }, (_, at) => 98 - at * 0.5)
  const { orders } = runStrategy(strategy, { tape: closes([...calm, ...falls]) })
  expect(orders.filter(({ side }) => side === 'BUY')).toHaveLength(1)
})
