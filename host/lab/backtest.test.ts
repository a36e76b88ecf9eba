/** A backtest is the same walk: the same tape gives the same orders, whenever and however often it is run. */
import { describe, expect, test } from 'bun:test'

import { moneyFromDecimal } from '#sdk/money.ts'
import type { JournalRecord } from '#sdk/record.ts'
import { Type } from '#sdk/sdk.ts'
import type { AnyStrategy } from '#sdk/strategy.ts'

import { limitsFor } from '../core/risk/risk.ts'
import { strategy } from '../desk.fixture.ts'
import type { MarketSource } from '../edge/feed/feed.ts'
import { BacktestError, type BacktestOptions, runBacktest } from './backtest.ts'
import { bundleOf, openRecording, recordedTape, simulatedTape } from './testkit.ts'

const CAPITAL = moneyFromDecimal(1_000_000)
const MARKET = simulatedTape({ minutes: 5, instruments: 3, ticksPerSecond: 40 })

/** Buys and sells in turn, every `every` trades of an instrument. */
const busy: AnyStrategy = strategy({
  id: 'busy',
  params: Type.Object({ every: Type.Integer({ default: 20, minimum: 1 }) }),
  grants: { ...strategy().grants, instruments: ['*'] },
  onTick({ tick, state, params, orders }) {
    if (tick.quantity === 0) return
    state.count++
    if (state.count % params.every === 0) orders.target(state.count % (2 * params.every) ? 5 : 0)
  },
})

/** The same strategy, which also throws at each hundredth trade. */
const faulty: AnyStrategy = strategy({
  ...busy,
  id: 'faulty',
  onTick(context) {
    busy.onTick?.(context)
    if (context.state.count % 100 === 99) {
      context.state.count++
      throw new Error('it threw')
    }
  },
})

function run(changes: Partial<BacktestOptions> = {}, definition: AnyStrategy = busy) {
  return runBacktest({
    source: openRecording(MARKET),
    strategies: [{ bundle: bundleOf(definition), definition }],
    settings: {},
    capital: CAPITAL,
    limits: limitsFor(CAPITAL),
    paper: {},
    ...changes,
  })
}

/** A result without the time that it took. */
function counted(changes?: Partial<BacktestOptions>) {
  const { wallMs, ...rest } = run(changes).result
  expect(wallMs).toBeGreaterThanOrEqual(0)
  return rest
}

describe('a backtest', () => {
  test('run twice gives the same orders, fills and digest', () => {
    const [one, other] = [run(), run()]
    expect(one.result.orders).toBeGreaterThan(20)
    expect(one.result.fills).toBeGreaterThan(20)
    expect(other.orders).toEqual(one.orders)
    expect(other.fills).toEqual(one.fills)
    expect(other.trades).toEqual(one.trades)
    expect(other.result.digest).toBe(one.result.digest)
  })

  test('gives the same on a slow machine', () => {
    const source = openRecording(MARKET)
    let events = 0
    const slow: MarketSource = {
      ...source,
      next(event) {
        if (++events % 1_000 === 0) Bun.sleepSync(15)
        return source.next(event)
      },
    }
    expect(counted({ source: slow })).toEqual(counted())
  })

  test('gives the same whether or not somebody watches its progress', () => {
    const seen: (number | undefined)[] = []
    const watched = counted({ onProgress: ({ share }) => seen.push(share) })
    expect(watched).toEqual(counted())
    expect(seen.length).toBeGreaterThan(1)
    expect(seen.at(-1)).toBe(1)
  })

  test('has another digest where one parameter is another', () => {
    const { digest } = run({ settings: { busy: { params: { every: 21 } } } }).result
    expect(digest).not.toBe(run().result.digest)
  })

  test('has another digest where the venue answers later', () => {
    const { digest } = run({ paper: { latencyMicros: 2_000_000 } }).result
    expect(digest).not.toBe(run().result.digest)
  })

  test('adds up: the books, the trades and the result say the same', () => {
    const { result, fills, trades } = run()
    expect(result.events).toBe(MARKET.length)
    expect(result.fills).toBe(fills.length)
    expect(result.trades).toBe(trades.length)
    expect(result.wins).toBe(trades.filter(({ net }) => net > 0).length)
    expect(result.netProfit).toBeCloseTo(result.grossProfit - result.charges, 8)
    const charged = fills.reduce((sum, { charges }) => sum + charges, 0)
    expect(result.charges).toBeCloseTo(charged / 10_000, 8)
    expect(result.charges).toBeGreaterThan(0)
  })

  test('never fills an order on the tick that decided it', () => {
    const { orders, fills } = run()
    const decided = new Map(orders.map(({ clientId, createdAt }) => [clientId, createdAt]))
    expect(fills.filter(({ clientId, time }) => time <= (decided.get(clientId) ?? 0))).toEqual([])
  })

  test('tells of every record that a journal would hold', () => {
    const records: JournalRecord[] = []
    const { result } = run({ onRecords: (some) => records.push(...some) })
    expect(records.filter(({ kind }) => kind === 'fill')).toHaveLength(result.fills)
    expect(records.filter(({ kind }) => kind === 'day')).toHaveLength(1)
  })

  test('counts the faults of a strategy, and goes on', () => {
    const { result, faults } = run({}, faulty)
    expect(result.faults).toBeGreaterThan(0)
    expect(result.events).toBe(MARKET.length)
    expect(faults).toEqual(['faulty: Error: it threw'])
  })

  test('ends early where it is cancelled', () => {
    const { result } = run({ cancelled: () => true })
    expect(result.events).toBeLessThan(MARKET.length)
    expect(result.events).toBeGreaterThan(0)
  })

  test('obeys a person on the tape: a strategy that is disabled trades no more', () => {
    const now = openRecording(MARKET).startsAt + 60_000_000
    const command = { kind: 'command', ask: 'disable', strategy: 'busy', by: 'test', now } as const
    const { orders } = run({ commands: [command] })
    expect(orders.length).toBeGreaterThan(0)
    expect(orders.filter(({ createdAt }) => createdAt > now + 1_000_000)).toEqual([])
    expect(run().orders.filter(({ createdAt }) => createdAt > now + 1_000_000)).not.toEqual([])
  })

  test('runs two strategies side by side, each as if it were alone', () => {
    const other = strategy({ ...busy, id: 'other' })
    const strategies = [busy, other].map((definition) => ({
      bundle: bundleOf(definition),
      definition,
    }))
    const both = run({ strategies })
    const alone = run()
    const own = both.orders.filter(({ strategy: id }) => id === 'busy')
    expect(own.map(({ ref, side, quantity }) => [ref, side, quantity])).toEqual(
      alone.orders.map(({ ref, side, quantity }) => [ref, side, quantity]),
    )
  })
})

describe('a strategy that cannot run', () => {
  const refused = (definition: AnyStrategy, changes: Partial<BacktestOptions> = {}) => {
    try {
      run(changes, definition)
    } catch (error) {
      expect(error).toBeInstanceOf(BacktestError)
      return error instanceof BacktestError ? error.message : ''
    }
    return 'it ran'
  }

  test('is refused where no instrument of the tape fits it', () => {
    const grants = { ...busy.grants, instruments: ['NSE:*'] }
    expect(refused(strategy({ ...busy, grants }))).toContain('"busy" was refused: None of')
  })

  test('is refused where its parameters do not fit', () => {
    const answer = refused(busy, { settings: { busy: { params: { every: 0 } } } })
    expect(answer).toContain('Parameters of "busy" do not fit')
  })

  test('is refused where it throws before its first event', () => {
    const throws = () => {
      throw new Error('no luck today')
    }
    expect(refused(strategy({ ...busy, needs: throws }))).toContain('no luck today')
    expect(refused(strategy({ ...busy, start: throws }))).toContain('no luck today')
  })

  test('is refused where its state does not fit what it declared', () => {
    expect(refused(strategy({ ...busy, start: () => ({ count: 'one' }) }))).toContain('"busy"')
  })
})

const SPY = await recordedTape('lean/equity/usa/tick/spy/20131007_trade.zip')
if (SPY === undefined) console.log('Recorded market data is absent: the day of SPY is not run')

test.skipIf(SPY === undefined)(
  'a recorded day of SPY, run twice, is 250,601 events and the same orders',
  () => {
    if (SPY === undefined) return
    const results = [1, 2].map(() => {
      const settings = { busy: { params: { every: 500 } } }
      return run({ source: openRecording(SPY), settings }).result
    })
    const [one, other] = results
    expect(one).toMatchObject({ events: 250_601, faults: 0 })
    expect(one?.fills).toBeGreaterThan(100)
    expect(other?.digest).toBe(one?.digest ?? '')
  },
  60_000,
)
