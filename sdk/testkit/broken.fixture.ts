/** Strategies that break the contract, each in one way. Run by testkit.test.ts in a process of its own. */
import { defineStrategy, Type } from '#sdk'

import { contract } from './contract.ts'
import { path } from './tapes.ts'

const grants = {
  instruments: ['*'],
  kinds: ['MARKET' as const],
  maxOrderQuantity: 1000,
  maxPosition: 1000,
}
const tape = path(
  Array.from({ length: 40 }, (_, at) => 100 + (at % 5)),
  { from: '2024-01-15T03:00:00Z' },
)
const terms = { folder: false, tape } as const

let calls = 0
contract(
  defineStrategy({
    id: 'forgetful',
    version: '1.0.0',
    params: Type.Object({}),
    state: Type.Object({}),
    grants,
    needs: () => ({ bars: ['1m'] }),
    start: () => ({}),
    onBar({ orders }) {
      calls++
      if (calls % 7 === 0) orders.buy({ quantity: calls })
    },
  }),
  terms,
)

contract(
  defineStrategy({
    id: 'greedy',
    version: '1.0.0',
    params: Type.Object({}),
    state: Type.Object({}),
    grants,
    needs: () => ({ bars: ['1m'] }),
    start: () => ({}),
    onBar({ bar, orders, position }) {
      if (position.quantity === 0) orders.buy({ quantity: 1 })
      else orders.sell({ quantity: 1, limit: bar.close })
    },
  }),
  terms,
)

contract(
  defineStrategy({
    id: 'shapeless',
    version: '1.0.0',
    params: Type.Object({}),
    state: Type.Object({ last: Type.Number() }),
    grants,
    needs: () => ({ bars: ['1m'] }),
    start: () => ({ last: 0 }),
    onBar({ orders, state, position }) {
      if (position.quantity === 0) orders.buy({ quantity: 1 })
      state.last = Number.NaN
    },
  }),
  terms,
)

contract(
  defineStrategy({
    id: 'defaultless',
    version: '1.0.0',
    params: Type.Object({ quantity: Type.Integer() }),
    state: Type.Object({}),
    grants,
    needs: () => ({ bars: ['1m'] }),
    start: () => ({}),
    onBar({ orders, params, position }) {
      if (position.quantity === 0) orders.buy({ quantity: params.quantity })
    },
  }),
  { ...terms, params: { quantity: 3 } },
)
