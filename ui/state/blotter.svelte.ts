/**
 * Orders, fills and positions of the chosen strategy, or of all.
 *
 * In       REST answers on choosing and on every new link; orders and fills as they happen
 * Out      the newest rows, newest first
 */
import type { FillView, OrderView, PositionView, StrategyDetail } from '#sdk/view.ts'

import type { Rest } from '../wire/rest.ts'
import { completeRows, placeRow, ROWS_MAX } from './rows.ts'
import type { Toasts } from './toasts.svelte.ts'

export const BLOTTER_TABS = ['orders', 'fills', 'positions', 'strategy'] as const
export type BlotterTab = (typeof BLOTTER_TABS)[number]

const ORDERS = {
  key: (order: OrderView) => order.clientId,
  newer: (order: OrderView, than: OrderView) => order.updatedAt > than.updatedAt,
}
const FILLS = { key: (fill: FillView) => fill.executionId, newer: () => false }

export interface Blotter {
  tab: BlotterTab
  /** Id of the strategy whose rows are shown; undefined for all. */
  readonly strategy: string | undefined
  readonly orders: readonly OrderView[]
  readonly fills: readonly FillView[]
  readonly positions: readonly PositionView[]
  readonly detail: StrategyDetail | undefined
  show(strategy: string | undefined): void
  load(): Promise<void>
  loadPositions(): Promise<void>
  onOrder(order: OrderView): void
  onFill(fill: FillView): void
}

export function createBlotter({
  rest,
  toasts,
}: {
  readonly rest: Rest
  readonly toasts: Toasts
}): Blotter {
  let tab = $state<BlotterTab>('orders')
  let strategy = $state<string | undefined>(undefined)
  let orders = $state.raw<readonly OrderView[]>([])
  let fills = $state.raw<readonly FillView[]>([])
  let allPositions = $state.raw<readonly PositionView[]>([])
  let detail = $state.raw<StrategyDetail | undefined>(undefined)
  // What came since the rows were last asked for; the answer may not have it yet.
  let heardOrders: readonly OrderView[] = []
  let heardFills: readonly FillView[] = []
  const positions = $derived(allPositions.filter((row) => isShown(row.strategy)))

  function isShown(id: string) {
    return strategy === undefined || id === strategy
  }

  async function loadPositions() {
    const asked = strategy
    const [rows, whole] = await Promise.all([
      rest.positions(),
      asked === undefined ? undefined : rest.strategy(asked),
    ])
    allPositions = rows
    if (asked === strategy) detail = whole
  }

  async function loadRows() {
    const asked = strategy
    heardOrders = []
    heardFills = []
    const filter = { strategy: asked, limit: ROWS_MAX }
    const [nextOrders, nextFills] = await Promise.all([rest.orders(filter), rest.fills(filter)])
    // Another strategy may have been chosen while the desk answered.
    if (asked !== strategy) return
    orders = completeRows(nextOrders, heardOrders, ORDERS).filter((row) => isShown(row.strategy))
    fills = completeRows(nextFills, heardFills, FILLS).filter((row) => isShown(row.strategy))
  }

  async function attempt(request: () => Promise<void>) {
    await request().catch((error: unknown) => toasts.problem('Cannot read the blotter', error))
  }

  return {
    get tab() {
      return tab
    },
    set tab(value) {
      tab = value
    },
    get strategy() {
      return strategy
    },
    get orders() {
      return orders
    },
    get fills() {
      return fills
    },
    get positions() {
      return positions
    },
    get detail() {
      return detail
    },
    show(id) {
      if (id === strategy) return
      strategy = id
      detail = undefined
      // What is known is shown at once; the desk's answer completes it.
      orders = orders.filter((row) => isShown(row.strategy))
      fills = fills.filter((row) => isShown(row.strategy))
      void attempt(loadRows)
      void attempt(loadPositions)
    },
    load: async () => {
      await Promise.all([attempt(loadRows), attempt(loadPositions)])
    },
    loadPositions: () => attempt(loadPositions),
    onOrder(order) {
      if (!isShown(order.strategy)) return
      heardOrders = [...heardOrders, order].slice(-ROWS_MAX)
      orders = placeRow(orders, order, ORDERS)
    },
    onFill(fill) {
      if (!isShown(fill.strategy)) return
      heardFills = [...heardFills, fill].slice(-ROWS_MAX)
      fills = placeRow(fills, fill, FILLS)
    },
  }
}
