import { describe, expect, test } from 'bun:test'

import { timeframeIndex, TIMEFRAMES } from '#sdk/bar.ts'
import { BarColumn, IndicatorColumn } from '#sdk/column.ts'
import type { Instrument } from '#sdk/instrument.ts'
import type { ResolvedNeeds } from '#sdk/manifest.ts'
import { createTapeMemory, RECORD, TapeReader, TapeWriter } from '#sdk/tape.ts'
import { createMarketEvent, type MarketEvent } from '#sdk/tick.ts'

import { createMarket, type MarketOptions } from './market.ts'
import { sampleInstrument } from './sample-load.ts'

const SECOND = 1_000_000
const MINUTE = 60 * SECOND
/** A full hour, within a session of Kolkata. */
const START = Temporal.Instant.from('2026-07-15T05:00:00Z').epochMilliseconds * 1000
const GRACE = 500_000
const KIND = new Map<number, string>(Object.entries(RECORD).map(([name, kind]) => [kind, name]))

function createDesk(
  instruments: readonly Instrument[] = [sampleInstrument(0), sampleInstrument(1)],
  options: Partial<MarketOptions> = {},
) {
  const memory = createTapeMemory()
  const market = createMarket({
    instruments,
    tape: new TapeWriter(memory),
    graceMicros: GRACE,
    ...options,
  })
  const reader = new TapeReader(memory, 0)
  /** The records since the last call: kind, row, head a, values. */
  const records = () => {
    const found: { kind: string; row: number; a: number; v: number[] }[] = []
    while (reader.next()) {
      found.push({
        kind: KIND.get(reader.kind) ?? '?',
        row: reader.subject,
        a: reader.a,
        v: [...reader.v],
      })
    }
    return found
  }
  const apply = (time: number, different: Partial<MarketEvent> = {}) =>
    market.apply({ ...createMarketEvent(), instrument: 0, time, receivedAt: time, ...different })
  const trade = (time: number, price: number, quantity = 1) => apply(time, { price, quantity })
  return { market, records, apply, trade, kinds: () => records().map(({ kind }) => kind) }
}

const needs = (different: Partial<ResolvedNeeds> = {}): ResolvedNeeds => ({
  ticks: true,
  bars: [],
  indicators: {},
  warmUpBars: 0,
  timerSeconds: 0,
  ...different,
})

describe('one event', () => {
  test('gives the session it opens, then its tick with the full view of the board', () => {
    const { apply, records, trade } = createDesk()
    apply(START, { bid: 99, ask: 101, bidQuantity: 7, askQuantity: 8 })
    trade(START + 10, 100, 3)
    const [session, quote, tick] = records()
    const opensAt = Temporal.Instant.from('2026-07-15T03:45:00Z').epochMilliseconds * 1000
    expect(session).toMatchObject({ kind: 'session', row: 0 })
    expect(session?.v.slice(0, 3)).toEqual([START, opensAt, opensAt + 375 * MINUTE])
    expect(quote?.v.slice(0, 7)).toEqual([START, Number.NaN, 0, 99, 101, 7, 8])
    expect(tick?.v.slice(0, 7)).toEqual([START + 10, 100, 3, 99, 101, 7, 8])
  })

  test('gives the bars that it ends, shortest first, before its own tick', () => {
    const { records, trade } = createDesk(undefined, { barsWanted: ['1s', '1m', '5m'] })
    trade(START, 100, 2)
    records()
    trade(START + 5 * MINUTE, 200, 9)
    expect(
      records().map(({ kind, a, v }) => [kind, kind === 'bar' ? TIMEFRAMES[a] : v[1]]),
    ).toEqual([
      ['bar', '1s'],
      ['bar', '1m'],
      ['bar', '5m'],
      ['tick', 200],
    ])
  })

  test('gives a bar record with its numbers and its place in the column', () => {
    const { market, records, trade } = createDesk(undefined, { barsWanted: ['1m'] })
    trade(START + 1, 100, 2)
    trade(START + 2, 120, 3)
    trade(START + 59 * SECOND, 90, 4)
    trade(START + MINUTE, 95, 1)
    const bar = records().find(({ kind }) => kind === 'bar')
    expect(bar).toMatchObject({ row: 0, a: timeframeIndex('1m') })
    expect(bar?.v.slice(0, 7)).toEqual([START, 100, 120, 90, 90, 9, 0])
    const column = market.columns[timeframeIndex('1m')]
    expect([0, 1, 2, 3, 4, 5].map((field) => column?.read(0, 0, field))).toEqual([
      START,
      100,
      120,
      90,
      90,
      9,
    ])
  })

  test('ends bars also where it is only a quote, and a quote makes none', () => {
    const { apply, kinds, trade } = createDesk(undefined, { barsWanted: ['1m'] })
    trade(START, 100)
    kinds()
    apply(START + MINUTE, { bid: 99 })
    apply(START + 3 * MINUTE, { bid: 98 })
    expect(kinds()).toEqual(['bar', 'tick', 'tick'])
  })

  test('leaves no trace where it is bad', () => {
    const { market, records, trade } = createDesk()
    trade(START, 100)
    records()
    expect(trade(START + 1, -5)).toBe(false)
    expect(trade(START - 2 * SECOND, 100)).toBe(false)
    expect(records()).toEqual([])
    expect([market.board.price[0], market.board.volume[0]]).toEqual([100, 1])
    expect(market.counters()).toMatchObject({ ticks: 1, quarantined: { price: 1, 'time-back': 1 } })
  })

  test('gives bar records only for what someone wants, and bars in the column in any case', () => {
    const { market, records, apply, trade } = createDesk()
    market.want(1, '1m')
    trade(START, 100)
    apply(START, { instrument: 1, price: 50, quantity: 1 })
    market.time(START + MINUTE + GRACE)
    expect(records().filter(({ kind }) => kind === 'bar')).toMatchObject([
      { row: 1, a: timeframeIndex('1m') },
    ])
    expect(market.recent(0, { timeframe: '1m', limit: 5 })).toHaveLength(1)
  })

  test('makes bars of an index, which has values and no trades', () => {
    const { market, trade } = createDesk([sampleInstrument(0, { kind: 'index' })])
    trade(START, 100, 0)
    trade(START + 1, 110, 0)
    expect(market.recent(0, { timeframe: '1m', limit: 1 })).toMatchObject([
      { open: 5, close: 5.5, volume: 0 },
    ])
  })
})

describe('time', () => {
  test('ends a bar without a tick once the grace is over, not before', () => {
    const { kinds, market, trade } = createDesk([sampleInstrument(0)], { barsWanted: ['1m'] })
    trade(START, 100)
    kinds()
    market.time(START + MINUTE + GRACE - 1)
    expect(kinds()).toEqual(['timer'])
    market.time(START + MINUTE + GRACE)
    expect(kinds()).toEqual(['bar', 'timer'])
    market.time(START + 10 * MINUTE)
    expect(kinds()).toEqual(['timer'])
  })

  test('writes its own moment', () => {
    const { market, records } = createDesk([])
    market.time(START)
    expect(records()).toMatchObject([{ kind: 'timer', v: [START, 0, 0, 0, 0, 0, 0, 0] }])
  })

  test('opens the session of every instrument, once', () => {
    const { market, records } = createDesk()
    market.time(START)
    market.time(START + SECOND)
    expect(records().map(({ kind, row }) => [kind, row])).toEqual([
      ['session', 0],
      ['session', 1],
      ['timer', -1],
      ['timer', -1],
    ])
  })

  test('ends the last bars of a session before the next one begins, and its volume starts from zero', () => {
    const always = sampleInstrument(0, { session: { kind: 'always', minutes: 1 } })
    const { kinds, market, trade } = createDesk([always], { barsWanted: ['1m'] })
    trade(START + 59 * SECOND, 100, 7)
    expect(market.board.volume[0]).toBe(7)
    kinds()
    market.time(START + MINUTE + GRACE)
    expect(kinds()).toEqual(['bar', 'session', 'timer'])
    expect(market.board.volume[0]).toBe(0)
  })

  test('does not take a session back for a late tick of the one before', () => {
    const always = sampleInstrument(0, { session: { kind: 'always', minutes: 1 } })
    const { kinds, trade } = createDesk([always])
    trade(START + MINUTE, 100)
    trade(START + MINUTE - 1000, 100)
    expect(kinds()).toEqual(['session', 'tick', 'tick'])
  })
})

describe('what a carrier needs', () => {
  const ema5 = { name: 'ema', params: { period: 2 }, on: '1m' } as const

  test('is answered with memory that holds the same numbers as the tape', () => {
    const { market, records, trade } = createDesk()
    const answer = market.need([0], needs({ bars: ['1m'], indicators: { fast: ema5 } }))
    if (!answer.ok) throw new Error(answer.refusal)
    for (const [at, price] of [100, 200, 300].entries()) trade(START + at * MINUTE, price)
    const columns = answer.value
    const bars = new BarColumn(columns.bars[0]?.memory ?? new SharedArrayBuffer(0))
    const fast = columns.indicators['fast']
    const values = new IndicatorColumn(fast?.memory ?? new SharedArrayBuffer(0), 1)
    const seen = records().filter(({ kind }) => kind === 'bar')
    expect(seen.map(({ v }) => v[6])).toEqual([0, 1])
    expect(seen.map(({ v }) => bars.read(0, v[6] ?? 0, 4))).toEqual([100, 200])
    expect(values.read(0, 0, 0)).toBeNaN()
    expect(values.read(0, 1, 0)).toBeCloseTo((10 * 2) / 3 + 5 / 3, 12)
    expect(fast).toMatchObject({ outputs: ['value'], on: '1m' })
  })

  test('says how many bars are closed, of the timeframes its indicators stand on too, and the sessions', () => {
    const { market, trade } = createDesk()
    trade(START, 100)
    trade(START + MINUTE, 100)
    const answer = market.need([1, 0], needs({ bars: ['5m'], indicators: { fast: ema5 } }))
    if (!answer.ok) throw new Error(answer.refusal)
    expect(answer.value.bars.map(({ timeframe, counts }) => [timeframe, counts])).toEqual([
      ['1m', [0, 1]],
      ['5m', [0, 0]],
    ])
    expect(answer.value.sessions.map(({ opensAt }) => Number.isNaN(opensAt))).toEqual([true, false])
  })

  test.each([
    ['an unknown indicator', { name: 'supertrend', params: {}, on: '1m' }, 'supertrend'],
    ['a bad parameter', { name: 'ema', params: { period: 0 }, on: '1m' }, 'period is 0'],
    ['a misspelt parameter', { name: 'ema', params: { period: 5, perod: 6 }, on: '1m' }, 'perod'],
  ] as const)(
    'is refused with a sentence for %s, and then nothing of it is registered',
    (_, bad, text) => {
      const { market, kinds, trade } = createDesk()
      const answer = market.need([0], needs({ bars: ['1m'], indicators: { good: ema5, bad } }))
      expect(answer).toMatchObject({ ok: false, refusal: expect.stringContaining(text) })
      trade(START, 100)
      trade(START + MINUTE, 100)
      expect(kinds()).not.toContain('bar')
    },
  )

  test('is refused where it would take the columns past what is allowed', () => {
    const { market } = createDesk([sampleInstrument(0)])
    const indicators = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, at) => [
          `i${at}`,
          { ...ema5, params: { period: at + 1 } },
        ]),
      )
    expect(market.need([0], needs({ indicators: indicators(128) })).ok).toBe(true)
    expect(market.need([0], needs({ indicators: indicators(128) })).ok).toBe(true)
    expect(market.need([0], needs({ indicators: indicators(129) })).ok).toBe(false)
  })

  test('is forgotten with the last carrier that needed it; what was wanted by others stays', () => {
    const { market, records, trade } = createDesk()
    market.want(0, '5m')
    const asked = needs({ bars: ['1m'], indicators: { fast: ema5 } })
    const first = market.need([0], asked)
    market.retain([{ instruments: [0], needs: asked }])
    const second = market.need([0], asked)
    market.retain([])
    trade(START, 100)
    trade(START + 5 * MINUTE, 100)
    const third = market.need([0], asked)
    if (!first.ok || !second.ok || !third.ok) throw new Error('refused')
    expect(second.value.indicators['fast']?.memory).toBe(first.value.indicators['fast']?.memory)
    expect(third.value.indicators['fast']?.memory).not.toBe(first.value.indicators['fast']?.memory)
    expect(
      records()
        .filter(({ kind }) => kind === 'bar')
        .map(({ a }) => TIMEFRAMES[a]),
    ).toEqual(['5m'])
  })
})

describe('recent bars', () => {
  test('are decimals, oldest first, the open one last', () => {
    const { market, trade } = createDesk()
    for (const [at, price] of [100, 200, 300].entries()) trade(START + at * MINUTE, price, at + 1)
    trade(START + 2 * MINUTE + SECOND, 320, 5)
    const minutes = market.recent(0, { timeframe: '1m', limit: 10 })
    expect(minutes.map(({ time, close, volume }) => [time, close, volume])).toEqual([
      [START, 5, 1],
      [START + MINUTE, 10, 2],
      [START + 2 * MINUTE, 16, 8],
    ])
    expect(minutes[2]).toMatchObject({
      instrument: 'SIM:S0',
      timeframe: '1m',
      open: 15,
      high: 16,
      low: 15,
    })
    expect(market.recent(0, { timeframe: '1m', limit: 2 })).toEqual(minutes.slice(1))
    expect(market.recent(0, { timeframe: '1m', limit: 0 })).toEqual([])
  })

  test('are at most what is kept', () => {
    const { market, trade } = createDesk()
    for (let at = 0; at < 400; at++) trade(START + at * SECOND, at + 1)
    const seconds = market.recent(0, { timeframe: '1s', limit: 1000 })
    expect(seconds).toHaveLength(257)
    expect(seconds.at(-1)?.time).toBe(START + 399 * SECOND)
    expect(seconds[0]?.time).toBe(START + 143 * SECOND)
  })
})

test('a sink hears of every closed bar of every timeframe by its numbers', () => {
  const heard: string[] = []
  const { market, trade } = createDesk(undefined, {
    onBar: (row, timeframe, number) => heard.push(`${row} ${TIMEFRAMES[timeframe]} ${number}`),
  })
  trade(START, 100)
  trade(START + MINUTE, 100)
  expect(heard).toEqual(['0 1s 0', '0 5s 0', '0 1m 0'])
  expect(market.counters().barsClosed).toBe(3)
})

test('an instrument in the wrong row is a bug', () => {
  expect(() => createDesk([sampleInstrument(1)])).toThrow('row 0')
})
