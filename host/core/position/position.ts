/**
 * The room of positions: one book per strategy and instrument over the netted account, and profit to the minor unit.
 *
 * In       Fill (from order), corrections (from reconcile), marks (from market)
 * Out      PositionRow to journal, quantities for the gate, profit
 * Units    quantities in steps, marks in ticks, Money in 1e-4 of the currency
 * Asserts  equity = realised + unrealised - charges, exactly; the sum of all books is the account
 * Touches  nothing
 * Source   trading-safety, section 5.1
 */
import { assert } from '#sdk/assert.ts'
import { type Instrument, notional } from '#sdk/instrument.ts'
import { type Money, money, mulDiv, quantity } from '#sdk/money.ts'
import type { Fill } from '#sdk/order.ts'
import { type PositionRow, UNATTRIBUTED } from '#sdk/position.ts'

import { type Book, bookValue, createBook, rowOf, tradeBook } from './book.ts'

/** Price of an instrument by its row, in ticks; NaN where there is none, which values a book at its cost. */
export type Mark = (instrument: number) => number

/** Result of some books together: `equity = realised + unrealised - charges`. */
export interface Profit {
  readonly realised: Money
  readonly unrealised: Money
  readonly charges: Money
  readonly equity: Money
  /** Value of the open books at the mark, each unsigned. */
  readonly exposure: Money
  readonly openPositions: number
  readonly fills: number
}

/** Steps that belong to nobody, and what they are taken in at. */
export interface Correction {
  readonly quantity: number
  /** In ticks. NaN takes the average cost of the books of the instrument, and nothing where there is none. */
  readonly mark: number
  readonly now: number
}

export interface Positions {
  /** Moves the book of the fill's strategy. */
  apply(fill: Fill): PositionRow
  /** Moves what no fill explains into the book of nobody. */
  correct(instrument: string, correction: Correction): PositionRow
  /** Signed steps of one book; 0 where there is none. */
  quantity(strategy: string, instrument: number): number
  /** Signed steps of all books. */
  accountQuantity(instrument: number): number
  /** Signed steps of all books by instrument id, without zeros. */
  net(): Map<string, number>
  book(strategy: string, instrument: number): PositionRow | undefined
  /** All books, flat ones too, of one strategy or of all. */
  rows(strategy?: string): PositionRow[]
  strategies(): string[]
  /** Of one strategy: costs what its open books cost, not what its fills did. */
  profit(strategy: string, mark: Mark): Profit
  accountProfit(mark: Mark): Profit
  /** Fills the room again; gives back the rows of instruments that the desk does not have. */
  restore(rows: readonly PositionRow[]): readonly PositionRow[]
}

/** All books of one strategy, with the sums that need no mark. */
interface Shelf {
  readonly books: Map<number, Book>
  readonly open: Set<Book>
  realised: number
  cost: number
  charges: number
  fills: number
}

/** Makes the room. */
export function createPositions({
  instruments,
}: {
  readonly instruments: readonly Instrument[]
}): Positions {
  const byId = new Map(instruments.map((instrument) => [instrument.id, instrument]))
  const shelves = new Map<string, Shelf>()
  const account: number[] = instruments.map(() => 0)

  const shelfOf = (strategy: string): Shelf => {
    const known = shelves.get(strategy)
    if (known) return known
    const shelf: Shelf = {
      books: new Map(),
      open: new Set(),
      realised: 0,
      cost: 0,
      charges: 0,
      fills: 0,
    }
    shelves.set(strategy, shelf)
    return shelf
  }

  const change = (
    strategy: string,
    instrument: Instrument,
    alter: (book: Book) => void,
  ): PositionRow => {
    const shelf = shelfOf(strategy)
    const known = shelf.books.get(instrument.index)
    const book = known ?? createBook(strategy, instrument)
    if (!known) shelf.books.set(instrument.index, book)
    const { quantity: steps, cost, realised, charges, fills } = book
    alter(book)
    shelf.cost = money(shelf.cost + book.cost - cost)
    shelf.realised = money(shelf.realised + book.realised - realised)
    shelf.charges = money(shelf.charges + book.charges - charges)
    shelf.fills += book.fills - fills
    if (book.quantity === 0) shelf.open.delete(book)
    else shelf.open.add(book)
    account[instrument.index] = quantity((account[instrument.index] ?? 0) + book.quantity - steps)
    return rowOf(book)
  }

  const averageValue = (instrument: Instrument, steps: number): number => {
    let held = 0
    let cost = 0
    for (const { books } of shelves.values()) {
      held += books.get(instrument.index)?.quantity ?? 0
      cost += books.get(instrument.index)?.cost ?? 0
    }
    return held === 0 ? 0 : mulDiv(held > 0 ? cost : -cost, steps, Math.abs(held))
  }

  return {
    apply(fill) {
      const instrument = byId.get(fill.instrument)
      assert(
        instrument,
        `Fill "${fill.executionId}" is of "${fill.instrument}", which the desk does not have`,
      )
      const steps = fill.side === 'BUY' ? fill.quantity : -fill.quantity
      return change(fill.strategy, instrument, (book) => {
        tradeBook(book, { steps, value: notional(instrument, fill.price, steps) })
        book.charges = money(book.charges + fill.charges)
        book.fills++
        book.updatedAt = fill.time
      })
    },
    correct(id, { quantity: steps, mark, now }) {
      const instrument = byId.get(id)
      assert(instrument, `Correction is of "${id}", which the desk does not have`)
      const value = Number.isFinite(mark)
        ? notional(instrument, Math.round(mark), steps)
        : averageValue(instrument, steps)
      return change(UNATTRIBUTED, instrument, (book) => {
        if (steps !== 0) tradeBook(book, { steps, value })
        book.updatedAt = now
      })
    },
    quantity: (strategy, index) => shelves.get(strategy)?.books.get(index)?.quantity ?? 0,
    accountQuantity: (index) => account[index] ?? 0,
    net() {
      const net = new Map<string, number>()
      for (const { index, id } of instruments) {
        const steps = account[index] ?? 0
        if (steps !== 0) net.set(id, steps)
      }
      return net
    },
    book(strategy, index) {
      const book = shelves.get(strategy)?.books.get(index)
      return book && rowOf(book)
    },
    rows: (strategy) =>
      [...shelves]
        .filter(([owner]) => strategy === undefined || owner === strategy)
        .flatMap(([, { books }]) => Array.from(books.values(), rowOf)),
    strategies: () => [...shelves.keys()],
    profit(strategy, mark) {
      const shelf = shelves.get(strategy)
      return sum(shelf ? [shelf] : [], mark)
    },
    accountProfit: (mark) => sum(shelves.values(), mark),
    restore(rows) {
      const unplaced: PositionRow[] = []
      for (const row of rows) {
        const instrument = byId.get(row.instrument)
        if (instrument) change(row.strategy, instrument, (book) => Object.assign(book, saved(row)))
        else unplaced.push(row)
      }
      return unplaced
    },
  }
}

function saved({
  quantity: steps,
  cost,
  realised,
  charges,
  fills,
  updatedAt,
}: PositionRow): Partial<Book> {
  return { quantity: steps, cost, realised, charges, fills, updatedAt }
}

function sum(shelves: Iterable<Shelf>, mark: Mark): Profit {
  let [realised, cost, charges, value, exposure, openPositions, fills] = [0, 0, 0, 0, 0, 0, 0]
  for (const shelf of shelves) {
    realised += shelf.realised
    cost += shelf.cost
    charges += shelf.charges
    fills += shelf.fills
    openPositions += shelf.open.size
    for (const book of shelf.open) {
      const worth = bookValue(book, mark(book.instrument.index))
      value += worth
      exposure += Math.abs(worth)
    }
  }
  const unrealised = value - cost
  return {
    realised: money(realised),
    unrealised: money(unrealised),
    charges: money(charges),
    equity: money(realised + unrealised - charges),
    exposure: money(exposure),
    openPositions,
    fills,
  }
}
