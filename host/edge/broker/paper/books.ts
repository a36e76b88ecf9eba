/**
 * The venue's own books: orders, executions, positions. They are kept apart from the desk's, so that comparing the two
 * says something.
 *
 * In       orders as they are accepted and change, executions
 * Out      an order by its client id, the open orders of an instrument, a snapshot
 * Units    steps and ticks; times in microseconds
 * Asserts  an execution never takes an order beyond its quantity
 *
 * A closed order is forgotten a day after its last change. Its client id is remembered, so it is never accepted again.
 */
import { assert } from '#sdk/assert.ts'
import { quantity } from '#sdk/money.ts'
import type { BrokerExecution, BrokerSnapshot } from '#sdk/order.ts'

import { type BookOrder, brokerOrder, isOpen } from './book-order.ts'

/** Everything that outlives the process. */
export interface SavedBooks {
  readonly orders: readonly BookOrder[]
  readonly positions: ReadonlyMap<string, number>
  /** Every client id that was ever accepted, those of forgotten orders too. */
  readonly clientIds: readonly string[]
  /** Orders that ever reached the venue. */
  readonly count: number
}

/** How long a closed order is shown. */
export const DAY = 86_400_000_000
const NO_ORDERS: readonly BookOrder[] = []

/** Orders, executions and positions of one venue. */
export class Books {
  readonly #orders = new Map<string, BookOrder>()
  readonly #clientIds = new Set<string>()
  /** Open orders by row, oldest first; the unlisted, row -1, stand first. */
  readonly #open: readonly BookOrder[][]
  readonly #positions = new Map<string, number>()
  /** Closed orders, oldest first, that are still shown; those before `#forgotten` are gone. */
  #closed: BookOrder[] = []
  #forgotten = 0
  #count = 0

  constructor(instruments: number) {
    this.#open = Array.from({ length: instruments + 1 }, () => [])
  }

  /** The number of the next order to reach the venue. */
  nextNumber(): number {
    this.#count++
    return this.#count
  }

  knows(clientId: string): boolean {
    return this.#clientIds.has(clientId)
  }

  order(clientId: string): BookOrder | undefined {
    return this.#orders.get(clientId)
  }

  /** Open orders of an instrument, oldest first. Changes when one of them is closed. */
  openOrders(index: number): readonly BookOrder[] {
    return this.#open[index + 1] ?? NO_ORDERS
  }

  /** Every order that may still trade. */
  allOpen(): BookOrder[] {
    return this.#open.flat()
  }

  add(order: BookOrder): void {
    this.#forget(order.createdAt - DAY)
    this.#orders.set(order.clientId, order)
    this.#clientIds.add(order.clientId)
    if (!isOpen(order)) {
      this.#closed.push(order)
      return
    }
    this.#open[order.index + 1]?.push(order)
  }

  /** The order can trade no more. */
  close(order: BookOrder): void {
    const open = this.#open[order.index + 1]
    const at = open?.indexOf(order) ?? -1
    assert(at >= 0, `Order "${order.clientId}" is closed twice`)
    open?.splice(at, 1)
    this.#closed.push(order)
  }

  execute(order: BookOrder, execution: BrokerExecution): void {
    order.filled += execution.quantity
    assert(
      order.filled <= order.quantity,
      `Order "${order.clientId}" is filled beyond its quantity`,
    )
    order.executions.push(execution)
    const signed = execution.side === 'BUY' ? execution.quantity : -execution.quantity
    const held = this.#positions.get(order.instrument) ?? 0
    this.#positions.set(order.instrument, held + signed)
  }

  /** Takes over what an earlier process has saved. */
  restore({ orders, positions, clientIds, count }: SavedBooks): void {
    for (const clientId of clientIds) this.#clientIds.add(clientId)
    for (const order of orders) this.add(order)
    for (const [instrument, held] of positions) this.#positions.set(instrument, held)
    this.#count = count
  }

  snapshot(now: number): BrokerSnapshot {
    const shown = [...this.#orders.values()].filter(
      (order) => isOpen(order) || order.updatedAt > now - DAY,
    )
    return {
      time: now,
      orders: shown.map(brokerOrder),
      executions: shown.flatMap((order) => order.executions),
      positions: [...this.#positions]
        .filter(([, held]) => held !== 0)
        .map(([instrument, held]) => ({ instrument, quantity: quantity(held) })),
    }
  }

  #forget(before: number): void {
    for (;;) {
      const oldest = this.#closed[this.#forgotten]
      if (oldest === undefined || oldest.updatedAt > before) break
      this.#orders.delete(oldest.clientId)
      this.#forgotten++
    }
    if (this.#forgotten < 1024 || this.#forgotten * 2 < this.#closed.length) return
    this.#closed = this.#closed.slice(this.#forgotten)
    this.#forgotten = 0
  }
}
