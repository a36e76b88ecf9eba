/**
 * Tapes of the testkit: small markets written by hand, simulated, or recorded, whole in memory and played again as often
 * as a test likes.
 *
 * In       ticks or bars in plain decimals with ISO or microsecond times; a seed; a recorded file
 * Out      a Recording, and a MarketSource over it
 * Units    decimals and units outside; prices in ticks and quantities in steps inside
 * Refuses  a price off the tick grid, a time that goes back, an empty tape
 * Touches  the recorded file, for reading
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { assert } from '#sdk/assert.ts'
import { type Timeframe, TIMEFRAME_MICROS, timeframeIndex } from '#sdk/bar.ts'
import {
  createInstrument,
  type Instrument,
  type InstrumentSpec,
  priceFromDecimal,
} from '#sdk/instrument.ts'
import { createMarketEvent, type MarketEvent } from '#sdk/tick.ts'

import type { MarketSource } from '../edge/feed/feed.ts'
import { createSimSource } from '../edge/feed/sim/sim.ts'
import { openTape } from '../edge/feed/tape/tape.ts'

/** ISO text with a zone, or microseconds since the epoch. */
export type TapeTime = string | number

/** One tick of a tape: a trade where it has a price and a quantity, a quote where it has a bid or an ask. */
export interface TapeTick {
  readonly time: TapeTime
  readonly price?: number
  readonly quantity?: number
  readonly bid?: number
  readonly ask?: number
  readonly bidQuantity?: number
  readonly askQuantity?: number
}

/** One bar of a tape; it is played as four trades. One minute long unless it says otherwise. */
export interface TapeBar {
  readonly time: TapeTime
  readonly timeframe?: Timeframe
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}

export type TapeRow = TapeTick | TapeBar

/** A market in memory. Plain data: it may be sent to a worker. */
export interface Recording {
  readonly instruments: readonly InstrumentSpec[]
  readonly length: number
  /** Eight numbers an event: instrument, time, price, quantity, bid, ask, bid size, ask size. */
  readonly events: Float64Array
}

/** What a test may give as its tape. */
export type Tape = readonly TapeRow[] | Recording

const FIELDS = 8

/** The instrument of a tape that names none: no spread of its own, sessions of an hour back to back. */
export const TEST_INSTRUMENT: InstrumentSpec = {
  exchange: 'SIM',
  symbol: 'TEST',
  kind: 'equity',
  currency: 'INR',
  tickSize: '0.05',
  quantityStep: '1',
  lot: 1,
  session: { kind: 'always', minutes: 60 },
}

/** A tape time as microseconds. */
export function microsOf(time: TapeTime): number {
  if (typeof time === 'number') return time
  return Number(Temporal.Instant.from(time).epochNanoseconds / 1000n)
}

/** The tape as a recording; `spec` says what rows written by hand are of. */
export function recordingOf(tape: Tape, spec: Partial<InstrumentSpec> = {}): Recording {
  if ('events' in tape) return tape
  assert(tape.length > 0, 'Cannot play a tape without rows')
  const instrument = createInstrument({ ...TEST_INSTRUMENT, ...spec }, 0)
  const events = tape.flatMap((row) => ('open' in row ? tradesOf(row) : [row]))
  const columns = new Columns()
  const event = createMarketEvent()
  for (const tick of events) columns.push(fill(event, { tick, instrument }))
  return columns.recording([{ ...TEST_INSTRUMENT, ...spec }])
}

/** A source over a recording, from its first event. */
export function openRecording({ instruments, length, events }: Recording): MarketSource {
  let at = 0
  return {
    instruments,
    startsAt: events[1] ?? 0,
    progress: () => (length === 0 ? 1 : at / length),
    close() {},
    next(event) {
      if (at >= length) return false
      const row = at * FIELDS
      event.instrument = events[row] as number
      event.time = events[row + 1] as number
      event.receivedAt = event.time
      event.price = events[row + 2] as number
      event.quantity = events[row + 3] as number
      event.bid = events[row + 4] as number
      event.ask = events[row + 5] as number
      event.bidQuantity = events[row + 6] as number
      event.askQuantity = events[row + 7] as number
      at++
      return true
    },
  }
}

/** What of the simulated exchange to record. */
export interface SimulatedOptions {
  readonly minutes: number
  readonly instruments?: number
  readonly seed?: number
  readonly ticksPerSecond?: number
  /** The start of a session where it is absent. */
  readonly startsAt?: TapeTime
}

/** Some minutes of the simulated exchange: the same for the same seed. */
export function simulatedTape(options: SimulatedOptions): Recording {
  const { minutes, instruments = 3, seed = 1, startsAt = '2024-01-15T03:00:00Z' } = options
  const { ticksPerSecond = instruments } = options
  const from = microsOf(startsAt)
  const source = createSimSource({ instruments, seed, ticksPerSecond, startsAt: from })
  return drain(source, from + minutes * 60_000_000)
}

/** A recorded file of the shared data folder, beside the project; undefined where it is not there. */
export async function recordedTape(name: string): Promise<Recording | undefined> {
  const path = join(import.meta.dir, '../../../shared/data', name)
  if (!existsSync(path)) return undefined
  return drain(await openTape(path), Number.POSITIVE_INFINITY)
}

function drain(source: MarketSource, until: number): Recording {
  const columns = new Columns()
  const event = createMarketEvent()
  while (source.next(event) && event.time < until) columns.push(event)
  source.close()
  return columns.recording(source.instruments)
}

/** Open, low, high, close for a bar that rises, open, high, low, close for one that falls. */
function tradesOf({ time, timeframe = '1m', ...bar }: TapeBar): TapeTick[] {
  const { open, high, low, close, volume } = bar
  assert(
    volume >= 4,
    `A bar is played as four trades; a volume of ${volume} is not enough for them`,
  )
  const start = microsOf(time)
  const length = TIMEFRAME_MICROS[timeframeIndex(timeframe)] ?? 0
  const prices = close >= open ? [open, low, high, close] : [open, high, low, close]
  const part = Math.floor(volume / 4)
  return prices.map((price, step) => ({
    time: step === 3 ? start + length - 1 : start + Math.floor((length * step) / 3),
    price,
    quantity: step === 3 ? volume - 3 * part : part,
  }))
}

function fill(
  event: MarketEvent,
  { tick, instrument }: { readonly tick: TapeTick; readonly instrument: Instrument },
): MarketEvent {
  const { time, price, bid, ask, quantity = 0, bidQuantity, askQuantity } = tick
  event.instrument = 0
  event.time = microsOf(time)
  event.price = ticksOf(price, instrument)
  event.quantity = quantity
  event.bid = ticksOf(bid, instrument)
  event.ask = ticksOf(ask, instrument)
  event.bidQuantity = bidQuantity ?? Number.NaN
  event.askQuantity = askQuantity ?? Number.NaN
  return event
}

function ticksOf(price: number | undefined, instrument: Instrument): number {
  if (price === undefined) return Number.NaN
  const answer = priceFromDecimal(instrument, price)
  if (answer.ok) return answer.value
  const { below, above } = answer.refusal
  throw new RangeError(
    `Price ${price} of the tape is off the grid of "${instrument.id}"; the nearest are ${below} and ${above}`,
  )
}

/** Events as columns while they are counted. */
class Columns {
  #events = new Float64Array(1024 * FIELDS)
  #length = 0

  push(event: MarketEvent): void {
    const at = this.#length * FIELDS
    const before = this.#length === 0 ? event.time : (this.#events[at - FIELDS + 1] as number)
    // A recorded burst may be shuffled within a second; a tape that goes back further is a mistake.
    assert(event.time > before - 1e6, `The tape goes back in time, from ${before} to ${event.time}`)
    if (at === this.#events.length) {
      const larger = new Float64Array(this.#events.length * 2)
      larger.set(this.#events)
      this.#events = larger
    }
    const { instrument, time, price, quantity, bid, ask, bidQuantity, askQuantity } = event
    this.#events.set([instrument, time, price, quantity, bid, ask, bidQuantity, askQuantity], at)
    this.#length++
  }

  recording(instruments: readonly InstrumentSpec[]): Recording {
    const events = this.#events.slice(0, this.#length * FIELDS)
    return { instruments, length: this.#length, events }
  }
}
