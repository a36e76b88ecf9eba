/** Time of a second through the market: 10,000 ticks over 500 instruments. Run: bun host/core/market/market.bench.ts */
import { bench, run } from 'mitata'

import { createSampleLoad } from './sample-load.ts'

const load = createSampleLoad()

bench('a second: 10,000 ticks', () => load.run(10_000))

await run()

// 2026-11-22, Intel Xeon, 2 virtual processors, bun 1.4.5: 1.0 ms, 100 ns a tick. Budget: 1 us a tick.
