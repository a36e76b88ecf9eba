import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { contract, path, runStrategy, simulatedTape, ticks } from '#sdk/testkit/testkit.ts'

import everyOrder from './every-order.ts'
import nextVersion from './next-version.ts'
import twoTimeframes from './two-timeframes.ts'

const FROM = '2024-01-15T03:00:00Z'

contract(twoTimeframes, { folder: false })

describe('every-order', () => {
  const run = runStrategy(everyOrder, {
    tape: path(
      Array.from({ length: 36 }, () => 100),
      { from: FROM, every: 15 },
    ),
  })

  test('asks for each kind of order, and is flat at the end', () => {
    expect(run.orders.map(({ kind, timeInForce, phase }) => [kind, timeInForce, phase])).toEqual([
      ['LIMIT', 'IOC', 'FILLED'],
      ['STOP', 'DAY', 'CANCELLED'],
      ['STOP_LIMIT', 'DAY', 'CANCELLED'],
      ['LIMIT', 'DAY', 'FILLED'],
      ['MARKET', 'DAY', 'FILLED'],
    ])
    expect(run.orders[2]).toMatchObject({ stop: 102, limit: 102.2 })
    expect(run.result).toMatchObject({ openPositions: 0, faults: 0, refusals: 0 })
  })

  test('is told why an order is denied', () => {
    const { state, logs, orders } = runStrategy(everyOrder, {
      tape: path([100, 100, 100], { from: FROM }),
      params: { quantity: 2000 },
    })
    expect(orders).toEqual([])
    expect(state).toMatchObject({ refused: 1 })
    expect(logs).toEqual(['every-order: Order 1 was denied: risk/quantity-max, at most 1000'])
  })
})

describe('next-version', () => {
  test('counts trades, not quotes', () => {
    const quote = { time: '2024-01-15T03:00:01Z', bid: 99.95, ask: 100.05 }
    const tape = [...ticks([[FROM, 100, 5]]), quote, ...ticks([['2024-01-15T03:00:10Z', 101, 1]])]
    expect(runStrategy(nextVersion, { tape }).state).toEqual({ count: 2, value: 601 })
  })

  test('takes over the state of the version before', () => {
    expect(nextVersion.migrate?.({ count: 7 }, 1)).toEqual({ count: 7, value: 0 })
    expect(() => nextVersion.migrate?.({}, 0)).toThrow('State version 0 is not known')
  })

  test('survives reloads in the middle of a simulated hour', () => {
    const tape = simulatedTape({ minutes: 30, instruments: 2 })
    const reloadAt = ['2024-01-15T03:10:00Z', '2024-01-15T03:20:00Z']
    const whole = runStrategy(nextVersion, { tape })
    expect(runStrategy(nextVersion, { tape, reloadAt }).states).toEqual(whole.states)
  })
})

describe("the author's guide", () => {
  const sources = readdirSync(import.meta.dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => squeeze(readFileSync(join(import.meta.dir, name), 'utf8')))
  const guide = readFileSync(join(import.meta.dir, '../README.md'), 'utf8')
  const snippets = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text = '']) => text)

  test('shows snippets', () => {
    expect(snippets.length).toBeGreaterThan(3)
  })

  test.each(snippets.map((text) => [text.trim().split('\n')[0] ?? '', text]))(
    'shows "%s" as it stands in an example that runs',
    (_, text) => {
      expect(sources.some((source) => source.includes(squeeze(text)))).toBe(true)
    },
  )
})

/** Indentation and line breaks are the guide's own. */
function squeeze(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
