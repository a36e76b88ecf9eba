/**
 * What is open, as running sums: per strategy and instrument, per strategy, per instrument of the account.
 *
 * In       the reserved steps of one order, each time they change
 * Out      the sums, at constant cost
 * Units    steps
 * Asserts  a sum never falls below zero
 */
import { assert } from '#sdk/assert.ts'
import type { Side } from '#sdk/order.ts'

/** Steps still to fill on each side, and the number of open orders. A view: read it, do not keep it. */
export interface OpenQuantities {
  readonly buys: number
  readonly sells: number
  readonly orders: number
}

/** What one order adds to the sums. */
export interface Reserved {
  readonly strategy: string
  readonly instrument: number
  readonly side: Side
  readonly steps: number
  readonly orders: number
}

export interface OpenSums {
  of(strategy: string, instrument: number): OpenQuantities
  ofStrategy(strategy: string): OpenQuantities
  ofAccount(instrument: number): OpenQuantities
  /** Adds the difference; steps and orders may be below 0. */
  add(reserved: Reserved): void
}

type Sum = { -readonly [K in keyof OpenQuantities]: OpenQuantities[K] }

const NOTHING: OpenQuantities = Object.freeze({ buys: 0, sells: 0, orders: 0 })

/** Sums of no orders. */
export function createOpenSums(): OpenSums {
  const books = new Map<string, Map<number, Sum>>()
  const strategies = new Map<string, Sum>()
  const account = new Map<number, Sum>()

  return {
    of: (strategy, instrument) => books.get(strategy)?.get(instrument) ?? NOTHING,
    ofStrategy: (strategy) => strategies.get(strategy) ?? NOTHING,
    ofAccount: (instrument) => account.get(instrument) ?? NOTHING,
    add(reserved) {
      const { strategy, instrument } = reserved
      grow(
        sumIn(
          made(books, strategy, () => new Map<number, Sum>()),
          instrument,
        ),
        reserved,
      )
      grow(sumIn(strategies, strategy), reserved)
      grow(sumIn(account, instrument), reserved)
    },
  }
}

function sumIn<K>(sums: Map<K, Sum>, key: K): Sum {
  return made(sums, key, () => ({ buys: 0, sells: 0, orders: 0 }))
}

function made<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const value = make()
  map.set(key, value)
  return value
}

function grow(sum: Sum, { side, steps, orders }: Reserved): void {
  if (side === 'BUY') sum.buys += steps
  else sum.sells += steps
  sum.orders += orders
  assert(sum.buys >= 0 && sum.sells >= 0 && sum.orders >= 0, 'Open orders fell below none')
}
