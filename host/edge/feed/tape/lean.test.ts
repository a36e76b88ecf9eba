import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'
import { strToU8, zipSync } from 'fflate'

import type { TapeOptions } from './exchange.ts'
import { openLean } from './lean.ts'
import { readAll } from './recorded-market.fixture.ts'

const MIDNIGHT = Temporal.Instant.from('2024-03-11T04:00:00Z').epochMilliseconds * 1000

const open = (
  files: Readonly<Record<string, string>>,
  {
    path = 'equity/usa/minute/acme/20240311_trade.zip',
    ...options
  }: TapeOptions & { path?: string } = {},
) => {
  const zip = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)]))
  return openLean(path, { bytes: zipSync(zip), options })
}

const minutes = (text: string, options?: TapeOptions) =>
  open({ '20240311_acme_minute_trade.csv': text }, options)

const ticks = (text: string) =>
  open(
    { '20240311_acme_Trade_Tick.csv': text },
    { path: 'equity/usa/tick/acme/20240311_trade.zip' },
  )

describe('a bar', () => {
  test('that rises goes to its low first', () => {
    const events = readAll(minutes('34200000,100000,103000,99000,102000,10\n'))
    expect(events.map(({ price }) => price)).toEqual([1000, 990, 1030, 1020])
  })

  test('that falls goes to its high first', () => {
    const events = readAll(minutes('34200000,102000,103000,99000,100000,10\n'))
    expect(events.map(({ price }) => price)).toEqual([1020, 1030, 990, 1000])
  })

  test('that ends where it began goes to its low first', () => {
    const events = readAll(minutes('34200000,100000,103000,99000,100000,10\n'))
    expect(events.map(({ price }) => price)).toEqual([1000, 990, 1030, 1000])
  })

  test('closes one microsecond before its end, the day after clocks change as well', () => {
    const events = readAll(minutes('34200000,100000,100000,100000,100000,4\n'))
    const start = MIDNIGHT + 34_200e6
    expect(events.map(({ time }) => time - start)).toEqual([0, 20e6, 40e6, 60e6 - 1])
  })

  test('never loses or makes volume, and stays inside itself', () => {
    const cents = fc.integer({ min: 1, max: 1_000_000 })
    const bar = fc.record({ a: cents, b: cents, c: cents, d: cents, volume: fc.nat(2 ** 40) })
    fc.assert(
      fc.property(bar, ({ a, b, c, d, volume }) => {
        const [low = 0, one, other, high] = [a, b, c, d].toSorted((x, y) => x - y)
        const fields = [one, high, low, other].map((price) => (price ?? 0) * 100)
        const events = readAll(minutes(`0,${fields.join(',')},${volume}\n`))
        expect(events.reduce((sum, { quantity }) => sum + quantity, 0)).toBe(volume)
        expect(events.at(0)?.price).toBe(one ?? 0)
        expect(events.at(-1)?.price).toBe(other ?? 0)
        expect(Math.max(...events.map(({ price }) => price))).toBe(high ?? 0)
        expect(Math.min(...events.map(({ price }) => price))).toBe(low)
      }),
    )
  })

  test('of few units trades at each of its prices', () => {
    const sizes = (row: string) =>
      readAll(minutes(row)).map(({ price, quantity }) => [price, quantity])
    expect(sizes('0,100000,102000,99000,102000,3\n')).toEqual([
      [1000, 1],
      [990, 1],
      [1020, 0],
      [1020, 1],
    ])
    expect(sizes('0,100000,100000,100000,100000,3\n').map(([, size]) => size)).toEqual([0, 0, 0, 3])
  })

  test('whose close is above its high is refused', () => {
    const row = '34200000,100000,103000,99000,103100,10\n'
    expect(() => minutes(row)).toThrow('row 1: its open or close is outside its low and high')
  })

  test('of a day covers the hours of its session', () => {
    const path = 'equity/usa/daily/acme.zip'
    const tape = open({ 'acme.csv': '20240311 00:00,100000,103000,99000,102000,10\n' }, { path })
    const events = readAll(tape)
    expect(tape.instruments[0]?.tickSize).toBe('0.01')
    expect(events[0]?.time).toBe(MIDNIGHT + 34_200e6)
    expect(events[3]?.time).toBe(MIDNIGHT + 57_600e6 - 1)
  })
})

describe('a quote bar', () => {
  const quotes = (text: string) =>
    open(
      { '20240311_acme_minute_quote.csv': text },
      { path: 'equity/usa/minute/acme/20240311_quote.zip' },
    )

  test('moves both sides together', () => {
    const row = '0,100000,102000,99000,101000,300,101000,103000,100000,102000,400\n'
    const events = readAll(quotes(row))
    expect(events.map(({ bid }) => bid)).toEqual([1000, 990, 1020, 1010])
    expect(events.map(({ ask }) => ask)).toEqual([1010, 1000, 1030, 1020])
    expect(events[2]).toMatchObject({ bidQuantity: 300, askQuantity: 400, quantity: 0 })
  })

  test('without a bid has an ask alone', () => {
    const events = readAll(quotes('0,,,,,,101000,103000,100000,102000,400\n'))
    expect(events.map(({ bid }) => bid)).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN])
    expect(events.map(({ ask }) => ask)).toEqual([1010, 1000, 1030, 1020])
  })
})

describe('a tick file', () => {
  test('is refused at the row whose price is off the grid', () => {
    const text = '1,100000,100,P,2000,0\n2,100050,100,P,2000,0\n'
    expect(() => ticks(text)).toThrow('row 2: price 10.005 is off the tick grid of 0.01')
  })

  test('is refused at the row that goes back in time', () => {
    const text = '5,100000,100,P,2000,0\n5,100000,100,P,2000,0\n4,100000,100,P,2000,0\n'
    expect(() => ticks(text)).toThrow('row 3: its time is before that of the row above it')
  })

  test('is refused where a price is zero, negative, not a number, or absent', () => {
    expect(() => ticks('1,0,100,P,2000,0\n')).toThrow('price is zero')
    expect(() => ticks('1,-100,100,P,2000,0\n')).toThrow('column "price" is "-100"')
    expect(() => ticks('1,NaN,100,P,2000,0\n')).toThrow('column "price" is "NaN"')
    expect(() => ticks('1\n')).toThrow('column "price" is missing')
    expect(() => ticks('1,100000,100,P,2000,0,7\n')).toThrow('too many columns')
  })

  test('is refused where it has no rows', () => {
    expect(() => ticks('')).toThrow('it has no rows')
  })

  test('leaves out what the vendor marks suspicious, and counts it', () => {
    const tape = ticks('1,100000,100,P,2000,0\n2,900000,100,P,2000,1\n3,100100,100,P,2000,0')
    expect(readAll(tape).map(({ price }) => price)).toEqual([1000, 1001])
    expect(tape).toMatchObject({ rows: 2, skipped: 1 })
  })

  test('gives nothing more once it is closed', () => {
    const tape = ticks('1,100000,100,P,2000,0\n')
    tape.close()
    expect(readAll(tape)).toEqual([])
  })
})

describe('the name of a zip', () => {
  const row = '0,100000,100000,100000,100000,1\n'

  test('chooses the file of its day, in either order', () => {
    const today = ['20240311_acme_minute_trade.csv', row] as const
    const tomorrow = ['20240312_acme_minute_trade.csv', row.replace('0', '7')] as const
    for (const files of [
      [today, tomorrow],
      [tomorrow, today],
    ]) {
      expect(open(Object.fromEntries(files)).startsAt).toBe(MIDNIGHT)
    }
  })

  test('without a date cannot choose among two files', () => {
    const files = { '20240311_a_minute_trade.csv': row, '20240312_a_minute_trade.csv': row }
    expect(() => open(files, { path: 'some.zip' })).toThrow('holds 2 files where one is expected')
  })

  test('of a day that the zip does not hold is refused', () => {
    const files = { '20240312_acme_minute_trade.csv': row }
    expect(() => open(files)).toThrow('but its own name says 20240311')
  })

  test('of a resolution or market that is not read is refused with the known ones', () => {
    const files = { '20240311_acme_minute_trade.csv': row }
    const hourly = 'equity/usa/hour/acme/20240311_trade.zip'
    expect(() => open(files, { path: hourly })).toThrow('known are tick, second, minute, daily')
    const french = 'equity/france/minute/acme/20240311_trade.zip'
    expect(() => open(files, { path: french })).toThrow('market "france" is not read')
  })

  test('outside the folders leaves the exchange to the caller', () => {
    const files = { '20240311_acme_minute_trade.csv': row }
    const tape = open(files, { path: 'x.zip', exchange: 'NSE', tickSize: '0.05' })
    expect(tape.instruments[0]).toMatchObject({ exchange: 'NSE', symbol: 'ACME', kind: 'equity' })
    expect(tape.startsAt).toBe(
      Temporal.Instant.from('2024-03-11T00:00+05:30').epochMilliseconds * 1e3,
    )
  })
})
