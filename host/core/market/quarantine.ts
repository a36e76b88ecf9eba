/**
 * Quarantine: keeps bad ticks out. What is held here reaches no board, no bar and no strategy; it is counted.
 *
 * In       MarketEvent
 * Out      undefined, or why it is bad
 * Units    prices in ticks, quantities in steps, times in microseconds
 * Refuses  an unknown row; a time that is no time, is far ahead of its receipt, or goes back; a price that is not a whole
 *          number of ticks above zero; a quantity that is not a whole number of steps; a bid above the ask
 */
import type { MarketEvent } from '#sdk/tick.ts'

/** Why a tick can be bad, in the order that it is looked at. */
export const QUARANTINE_REASONS = [
  'instrument',
  'time',
  'time-ahead',
  'time-back',
  'price',
  'quantity',
  'crossed',
] as const
export type QuarantineReason = (typeof QUARANTINE_REASONS)[number]

/** How far an instrument's time may go back: trades of one burst arrive in any order. */
export const BACK_MAX = 1_000_000
/** How far exchange time may be ahead of receipt: one tick from the far future would make all after it go back. */
export const AHEAD_MAX = 3_600_000_000

/** Ticks held so far, by reason. */
export type Quarantined = Readonly<Record<QuarantineReason, number>>

export class Quarantine {
  readonly counts: Record<QuarantineReason, number> = {
    instrument: 0,
    time: 0,
    'time-ahead': 0,
    'time-back': 0,
    price: 0,
    quantity: 0,
    crossed: 0,
  }
  readonly #newest: Float64Array

  constructor(instruments: number) {
    this.#newest = new Float64Array(instruments).fill(Number.NEGATIVE_INFINITY)
  }

  /** Why the event is bad, counted; undefined where it is good, and then its time is the newest. */
  check(event: MarketEvent): QuarantineReason | undefined {
    const reason = this.#find(event)
    if (reason !== undefined) this.counts[reason]++
    else if (event.time > (this.#newest[event.instrument] as number)) {
      this.#newest[event.instrument] = event.time
    }
    return reason
  }

  #find(event: MarketEvent): QuarantineReason | undefined {
    const { instrument, time, receivedAt, price, quantity, bid, ask } = event
    const newest = this.#newest[instrument]
    if (newest === undefined) return 'instrument'
    if (!(time >= 0 && time <= Number.MAX_SAFE_INTEGER)) return 'time'
    // A receipt of 0 is none: a source that is pulled has no clock.
    if (receivedAt > 0 && time > receivedAt + AHEAD_MAX) return 'time-ahead'
    if (time < newest - BACK_MAX) return 'time-back'
    if (!isUnknown(price) ? !isPrice(price) : quantity > 0) return 'price'
    if (!isUnknown(bid) && !isPrice(bid)) return 'price'
    if (!isUnknown(ask) && !isPrice(ask)) return 'price'
    if (!(quantity >= 0) || !Number.isSafeInteger(quantity)) return 'quantity'
    if (!isSize(event.bidQuantity) || !isSize(event.askQuantity)) return 'quantity'
    // Where one side is unknown this compares with NaN, and is false.
    return bid > ask ? 'crossed' : undefined
  }
}

function isUnknown(value: number): boolean {
  return Number.isNaN(value)
}

function isPrice(value: number): boolean {
  return value > 0 && Number.isSafeInteger(value)
}

/** Sizes of quotes may be unknown. */
function isSize(value: number): boolean {
  return isUnknown(value) || (value >= 0 && value < Number.POSITIVE_INFINITY)
}
