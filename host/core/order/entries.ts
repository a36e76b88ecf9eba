/**
 * Which open orders are entries: what a halt and a shutdown cancel, and what they must leave.
 *
 * In       the open orders, oldest first, and the position of each book
 * Out      the orders that do not only reduce; stops are kept first, then the oldest, up to the position
 * Source   trading-safety, 6.1 (L3): protective orders stay
 */
import type { OrderRow } from '#sdk/order.ts'

/** Orders that could open or grow a position, given what the others of their book would close. */
export function entriesOf(
  open: readonly OrderRow[],
  positionOf: (strategy: string, instrument: string) => number,
): OrderRow[] {
  const books = new Map<string, OrderRow[]>()
  for (const row of open) {
    const key = `${row.strategy} ${row.instrument} ${row.side}`
    const book = books.get(key)
    if (book) book.push(row)
    else books.set(key, [row])
  }
  return [...books.values()].flatMap((book) => entriesOfSide(book, positionOf))
}

function entriesOfSide(
  book: readonly OrderRow[],
  positionOf: (strategy: string, instrument: string) => number,
): OrderRow[] {
  const [first] = book
  if (!first) return []
  const position = positionOf(first.strategy, first.instrument)
  let closable = first.side === 'SELL' ? position : -position
  const entries: OrderRow[] = []
  for (const row of [...book].sort((one, other) => rank(one) - rank(other))) {
    const leaves = row.quantity - row.filled
    if (leaves <= closable) closable -= leaves
    else entries.push(row)
  }
  return entries
}

function rank({ kind }: OrderRow): number {
  return kind === 'STOP' || kind === 'STOP_LIMIT' ? 0 : 1
}
