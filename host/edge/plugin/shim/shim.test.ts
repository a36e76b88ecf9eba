import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { createInstrument } from '#sdk/instrument.ts'
import type { Context, FillInfo, Needs, OrderReportInfo } from '#sdk/strategy.ts'

import { createStage, held, listed, NOON, strategy } from './stage.fixture.ts'

type Given = Context<unknown, { count: number }, Needs>

const SECOND = 1_000_000

describe('when handlers are called', () => {
  const calls: string[] = []
  const note =
    (name: string) =>
    ({ instrument }: Given) =>
      void calls.push(`${name} ${instrument.symbol}`)
  const definition = strategy({
    needs: () => ({ bars: ['1m'], warmUp: { bars: 2 }, timer: { seconds: 1 } }),
    onTick: note('tick'),
    onBar: note('bar'),
    onTimer: note('timer'),
    onSession: note('session'),
    onOrder: note('order'),
  })
  const create = () => {
    calls.length = 0
    const stage = createStage({ definition, timeframes: ['1m'] })
    stage.begin()
    return stage
  }

  test('no market handler is called before the needs of its instrument are met', () => {
    const stage = create()
    stage.tick(1000)
    stage.timer(NOON)
    stage.session(NOON, NOON + 1)
    stage.bar('1m', 1000)
    stage.tick(1000)
    expect(calls).toEqual([])
    expect(stage.said()).not.toContain('started')
  })

  test('the bar that completes the needs is handled, and only its instrument is ready', () => {
    const stage = create()
    stage.bar('1m', 1000)
    stage.bar('1m', 1001)
    stage.tick(1000)
    stage.tick(1000, { instrument: 1 })
    stage.timer(NOON)
    expect(calls).toEqual(['bar A', 'tick A', 'timer A'])
    expect(stage.said().filter((what) => what === 'started')).toHaveLength(1)
  })

  test('word of its own orders reaches a strategy that is not ready', () => {
    const stage = create()
    stage.report({ status: 'working', ref: 1 })
    expect(calls).toEqual(['order A'])
  })

  test('records of other strategies and of instruments that it does not trade are stepped over', () => {
    calls.length = 0
    const stage = createStage({
      definition: strategy({ onTick: note('tick'), onOrder: note('order') }),
      instruments: listed(1),
    })
    stage.begin()
    stage.report({ status: 'fill', ref: 1, last: 5, price: 1 }, 99)
    stage.tick(1000, { instrument: 1 })
    stage.tick(1000)
    expect(calls).toEqual(['tick A'])
  })

  test('a timer fires on the seconds that were asked for', () => {
    const seen: number[] = []
    const stage = createStage({
      definition: strategy({
        needs: () => ({ timer: { seconds: 5 } }),
        onTimer: ({ time, instrument }: Given) =>
          void (instrument.symbol === 'A' && seen.push((time - NOON) / SECOND)),
      }),
    })
    stage.begin()
    for (let second = 0; second <= 12; second++) stage.timer(NOON + second * SECOND)
    expect(seen).toEqual([0, 5, 10])
  })

  test('a session reaches its instrument with its times', () => {
    const seen: unknown[] = []
    const definition = strategy({
      onSession: ({ session, instrument }: Given) =>
        void seen.push([instrument.symbol, { ...session }]),
    })
    const stage = createStage({ definition })
    stage.begin()
    stage.session(NOON, NOON + 60 * SECOND, 1)
    expect(seen).toEqual([['B', { opensAt: NOON, closesAt: NOON + 60 * SECOND }]])
  })

  test('a strategy is told of a gap before anything else, at the time it begins', () => {
    const seen: unknown[] = []
    const definition = strategy({
      onGap: ({ gap, time, instrument }: Given & { gap: unknown }) =>
        void seen.push([instrument.symbol, gap, time]),
      onTick: () => void seen.push('tick'),
    })
    const stage = createStage({ definition })
    stage.begin({ gap: { from: 3, to: 9 }, now: NOON })
    stage.tick(1000)
    expect(seen).toEqual([['A', { from: 3, to: 9 }, NOON], ['B', { from: 3, to: 9 }, NOON], 'tick'])
  })
})

describe('the position', () => {
  const definition = strategy({
    onFill: ({ position, fill, log }: Given & { fill: FillInfo }) =>
      log(
        `${fill.side} ${fill.quantity} @ ${fill.price}: ${position.quantity} at ${position.averagePrice}`,
      ),
  })

  test('follows the fills, through reductions and flips', () => {
    const stage = createStage({ definition })
    stage.begin()
    const fill = (last: number, price: number) =>
      stage.report({ status: 'fill', ref: 1, last, price, filled: 1, quantity: 99 })
    fill(10, 1000)
    fill(10, 1020)
    fill(-5, 1100)
    fill(-25, 1040)
    fill(10, 1000)
    expect(stage.logs()).toEqual([
      'BUY 10 @ 50: 10 at 50',
      'BUY 10 @ 51: 20 at 50.5',
      'SELL 5 @ 55: 15 at 50.5',
      'SELL 25 @ 52: -10 at 52',
      'BUY 10 @ 50: 0 at NaN',
    ])
  })

  test('is taken over from the books, also where a tick is finer than the scale of money', () => {
    const spec = {
      exchange: 'SIM',
      symbol: 'A',
      kind: 'crypto',
      currency: 'USD',
      lot: 1,
      session: { kind: 'always', minutes: 60 },
    } as const
    const coin = createInstrument({ ...spec, tickSize: '0.01', quantityStep: '0.001' }, 0)
    const stage = createStage({ definition, instruments: [coin] })
    stage.begin({ positions: [held(coin, 10, 10 * 2_000)] })
    stage.report({ status: 'fill', ref: 1, last: 10, price: 4_000, filled: 10, quantity: 10 })
    expect(stage.logs()).toEqual(['BUY 10 @ 40: 20 at 30'])
  })

  test('is the sum of the fills, and its average lies between their prices', () => {
    const fills = fc.array(
      fc.tuple(
        fc.integer({ min: -20, max: 20 }).filter((q) => q !== 0),
        fc.integer({ min: 900, max: 1100 }),
      ),
      { maxLength: 30 },
    )
    fc.assert(
      fc.property(fills, (all) => {
        let seen = { quantity: 0, averagePrice: Number.NaN }
        const watching = strategy({
          onFill: ({ position }: Given) => void (seen = { ...position }),
        })
        const stage = createStage({ definition: watching })
        stage.begin()
        for (const [last, price] of all)
          stage.report({ status: 'fill', ref: 1, last, price, filled: 1, quantity: 99 })
        expect(seen.quantity).toBe(all.reduce((sum, [last]) => sum + last, 0))
        expect(Number.isNaN(seen.averagePrice)).toBe(seen.quantity === 0)
        if (seen.quantity !== 0)
          expect(seen.averagePrice >= 45 - 1e-9 && seen.averagePrice <= 55 + 1e-9).toBe(true)
      }),
    )
  })
})

describe('what a strategy is given besides', () => {
  test('random numbers are the same at a replay, and not the same at the next record', () => {
    const run = () => {
      const drawn: number[] = []
      const stage = createStage({
        definition: strategy({
          onTick: ({ random }: Given) => void drawn.push(random(), random()),
        }),
      })
      stage.begin()
      for (let i = 0; i < 50; i++) stage.tick(1000)
      return drawn
    }
    const first = run()
    expect(run()).toEqual(first)
    expect(new Set(first).size).toBe(100)
    expect(first.every((value) => value >= 0 && value < 1)).toBe(true)
  })

  test('log lines are at most twenty a second, bounded, and text', () => {
    const stage = createStage({
      definition: strategy({
        onTick({ log }: Given) {
          for (let i = 0; i < 1000; i++) log(i === 0 ? 'x'.repeat(10_000_000) : `line ${i}`)
        },
      }),
    })
    stage.begin()
    stage.tick(1000)
    stage.tick(1000, { time: NOON + SECOND })
    const lines = stage.logs()
    expect(lines).toHaveLength(40)
    expect(lines[0]).toHaveLength(500)
    expect(lines[19]).toBe('line 19 (more lines of this second are dropped)')
  })

  test('a log line that is no text runs nothing of the bundle', () => {
    const hostile = {
      toString: () => {
        throw new Error('ran')
      },
    }
    const stage = createStage({
      definition: strategy({ onTick: ({ log }: Given) => log(hostile as unknown as string) }),
    })
    stage.begin()
    stage.tick(1000)
    expect(stage.logs()).toEqual(['a object, not a text'])
    expect(stage.faults()).toEqual([])
  })

  test('closed bars end at the last one that the tape has shown', () => {
    const seen: unknown[] = []
    const definition = strategy({
      needs: () => ({ bars: ['1m'] }),
      onBar({ bars }: Given) {
        const series = bars('1m')
        seen.push([series.length, series.close(0), series.at(1)?.close, series.at(series.length)])
      },
    })
    const stage = createStage({ definition, timeframes: ['1m'] })
    stage.begin()
    stage.bar('1m', 1000)
    stage.bar('1m', 1020)
    expect(seen).toEqual([
      [1, 50, undefined, undefined],
      [2, 51, 50, undefined],
    ])
  })

  test('a report says why, and with which bound', () => {
    const seen: OrderReportInfo[] = []
    const stage = createStage({
      definition: strategy({
        onOrder: ({ report }: Given & { report: OrderReportInfo }) => void seen.push({ ...report }),
      }),
    })
    stage.begin()
    stage.report({ status: 'denied', ref: 4, reason: 'risk/quantity-max' })
    expect(seen[0]).toMatchObject({ ref: 4, status: 'denied', reason: 'risk/quantity-max' })
  })
})
