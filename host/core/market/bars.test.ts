import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { TIMEFRAME_MICROS, timeframeIndex, TIMEFRAMES } from '#sdk/bar.ts'

import { BarBuilder } from './bars.ts'
import { createCalendar } from './session.ts'

const START = 1_760_000_000_000_000
const SECOND = 1_000_000
const calendar = createCalendar({
  kind: 'daily',
  zone: 'Asia/Kolkata',
  opens: '09:15',
  closes: '15:30',
})

type Numbers = readonly number[]
interface Trade {
  readonly time: number
  readonly price: number
  readonly quantity: number
}
interface Built {
  readonly closed: Numbers[][]
  readonly opened: (Numbers | undefined)[]
  readonly late: number
}

function createBuilder() {
  const closed: Numbers[][] = TIMEFRAMES.map(() => [])
  const builder: BarBuilder = new BarBuilder({
    instruments: 2,
    dayOf: (_, time) => calendar.day(time),
    onClose(instrument, timeframe, number) {
      expect(number).toBe(closed[timeframe]?.length ?? -1)
      const column = builder.columns[timeframe]
      closed[timeframe]?.push(
        [0, 1, 2, 3, 4, 5].map((field) => column?.read(instrument, number, field) ?? 0),
      )
    },
  })
  return { builder, closed }
}

function build(trades: readonly Trade[]): Built {
  const { builder, closed } = createBuilder()
  for (const { time, price, quantity } of trades) {
    builder.close(1, time)
    builder.trade(1, time, price, quantity)
  }
  const opened = TIMEFRAMES.map((_, timeframe) => {
    const bar = builder.opened(1, timeframe)
    return bar && [bar.start, bar.open, bar.high, bar.low, bar.close, bar.volume]
  })
  return { closed, opened, late: builder.late }
}

const intervalOf = (timeframe: number, time: number) => {
  if (TIMEFRAMES[timeframe] === '1d') return calendar.day(time)
  const length = TIMEFRAME_MICROS[timeframe] ?? 0
  const start = Math.floor(time / length) * length
  return { start, end: start + length }
}

/** Looks at all trades again for each answer, and keeps no bar open: slow, and hard to get wrong. */
function buildSlowly(trades: readonly Trade[]): Built {
  const placed: (Trade & { readonly second: number })[] = []
  let newest = Number.NEGATIVE_INFINITY
  let late = 0
  for (const trade of trades) {
    newest = Math.max(newest, trade.time)
    const own = Math.floor(trade.time / SECOND) * SECOND
    const last = placed.at(-1)
    const open = last !== undefined && last.second + SECOND > newest ? last.second : undefined
    const ends = placed.flatMap(({ second }) =>
      TIMEFRAMES.map((_, timeframe) => intervalOf(timeframe, second).end).filter(
        (end) => end <= newest,
      ),
    )
    const second = open ?? Math.max(own, ...ends)
    if (trade.time < second) late++
    placed.push({ ...trade, second })
  }
  const closed: Numbers[][] = []
  const opened: (Numbers | undefined)[] = []
  for (const timeframe of TIMEFRAMES.keys()) {
    const groups = Map.groupBy(placed, ({ second }) => intervalOf(timeframe, second).start)
    const bars = [...groups].map(([start, group]) => {
      const prices = group.map(({ price }) => price)
      const volume = group.reduce((sum, { quantity }) => sum + quantity, 0)
      return [
        start,
        prices[0] ?? 0,
        Math.max(...prices),
        Math.min(...prices),
        prices.at(-1) ?? 0,
        volume,
      ]
    })
    const isClosed = ([start = 0]: Numbers) => intervalOf(timeframe, start).end <= newest
    closed.push(bars.filter(isClosed))
    opened.push(bars.find((bar) => !isClosed(bar)))
  }
  return { closed, opened, late }
}

/** Trades a moment, a second, a minute or hours apart, some of them up to a second back. */
const tradesArbitrary = fc
  .array(
    fc.record({
      gap: fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: 0, max: 700_000 }) },
        { weight: 3, arbitrary: fc.integer({ min: 0, max: 90 * SECOND }) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 30_000 * SECOND }) },
      ),
      back: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: SECOND })),
      price: fc.integer({ min: 1, max: 50 }),
      quantity: fc.integer({ min: 1, max: 9 }),
    }),
    { minLength: 1, maxLength: 120 },
  )
  .map((steps) => {
    let time = START
    return steps.map(({ gap, back, price, quantity }): Trade => {
      time += gap
      return { time: time - back, price, quantity }
    })
  })

describe('bars', () => {
  test('are exactly those of a slow builder that groups all trades, for every timeframe', () => {
    fc.assert(
      fc.property(tradesArbitrary, (trades) => {
        expect(build(trades)).toEqual(buildSlowly(trades))
      }),
      { numRuns: 400 },
    )
  })

  test('never lose or double a trade, also where it is late', () => {
    fc.assert(
      fc.property(tradesArbitrary, (trades) => {
        const { closed, opened } = build(trades)
        const total = trades.reduce((sum, { quantity }) => sum + quantity, 0)
        for (const timeframe of TIMEFRAMES.keys()) {
          const volumes = [...(closed[timeframe] ?? []), opened[timeframe] ?? []].map(
            (bar) => bar[5] ?? 0,
          )
          expect(volumes.reduce((sum, volume) => sum + volume, 0)).toBe(total)
        }
      }),
    )
  })

  test('never overlap and never stand out of order, whatever time closes them', () => {
    fc.assert(
      fc.property(tradesArbitrary, fc.integer({ min: 0, max: 5 * SECOND }), (trades, early) => {
        const { builder, closed } = createBuilder()
        for (const { time, price, quantity } of trades) {
          builder.close(1, time)
          builder.trade(1, time, price, quantity)
          builder.close(1, time + early)
        }
        for (const bars of closed) {
          const starts = bars.map(([start]) => start ?? 0)
          expect(starts).toEqual([...new Set(starts)].toSorted((a, b) => a - b))
        }
      }),
    )
  })

  test('are not made of an interval without a trade', () => {
    const { closed } = build([
      { time: START, price: 10, quantity: 1 },
      { time: START + 3600 * SECOND, price: 11, quantity: 1 },
    ])
    expect(closed[timeframeIndex('1m')]).toHaveLength(1)
  })

  test('are not restated by a trade that comes after their end', () => {
    const { builder, closed } = createBuilder()
    const minute = Math.floor(START / 60 / SECOND) * 60 * SECOND
    builder.trade(1, minute + 59 * SECOND, 10, 1)
    builder.close(1, minute + 60 * SECOND)
    builder.trade(1, minute + 60 * SECOND - 1, 99, 7)
    builder.close(1, minute + 120 * SECOND)
    const minutes = closed[timeframeIndex('1m')] ?? []
    expect(minutes).toEqual([
      [minute, 10, 10, 10, 10, 1],
      [minute + 60 * SECOND, 99, 99, 99, 99, 7],
    ])
    expect(builder.late).toBe(1)
  })

  test('of one instrument are not touched by another', () => {
    const { builder } = createBuilder()
    builder.trade(0, START, 10, 1)
    expect(builder.opened(1, 0)).toBeUndefined()
    expect(builder.due[1]).toBe(Number.POSITIVE_INFINITY)
  })

  test('of a day are the civil day of the zone', () => {
    const midnight = Temporal.Instant.from('2026-07-14T18:30:00Z').epochMilliseconds * 1000
    const { closed } = build([
      { time: midnight - 1, price: 10, quantity: 1 },
      { time: midnight, price: 11, quantity: 2 },
      { time: midnight + 86_400 * SECOND, price: 12, quantity: 3 },
    ])
    expect(closed[timeframeIndex('1d')]).toEqual([
      [midnight - 86_400 * SECOND, 10, 10, 10, 10, 1],
      [midnight, 11, 11, 11, 11, 2],
    ])
  })
})
