/**
 * The relay: a place for news between edges that are made before the host that listens. Each line is a function that does
 * nothing until the host has put its own in its place.
 */
import type { BundleEvent } from '#sdk/bundle.ts'
import type { JournalRecord } from '#sdk/record.ts'
import type { MarketEvent } from '#sdk/tick.ts'

import type { CommandAnswer, ConsoleCommand, DeskGauges } from './edge/console/console.ts'

export interface Ears {
  onBar(instrument: number, timeframe: number, number: number): void
  onMarket(event: MarketEvent): void
  onRecords(records: readonly JournalRecord[]): void
  onBundle(event: BundleEvent): void
  onTrouble(reason: string): void
  onStoreLink(working: boolean, reason: string): void
  onError(what: string, error: unknown): void
  onCommand(command: ConsoleCommand): CommandAnswer
  gauges(): DeskGauges
}

export interface Relay extends Ears {
  /** From now on these hear. */
  listen(ears: Ears): void
}

export function createRelay(): Relay {
  let ears: Ears | undefined
  return {
    listen(given) {
      ears = given
    },
    onBar: (instrument, timeframe, number) => ears?.onBar(instrument, timeframe, number),
    onMarket: (event) => ears?.onMarket(event),
    onRecords: (records) => ears?.onRecords(records),
    onBundle: (event) => ears?.onBundle(event),
    onTrouble: (reason) => ears?.onTrouble(reason),
    onStoreLink: (working, reason) => ears?.onStoreLink(working, reason),
    onError: (what, error) => ears?.onError(what, error),
    onCommand: (command) =>
      ears?.onCommand(command) ?? {
        ok: false,
        code: 'desk/starting',
        text: 'The desk is still starting',
      },
    gauges: () => ears?.gauges() ?? {},
  }
}
