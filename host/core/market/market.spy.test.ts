/** A recorded day of SPY: 250,601 trades through the market, beside the minute bars of the same source. */
import { expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { unzipSync } from 'fflate'

import { timeframeIndex } from '#sdk/bar.ts'
import { createTapeMemory, TapeWriter } from '#sdk/tape.ts'
import { createMarketEvent } from '#sdk/tick.ts'

import { createMarket } from './market.ts'
import { sampleInstrument } from './sample-load.ts'

const FOLDER = fileURLToPath(new URL('../../../../shared/data/lean/equity/usa/', import.meta.url))
const TICKS = `${FOLDER}tick/spy/20131007_trade.zip`
const MINUTES = `${FOLDER}minute/spy/20131007_trade.zip`
const present = existsSync(TICKS) && existsSync(MINUTES)
if (!present) console.log('Recorded market data is absent: the day of SPY is not compared')

/** Milliseconds of the day come first in every row. */
const MIDNIGHT = Temporal.Instant.from('2013-10-07T04:00:00Z').epochMilliseconds

function rowsOf(file: string): number[][] {
  const [content] = Object.values(unzipSync(new Uint8Array(readFileSync(file))))
  const lines = new TextDecoder().decode(content).trim().split('\n')
  return lines.map((line) => line.split(',').map(Number))
}

function buildMinutes(): Map<number, number[]> {
  // In ticks of 0.0001: the prices of the file are whole numbers of it.
  const spy = sampleInstrument(0, {
    currency: 'USD',
    tickSize: '0.0001',
    session: { kind: 'daily', zone: 'America/New_York', opens: '09:30', closes: '16:00' },
  })
  const minutes = new Map<number, number[]>()
  const market = createMarket({
    instruments: [spy],
    tape: new TapeWriter(createTapeMemory()),
    graceMicros: 0,
    onBar(row, timeframe, number) {
      if (timeframe !== timeframeIndex('1m')) return
      const [start = 0, ...rest] = [0, 1, 2, 3, 4, 5].map(
        (field) => market.columns[timeframe]?.read(row, number, field) ?? Number.NaN,
      )
      minutes.set(start / 1000 - MIDNIGHT, rest)
    },
  })
  const event = createMarketEvent()
  event.instrument = 0
  for (const [millis = 0, price = 0, quantity = 0] of rowsOf(TICKS)) {
    event.time = (MIDNIGHT + millis) * 1000
    event.price = price
    event.quantity = quantity
    expect(market.apply(event)).toBe(true)
  }
  market.time(event.time + 60_000_000)
  return minutes
}

test.skipIf(!present)(
  'the minutes built of a day of SPY are the minutes of the file, four in five to the digit',
  () => {
    const built = buildMinutes()
    const recorded = rowsOf(MINUTES)
    expect([...built.keys()]).toEqual(recorded.map(([millis = 0]) => millis))
    const equal = recorded.filter(([millis = 0, ...bar]) => Bun.deepEquals(built.get(millis), bar))
    expect(equal.length / recorded.length).toBeGreaterThanOrEqual(0.8)
  },
)
