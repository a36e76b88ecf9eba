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
import { money, quantity } from '#sdk/money.ts'
import type { Fill } from '#sdk/order.ts'
import { type PositionRow, UNATTRIBUTED } from '#sdk/position.ts'

import { type Book, rowOf, savedBook, tradeBook } from './book.ts'
import {
  averageValue,
  bookOf,
  changeBook,
  createShelf,
  type Mark,
  type Profit,
  profitOf,
  type Shelf,
} from './shelf.ts'

export type { Mark, Profit } from './shelf.ts'

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
    const shelf = createShelf()
    shelves.set(strategy, shelf)
    return shelf
  }

  const change = (
    strategy: string,
    instrument: Instrument,
    alter: (book: Book) => void,
  ): PositionRow => {
    const shelf = shelfOf(strategy)
    const book = bookOf(shelf, strategy, instrument)
    const before = book.quantity
    changeBook(shelf, book, alter)
    const moved = book.quantity - before
    account[instrument.index] = quantity((account[instrument.index] ?? 0) + moved)
    return rowOf(book)
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
        : averageValue(shelves.values(), { instrument, steps })
      return change(UNATTRIBUTED, instrument, (book) => {
        if (steps !== 0) tradeBook(book, { steps, value })
        book.updatedAt = now
      })
    },
    quantity: (strategy, index) => shelves.get(strategy)?.books.get(index)?.quantity ?? 0,
    accountQuantity: (index) => account[index] ?? 0,
    net: () => netOf(instruments, account),
    book(strategy, index) {
      const book = shelves.get(strategy)?.books.get(index)
      return book && rowOf(book)
    },
    rows: (strategy) => rowsOf(shelves, strategy),
    strategies: () => [...shelves.keys()],
    profit(strategy, mark) {
      const shelf = shelves.get(strategy)
      return profitOf(shelf ? [shelf] : [], mark)
    },
    accountProfit: (mark) => profitOf(shelves.values(), mark),
    restore(rows) {
      const unplaced: PositionRow[] = []
      for (const row of rows) {
        const instrument = byId.get(row.instrument)
        if (instrument)
          change(row.strategy, instrument, (book) => Object.assign(book, savedBook(row)))
        else unplaced.push(row)
      }
      return unplaced
    },
  }
}

function netOf(
  instruments: readonly Instrument[],
  account: readonly number[],
): Map<string, number> {
  const net = new Map<string, number>()
  for (const { index, id } of instruments) {
    const steps = account[index] ?? 0
    if (steps !== 0) net.set(id, steps)
  }
  return net
}

function rowsOf(shelves: ReadonlyMap<string, Shelf>, strategy: string | undefined): PositionRow[] {
  return [...shelves]
    .filter(([owner]) => strategy === undefined || owner === strategy)
    .flatMap(([, { books }]) => Array.from(books.values(), rowOf))
}
