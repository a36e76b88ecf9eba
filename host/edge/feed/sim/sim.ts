/**
 * The simulated exchange: an endless market of invented companies, the same for the same seed.
 *
 * Out      quotes (two thirds) and trades (one third) of exchange "SIM", in order of time. A trade is at the bid or
 *          the ask that stands; the first event of an instrument is a quote
 * Units    prices in ticks of 0.05 INR, quantities in units, times in microseconds
 * Asserts  a bid of at least 1 tick, an ask 1 to 4 ticks above it
 * Source   arrivals are Poisson, split over the companies by a Zipf-like law (exponent 0.7) with Walker's alias
 *          method; trade sizes are log-normal
 */
import { assert } from '#sdk/assert.ts'
import type { InstrumentSpec } from '#sdk/instrument.ts'
import type { MarketEvent } from '#sdk/tick.ts'

import type { MarketSource } from '../feed.ts'
import { COMPANIES_MAX, type Company, createCompany } from './company.ts'
import { PriceProcess } from './price-process.ts'
import { Random } from './random.ts'

export interface SimOptions {
  /** How many companies, at most 512. */
  readonly instruments?: number
  readonly seed?: number
  /** Time of the first event, microseconds. */
  readonly startsAt: number
  /** Events of all companies together; 10 a second each where it is absent. */
  readonly ticksPerSecond?: number
  /** Sessions follow each other day and night, each this long. */
  readonly sessionMinutes?: number
}

const ZIPF_EXPONENT = 0.7
const SPREAD_MAX = 4
/** Spread of trade sizes: the log's standard deviation. */
const SIZE_SPREAD = 0.9
const TRADE_SHARE = 1 / 3
/** Part of all trades that follow the trend rather than a coin. */
const TREND_FOLLOWERS = 0.1

/** A source that never ends. */
export function createSimSource(options: SimOptions): MarketSource {
  const { instruments = 50, seed = 1, startsAt, sessionMinutes = 60 } = options
  const { ticksPerSecond = instruments * 10 } = options
  const inRange =
    Number.isSafeInteger(instruments) && instruments >= 1 && instruments <= COMPANIES_MAX
  assert(inRange, `Cannot simulate ${instruments} instruments, only 1 to ${COMPANIES_MAX}`)
  assert(Number.isSafeInteger(startsAt) && startsAt >= 0, `Cannot start a market at ${startsAt}`)
  const paced = ticksPerSecond > 0 && ticksPerSecond <= 1e6
  assert(paced, `Cannot simulate ${ticksPerSecond} ticks a second, only up to 1,000,000`)
  const companies = Array.from({ length: instruments }, (_, number) => createCompany(number))
  const exchange = new SimExchange({ companies, seed, startsAt, ticksPerSecond })
  return {
    instruments: companies.map((company) => describe(company, sessionMinutes)),
    startsAt,
    next: (event) => exchange.next(event),
    progress: () => undefined,
    close() {},
  }
}

function describe({ symbol, name }: Company, minutes: number): InstrumentSpec {
  return {
    exchange: 'SIM',
    symbol,
    name,
    kind: 'equity',
    currency: 'INR',
    tickSize: '0.05',
    quantityStep: '1',
    lot: 1,
    session: { kind: 'always', minutes },
  }
}

class SimExchange {
  readonly #random: Random
  readonly #process: PriceProcess
  readonly #bid: Float64Array
  readonly #ask: Float64Array
  readonly #spread: Float64Array
  readonly #size: Float64Array
  /** Walker's table: keep column i with `#keep[i]`, else take `#other[i]`. */
  readonly #keep: Float64Array
  readonly #other: Int32Array
  /** Mean time between two events, microseconds. */
  readonly #gap: number
  #now: number

  constructor({
    companies,
    seed,
    startsAt,
    ticksPerSecond,
  }: {
    readonly companies: readonly Company[]
    readonly seed: number
    readonly startsAt: number
    readonly ticksPerSecond: number
  }) {
    this.#random = new Random(seed)
    this.#process = new PriceProcess({ companies, random: this.#random, startsAt: startsAt / 1e6 })
    this.#bid = new Float64Array(companies.length)
    this.#ask = new Float64Array(companies.length)
    this.#spread = Float64Array.from(companies, ({ spread }) => spread)
    this.#size = Float64Array.from(companies, ({ size }) => size)
    const table = createAliasTable(zipfWeights(companies.length, this.#random))
    this.#keep = table.keep
    this.#other = table.other
    this.#gap = 1e6 / ticksPerSecond
    this.#now = startsAt
  }

  next(event: MarketEvent): boolean {
    const random = this.#random
    const time = Math.floor(this.#now)
    this.#now += random.exponential() * this.#gap
    const company = this.#pick()
    event.instrument = company
    event.time = time
    event.receivedAt = time
    const isTrade = random.uniform() < TRADE_SHARE
    if (isTrade && this.#bid[company] !== 0) this.#trade(company, event)
    else this.#quote(company, event)
    return true
  }

  #pick(): number {
    const random = this.#random
    const column = random.below(this.#keep.length)
    return random.uniform() < (this.#keep[column] as number)
      ? column
      : (this.#other[column] as number)
  }

  #trade(company: number, event: MarketEvent) {
    const random = this.#random
    const rising = this.#process.trend(company) > 0
    const follows = random.uniform() < TREND_FOLLOWERS
    const buys = follows ? rising : random.bits() < 0
    const size = (this.#size[company] as number) * Math.exp(SIZE_SPREAD * random.normal())
    event.price = (buys ? this.#ask[company] : this.#bid[company]) as number
    event.quantity = Math.max(1, Math.round(size))
    event.bid = Number.NaN
    event.ask = Number.NaN
    event.bidQuantity = 0
    event.askQuantity = 0
  }

  #quote(company: number, event: MarketEvent) {
    const random = this.#random
    const fair = this.#process.advance(company, event.time / 1e6)
    // Mostly the usual spread, sometimes a tick less or more.
    const change = random.below(6)
    const usual = this.#spread[company] as number
    const wish = change === 0 ? usual - 1 : change === 1 ? usual + 1 : usual
    const spread = Math.min(SPREAD_MAX, Math.max(1, wish))
    const bid = Math.max(1, Math.round(fair - spread / 2))
    this.#bid[company] = bid
    this.#ask[company] = bid + spread
    const depth = 4 * (this.#size[company] as number)
    event.price = Number.NaN
    event.quantity = 0
    event.bid = bid
    event.ask = bid + spread
    event.bidQuantity = 1 + Math.floor(depth * random.exponential())
    event.askQuantity = 1 + Math.floor(depth * random.exponential())
  }
}

/** Shares of the event rate: the largest first, dealt out to the companies by chance. */
function zipfWeights(count: number, random: Random): number[] {
  const weights = Array.from({ length: count }, (_, rank) => (rank + 1) ** -ZIPF_EXPONENT)
  for (let at = count - 1; at > 0; at--) {
    const other = random.below(at + 1)
    const kept = weights[at] as number
    weights[at] = weights[other] as number
    weights[other] = kept
  }
  return weights
}

function createAliasTable(weights: readonly number[]) {
  const count = weights.length
  const sum = weights.reduce((total, weight) => total + weight, 0)
  const keep = Float64Array.from(weights, (weight) => (weight * count) / sum)
  const other = Int32Array.from(weights, (_, index) => index)
  const small = [...keep.keys()].filter((index) => (keep[index] as number) < 1)
  const large = [...keep.keys()].filter((index) => (keep[index] as number) >= 1)
  while (small.length > 0 && large.length > 0) {
    const poor = small.pop() as number
    const rich = large.at(-1) as number
    other[poor] = rich
    keep[rich] = (keep[rich] as number) - (1 - (keep[poor] as number))
    if ((keep[rich] as number) < 1) small.push(large.pop() as number)
  }
  // What is left is 1 but for rounding.
  for (const index of [...small, ...large]) keep[index] = 1
  return { keep, other }
}
