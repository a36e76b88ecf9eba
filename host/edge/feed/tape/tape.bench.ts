/** How fast a recorded day opens and is read: `bun host/edge/feed/tape/tape.bench.ts`. */
import { bench, do_not_optimize, run } from 'mitata'

import { createMarketEvent } from '#sdk/tick.ts'

import { hasRecordedMarkets, recordedMarket } from './recorded-market.fixture.ts'
import { openTape, openTapes } from './tape.ts'

const day = recordedMarket('lean/equity/usa/tick/spy/20131007_trade.zip')
const nextDay = recordedMarket('lean/equity/usa/tick/spy/20131008_trade.zip')
const capture = recordedMarket('binance/usdm-btcusdt-20240808.gz')

const readThrough = async (paths: readonly string[]) => {
  const tape = await openTapes(paths)
  const event = createMarketEvent()
  let volume = 0
  while (tape.next(event)) volume += event.quantity
  return volume
}

if (hasRecordedMarkets) {
  bench('open a day of SPY trades (250,601 rows)', () => openTape(day))
  bench('open and read it', async () => do_not_optimize(await readThrough([day])))
  bench('open and merge two days (702,146 rows)', async () =>
    do_not_optimize(await readThrough([day, nextDay])),
  )
  bench('open and read 93,954 messages of Binance', async () =>
    do_not_optimize(await readThrough([capture])),
  )
  await run()
}

// 2026-11-22, Intel Xeon 3.0 GHz (2 virtual CPUs, shared), bun 1.4.5: one day open and read 46 ms, two days merged 203 ms,
// Binance 102 ms. Budget: one day in 250 ms.
