import { describe, expect, test } from 'bun:test'

import { timeframeIndex } from '#sdk/bar.ts'
import { BARS_KEPT, IndicatorColumn } from '#sdk/column.ts'
import type { Indicator } from '#sdk/indicator/indicator.ts'
import { findIndicator } from '#sdk/indicator/kinds.ts'
import { sma } from '#sdk/indicator/sma/sma.ts'
import { vwap } from '#sdk/indicator/vwap/vwap.ts'
import { priceToDecimal } from '#sdk/instrument.ts'
import { createTapeMemory, TapeWriter } from '#sdk/tape.ts'
import { createMarketEvent } from '#sdk/tick.ts'

import { createMarket } from './market.ts'
import { sampleInstrument } from './sample-load.ts'

const MINUTE = 60_000_000
const START = Temporal.Instant.from('2026-07-15T05:00:00Z').epochMilliseconds * 1000

function createDesk(sessionMinutes = 1440) {
  const session = { kind: 'always', minutes: sessionMinutes } as const
  const instruments = [sampleInstrument(0, { session }), sampleInstrument(1, { session })]
  const market = createMarket({
    instruments,
    tape: new TapeWriter(createTapeMemory()),
    graceMicros: 0,
  })
  /** A minute bar of two trades; closed by the next one or by `market.time`. */
  const minute = (at: number, instrument = 0) => {
    const event = { ...createMarketEvent(), instrument, quantity: 1 + (at % 3) }
    const time = START + at * MINUTE
    market.apply({ ...event, time, price: 1000 + ((at * 37) % 101) })
    market.apply({ ...event, time: time + 1, price: 1000 + ((at * 53) % 89) })
  }
  const need = (indicator: Indicator<unknown>, rows: readonly number[] = [0]) => {
    const answer = market.need(rows, {
      ticks: false,
      bars: [],
      indicators: { it: indicator },
      warmUpBars: 0,
      timerSeconds: 0,
    })
    if (!answer.ok) throw new Error(answer.refusal)
    const { memory, outputs } = answer.value.indicators['it'] ?? {}
    if (memory === undefined || outputs === undefined) throw new Error('no column')
    return { memory, column: new IndicatorColumn(memory, outputs.length) }
  }
  return { market, minute, need, instruments }
}

type Desk = ReturnType<typeof createDesk>

/** What a kernel of one's own gives for the closed minutes from `first` on. */
function expected(
  { market, instruments }: Desk,
  { of, first, count }: { of: Indicator<unknown>; first: number; count: number },
) {
  const kernel = findIndicator(of.name)?.kernel(of.params)
  const bars = market.columns[timeframeIndex('1m')]
  const terms = instruments[0]
  if (kernel === undefined || bars === undefined || terms === undefined)
    throw new Error('nothing there')
  const out = new Float64Array(of.outputs.length)
  return Array.from({ length: count - first }, (_, at) => {
    const decimal = (field: number) => priceToDecimal(terms, bars.read(0, first + at, field))
    kernel.update(decimal(2), decimal(3), decimal(4), bars.read(0, first + at, 5), at === 0, out)
    return out[0]
  })
}

describe('a declared indicator', () => {
  const of = sma({ period: 5, on: '1m' })

  test('is computed as bars close, from decimals', () => {
    const desk = createDesk()
    const { column } = desk.need(of)
    for (let at = 0; at <= 30; at++) desk.minute(at)
    const values = Array.from({ length: 30 }, (_, number) => column.read(0, number, 0))
    expect(values).toEqual(expected(desk, { of, first: 0, count: 30 }).map(Number))
    expect(column.read(0, 30, 0)).toBeNaN()
  })

  test('is one column, whoever asks and in whatever order its parameters stand', () => {
    const { need } = createDesk()
    const bands = { name: 'bollinger', on: '1m', outputs: ['lower', 'middle', 'upper'] } as const
    const one = need({ ...bands, params: { period: 5, deviations: 2 } })
    const other = need({ ...bands, params: { deviations: 2, period: 5 } }, [1])
    expect(other.memory).toBe(one.memory)
    expect(need({ ...bands, params: { period: 6, deviations: 2 } }).memory).not.toBe(one.memory)
    expect(need({ ...bands, on: '5m', params: { period: 5, deviations: 2 } }).memory).not.toBe(
      one.memory,
    )
  })

  test('that is asked for late has the values of the bars that are kept', () => {
    const desk = createDesk()
    for (let at = 0; at <= 20; at++) desk.minute(at)
    const { column } = desk.need(of)
    const values = Array.from({ length: 20 }, (_, number) => column.read(0, number, 0))
    expect(values).toEqual(expected(desk, { of, first: 0, count: 20 }).map(Number))
  })

  test('that is asked for very late starts with the oldest bar that is kept', () => {
    const desk = createDesk()
    const count = BARS_KEPT + 40
    for (let at = 0; at <= count; at++) desk.minute(at)
    const { column } = desk.need(of)
    const values = Array.from({ length: BARS_KEPT }, (_, at) => column.read(0, 40 + at, 0))
    expect(values).toEqual(expected(desk, { of, first: 40, count }).map(Number))
  })

  test('is not started again where the same need comes twice', () => {
    const desk = createDesk()
    const { column } = desk.need(of)
    for (let at = 0; at <= 3; at++) desk.minute(at)
    desk.need(of)
    for (let at = 4; at <= 12; at++) desk.minute(at)
    const values = Array.from({ length: 12 }, (_, number) => column.read(0, number, 0))
    expect(values).toEqual(expected(desk, { of, first: 0, count: 12 }).map(Number))
  })

  test('is computed for the instruments that asked and no others', () => {
    const desk = createDesk()
    const { column } = desk.need(of, [1])
    for (let at = 0; at <= 8; at++) {
      desk.minute(at, 0)
      desk.minute(at, 1)
    }
    expect(column.read(0, 7, 0)).toBeNaN()
    expect(column.read(1, 7, 0)).toBeFinite()
  })

  test('of a session restarts with the session, live and from kept bars alike', () => {
    const desk = createDesk(10)
    const live = desk.need(vwap({ on: '1m' }))
    for (let at = 0; at <= 25; at++) desk.minute(at)
    const read = (column: IndicatorColumn) =>
      Array.from({ length: 25 }, (_, number) => column.read(0, number, 0))
    const values = read(live.column)
    const late = createDesk(10)
    for (let at = 0; at <= 25; at++) late.minute(at)
    expect(read(late.need(vwap({ on: '1m' })).column)).toEqual(values)
    const second = expected(desk, { of: vwap({ on: '1m' }), first: 10, count: 20 })
    expect(values.slice(10, 20)).toEqual(second.map(Number))
  })
})
