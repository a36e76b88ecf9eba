/** Where tests find recorded markets; a clone without them skips those tests and says so. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { createMarketEvent, type MarketEvent } from '#sdk/tick.ts'

import type { MarketSource } from '../feed.ts'

const folder = fileURLToPath(new URL('../../../../../shared/data/', import.meta.url))

/** True where the recorded markets are there; prints a sentence where they are not. */
export const hasRecordedMarkets = existsSync(folder)
if (!hasRecordedMarkets) {
  process.stderr.write('Tests with recorded markets are skipped: ../shared/data is absent\n')
}

/** Path of a recorded market. */
export function recordedMarket(path: string): string {
  return folder + path
}

/** Every event of a source, each a copy. */
export function readAll(source: MarketSource): MarketEvent[] {
  const event = createMarketEvent()
  const events: MarketEvent[] = []
  while (source.next(event)) events.push({ ...event })
  return events
}
