/** What people see: decimals of the books, and nothing where nothing is known. */
import { describe, expect, test } from 'bun:test'

import {
  createStage,
  filled,
  modify,
  NOON,
  place,
  protect,
  rest,
  type Stage,
  strategy,
  working,
} from './desk.fixture.ts'
import { createViews } from './views.ts'

const ABOUT = {
  mode: 'paper',
  currency: 'INR',
  capital: 1_000_000,
  version: '0.1.0',
  startedAt: NOON,
} as const

function viewsOf({ core, carriers, clock }: Stage) {
  return createViews({ core, carriers, about: ABOUT, now: () => clock.now })
}

/** A desk that bought 10 at 100.00 and 20 at 100.15, with 1.5 of charges, and sees 101.00. */
function bought() {
  const stage = createStage()
  stage.take(place(1, { quantity: 30 }))
  stage.hear(
    filled('one/1', { id: 'a', steps: 10, at: 2_000, charges: 5_000 }),
    filled('one/1', { id: 'b', steps: 20, at: 2_003, charges: 10_000 }),
  )
  stage.tick({ price: 2_020, quantity: 5 })
  return { stage, views: viewsOf(stage) }
}

describe('the view of an order', () => {
  test('has decimal prices, and nothing for what it does not have', () => {
    const stage = createStage()
    stage.take(rest(1), protect(2))
    const [stop, limit] = viewsOf(stage).orders({ limit: 10 })
    expect(limit).toMatchObject({
      ...{ clientId: 'one/1', strategy: 'one', version: '1.0.0', instrument: 'SIM:A' },
      ...{ side: 'BUY', kind: 'LIMIT', quantity: 10, limit: 99.5, stop: null },
      ...{ filled: 0, averagePrice: null, phase: 'SUBMITTING', pending: null, reason: null },
    })
    expect(stop).toMatchObject({ kind: 'STOP', limit: null, stop: 97.5 })
  })

  test('has the average price of its fills', () => {
    const [order] = bought().views.orders({ limit: 1 })
    expect(order?.averagePrice).toBeCloseTo(100.1, 10)
    expect(order).toMatchObject({ filled: 30, phase: 'FILLED' })
  })

  test('says what waits for an answer, and why it ended', () => {
    const stage = createStage()
    stage.take(rest(1), rest(2))
    stage.hear(working('one/1'))
    stage.take(modify(1, { limit: 1_985 }))
    stage.hear({ clientId: 'one/2', time: NOON, status: 'rejected', reason: 'no funds' })
    expect(viewsOf(stage).orders({ limit: 10 })).toMatchObject([
      { phase: 'REJECTED', reason: 'no funds', pending: null },
      { phase: 'WORKING', reason: null, pending: 'replace', limit: 99.5 },
    ])
  })

  test('is listed newest first, by strategy and by whether it is open', () => {
    const stage = createStage({ strategies: [strategy(), strategy({ id: 'two' })] })
    stage.take(rest(1), rest(1, { strategy: 'two' }), rest(2))
    stage.hear({ clientId: 'one/2', time: NOON, status: 'cancelled' })
    const views = viewsOf(stage)
    const ids = (filter: Parameters<typeof views.orders>[0]) =>
      views.orders(filter).map(({ clientId }) => clientId)
    expect(ids({ limit: 10 })).toEqual(['one/2', 'two/1', 'one/1'])
    expect(ids({ limit: 10, open: true })).toEqual(['two/1', 'one/1'])
    expect(ids({ limit: 10, strategy: 'one', open: false })).toEqual(['one/2'])
    expect(ids({ limit: 1 })).toEqual(['one/2'])
  })
})

describe('the view of a position', () => {
  test('has average price, mark and profit in decimals', () => {
    const [position] = bought().views.positions()
    // Cost 30 x 100.10 = 3003.00; worth 30 x 101.00 = 3030.00.
    expect(position).toMatchObject({
      ...{ strategy: 'one', instrument: 'SIM:A', quantity: 30, mark: 101 },
      ...{ realised: 0, unrealised: 27, charges: 1.5 },
    })
    expect(position?.averagePrice).toBeCloseTo(100.1, 10)
  })

  test('of a short has a positive average price', () => {
    const stage = createStage()
    stage.take(place(1, { side: 'SELL' }))
    stage.hear(filled('one/1', { at: 2_000 }))
    stage.tick({ price: 1_990, quantity: 1 })
    expect(viewsOf(stage).positions()).toMatchObject([
      { quantity: -10, averagePrice: 100, mark: 99.5, unrealised: 5 },
    ])
  })

  test('stays after it is closed, without an average', () => {
    const { stage, views } = bought()
    stage.take(place(2, { side: 'SELL', quantity: 30 }))
    stage.hear(filled('one/2', { steps: 30, at: 2_020, charges: 10_000 }))
    expect(views.positions()).toMatchObject([
      { quantity: 0, averagePrice: null, realised: 27, unrealised: 0, charges: 2.5 },
    ])
  })

  test('has no mark and no unrealised profit where there is no price', () => {
    const stage = createStage()
    stage.take(place(1))
    stage.hear(filled('one/1'))
    stage.core.market.board.bid[0] = Number.NaN
    stage.core.market.board.price[0] = Number.NaN
    const views = viewsOf(stage)
    expect(views.positions()).toMatchObject([{ quantity: 10, mark: null, unrealised: 0 }])
    expect(views.account().equity).toBe(1_000_000)
  })
})

describe('the view of the account', () => {
  test('is capital, profit and charges, to the unit', () => {
    expect(bought().views.account()).toMatchObject({
      ...{ mode: 'paper', currency: 'INR', capital: 1_000_000 },
      ...{ equity: 1_000_025.5, realised: 0, unrealised: 27, charges: 1.5, profitToday: 25.5 },
      ...{ halted: false, haltReason: null, gate: 'OPEN' },
    })
  })

  test('says why it is halted', () => {
    const { stage, views } = bought()
    const about = { kind: 'command', now: NOON, by: 'test' } as const
    stage.take({ ...about, ask: 'halt', reason: 'news' })
    expect(views.account()).toMatchObject({ halted: true, haltReason: 'news' })
    stage.take({ ...about, ask: 'resume', reason: 'over' })
    expect(views.account()).toMatchObject({ halted: false, haltReason: null })
  })
})

describe('the view of a strategy', () => {
  test('has its state, its money and its orders', () => {
    const { stage, views } = bought()
    stage.take(rest(2))
    expect(views.strategies()).toMatchObject([
      {
        ...{ id: 'one', name: 'one', version: '1.0.0', state: 'ACTIVE', enabled: true },
        ...{ instruments: ['SIM:A', 'SIM:B'], profit: 25.5, profitToday: 25.5, exposure: 3_030 },
        ...{ openPositions: 1, openOrders: 1, fills: 2, faults: 0, lastFault: null, refused: null },
      },
    ])
  })

  test('says how far behind it is and when it last saw a tick', () => {
    const stage = createStage()
    const [before] = viewsOf(stage).strategies()
    expect(before).toMatchObject({ lag: 0, lastTickAt: stage.clock.now })
    stage.core.market.time(stage.clock.now)
    expect(viewsOf(stage).strategies()[0]?.lag).toBe(1)
  })

  test('knows nothing of ticks before it runs', () => {
    const missing = strategy({ grants: { ...strategy().grants, instruments: ['NSE:*'] } })
    const stage = createStage({ strategies: [missing] })
    expect(viewsOf(stage).strategies()).toMatchObject([
      { state: 'REJECTED', lastTickAt: null, loadedAt: null, lag: 0, instruments: [] },
    ])
  })

  test('in detail has parameters, grants and the last 200 lines of its log', () => {
    const views = viewsOf(createStage())
    for (let line = 0; line < 250; line++)
      views.log('one', { time: line, level: 'info', text: String(line) })
    const detail = views.strategy('one')
    expect(detail).toMatchObject({ params: {}, grants: { maxOrderQuantity: 1_000 } })
    expect(detail?.log).toHaveLength(200)
    expect(detail?.log.at(-1)?.text).toBe('249')
    expect(views.strategy('nobody')).toBeUndefined()
  })
})

describe('the fills that are remembered', () => {
  function remembered() {
    const { stage, views } = bought()
    for (const record of stage.records()) if (record.kind === 'fill') views.remember(record.fill)
    return views
  }

  test('are shown newest first, with decimal prices and charges', () => {
    expect(remembered().fills({ limit: 10 })).toMatchObject([
      { executionId: 'one/1#b', quantity: 20, price: 100.15, charges: 1 },
      { executionId: 'one/1#a', quantity: 10, price: 100, charges: 0.5 },
    ])
  })

  test('are as many as were asked for, none where none were', () => {
    const views = remembered()
    expect(views.fills({ limit: 1 }).map(({ executionId }) => executionId)).toEqual(['one/1#b'])
    expect(views.fills({ limit: 0 })).toEqual([])
  })

  test('are found by strategy and by instrument', () => {
    const views = remembered()
    expect(views.fills({ limit: 10, strategy: 'one', instrument: 'SIM:A' })).toHaveLength(2)
    expect(views.fills({ limit: 10, instrument: 'SIM:B' })).toEqual([])
    expect(views.fills({ limit: 10, strategy: 'two' })).toEqual([])
  })

  test('are bounded, and the newest are kept', () => {
    const { stage, views } = bought()
    const fills = stage.records().flatMap((record) => (record.kind === 'fill' ? [record.fill] : []))
    const [fill] = fills
    if (fill === undefined) throw new Error('There is a fill')
    for (let at = 0; at < 20_000; at++) views.remember({ ...fill, executionId: String(at) })
    const kept = views.fills({ limit: 1e6 })
    expect(kept.length).toBeLessThanOrEqual(10_000)
    expect(kept[0]?.executionId).toBe('19999')
  })
})

describe('the view of an instrument', () => {
  test('has the market in decimals', () => {
    const { views } = bought()
    expect(views.instruments()).toMatchObject([
      {
        ...{ id: 'SIM:A', name: 'Alpha', tickSize: 0.05, priceDigits: 2, lot: 1 },
        ...{ last: 101, bid: 99.95, ask: 100.05, volume: 5 },
      },
      { id: 'SIM:B', last: null, bid: 99.95, ask: 100.05, volume: 0 },
    ])
  })

  test('has nothing where the market has said nothing', () => {
    const stage = createStage()
    const { board } = stage.core.market
    for (const column of [board.bid, board.ask, board.lastTickAt]) column[1] = Number.NaN
    expect(viewsOf(stage).instruments()[1]).toMatchObject({
      ...{ last: null, bid: null, ask: null, lastTickAt: null },
    })
  })

  test('has no bars under a name that the desk does not have', () => {
    const { views } = bought()
    expect(views.bars('SIM:Z', '1m', 10)).toBeUndefined()
    expect(views.bars('SIM:A', '1m', 10)).toMatchObject([{ close: 101, volume: 5 }])
  })
})

describe('the health of the desk', () => {
  test('is ready where every part works', () => {
    const health = bought().views.health()
    expect(health).toMatchObject({ ready: true, version: '0.1.0', startedAt: NOON })
    expect(health.parts.map(({ name }) => name)).toEqual([
      ...['feed', 'broker', 'journal', 'store', 'gate'],
    ])
  })

  test('says which part does not, and why', () => {
    const { stage, views } = bought()
    const link = { kind: 'link', edge: 'broker', working: false, now: NOON } as const
    stage.take({ ...link, reason: 'socket closed' })
    const { ready, parts } = views.health()
    expect(ready).toBe(false)
    expect(parts.filter(({ ok }) => !ok)).toEqual([
      { name: 'broker', ok: false, detail: 'socket closed' },
      { name: 'gate', ok: false, detail: 'CLOSED: socket closed' },
    ])
  })
})
