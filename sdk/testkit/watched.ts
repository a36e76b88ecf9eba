/** Definitions that do what another does, and are watched or hindered while they do it. */
import { HANDLERS } from '#host/lab/testkit.ts'

import type { AnyStrategy, Orders } from '../strategy.ts'

type Handler = (context: Given) => void
interface Given {
  readonly orders: Orders
  random(): number
}

/** The same strategy; counts how often it draws a random number. */
export function watched(definition: AnyStrategy, seen: { random: number }): AnyStrategy {
  return around(definition, (handler, context) => {
    const random = () => {
      seen.random++
      return context.random()
    }
    handler(over(context, { random }))
  })
}

/** The same strategy, but each handler that has asked for an order throws at its end. */
export function whereItAsksItThrows(definition: AnyStrategy, seen: { asked: number }): AnyStrategy {
  return around(definition, (handler, context) => {
    const before = seen.asked
    handler(over(context, { orders: counting(context.orders, seen) }))
    if (seen.asked > before) throw new Error('Thrown by the contract, after an order was asked for')
  })
}

/** The definition with `call` around each handler that it has; one it has not is not added. */
function around(
  definition: AnyStrategy,
  call: (handler: Handler, context: Given) => void,
): AnyStrategy {
  const changed: Record<string, Handler> = {}
  for (const name of HANDLERS) {
    const handler = definition[name]
    if (handler !== undefined) changed[name] = (context) => call(handler as Handler, context)
  }
  return { ...definition, ...changed }
}

/** The context with some of its fields covered; the rest is read through, as it stands. */
function over(context: Given, fields: Partial<Given>): Given {
  return Object.create(
    context,
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { value }])),
  ) as Given
}

function counting(orders: Orders, seen: { asked: number }): Orders {
  const count = <T>(answer: T): T => {
    seen.asked++
    return answer
  }
  return {
    buy: (request) => count(orders.buy(request)),
    sell: (request) => count(orders.sell(request)),
    modify: (ref, terms) => count(orders.modify(ref, terms)),
    cancel: (ref) => count(orders.cancel(ref)),
    cancelAll: () => orders.cancelAll(),
    target: (quantity, terms) => count(orders.target(quantity, terms)),
    close: () => count(orders.close()),
    get open() {
      return orders.open
    },
  }
}
