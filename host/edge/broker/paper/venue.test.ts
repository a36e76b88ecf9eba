import { describe, expect, test } from 'bun:test'

import type { VenueOrder } from '#sdk/order.ts'
import type { MarketEvent } from '#sdk/tick.ts'

import { createStage, event, listed, NOON, order, quote, trade } from './stage.fixture.ts'
import type { VenueOptions } from './venue.ts'

interface Case {
  readonly name: string
  readonly options?: Partial<VenueOptions>
  /** Shown before the order is sent at noon. */
  readonly before?: readonly MarketEvent[]
  readonly order: VenueOrder
  readonly tape: readonly MarketEvent[]
  /** What is said of the order after "working". */
  readonly said: readonly string[]
}

const limitBuy = order({ kind: 'LIMIT', limit: 100 })
const limitSell = order({ kind: 'LIMIT', side: 'SELL', limit: 100 })
const stopBuy = order({ kind: 'STOP', stop: 105 })
const stopSell = order({ kind: 'STOP', side: 'SELL', stop: 95 })

function play(cases: readonly Case[]): void {
  for (const { name, options, before = [], order: asked, tape, said } of cases) {
    test(name, () => {
      const stage = createStage(options)
      stage.show(...before)
      stage.venue.submit(asked, NOON)
      stage.venue.time(NOON + 1_000)
      expect(stage.said()).toEqual(['A working'])
      stage.show(...tape)
      expect(stage.said()).toEqual([...said])
    })
  }
}

describe('latency', () => {
  test('an order says nothing before its latency is over', () => {
    const { venue, said } = createStage()
    venue.submit(order(), NOON)
    expect(said()).toEqual([])
    venue.time(NOON + 999)
    expect(said()).toEqual([])
    venue.time(NOON + 1_000)
    expect(said()).toEqual(['A working'])
  })

  test('an order is met by an event strictly after it took effect', () => {
    const { venue, show, said } = createStage()
    venue.submit(order(), NOON)
    show(quote(1_000, 99, 101))
    expect(said()).toEqual([])
    show(quote(1_001, 99, 102))
    expect(said()).toEqual(['A working', 'A fill 10 @ 102'])
  })

  test('an order never fills on the event it was decided at, whatever the clocks say', () => {
    const { venue, show, said } = createStage({ latencyMicros: 0 })
    // The exchange's clock is five seconds ahead of the desk's.
    const decidedAt = quote(5_000_000, 99, 101)
    show(decidedAt)
    venue.submit(order(), NOON)
    show(decidedAt)
    expect(said()).toEqual([])
    show(quote(5_000_001, 99, 101))
    expect(said()).toEqual(['A working', 'A fill 10 @ 101'])
  })

  test('one event with a broken stamp does not hold up the orders after it', () => {
    const { venue, show, said } = createStage()
    show(quote(1e15, 99, 101))
    venue.submit(order(), NOON)
    show(quote(2_000, 99, 101))
    expect(said()).toEqual(['A working', 'A fill 10 @ 101'])
  })

  test('a fill comes before a cancel that is on its way', () => {
    const { venue, show, said } = createStage()
    venue.submit(limitBuy, NOON)
    show(quote(2_000, 100, 101))
    venue.cancel('A', NOON + 3_000)
    show(trade(4_000, 99, 4))
    expect(said()).toEqual(['A working', 'A fill 4 @ 100'])
    show(trade(4_001, 99, 4))
    expect(said()).toEqual(['A cancelled'])
  })

  test('a cancel that overtakes nothing finds the order that was sent just before it', () => {
    const { venue, said } = createStage()
    venue.submit(limitBuy, NOON)
    venue.cancel('A', NOON)
    venue.time(NOON + 1_000)
    expect(said()).toEqual(['A working', 'A cancelled'])
  })
})

describe('a market order', () => {
  play([
    {
      name: 'buys at the ask',
      order: order(),
      tape: [quote(2_000, 99, 101)],
      said: ['A fill 10 @ 101'],
    },
    {
      name: 'sells at the bid',
      order: order({ side: 'SELL' }),
      tape: [quote(2_000, 99, 101)],
      said: ['A fill 10 @ 99'],
    },
    {
      name: 'takes what is displayed and the rest from the events that follow',
      order: order(),
      tape: [quote(2_000, 99, 101, 4), quote(3_000, 99, 102, 5), quote(4_000, 99, 103, 6)],
      said: ['A fill 4 @ 101', 'A fill 5 @ 102', 'A fill 1 @ 103'],
    },
    {
      name: 'takes no more than its share of what is displayed, in whole lots',
      options: { participation: 0.25, instruments: listed(1, { lot: 5 }) },
      order: order({ quantity: 30 }),
      tape: [quote(2_000, 99, 101, 19), quote(3_000, 99, 101, 59), quote(4_000, 99, 101, 400)],
      said: ['A fill 10 @ 101', 'A fill 20 @ 101'],
    },
    {
      name: 'waits where nobody stands on the other side',
      before: [quote(-1_000, 99, 101)],
      order: order(),
      tape: [event({ time: 2_000, ask: 0 }), event({ time: 3_000, ask: 103, askQuantity: 50 })],
      said: ['A fill 10 @ 103'],
    },
    {
      name: 'to sell does not take a bid of nothing',
      order: order({ side: 'SELL' }),
      tape: [event({ time: 2_000, bid: 0, ask: 103, bidQuantity: 0 }), quote(3_000, 99, 101)],
      said: ['A fill 10 @ 99'],
    },
    {
      name: 'meets the last quote where an event does not say a new one',
      before: [quote(-1_000, 99, 101, 7)],
      order: order(),
      tape: [trade(2_000, 100, 500)],
      said: ['A fill 7 @ 101'],
    },
    {
      name: 'on a tape of trades pays half a spread, up to what was traded',
      order: order(),
      tape: [trade(2_000, 100, 6), trade(3_000, 110, 6)],
      said: ['A fill 6 @ 101', 'A fill 4 @ 111'],
    },
    {
      name: 'on a tape of quotes without sizes fills whole',
      order: order(),
      tape: [quote(2_000, 99, 101, Number.NaN)],
      said: ['A fill 10 @ 101'],
    },
    {
      name: 'at a quote of unknown size takes what was traded',
      before: [trade(-1_000, 100, 1)],
      order: order(),
      tape: [
        quote(2_000, 99, 101, 0),
        event({ time: 3_000, bid: 99, ask: 101, price: 101, quantity: 6 }),
      ],
      said: ['A fill 6 @ 101'],
    },
  ])
})

describe('a limit order', () => {
  play([
    {
      name: 'takes a better touch and keeps the better price',
      order: limitBuy,
      tape: [quote(2_000, 96, 97, 6), quote(3_000, 97, 98, 6)],
      said: ['A fill 6 @ 97', 'A fill 4 @ 98'],
    },
    {
      name: 'takes a touch at its limit',
      order: limitSell,
      tape: [quote(2_000, 100, 101)],
      said: ['A fill 10 @ 100'],
    },
    {
      name: 'at rest does not fill when a trade prints at its limit',
      order: limitBuy,
      tape: [quote(2_000, 100, 101), trade(3_000, 100, 500)],
      said: [],
    },
    {
      name: 'at rest fills at its limit when a trade prints through it, up to the trade',
      order: limitBuy,
      tape: [quote(2_000, 100, 101), trade(3_000, 98, 3), trade(4_000, 99, 500)],
      said: ['A fill 3 @ 100', 'A fill 7 @ 100'],
    },
    {
      name: 'to sell, at rest, fills at its limit when a trade prints above it',
      order: limitSell,
      tape: [quote(2_000, 98, 99), trade(3_000, 100, 9), trade(4_000, 101, 9)],
      said: ['A fill 9 @ 100'],
    },
    {
      name: 'at rest fills at its limit when the other side comes to it',
      order: limitBuy,
      tape: [quote(2_000, 100, 101), quote(3_000, 97, 98, 4), quote(4_000, 99, 100, 50)],
      said: ['A fill 4 @ 100', 'A fill 6 @ 100'],
    },
    {
      name: 'on a tape of trades rests until a trade prints through it',
      order: limitBuy,
      tape: [trade(2_000, 100, 9), trade(3_000, 100, 9), trade(4_000, 98, 9)],
      said: ['A fill 9 @ 100'],
    },
    {
      name: 'rests at a print of its limit where trades are taken to have no spread',
      options: { halfSpreadTicks: 0 },
      order: limitBuy,
      tape: [trade(2_000, 101, 9), trade(3_000, 100, 9)],
      said: [],
    },
  ])
})

describe('a stop', () => {
  play([
    {
      name: 'triggers at its price and fills from the next event on, where the market is by then',
      before: [quote(-1_000, 99, 101)],
      order: stopBuy,
      tape: [trade(2_000, 104, 9), trade(3_000, 105, 9), quote(4_000, 119, 120)],
      said: ['A triggered', 'A fill 10 @ 120'],
    },
    {
      name: 'to sell triggers below its price and takes the gap',
      before: [quote(-1_000, 99, 101)],
      order: stopSell,
      tape: [trade(2_000, 80, 9), quote(3_000, 79, 81)],
      said: ['A triggered', 'A fill 10 @ 79'],
    },
    {
      name: 'is not triggered by a quote where the instrument trades',
      before: [trade(-1_000, 100, 1)],
      order: stopBuy,
      tape: [quote(2_000, 110, 111)],
      said: [],
    },
    {
      name: 'is triggered by the opposite quote where the instrument does not trade',
      order: stopBuy,
      tape: [quote(2_000, 103, 104), quote(3_000, 104, 105), quote(4_000, 105, 106)],
      said: ['A triggered', 'A fill 10 @ 106'],
    },
    {
      name: 'with a limit does not follow the market beyond the limit',
      before: [quote(-1_000, 99, 101)],
      order: order({ kind: 'STOP_LIMIT', stop: 105, limit: 107 }),
      tape: [
        trade(2_000, 106, 9),
        quote(3_000, 108, 109),
        trade(4_000, 107, 9),
        trade(5_000, 106, 4),
      ],
      said: ['A triggered', 'A fill 4 @ 107'],
    },
  ])
})

describe('immediate or cancel', () => {
  const rest = 'A cancelled: IOC: the rest was not there'
  play([
    {
      name: 'keeps what the first event gives and cancels the rest',
      order: order({ timeInForce: 'IOC' }),
      tape: [quote(2_000, 99, 101, 4), quote(3_000, 99, 101)],
      said: ['A fill 4 @ 101', rest],
    },
    {
      name: 'is filled whole where the first event has enough',
      order: order({ timeInForce: 'IOC' }),
      tape: [quote(2_000, 99, 101)],
      said: ['A fill 10 @ 101'],
    },
    {
      name: 'with a limit never rests',
      order: order({ kind: 'LIMIT', limit: 100, timeInForce: 'IOC' }),
      tape: [quote(2_000, 100, 101), trade(3_000, 90, 500)],
      said: [rest],
    },
    {
      name: 'with a stop waits for the stop',
      order: order({ kind: 'STOP', stop: 105, timeInForce: 'IOC' }),
      tape: [trade(2_000, 100, 9), trade(3_000, 105, 9), trade(4_000, 105, 3)],
      said: ['A triggered', 'A fill 3 @ 106', rest],
    },
  ])
})
