import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { ORDER_KINDS, TIMES_IN_FORCE } from '#sdk/order.ts'
import type { Context, Needs, Orders } from '#sdk/strategy.ts'

import { createStage, listed, NOON, strategy } from './stage.fixture.ts'

type Given = Context<unknown, { count: number }, Needs>

/** Runs `ask` in a handler; gives what left, and the message of the fault where it threw. */
function asking(ask: (orders: Orders) => void, changes: Parameters<typeof listed>[1] = {}) {
  const definition = strategy({ onTick: ({ orders }: Given) => ask(orders) })
  const stage = createStage({ definition, instruments: listed(1, changes) })
  stage.begin()
  stage.tick(1000)
  return { asked: stage.asked(), faults: stage.faults() }
}

describe('the order door', () => {
  test('turns decimals into ticks, and the shape of a request into its kind', () => {
    const { asked, faults } = asking((orders) => {
      orders.buy({ quantity: 1 })
      orders.buy({ quantity: 2, limit: 50.05 })
      orders.sell({ quantity: 3, stop: 49.95, timeInForce: 'IOC' })
      orders.sell({ quantity: 4, limit: 49.9, stop: 49.95 })
    })
    expect(faults).toEqual([])
    const shown = asked.map(({ ask, side, form, quantity, limit, stop, ref, decidedAt }) => [
      ...[ask, side, ORDER_KINDS[form >> 3], TIMES_IN_FORCE[form & 7], quantity, limit, stop],
      ...[ref, decidedAt],
    ])
    expect(shown).toEqual([
      ['place', 0, 'MARKET', 'DAY', 1, Number.NaN, Number.NaN, 1, 1],
      ['place', 0, 'LIMIT', 'DAY', 2, 1001, Number.NaN, 2, 1],
      ['place', 1, 'STOP', 'IOC', 3, Number.NaN, 999, 3, 1],
      ['place', 1, 'STOP_LIMIT', 'DAY', 4, 998, 999, 4, 1],
    ])
  })

  test('names the nearest two prices for one that is off the grid', () => {
    const { asked, faults } = asking((orders) => orders.buy({ quantity: 1, limit: 50.03 }))
    expect(asked).toEqual([])
    expect(faults[0]).toBe(
      'OrderError: The limit 50.03 of "SIM:A" is off the tick grid; the nearest prices are 50 and 50.05',
    )
  })

  const notQuantities: readonly (readonly [name: string, value: unknown])[] = [
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['minus zero', -0],
    ['a fraction', 1.5],
    ['a negative', -1],
    ['more than is exact', 1e308],
    ['a text', '5'],
    ['a BigInt', 5n],
    ['nothing', undefined],
    ['an object that says it is 5', { valueOf: () => 5 }],
  ]
  for (const [name, value] of notQuantities) {
    test(`refuses ${name} for a quantity`, () => {
      const { asked, faults } = asking((orders) => orders.buy({ quantity: value as number }))
      expect(asked).toEqual([])
      expect(faults[0]).toContain('is not a whole number above zero')
    })
  }

  test('reads a quantity once, so that a getter cannot show another one later', () => {
    let reads = 0
    const request = {
      get quantity() {
        reads++
        return reads === 1 ? 1 : Number.NaN
      },
    }
    const { asked, faults } = asking((orders) => orders.buy(request))
    expect(faults).toEqual([])
    expect(asked.map(({ quantity }) => quantity)).toEqual([1])
  })

  test('lets no value through that is not a whole number of lots', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true }), (value) => {
        const { asked } = asking((orders) => orders.buy({ quantity: value as number }), { lot: 5 })
        return asked.every(
          ({ quantity }) => Number.isSafeInteger(quantity) && quantity > 0 && quantity % 5 === 0,
        )
      }),
      { numRuns: 200 },
    )
  })

  test('refuses a quantity between two lots with the lot in the text', () => {
    const { faults } = asking((orders) => orders.buy({ quantity: 7 }), { lot: 5 })
    expect(faults[0]).toContain('7 of "SIM:A" is not a multiple of its lot of 5')
  })

  for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '50', 50n]) {
    test(`refuses a price of ${typeof bad} ${String(bad)}`, () => {
      const { asked, faults } = asking((orders) =>
        orders.sell({ quantity: 1, stop: bad as number }),
      )
      expect(asked).toEqual([])
      expect(faults[0]).toContain('is not a price above zero')
    })
  }

  test('takes nothing of a handler that throws, and gives its numbers out again', () => {
    let fail = true
    const definition = strategy({
      onTick({ orders, state }: Given) {
        state.count = orders.buy({ quantity: 1 })
        orders.sell({ quantity: 1 })
        if (fail) throw new Error('half way')
      },
    })
    const stage = createStage({ definition })
    stage.begin({ nextRef: 7 })
    stage.tick(1000)
    expect(stage.asked()).toEqual([])
    expect(stage.faults()).toEqual(['Error: half way'])
    fail = false
    stage.tick(1000)
    expect(stage.asked().map(({ ref, decidedAt }) => [ref, decidedAt])).toEqual([
      [7, 2],
      [8, 2],
    ])
  })

  test('forgets the new terms of a handler that throws', () => {
    const definition = strategy({
      onTick({ orders }: Given) {
        orders.modify(1, { limit: 60 })
        throw new Error('half way')
      },
    })
    const stage = createStage({ definition })
    const order = {
      ref: 1,
      instrument: 0,
      side: 'BUY',
      order: 'LIMIT',
      quantity: 5,
      filled: 0,
      limit: 1000,
    } as const
    stage.begin({ openOrders: [order] })
    stage.tick(1000)
    stage.report({ status: 'replaced', ref: 1, quantity: 6 })
    stage.control('drain')
    expect(stage.snapshots()[0]?.view?.[0]?.openOrders).toEqual([{ ...order, quantity: 6 }])
  })

  test('refuses orders that are asked for outside of a handler', () => {
    let kept: Orders | undefined
    const stage = createStage({
      definition: strategy({
        onTick({ orders }: Given) {
          kept = orders
        },
      }),
    })
    stage.begin()
    stage.tick(1000)
    expect(() => kept?.buy({ quantity: 1 })).toThrow('Cannot ask for orders: no handler is running')
    expect(() => kept?.cancelAll()).not.toThrow()
    expect(stage.asked()).toEqual([])
  })

  test('refuses orders while the strategy is being taken down', () => {
    const definition = strategy({ stop: ({ orders }: Given) => void orders.buy({ quantity: 1 }) })
    const stage = createStage({ definition })
    stage.begin()
    stage.control('drain')
    expect(stage.asked()).toEqual([])
    expect(stage.faults()[0]).toContain('the strategy is being taken down')
    expect(stage.said().slice(-2)).toEqual(['snapshot', 'stopped'])
  })

  test('cancels every open order, also from within a loop over them', () => {
    const definition = strategy({
      onTick({ orders }: Given) {
        for (const { ref } of orders.open) if (ref === 1) orders.cancelAll()
      },
    })
    const stage = createStage({ definition })
    const order = { instrument: 0, side: 'BUY', order: 'MARKET', quantity: 1, filled: 0 } as const
    stage.begin({ openOrders: [1, 2, 3].map((ref) => ({ ...order, ref })), nextRef: 4 })
    stage.tick(1000)
    expect(stage.asked().map(({ ask, target, ref }) => [ask, target, ref])).toEqual([
      ['cancel', 1, 4],
      ['cancel', 2, 5],
      ['cancel', 3, 6],
    ])
  })

  test('refuses to modify an order that is not open', () => {
    const { faults } = asking((orders) => orders.modify(9, { limit: 50 }))
    expect(faults[0]).toContain('Cannot modify order 9: it is not open in "SIM:A"')
  })

  test('closes and targets by asking for a position', () => {
    const { asked } = asking((orders) => {
      orders.target(-20, { limit: 50 })
      orders.close()
    })
    expect(asked.map(({ ask, quantity, limit }) => [ask, quantity, limit])).toEqual([
      ['target', -20, 1000],
      ['target', 0, Number.NaN],
    ])
  })

  test('throws where the outbox is full, and asks for nothing at all', () => {
    const { asked, faults } = asking((orders) => {
      for (let i = 0; i < 5000; i++) orders.buy({ quantity: 1 })
    })
    expect(asked).toEqual([])
    expect(faults).toEqual(['OrderError: Cannot ask for orders: the outbox is full'])
  })
})

describe('the open orders of a strategy', () => {
  const definition = strategy({
    onTick: ({ orders, last }: Given) => {
      if (last.time === NOON) orders.buy({ quantity: 10, limit: 50 })
    },
    onOrder: ({ orders, log }: Given) =>
      log(
        orders.open.map((o) => `${o.ref} ${o.side} ${o.filled}/${o.quantity} @ ${o.limit}`).join(),
      ),
  })

  test('are there from the moment they are asked for until the tape says they are done', () => {
    const stage = createStage({ definition })
    stage.begin()
    stage.tick(1000)
    const buy = { ref: 1, quantity: 10 }
    stage.report({ status: 'accepted', ...buy })
    stage.report({ status: 'fill', ...buy, last: 4, price: 1000, filled: 4 })
    stage.report({ status: 'fill', ...buy, last: 6, price: 1000, filled: 10 })
    expect(stage.logs()).toEqual(['1 BUY 0/10 @ 50', '1 BUY 4/10 @ 50', ''])
  })

  for (const status of ['denied', 'rejected', 'cancelled', 'expired'] as const) {
    test(`end where the order is ${status}`, () => {
      const stage = createStage({ definition })
      stage.begin()
      stage.tick(1000)
      stage.report({ status, ref: 1 })
      expect(stage.logs()).toEqual([''])
    })
  }

  test('stay where the answer is unknown', () => {
    const stage = createStage({ definition })
    stage.begin()
    stage.tick(1000)
    stage.report({ status: 'unknown', ref: 1, quantity: 10 })
    expect(stage.logs()).toEqual(['1 BUY 0/10 @ 50'])
  })
})
