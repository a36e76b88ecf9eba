/**
 * Trades: from flat to flat. A position that opens, grows and shrinks is one trade until it is flat or on the other side.
 *
 * In       fills with the book after each
 * Out      closed trades with their net result
 * Units    money in 1e-4 of the currency, times in microseconds
 */
import { type Money, money } from '#sdk/money.ts'
import type { Fill } from '#sdk/order.ts'
import type { PositionRow } from '#sdk/position.ts'

export interface Trade {
  readonly strategy: string
  readonly instrument: string
  readonly side: 'LONG' | 'SHORT'
  readonly openedAt: number
  readonly closedAt: number
  /** Realised profit less charges. */
  readonly net: Money
}

interface Open {
  readonly side: 'LONG' | 'SHORT'
  readonly openedAt: number
  /** Realised less charges before the trade. */
  readonly before: number
}

export function createTrades() {
  const open = new Map<string, Open>()
  const ended = new Map<string, number>()
  const closed: Trade[] = []
  return {
    closed,
    take({ strategy, instrument, time }: Fill, { quantity, realised, charges }: PositionRow): void {
      const key = `${strategy} ${instrument}`
      const result = realised - charges
      const side = quantity > 0 ? 'LONG' : 'SHORT'
      const was = open.get(key)
      if (was !== undefined && (quantity === 0 || side !== was.side)) {
        closed.push({
          strategy,
          instrument,
          side: was.side,
          openedAt: was.openedAt,
          closedAt: time,
          net: money(result - was.before),
        })
        ended.set(key, result)
        open.delete(key)
      }
      if (quantity !== 0 && !open.has(key))
        open.set(key, { side, openedAt: time, before: ended.get(key) ?? 0 })
    },
  }
}
