/**
 * How prices of the simulated exchange move: one log price per company, advanced to the time of each quote.
 *
 * Out      fair prices in ticks, not rounded
 * Units    floats: log prices, seconds
 * Source   Ornstein-Uhlenbeck drift and level, one common factor, compound Poisson jumps
 *
 * A company's drift wanders slowly around zero (a memory of 15 minutes), which makes trends long enough for a
 * crossing of averages to catch and short enough to fade. The level is drawn back over 4 hours, so that a desk that
 * runs for weeks still trades near the first price. Jumps of 0.3-1.5 % come about every 3 hours.
 */
import type { Company } from './company.ts'
import type { Random } from './random.ts'

const DRIFT_MEMORY = 900
const LEVEL_MEMORY = 14_400
/** Size of the drift, as a part of the volatility of one second: a trend is about as large as the noise it stands in. */
const DRIFT_SIZE = 0.025
const MARKET_VOLATILITY = 0.12 / Math.sqrt(5_670_000)
/** Longest step of the equations, seconds: a longer silence moves a price no further. */
const STEP_MAX = 60
const JUMP_EVERY = 10_800

export class PriceProcess {
  readonly #random: Random
  readonly #level: Float64Array
  readonly #drift: Float64Array
  readonly #movedAt: Float64Array
  readonly #marketSeen: Float64Array
  readonly #ticks: Float64Array
  readonly #volatility: Float64Array
  readonly #beta: Float64Array
  #market = 0
  #marketMovedAt: number

  constructor({
    companies,
    random,
    startsAt,
  }: {
    readonly companies: readonly Company[]
    readonly random: Random
    /** Seconds. */
    readonly startsAt: number
  }) {
    this.#random = random
    this.#level = new Float64Array(companies.length)
    this.#drift = Float64Array.from(companies, ({ volatility }) => {
      return DRIFT_SIZE * volatility * random.normal()
    })
    this.#movedAt = new Float64Array(companies.length).fill(startsAt)
    this.#marketSeen = new Float64Array(companies.length)
    this.#ticks = Float64Array.from(companies, ({ ticks }) => ticks)
    this.#volatility = Float64Array.from(companies, ({ volatility }) => volatility)
    this.#beta = Float64Array.from(companies, ({ beta }) => beta)
    this.#marketMovedAt = startsAt
  }

  /** Moves one company to `now` (seconds) and gives its fair price in ticks. */
  advance(company: number, now: number): number {
    const random = this.#random
    this.#advanceMarket(now)
    const step = Math.min(STEP_MAX, now - (this.#movedAt[company] as number))
    this.#movedAt[company] = now
    const root = Math.sqrt(step)
    const volatility = this.#volatility[company] as number
    const noise = volatility * root * random.normal()
    const shock = DRIFT_SIZE * volatility * Math.sqrt((2 * step) / DRIFT_MEMORY) * random.spare
    const before = this.#drift[company] as number
    const drift = before - (before * step) / DRIFT_MEMORY + shock
    this.#drift[company] = drift
    const common =
      (this.#beta[company] as number) * (this.#market - (this.#marketSeen[company] as number))
    this.#marketSeen[company] = this.#market
    const level = this.#level[company] as number
    const pulled = level + (drift - level / LEVEL_MEMORY) * step + noise + common
    this.#level[company] = pulled + this.#jump(step)
    return (this.#ticks[company] as number) * Math.exp(this.#level[company] as number)
  }

  /** Above 0 where the company's price tends up. */
  trend(company: number): number {
    return this.#drift[company] as number
  }

  #jump(step: number): number {
    const random = this.#random
    if (random.uniform() * JUMP_EVERY >= step) return 0
    const size = 0.003 + 0.012 * random.uniform()
    return random.bits() < 0 ? -size : size
  }

  #advanceMarket(now: number) {
    const step = Math.min(STEP_MAX, now - this.#marketMovedAt)
    // Ten times a second is often enough for what all prices share.
    if (step < 0.1) return
    this.#marketMovedAt = now
    this.#market +=
      MARKET_VOLATILITY * Math.sqrt(step) * this.#random.normal() -
      (this.#market * step) / LEVEL_MEMORY
  }
}
