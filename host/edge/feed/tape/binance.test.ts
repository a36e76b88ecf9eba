import { describe, expect, test } from 'bun:test'

import { openBinance } from './binance.ts'
import type { TapeOptions } from './exchange.ts'
import { readAll } from './recorded-market.fixture.ts'

const open = (lines: readonly string[], options: TapeOptions = {}) =>
  openBinance('capture.gz', { bytes: new TextEncoder().encode(`${lines.join('\n')}\n`), options })

const line = (
  stream: string,
  data: Readonly<Record<string, unknown>>,
  received = '1723161255088169167',
) => `${received} ${JSON.stringify({ stream: `btcusdt@${stream}`, data })}`

const quote = {
  e: 'bookTicker',
  s: 'BTCUSDT',
  b: '61800.20',
  B: '2.507',
  a: '61800.30',
  A: '2.510',
  T: 1723161256313,
}
const trade = {
  e: 'trade',
  T: 1723161256322,
  s: 'BTCUSDT',
  t: 5,
  p: '61800.30',
  q: '0.006',
  X: 'MARKET',
  m: false,
}

describe('a Binance capture', () => {
  test('gives quotes and trades with both of their times', () => {
    const tape = open([line('bookTicker', quote), line('trade', trade)])
    expect(readAll(tape)).toMatchObject([
      {
        time: 1723161256313000,
        receivedAt: 1723161255088169,
        bid: 618002,
        ask: 618003,
        bidQuantity: 2507,
        askQuantity: 2510,
        quantity: 0,
      },
      { time: 1723161256322000, price: 618003, quantity: 6 },
    ])
  })

  test('does not depend on the order of the fields, nor on how many there are', () => {
    const { s, b, ...rest } = quote
    const tape = open([line('bookTicker', { ...rest, extra: 'new', x: ['y'], b, s })])
    expect(readAll(tape)).toMatchObject([{ bid: 618002, ask: 618003 }])
  })

  test('leaves out depth and snapshots, and counts them', () => {
    const depth = line('depth@0ms', { e: 'depthUpdate', b: [['1.0', '2']] })
    const tape = open([depth, '1723161255088169167 {"lastUpdateId":1}', line('trade', trade)])
    expect(tape).toMatchObject({ rows: 1, skipped: 2 })
  })

  test('is refused where it has nothing else', () => {
    expect(() => open([line('depth@0ms', {})])).toThrow('no bookTicker and no trade messages')
  })

  test('is refused at the line where a field is missing, off the grid or no number', () => {
    const { T, ...timeless } = quote
    expect(T).toBe(1723161256313)
    const second = (data: object) => () =>
      open([line('trade', trade), line('bookTicker', { ...data })])
    expect(second(timeless)).toThrow('row 2: field "T" is missing')
    expect(second({ ...quote, b: '61800.25' })).toThrow(
      'row 2: field "b" is "\\"61800.25\\"", off the grid',
    )
    expect(second({ ...quote, a: 'NaN' })).toThrow('row 2: column "a" is "NaN')
    expect(second({ ...quote, a: 61800.3 })).toThrow('row 2')
  })

  test('is refused at a line that is cut short or out of order', () => {
    const cut = line('trade', trade).slice(0, -20)
    expect(() => open([line('trade', trade), cut])).toThrow('row 2: its message is cut short')
    const early = line('trade', trade, '1723161255088168167')
    expect(() => open([line('trade', trade), early])).toThrow('received before the line above it')
  })

  test('of an unknown symbol needs its grid from the caller', () => {
    const other = line('trade', { ...trade, s: 'XYZUSDT', p: '0.1234', q: '5' })
    expect(() => open([other])).toThrow('"XYZUSDT" are not known and not given')
    const tape = open([other], { tickSize: '0.0001', quantityStep: '1' })
    expect(readAll(tape)).toMatchObject([{ price: 1234, quantity: 5 }])
  })

  test('of several symbols keeps them apart', () => {
    const lines = [
      line('trade', trade),
      line('trade', { ...trade, s: 'BTCUSDTX' }),
      line('trade', trade),
    ]
    const tape = open(lines, { tickSize: '0.10', quantityStep: '0.001' })
    expect(tape.instruments.map(({ symbol }) => symbol)).toEqual(['BTCUSDT', 'BTCUSDTX'])
    expect(readAll(tape).map(({ instrument }) => instrument)).toEqual([0, 1, 0])
  })
})
