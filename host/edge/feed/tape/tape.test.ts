import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createMarketEvent } from '#sdk/tick.ts'

import { SourceError } from '../feed.ts'
import { hasRecordedMarkets, readAll, recordedMarket } from './recorded-market.fixture.ts'
import { openTape, openTapes, type Tape } from './tape.ts'

const folder = mkdtempSync(join(tmpdir(), 'hotdesk-tape-'))
afterAll(() => rmSync(folder, { recursive: true }))

const write = (name: string, content: string | Uint8Array) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const refusal = async (opening: Promise<unknown>): Promise<string> => {
  const error: unknown = await opening.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(SourceError)
  const message = error instanceof SourceError ? error.message : ''
  expect(message).not.toContain('\n')
  return message
}

const micros = (text: string) => Temporal.Instant.from(text).epochMilliseconds * 1000

/** First and last event, and how many. */
const ends = (tape: Tape) => {
  const first = createMarketEvent()
  const last = createMarketEvent()
  let count = tape.next(first) ? 1 : 0
  while (tape.next(last)) count++
  return { first, last, count }
}

describe('a file that is no tape', () => {
  test('is refused where it does not exist', async () => {
    expect(await refusal(openTape(join(folder, 'absent.zip')))).toContain('there is no such file')
  })

  test('is refused where it is a folder', async () => {
    expect(await refusal(openTape(folder))).toContain('it is a folder')
  })

  test('is refused where it is empty', async () => {
    expect(await refusal(openTape(write('nothing.csv', '')))).toContain('it is empty')
  })

  test('is refused with the known formats where it is a picture, whatever its name', async () => {
    const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13])
    for (const name of ['picture.png', 'picture.csv', 'picture.zip']) {
      const message = await refusal(openTape(write(name, png)))
      expect(message).toContain('its format is not known; known are LEAN zips')
    }
  })

  test('is refused where a gzip is cut short', async () => {
    const whole = Bun.gzipSync(new TextEncoder().encode('time,price,quantity\n1,1,1\n'.repeat(50)))
    const path = write('cut.csv.gz', whole.subarray(0, whole.length - 9))
    expect(await refusal(openTape(path))).toContain('cut short or damaged')
  })

  test('is refused where no file is named at all', async () => {
    expect(await refusal(openTapes([]))).toContain('no file is named')
  })
})

describe.skipIf(!hasRecordedMarkets)('recorded markets', () => {
  const spy = (day: string, kind = 'tick', what = 'trade') =>
    recordedMarket(`lean/equity/usa/${kind}/spy/${day}_${what}.zip`)

  test('of SPY have every trade of 2013-10-07', async () => {
    const tape = await openTape(spy('20131007'))
    expect(tape.instruments).toMatchObject([
      { exchange: 'USA', symbol: 'SPY', tickSize: '0.01', kind: 'equity', currency: 'USD' },
    ])
    expect(tape.startsAt).toBe(micros('2013-10-07T08:00:00.464Z'))
    expect(tape.progress()).toBe(0)
    const { first, last, count } = ends(tape)
    expect(count).toBe(250_601)
    expect(tape.rows).toBe(250_601)
    expect(tape.progress()).toBe(1)
    expect(first).toEqual({
      ...createMarketEvent(),
      instrument: 0,
      time: tape.startsAt,
      receivedAt: tape.startsAt,
      price: 16_741,
      quantity: 100,
    })
    expect(last).toMatchObject({
      time: micros('2013-10-07T23:59:59.536Z'),
      price: 16_730,
      quantity: 100,
    })
  })

  test('of SPY have every trade of 2013-10-08', async () => {
    const { first, last, count } = ends(await openTape(spy('20131008')))
    expect(count).toBe(451_545)
    expect(first).toMatchObject({ price: 16_742, quantity: 210 })
    expect(last).toMatchObject({ price: 16_595, quantity: 100 })
  })

  test('of SPY have four events for each minute and each second', async () => {
    for (const [kind, rows] of [
      ['minute', 828],
      ['second', 16_675],
    ] as const) {
      const tape = await openTape(spy('20131007', kind))
      expect(tape.rows).toBe(rows)
      expect(ends(tape).count).toBe(4 * rows)
    }
  })

  test('of SPY have quotes that never cross where a second opens or closes', async () => {
    const tape = await openTape(spy('20131007', 'second', 'quote'))
    expect(tape.rows).toBe(27_409)
    const events = readAll(tape)
    expect(events).toHaveLength(4 * 27_409)
    const crossed = events.map(({ bid, ask }, at) => (bid <= ask ? -1 : at % 4))
    expect(crossed.filter((step) => step === 0 || step === 3)).toEqual([])
    expect(crossed.filter((step) => step === 1 || step === 2)).toHaveLength(31)
    expect(events[0]).toMatchObject({
      bid: 16_727,
      ask: 16_800,
      bidQuantity: 100,
      askQuantity: 600,
    })
    expect(events[0]?.price).toBeNaN()
  })

  test('of SPY trade in the same minutes as the minute bars of that day', async () => {
    const minutesOf = async (path: string) => {
      const times = readAll(await openTape(path)).map(({ time }) => Math.floor(time / 60e6))
      return [...new Set(times)]
    }
    expect(await minutesOf(spy('20131007'))).toEqual(await minutesOf(spy('20131007', 'minute')))
  })

  test('of SPY by day take the finer grid that their prices need', async () => {
    const path = recordedMarket('lean/equity/usa/daily/spy.zip')
    const tape = await openTape(path)
    expect(tape.rows).toBe(5849)
    expect(tape.instruments[0]?.tickSize).toBe('0.0001')
    const { first, last } = ends(tape)
    expect(first).toMatchObject({ time: micros('1998-01-02T14:30:00Z'), price: 973_100 })
    expect(last).toMatchObject({ time: micros('2021-03-31T20:00:00Z') - 1, price: 3_963_300 })
    const message = await refusal(openTape(path, { tickSize: '0.01' }))
    expect(message).toContain('row 3943: low 164.135 is off the tick grid of 0.01')
  })

  test('of NIFTY 50 are those of the day in the name, not of the first file in the zip', async () => {
    const path = (day: string) => recordedMarket(`lean/index/india/minute/nifty50/${day}_trade.zip`)
    const tape = await openTape(path('20190102'))
    expect(tape.instruments).toMatchObject([
      { exchange: 'NSE', symbol: 'NIFTY50', tickSize: '0.05', kind: 'index', currency: 'INR' },
    ])
    expect(tape.rows).toBe(377)
    const { first, last } = ends(tape)
    expect(first).toMatchObject({
      time: micros('2019-01-02T03:37:00Z'),
      price: 217_377,
      quantity: 0,
    })
    expect(last).toMatchObject({ time: micros('2019-01-02T10:02:00Z') - 1 })
    const next = await openTape(path('20190103'))
    expect(next.rows).toBe(377)
    expect(next.startsAt).toBe(micros('2019-01-03T03:37:00Z'))

    // The same zip under the other day's name gives its other file.
    const renamed = write('20190103_trade.zip', await Bun.file(path('20190102')).bytes())
    const other = await openTape(renamed)
    expect(other.rows).toBe(377)
    expect(other.startsAt).toBe(micros('2019-01-03T03:37:00Z'))
    expect(other.instruments).toMatchObject([{ exchange: 'NSE', symbol: 'NIFTY', kind: 'index' }])
  })

  test('of YES BANK keep all of the volume and the close', async () => {
    const path = recordedMarket('lean/equity/india/minute/yesbank/20190709_trade.zip')
    const events = readAll(await openTape(path))
    const minute = events.slice(0, 4).reduce((sum, { quantity }) => sum + quantity, 0)
    expect(minute).toBe(1_730_100)
    expect(events.slice(0, 4).map(({ price }) => price)).toEqual([1900, 1900, 1878, 1897])
  })

  test('of a bare file are named by the CSV in it', async () => {
    const path = write('anything.zip', await Bun.file(spy('20131007')).bytes())
    const tape = await openTape(path)
    expect(tape.instruments).toMatchObject([{ exchange: 'USA', symbol: 'SPY' }])
    expect(tape.startsAt).toBe(micros('2013-10-07T08:00:00.464Z'))
  })

  test('of options are refused by class', async () => {
    const path = recordedMarket('lean/option/usa/minute/goog/20151224_trade_american.zip')
    expect(await refusal(openTape(path))).toContain('class "option" is not read')
  })

  test('of Binance have every quote and trade, and count what is left out', async () => {
    const tape = await openTape(recordedMarket('binance/usdm-btcusdt-20240808.gz'))
    expect(tape.instruments).toMatchObject([
      { exchange: 'BINANCE', symbol: 'BTCUSDT', tickSize: '0.10', quantityStep: '0.001' },
    ])
    const events = readAll(tape)
    expect(events.filter(({ price }) => Number.isNaN(price))).toHaveLength(66_089)
    expect(events.filter(({ quantity }) => quantity > 0)).toHaveLength(21_313)
    expect(tape.skipped).toBe(6552)
    expect(events[0]).toMatchObject({
      time: 1_723_161_256_313_000,
      receivedAt: 1_723_161_255_088_169,
      bid: 618_002,
      ask: 618_003,
      bidQuantity: 2507,
      askQuantity: 2510,
    })
    expect(events.at(-1)).toMatchObject({ time: 1_723_161_600_709_000, bid: 616_597 })
  })

  test('cut short anywhere are refused', async () => {
    const whole = await Bun.file(spy('20131007', 'minute')).bytes()
    for (const share of [0.001, 0.3, 0.9, 0.999]) {
      const path = write('20131007_trade.zip', whole.subarray(0, Math.floor(whole.length * share)))
      expect(await refusal(openTape(path))).toMatch(/cut short|format is not known/)
    }
  })

  test('with one damaged byte are refused, wherever it is in the data', async () => {
    const whole = await Bun.file(spy('20131007', 'minute')).bytes()
    for (const at of [100, 4000, 8000]) {
      const damaged = Uint8Array.from(whole)
      damaged[at] = (damaged[at] ?? 0) ^ 0x10
      expect(await refusal(openTape(write('20131007_trade.zip', damaged)))).toContain('damaged')
    }
  })

  test('of two days merge into one instrument in order of time', async () => {
    const tape = await openTapes([spy('20131008', 'minute'), spy('20131007', 'minute')])
    expect(tape.instruments).toHaveLength(1)
    expect(tape.startsAt).toBe(micros('2013-10-07T08:00:00Z'))
    const events = readAll(tape)
    expect(events).toHaveLength(4 * (828 + 828))
    expect(events.every(({ time }, at) => at === 0 || time >= (events[at - 1]?.time ?? 0))).toBe(
      true,
    )
  })
})
