/**
 * All books of one strategy, with the sums that need no mark kept as they change.
 *
 * Units    steps, Money in 1e-4 of the currency
 * Asserts  the sums are those of the books; a change costs the same however many books and fills there are
 */
import type { Instrument } from '#sdk/instrument.ts'
import { type Money, money, mulDiv } from '#sdk/money.ts'

import { type Book, bookValue, createBook } from './book.ts'

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

export interface Shelf {
  readonly books: Map<number, Book>
  readonly open: Set<Book>
  realised: number
  cost: number
  charges: number
  fills: number
}

/** A shelf without books. */
export function createShelf(): Shelf {
  return { books: new Map(), open: new Set(), realised: 0, cost: 0, charges: 0, fills: 0 }
}

/** The book of an instrument, made where there is none. */
export function bookOf(shelf: Shelf, strategy: string, instrument: Instrument): Book {
  const known = shelf.books.get(instrument.index)
  if (known) return known
  const book = createBook(strategy, instrument)
  shelf.books.set(instrument.index, book)
  return book
}

/** Alters one book, and the sums with it. */
export function changeBook(shelf: Shelf, book: Book, alter: (book: Book) => void): void {
  const { cost, realised, charges, fills } = book
  alter(book)
  shelf.cost = money(shelf.cost + book.cost - cost)
  shelf.realised = money(shelf.realised + book.realised - realised)
  shelf.charges = money(shelf.charges + book.charges - charges)
  shelf.fills += book.fills - fills
  if (book.quantity === 0) shelf.open.delete(book)
  else shelf.open.add(book)
}

/** Value of `steps` at the average cost of all books of the instrument; 0 where they hold nothing together. */
export function averageValue(
  shelves: Iterable<Shelf>,
  { instrument, steps }: { readonly instrument: Instrument; readonly steps: number },
): number {
  let held = 0
  let cost = 0
  for (const { books } of shelves) {
    held += books.get(instrument.index)?.quantity ?? 0
    cost += books.get(instrument.index)?.cost ?? 0
  }
  return held === 0 ? 0 : mulDiv(held > 0 ? cost : -cost, steps, Math.abs(held))
}

/** What the books of these shelves came to. */
export function profitOf(shelves: Iterable<Shelf>, mark: Mark): Profit {
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
