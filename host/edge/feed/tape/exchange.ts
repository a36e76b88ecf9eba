/**
 * What is known of the exchanges that recorded files come from: zone, session, currency, grid.
 *
 * Source   nyse.com/markets/hours-calendars; nseindia.com (normal market 09:15-15:30); binance.com USD-M trading rules
 */
import { createInstrument, type Instrument, type InstrumentSpec } from '#sdk/instrument.ts'
import type { InstrumentKind, SessionRule } from '#sdk/instrument.ts'

import { SourceError } from '../feed.ts'

/** What a caller may say of a tape that the file itself does not say. */
export interface TapeOptions {
  /** "USA", "NSE" or any other name in capital letters; the file's path wins where it says. */
  readonly exchange?: string
  /** Symbol where the file does not name one; else its own name. */
  readonly symbol?: string
  /** Smallest price move, "0.05"; prices off this grid are refused. */
  readonly tickSize?: string
  readonly quantityStep?: string
  readonly currency?: string
  readonly session?: SessionRule
}

/** What instruments of one exchange have in common. */
export interface Exchange {
  readonly id: string
  readonly kind: InstrumentKind
  readonly currency: string
  readonly tickSize: string
  readonly session: SessionRule
}

/** An exchange whose sessions are civil days of a zone. */
export interface DailyExchange extends Exchange {
  readonly session: Extract<SessionRule, { readonly kind: 'daily' }>
}

export const USA: DailyExchange = {
  id: 'USA',
  kind: 'equity',
  currency: 'USD',
  tickSize: '0.01',
  session: { kind: 'daily', zone: 'America/New_York', opens: '09:30', closes: '16:00' },
}

export const NSE: DailyExchange = {
  id: 'NSE',
  kind: 'equity',
  currency: 'INR',
  tickSize: '0.05',
  session: { kind: 'daily', zone: 'Asia/Kolkata', opens: '09:15', closes: '15:30' },
}

/** An exchange that nothing is known of: open day and night. */
export function unknownExchange(id: string): Exchange {
  const session = { kind: 'always', minutes: 1440 } as const
  return { id, kind: 'equity', currency: 'USD', tickSize: '0.01', session }
}

/** An instrument of an exchange as a tape gives it, with the caller's words where there are any. */
export function describeInstrument(
  exchange: Exchange,
  terms: {
    readonly file: string
    readonly symbol: string
    readonly kind?: InstrumentKind
    readonly quantityStep?: string
    readonly options: TapeOptions
  },
): Instrument {
  const { options, symbol, file } = terms
  const spec: InstrumentSpec = {
    exchange: exchange.id,
    symbol: symbol.toUpperCase(),
    kind: terms.kind ?? exchange.kind,
    currency: options.currency ?? exchange.currency,
    tickSize: options.tickSize ?? exchange.tickSize,
    quantityStep: options.quantityStep ?? terms.quantityStep ?? '1',
    lot: 1,
    session: options.session ?? exchange.session,
  }
  try {
    return createInstrument(spec, 0)
  } catch (error) {
    throw new SourceError(
      `Cannot read "${file}": ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/** The part of an instrument that a feed gives. */
export function specOf(instrument: Instrument): InstrumentSpec {
  const { exchange, symbol, kind, currency, tickSize, quantityStep, lot, session } = instrument
  return { exchange, symbol, kind, currency, tickSize, quantityStep, lot, session }
}

/** What an integer price at `scale` digits is divided by to give ticks; undefined where the tick is finer than that. */
export function unitsPerTick(instrument: Instrument, scale: number): number | undefined {
  const { priceDigits, tickUnits } = instrument
  return priceDigits > scale ? undefined : tickUnits * 10 ** (scale - priceDigits)
}

/** The same for quantities and steps. */
export function unitsPerStep(instrument: Instrument, scale: number): number | undefined {
  const { quantityDigits, stepUnits } = instrument
  return quantityDigits > scale ? undefined : stepUnits * 10 ** (scale - quantityDigits)
}
