/**
 * A market under the load it is sized for, for tests and benches: 10,000 ticks a second over 500 instruments, one in
 * three a trade, bars and one indicator declared for all of them.
 */
import { createInstrument, type Instrument, type InstrumentSpec } from '#sdk/instrument.ts'
import { createTapeMemory, TapeWriter } from '#sdk/tape.ts'
import { createMarketEvent } from '#sdk/tick.ts'

import { createMarket, type Market } from './market.ts'

const START = 1_760_000_000_000_000
const INSTRUMENTS = 500

/** An instrument for tests: an Indian share in ticks of 0.05, unless said otherwise. */
export function sampleInstrument(
  index: number,
  different: Partial<InstrumentSpec> = {},
): Instrument {
  return createInstrument(
    {
      exchange: 'SIM',
      symbol: `S${index}`,
      kind: 'equity',
      currency: 'INR',
      tickSize: '0.05',
      quantityStep: '1',
      lot: 1,
      session: { kind: 'daily', zone: 'Asia/Kolkata', opens: '09:15', closes: '15:30' },
      ...different,
    },
    index,
  )
}

/** The market, and a function that runs so many more ticks through it. */
export function createSampleLoad(): {
  readonly market: Market
  readonly run: (ticks: number) => void
} {
  const instruments = Array.from({ length: INSTRUMENTS }, (_, index) => sampleInstrument(index))
  const market = createMarket({
    instruments,
    tape: new TapeWriter(createTapeMemory()),
    graceMicros: 500_000,
    barsWanted: ['1m'],
  })
  market.need(
    instruments.map(({ index }) => index),
    {
      ticks: true,
      bars: ['1m', '5m'],
      indicators: { fast: { name: 'ema', params: { period: 20 }, on: '1m' } },
      warmUpBars: 0,
      timerSeconds: 0,
    },
  )
  const event = createMarketEvent()
  let count = 0
  const run = (ticks: number) => {
    for (let at = 0; at < ticks; at++) {
      count++
      event.instrument = count % INSTRUMENTS
      event.time = START + count * 100
      event.receivedAt = event.time
      event.price = 20_000 + ((count * 7919) % 41)
      event.quantity = count % 3 === 0 ? 10 : 0
      event.bid = event.price - 1
      event.ask = event.price + 1
      event.bidQuantity = 100
      event.askQuantity = 100
      market.apply(event)
      if (count % 10_000 === 0) market.time(event.time)
    }
  }
  return { market, run }
}
