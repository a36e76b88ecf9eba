import { describe, expect, test } from 'bun:test'

import { createMarketEvent, type MarketEvent } from '#sdk/tick.ts'

import { Board, BOARD_FIELDS } from './board.ts'

const NOW = 1_760_000_000_000_000
const event = (different: Partial<MarketEvent>): MarketEvent => ({
  ...createMarketEvent(),
  instrument: 0,
  time: NOW,
  receivedAt: NOW + 3,
  ...different,
})

describe('the board', () => {
  test('knows nothing at first', () => {
    const board = new Board(1)
    expect([board.price[0], board.bid[0], board.lastTickAt[0], board.mark(0)]).toEqual(
      Array(4).fill(Number.NaN),
    )
    expect(board.volume[0]).toBe(0)
  })

  test('keeps the quote where a trade does not tell it', () => {
    const board = new Board(1)
    board.take(event({ bid: 99, ask: 101, bidQuantity: 7, askQuantity: 8 }))
    board.take(event({ price: 100, quantity: 3 }))
    expect([board.price[0], board.quantity[0]]).toEqual([100, 3])
    expect([board.bid[0], board.bidQuantity[0]]).toEqual([99, 7])
    expect([board.ask[0], board.askQuantity[0]]).toEqual([101, 8])
  })

  test('keeps the last trade where only the quote moves', () => {
    const board = new Board(1)
    board.take(event({ price: 100, quantity: 3 }))
    board.take(event({ bid: 99, bidQuantity: 7 }))
    expect([board.price[0], board.quantity[0], board.volume[0]]).toEqual([100, 3, 3])
  })

  test('is never crossed: a new bid above the kept ask makes the ask unknown', () => {
    const board = new Board(1)
    board.take(event({ bid: 99, ask: 101, bidQuantity: 7, askQuantity: 8 }))
    board.take(event({ bid: 102, bidQuantity: 1 }))
    expect([board.bid[0], board.ask[0], board.askQuantity[0]]).toEqual([
      102,
      Number.NaN,
      Number.NaN,
    ])
    board.take(event({ ask: 101, askQuantity: 2 }))
    expect([board.bid[0], board.bidQuantity[0], board.ask[0]]).toEqual([
      Number.NaN,
      Number.NaN,
      101,
    ])
  })

  test('takes a quote over whole where both sides jump past the old ones', () => {
    const board = new Board(1)
    board.take(event({ bid: 99, ask: 101 }))
    board.take(event({ bid: 110, ask: 111 }))
    expect([board.bid[0], board.ask[0]]).toEqual([110, 111])
    board.take(event({ bid: 50, ask: 51 }))
    expect([board.bid[0], board.ask[0]]).toEqual([50, 51])
  })

  test('does not go back in time with a late event, and tells when the last one was received', () => {
    const board = new Board(1)
    board.take(event({ price: 100, quantity: 1 }))
    board.take(event({ price: 101, quantity: 1, time: NOW - 500, receivedAt: NOW + 9 }))
    expect([board.time[0], board.lastTickAt[0], board.price[0]]).toEqual([NOW, NOW + 9, 101])
  })

  test('marks a position at the last price, before it at the middle of the quote on the grid', () => {
    const board = new Board(1)
    board.take(event({ bid: 100 }))
    expect(board.mark(0)).toBeNaN()
    board.take(event({ ask: 103 }))
    expect(board.mark(0)).toBe(101)
    board.take(event({ price: 90, quantity: 1 }))
    expect(board.mark(0)).toBe(90)
  })

  test('lies in one shared memory, a column a field', () => {
    const board = new Board(3)
    board.take(event({ instrument: 2, price: 100, quantity: 4 }))
    const whole = new Float64Array(board.memory)
    expect(whole.length).toBe(3 * BOARD_FIELDS.length)
    expect(whole[BOARD_FIELDS.indexOf('price') * 3 + 2]).toBe(100)
    expect(whole[BOARD_FIELDS.indexOf('volume') * 3 + 2]).toBe(4)
  })

  test('has no mark for a row that is not there', () => {
    expect(new Board(1).mark(5)).toBeNaN()
  })
})
