/**
 * The book of one strategy in one instrument, moved by trades.
 *
 * Units    quantity in steps, Money in 1e-4 of the currency
 * Asserts  `realised - cost` is minus the value of every trade so far, to the last unit: so equity is exact however often
 *          a position was cut, turned and closed
 */
import { type Instrument, notional } from '#sdk/instrument.ts'
import { money, mulDiv, quantity } from '#sdk/money.ts'
import type { PositionRow } from '#sdk/position.ts'

/** A book while it lives: plain numbers, changed in place. Steps and money as in `PositionRow`. */
export interface Book {
  readonly strategy: string
  readonly instrument: Instrument
  quantity: number
  cost: number
  realised: number
  charges: number
  fills: number
  updatedAt: number
}

/** One trade as a book takes it: signed steps, and their value, signed like them. */
export interface Trade {
  readonly steps: number
  readonly value: number
}

/** A book before its first fill. */
export function createBook(strategy: string, instrument: Instrument): Book {
  return {
    strategy,
    instrument,
    quantity: 0,
    cost: 0,
    realised: 0,
    charges: 0,
    fills: 0,
    updatedAt: 0,
  }
}

/** Moves a book by one trade. A trade past zero closes what is held, and opens with the rest. */
export function tradeBook(book: Book, { steps, value }: Trade): void {
  const held = book.quantity
  if (held === 0 || held > 0 === steps > 0) {
    book.quantity = quantity(held + steps)
    book.cost = money(book.cost + value)
    return
  }
  if (Math.abs(steps) <= Math.abs(held)) {
    const released =
      steps === -held ? book.cost : mulDiv(book.cost, Math.abs(steps), Math.abs(held))
    book.quantity = quantity(zero(held + steps))
    book.cost = money(book.cost - released)
    book.realised = money(book.realised - value - released)
    return
  }
  // The closing part and the opening part share the value of the whole trade, so that rounding loses nothing.
  const closing = mulDiv(value, Math.abs(held), Math.abs(steps))
  book.realised = money(book.realised - closing - book.cost)
  book.cost = money(value - closing)
  book.quantity = quantity(held + steps)
}

/** -0 is not 0 for everybody who reads a row. */
function zero(steps: number): number {
  return steps === 0 ? 0 : steps
}

/** What the book would fetch at `mark` ticks; what it cost, where there is no mark. */
export function bookValue(book: Book, mark: number): number {
  if (book.quantity === 0) return 0
  if (!Number.isFinite(mark)) return book.cost
  return notional(book.instrument, Math.round(mark), book.quantity)
}

/** The book as a row: to journal, to show, to restore. */
export function rowOf(book: Book): PositionRow {
  return {
    strategy: book.strategy,
    instrument: book.instrument.id,
    quantity: quantity(book.quantity),
    cost: money(book.cost),
    realised: money(book.realised),
    charges: money(book.charges),
    fills: book.fills,
    updatedAt: book.updatedAt,
  }
}

/** The numbers of a row, to be put into a book. */
export function savedBook({
  quantity: steps,
  cost,
  realised,
  charges,
  fills,
  updatedAt,
}: PositionRow): Partial<Book> {
  return { quantity: steps, cost, realised, charges, fills, updatedAt }
}
