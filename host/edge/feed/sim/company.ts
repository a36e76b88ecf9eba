/**
 * The companies of the simulated exchange: invented names and symbols, the same for every seed, so that positions and
 * strategies find their instruments again after a restart.
 *
 * Out      for each number from 0: symbol, name, price at the start, volatility, and how much the market moves it
 * Units    price in ticks of 0.05; volatility is the standard deviation of the log price over one second
 */
import { assert } from '#sdk/assert.ts'

import { Random } from './random.ts'

/** One listed company. */
export interface Company {
  readonly symbol: string
  readonly name: string
  readonly ticks: number
  readonly volatility: number
  readonly beta: number
  /** Its usual spread, ticks. */
  readonly spread: number
  /** Median size of its trades, units. */
  readonly size: number
}

const HOUSES = (
  'Ashvan Belmor Corvia Dharan Elaris Farodi Girnex Havani Indora Jalmer Kestra Lunaro Mandev Nirvex ' +
  'Orphil Pravin Quorum Rasmik Solvar Tarkun Umbral Vayuna Wendor Xelium Yashti Zoravi Ambika Brenta ' +
  'Cheruk Devani Ekanta Fulmar'
).split(' ')
const TRADES =
  'Steel Power Motors Pharma Cement Bank Foods Textiles Chem Infra Paints Tyres Finance Ports Energy Labs'.split(
    ' ',
  )

export const COMPANIES_MAX = HOUSES.length * TRADES.length
/** Seconds of trading in a year of 252 days of 6 hours 15 minutes. */
const TRADING_YEAR = 5_670_000
const TICKS_PER_UNIT = 20
const PRICE_LOW = 20
const PRICE_HIGH = 3000

/** The company with that number, counted from 0. */
export function createCompany(number: number): Company {
  assert(number < COMPANIES_MAX, `Company ${number} is past the ${COMPANIES_MAX} that are listed`)
  const house = HOUSES[number % HOUSES.length] ?? ''
  // Shifted by a place each round: neighbours differ in both words, and no pair comes twice.
  const round = Math.floor(number / HOUSES.length)
  const trade = TRADES[((number % HOUSES.length) + round) % TRADES.length] ?? ''
  const random = new Random(0x51d + number)
  const price = PRICE_LOW * (PRICE_HIGH / PRICE_LOW) ** random.uniform()
  const yearly = 0.18 + 0.4 * random.uniform()
  return {
    symbol: `${house}${trade}`.toUpperCase(),
    name: `${house} ${trade} Ltd`,
    ticks: Math.round(price * TICKS_PER_UNIT),
    volatility: yearly / Math.sqrt(TRADING_YEAR),
    beta: 0.5 + random.uniform(),
    spread: 1 + random.below(3),
    size: Math.max(1, Math.round((20_000 * (0.5 + random.uniform())) / price)),
  }
}
