import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { defineStrategy, type Tick, Type } from '#sdk'

import {
  bars,
  path,
  recordedTape,
  runFolder,
  runStrategy,
  simulatedTape,
  ticks,
  walk,
} from './testkit.ts'

const FROM = '2024-01-15T03:00:00Z'
const micros = (clock: string) => Date.parse(`2024-01-15T${clock}Z`) * 1000

/** Notes every trade that it sees, and buys once at the second. */
const seen: Pick<Tick, 'time' | 'price' | 'quantity'>[] = []
const watcher = defineStrategy({
  id: 'watcher',
  version: '1.0.0',
  params: Type.Object({ quantity: Type.Integer({ default: 2, minimum: 1 }) }),
  state: Type.Object({ ticks: Type.Integer() }),
  grants: { instruments: ['*'], kinds: ['MARKET', 'LIMIT'], maxOrderQuantity: 10, maxPosition: 10 },
  needs: () => ({}),
  start: () => ({ ticks: 0 }),
  onTick({ tick, state, params, orders, log }) {
    const { time, price, quantity } = tick
    seen.push({ time, price, quantity })
    state.ticks++
    if (state.ticks !== 2) return
    orders.buy({ quantity: params.quantity })
    log('bought')
  },
})

describe('a run', () => {
  test('gives orders, fills and state in decimals', () => {
    const run = runStrategy(watcher, {
      tape: ticks([
        [FROM, 100, 5],
        ['2024-01-15T03:00:01Z', 100.05, 5],
        ['2024-01-15T03:00:02Z', 101, 5],
      ]),
    })
    expect(run.orders).toHaveLength(1)
    // The touch of a tape without quotes is half a spread beside the last trade: one tick.
    expect(run.orders[0]).toMatchObject({ side: 'BUY', filled: 2, averagePrice: 101.05, ref: 1 })
    expect(run.fills[0]).toMatchObject({ price: 101.05, quantity: 2, time: micros('03:00:02') })
    expect(run.fills[0]?.charges).toBeCloseTo(0.0203, 3)
    expect(run.state).toEqual({ ticks: 3 })
    expect(run.logs).toEqual(['watcher: bought'])
    expect(run.result).toMatchObject({ openPositions: 1, faults: 0 })
  })

  test('is never filled by the event that it decided at', () => {
    const tape = ticks([
      [FROM, 100, 5],
      [FROM, 100, 5],
    ])
    expect(runStrategy(watcher, { tape }).fills).toEqual([])
  })

  test('takes parameters, and refuses those that do not fit', () => {
    const tape = path([100, 100, 100], { from: FROM })
    expect(runStrategy(watcher, { tape, params: { quantity: 7 } }).fills[0]?.quantity).toBe(7)
    expect(() => runStrategy(watcher, { tape, params: { quantity: 0 } })).toThrow('do not fit')
  })

  test('gives refusals with their code', () => {
    const tape = path([100, 100, 100], { from: FROM })
    const run = runStrategy(watcher, { tape, params: { quantity: 11 } })
    expect(run.orders).toEqual([])
    expect(run.refusals[0]).toMatchObject({ code: 'risk/quantity-max', ask: 'place', ref: 1 })
  })

  test('trades the instrument that it is given', () => {
    const instrument = { exchange: 'USA', symbol: 'SPY', tickSize: '0.01', currency: 'USD' }
    const tape = path([100.01, 100.02, 100.03], { from: FROM })
    const run = runStrategy(watcher, { tape, instrument })
    expect(run.fills[0]).toMatchObject({ instrument: 'USA:SPY', price: 100.04 })
  })

  test('keeps to the capital: a small one allows small orders', () => {
    const tape = path([100, 100, 100], { from: FROM })
    const run = runStrategy(watcher, { tape, capital: 1000 })
    expect(run.refusals[0]).toMatchObject({ code: 'risk/order-value-max' })
  })
})

describe('a bar of a tape', () => {
  const trades = (row: Parameters<typeof bars>[0][number]) => {
    seen.length = 0
    runStrategy(watcher, { tape: bars([row]) })
    return seen.map(({ time, price, quantity }) => [time - micros('03:00:00'), price, quantity])
  }

  test('is played open, low, high, close where it rises', () => {
    expect(trades([FROM, 100, 103, 99, 102, 10])).toEqual([
      [0, 100, 2],
      [20_000_000, 99, 2],
      [40_000_000, 103, 2],
      [59_999_999, 102, 4],
    ])
  })

  test('is played open, high, low, close where it falls', () => {
    expect(trades([FROM, 102, 103, 99, 100]).map(([, price]) => price)).toEqual([102, 103, 99, 100])
  })
})

describe('a tape', () => {
  test('is refused where a price is off the grid, with the nearest two', () => {
    expect(() => runStrategy(watcher, { tape: ticks([[FROM, 100.02, 1]]) })).toThrow(
      'the nearest are 100 and 100.05',
    )
  })

  test('is refused where it goes back in time, or is empty', () => {
    const back = path([100, 100], { from: FROM, every: -60 })
    expect(() => runStrategy(watcher, { tape: back })).toThrow('goes back in time')
    expect(() => runStrategy(watcher, { tape: [] })).toThrow('without rows')
  })

  test('of a random walk is the same for the same seed, on the grid, and above zero', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 400 }), (seed, count) => {
        const options = { from: FROM, seed, count, price: 1, stepMax: 40 }
        const one = walk(options)
        expect(walk(options)).toEqual(one)
        return one.length === count && one.every(({ price = 0 }) => price > 0 && onGrid(price))
      }),
    )
  })

  test('of the simulated exchange is the same for the same seed, and another for another', () => {
    const events = (seed: number) => [...simulatedTape({ minutes: 2, seed }).events]
    expect(events(3)).toEqual(events(3))
    expect(events(3)).not.toEqual(events(4))
  })

  test('that was not recorded here is absent', async () => {
    expect(await recordedTape('lean/no-such-file.zip')).toBeUndefined()
  })
})

const onGrid = (price: number) => Math.abs(price * 20 - Math.round(price * 20)) < 1e-9

describe('a folder', () => {
  test('without a strategy cannot be run as a bundle', async () => {
    const tape = path([100], { from: FROM })
    await expect(runFolder(import.meta.dir, { tape })).rejects.toThrow('There is no')
  })
})

describe('the contract', () => {
  test('is failed by strategies that break it, each where it breaks it', async () => {
    const child = Bun.spawn([process.execPath, 'test', './sdk/testkit/broken.fixture.ts'], {
      cwd: `${import.meta.dir}/../..`,
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      env: { ...process.env, NO_COLOR: '1' },
    })
    const said = (await Promise.all([child.stdout.text(), child.stderr.text()])).join('\n')
    expect(await child.exited).not.toBe(0)
    const failed = (id: string) =>
      [...new Set(said.match(new RegExp(`\\(fail\\) the contract of ${id} > [^\\[\\n]*`, 'g')))]
        .map((line) => line.split(' > ')[1]?.trim())
        .sort()
    expect(failed('forgetful')).toContain('the same tape gives the same answer')
    expect(failed('greedy')).toEqual(['it asks for nothing that it was not granted'])
    expect(failed('shapeless')).toContain('trades on the tape of its contract, without a fault')
    expect(failed('defaultless')).toEqual(['the defaults of its parameters fit their schema'])
  })
})
