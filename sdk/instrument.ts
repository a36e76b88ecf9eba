/**
 * An instrument: what is traded, on which grid, in which sessions.
 *
 * Units    tickSize and quantityStep are decimals of the currency and of the unit; inside the host all prices are
 *          whole ticks and all quantities whole steps
 * Refuses  a price off the tick grid, with the nearest two
 */
import { assert, ok, refuse, type Result } from './assert.ts'
import { type Money, money, mulDiv, type Price, price } from './money.ts'

export type InstrumentKind = 'equity' | 'index' | 'future' | 'option' | 'currency' | 'crypto'

/** Trading hours as civil times of a zone. `always` means back-to-back sessions of `minutes`. */
export type SessionRule =
  | {
      readonly kind: 'daily'
      readonly zone: string
      readonly opens: string
      readonly closes: string
    }
  | { readonly kind: 'always'; readonly minutes: number }

/** What a feed or an instrument file says of an instrument. */
export interface InstrumentSpec {
  readonly exchange: string
  readonly symbol: string
  readonly name?: string
  readonly kind: InstrumentKind
  readonly currency: string
  /** Smallest price move, as a decimal in text so that it is exact: "0.05". */
  readonly tickSize: string
  /** Smallest quantity, as a decimal in text: "1", "0.001". */
  readonly quantityStep: string
  /** Orders are multiples of this many steps. */
  readonly lot: number
  readonly session: SessionRule
}

export interface Instrument extends InstrumentSpec {
  /** Row of the board and of every column; dense from 0, stable while the process lives. */
  readonly index: number
  /** "EXCHANGE:SYMBOL". */
  readonly id: string
  /** Decimals a price is shown with. */
  readonly priceDigits: number
  /** A price in ticks times `tickUnits / 10^priceDigits` is its decimal. */
  readonly tickUnits: number
  readonly quantityDigits: number
  readonly stepUnits: number
  /** Money (1e-4) of one tick on one step is `valueNumerator / valueDenominator`. */
  readonly valueNumerator: number
  readonly valueDenominator: number
}

export function createInstrument(spec: InstrumentSpec, index: number): Instrument {
  const id = `${spec.exchange}:${spec.symbol}`
  assert(
    /^[A-Z0-9]+$/.test(spec.exchange),
    `Exchange "${spec.exchange}" is not capital letters and digits`,
  )
  assert(/^[A-Z0-9._&-]+$/i.test(spec.symbol), `Symbol "${spec.symbol}" has an unusual character`)
  const tick = decimal(spec.tickSize, `Tick size of "${id}"`)
  const step = decimal(spec.quantityStep, `Quantity step of "${id}"`)
  assert(Number.isSafeInteger(spec.lot) && spec.lot > 0, `Lot of "${id}" is ${spec.lot}`)
  const numerator = tick.units * step.units
  const exponent = 4 - tick.digits - step.digits
  return {
    ...spec,
    index,
    id,
    priceDigits: tick.digits,
    tickUnits: tick.units,
    quantityDigits: step.digits,
    stepUnits: step.units,
    valueNumerator: exponent >= 0 ? numerator * 10 ** exponent : numerator,
    valueDenominator: exponent >= 0 ? 1 : 10 ** -exponent,
  }
}

function decimal(text: string, what: string): { readonly units: number; readonly digits: number } {
  assert(/^\d+(\.\d+)?$/.test(text), `${what} is "${text}", not a decimal like "0.05"`)
  const [whole = '', fraction = ''] = text.split('.')
  const trimmed = fraction.replace(/0+$/, '')
  const units = Number(whole + trimmed)
  assert(units > 0, `${what} is zero`)
  return { units, digits: trimmed.length }
}

/** Ticks as the decimal that people and authors read; exact to the nearest double. */
export function priceToDecimal(instrument: Instrument, ticks: number): number {
  return (ticks * instrument.tickUnits) / 10 ** instrument.priceDigits
}

export interface OffGrid {
  readonly code: 'price/off-grid'
  readonly asked: number
  readonly below: number
  readonly above: number
}

/** A decimal price as whole ticks, or the two prices on the grid around it. */
export function priceFromDecimal(instrument: Instrument, value: number): Result<Price, OffGrid> {
  const exact = (value * 10 ** instrument.priceDigits) / instrument.tickUnits
  const nearest = Math.round(exact)
  if (
    Math.abs(exact - nearest) <= 1e-6 * Math.max(1, Math.abs(exact)) ** 0.5 &&
    Number.isSafeInteger(nearest)
  ) {
    return ok(price(nearest))
  }
  return refuse({
    code: 'price/off-grid',
    asked: value,
    below: priceToDecimal(instrument, Math.floor(exact)),
    above: priceToDecimal(instrument, Math.ceil(exact)),
  })
}

/** Value of `steps` at `ticks`, signed like `steps`; rounded once where a tick on a step is finer than 1e-4. */
export function notional(instrument: Instrument, ticks: number, steps: number): Money {
  const { valueNumerator, valueDenominator } = instrument
  const product = ticks * steps
  if (valueDenominator === 1 && Number.isSafeInteger(product))
    return money(product * valueNumerator)
  return money(mulDiv(mulDiv(ticks, steps, 1), valueNumerator, valueDenominator))
}
