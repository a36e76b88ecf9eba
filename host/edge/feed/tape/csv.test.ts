import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { openCsv } from './csv.ts'
import type { TapeOptions } from './exchange.ts'
import { readAll } from './recorded-market.fixture.ts'

const open = (
  text: string,
  { path = 'data/acme.csv', ...options }: TapeOptions & { path?: string } = {},
) => openCsv(path, { bytes: new TextEncoder().encode(text), options })

describe('a CSV', () => {
  test('of trades has a grid of cents and the symbol of its file', () => {
    const tape = open('time,price,quantity\n1700000000,100.5,3\n1700000001,101,4\n')
    expect(tape.instruments).toMatchObject([
      { exchange: 'CSV', symbol: 'ACME', tickSize: '0.01', quantityStep: '1' },
    ])
    expect(readAll(tape)).toMatchObject([
      { time: 1_700_000_000_000_000, price: 10_050, quantity: 3, bidQuantity: 0 },
      { time: 1_700_000_001_000_000, price: 10_100, quantity: 4 },
    ])
  })

  test('takes the finest decimals of each symbol for its grid', () => {
    const tape = open(
      'symbol,time,price,quantity\nBIG,1700000000,100.1250,1\nSMALL,1700000000,7.5,0.25\nBIG,1700000000,100,2\n',
    )
    expect(tape.instruments.map((spec) => [spec.symbol, spec.tickSize, spec.quantityStep])).toEqual(
      [
        ['BIG', '0.001', '1'],
        ['SMALL', '0.01', '0.01'],
      ],
    )
    expect(readAll(tape).map((event) => [event.instrument, event.price, event.quantity])).toEqual([
      [0, 100_125, 1],
      [1, 750, 25],
      [0, 100_000, 2],
    ])
  })

  test('reads columns in any order and passes over others', () => {
    const tape = open('note,Quantity,Time,PRICE\n,5,1700000000,2.5\nsome text,6,1700000000,2.5\n')
    expect(readAll(tape).map(({ quantity }) => quantity)).toEqual([5, 6])
  })

  test('has quotes where price and quantity are empty', () => {
    const tape = open(
      'time,price,quantity,bid,ask,bidQuantity,askQuantity\n1700000000,,,9.99,10.01,5,6\n1700000001,10.01,2,,10.02,,7\n',
    )
    const [quote, trade] = readAll(tape)
    expect(quote).toMatchObject({
      quantity: 0,
      bid: 999,
      ask: 1001,
      bidQuantity: 5,
      askQuantity: 6,
    })
    expect(quote?.price).toBeNaN()
    expect(trade).toMatchObject({ price: 1001, quantity: 2, ask: 1002, bidQuantity: 0 })
    expect(trade?.bid).toBeNaN()
  })

  test('with a byte order mark and carriage returns reads the same', () => {
    const tape = open('\uFEFFtime,price,quantity\r\n1700000000,1,1\r\n1700000000,2,1')
    expect(readAll(tape).map(({ price }) => price)).toEqual([100, 200])
  })

  test('takes exchange, symbol, session and grid from the caller', () => {
    const tape = open('time,price,quantity\n1700000000,100.05,1\n', {
      exchange: 'NSE',
      symbol: 'infy',
      tickSize: '0.05',
    })
    expect(tape.instruments[0]).toMatchObject({
      exchange: 'NSE',
      symbol: 'INFY',
      currency: 'INR',
      session: { kind: 'daily', zone: 'Asia/Kolkata', opens: '09:15', closes: '15:30' },
    })
    expect(readAll(tape)[0]?.price).toBe(2001)
  })
})

describe('the time of a row', () => {
  test('may be in seconds, milliseconds, microseconds, nanoseconds or ISO 8601', () => {
    for (const time of [
      '1700000000',
      '1700000000000',
      '1700000000000000',
      '1700000000000000999',
      '2023-11-14T22:13:20Z',
      '2023-11-14 22:13:20.000000+00:00',
      '2023-11-15T03:43:20+05:30',
      '2023-11-14T17:13:20.0000009-0500',
    ]) {
      const tape = open(`time,price,quantity\n${time},1,1\n`)
      expect({ time, micros: tape.startsAt }).toEqual({ time, micros: 1_700_000_000_000_000 })
    }
  })

  test('in ISO 8601 is the instant that Temporal reads, for any date', () => {
    const date = fc.date({
      min: new Date('1971-01-01T00:00:00Z'),
      max: new Date('2150-01-01T00:00:00Z'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(date, (when) => {
        const text = when.toISOString()
        const expected = Temporal.Instant.from(text).epochMilliseconds * 1000
        expect(open(`time,price,quantity\n${text},1,1\n`).startsAt).toBe(expected)
      }),
    )
  })

  test('is refused without a zone, off the calendar, or as words', () => {
    const opening = (time: string) => () => open(`time,price,quantity\n${time},1,1\n`)
    expect(opening('2023-11-14T22:13:20')).toThrow('without a zone like "Z" or "+05:30"')
    expect(opening('2023-02-29T22:13:20Z')).toThrow('not a time')
    expect(opening('2023-11-14T24:13:20Z')).toThrow('not a time')
    expect(opening('yesterday')).toThrow('row 2: column "time" is "yesterday", not a time')
    expect(opening('')).toThrow('not a time')
  })
})

describe('a broken CSV', () => {
  test('says which column is missing and which it has', () => {
    expect(() => open('time,last,quantity\n1,1,1\n')).toThrow(
      'its header has no column "price"; it has time, last, quantity',
    )
  })

  test('is refused at the row that is wrong', () => {
    const rows = (row: string) => () => open(`time,price,quantity\n1700000000,1.00,1\n${row}\n`)
    expect(rows('1700000000,NaN,1')).toThrow('row 3: column "price" is "NaN", not a number')
    expect(rows('1700000000,-1,1')).toThrow('row 3: column "price" is "-1", not a number')
    expect(rows('1700000000,1e3,1')).toThrow('row 3: column "price" is "1e3", not a number')
    expect(rows('1700000000,0,1')).toThrow('row 3: column "price" is zero')
    expect(rows('1700000000,1.123456789,1')).toThrow('with more than 8 decimals')
    expect(rows('1700000000,99999999999999999999,1')).toThrow('too large to be exact')
    expect(rows('1699999999,1,1')).toThrow('row 3: its time is before that of the row above it')
    expect(rows('1700000000,1')).toThrow('row 3: column "quantity" is missing')
    expect(rows('1700000000,1,1,1')).toThrow('row 3: it has too many columns')
    expect(rows('1700000000,,1')).toThrow('row 3: it has neither a price nor a quote')
    expect(rows('1700000000,1,')).toThrow('row 3: it has a price without a quantity')
    expect(rows('')).toThrow('row 3')
  })

  test('is refused at the row that is off the grid of the caller', () => {
    const text = 'time,price,quantity\n1700000000,1.00,1\n1700000000,1.03,1\n'
    expect(() => open(text, { tickSize: '0.05' })).toThrow(
      'row 3: price 1.03 is off the grid of 0.05',
    )
  })

  test('is refused where it has a header alone', () => {
    expect(() => open('time,price,quantity\n')).toThrow('it has no rows')
  })

  test('is refused where a column stands twice', () => {
    expect(() => open('time,price,price,quantity\n1,1,1,1\n')).toThrow('stands twice')
  })

  test('never makes the reader fail with anything but a SourceError', () => {
    const cell = fc.oneof(
      fc.string(),
      fc.constantFrom('1', '1700000000', '', '"', '1.5', '\n', '\0'),
    )
    fc.assert(
      fc.property(fc.array(fc.array(cell)), (rows) => {
        const text = `time,price,quantity\n${rows.map((row) => row.join(',')).join('\n')}`
        try {
          open(text)
        } catch (error) {
          expect(error).toHaveProperty('name', 'SourceError')
        }
      }),
    )
  })
})
