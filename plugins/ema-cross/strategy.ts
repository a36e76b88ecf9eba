/**
 * EMA cross: long from a cross up of two averages to the cross down, inside a session, with a stop below.
 *
 * In       1-minute bars of each instrument, its own fills and reports, a timer
 * Out      a market buy on a cross up; a stop for exactly what is held; a close on a cross down and before the session ends
 * Params   fast and slow, bars; atrStop, multiples of the ATR; notional, currency; flatMinutes before the close
 * Warm-up  until both averages and the ATR are ready; the side found then is no cross
 * Fails    in a sideways market every cross is a small loss, and charges make it larger; see README for the measured cost
 * Source   the dual moving average rule, e.g. Brock, Lakonishok and LeBaron, Journal of Finance 47, 1992
 */
import { atr, defineStrategy, ema, type Orders, type PositionInfo, Type } from '#sdk'

const MINUTE = 60_000_000
/** A change or a cancel without an answer is asked for again after this long. */
const RETRY = 5_000_000

export default defineStrategy({
  id: 'ema-cross',
  version: '1.1.0',
  name: 'EMA cross',
  description: 'Long while the fast average is above the slow one, with an ATR stop',
  params: Type.Object({
    fast: Type.Integer({ default: 9, minimum: 1, maximum: 200, title: 'Fast average, bars' }),
    slow: Type.Integer({ default: 21, minimum: 2, maximum: 500, title: 'Slow average, bars' }),
    atrStop: Type.Number({ default: 2, minimum: 0.1, maximum: 20, title: 'Stop distance, ATRs' }),
    notional: Type.Number({ default: 10_000, minimum: 1, title: 'Size of a position, currency' }),
    flatMinutes: Type.Integer({
      default: 2,
      minimum: 1,
      maximum: 60,
      title: 'Flat, minutes before the close',
    }),
  }),
  state: Type.Object({
    side: Type.Union([Type.Literal('unknown'), Type.Literal('above'), Type.Literal('below')]),
    stop: Type.Number(),
    leaving: Type.Boolean(),
    /** When a resting order was last asked to change or to go; 0 once there was an answer. */
    askedAt: Type.Number(),
  }),
  stateVersion: 2,
  migrate: (old, fromVersion) => {
    if (fromVersion !== 1) throw new RangeError(`State version ${fromVersion} is not known`)
    const { above, stop } = old as StateBefore
    // In version 1 a side that nobody had seen yet was "below"; the next bar says which it is.
    return { side: above ? 'above' : 'unknown', stop, leaving: false, askedAt: 0 } as const
  },
  grants: {
    instruments: ['*'],
    kinds: ['MARKET', 'STOP'],
    maxOrderQuantity: 100_000,
    maxPosition: 100_000,
  },
  onFault: 'cancel-entries',
  needs: ({ params }) => ({
    bars: ['1m'],
    indicators: {
      fast: ema({ period: params.fast, on: '1m' }),
      slow: ema({ period: params.slow, on: '1m' }),
      range: atr({ period: 14, on: '1m' }),
    },
    timer: { seconds: 10 },
  }),
  start: () => ({ side: 'unknown' as const, stop: 0, leaving: false, askedAt: 0 }),

  onBar({ bar, time, session, state, params, indicators, position, orders, instrument }) {
    const { fast, slow, range } = indicators
    // Equal is neither: an average that only touches the other has not crossed it.
    const side = fast > slow ? 'above' : fast < slow ? 'below' : state.side
    const crossed = state.side !== 'unknown' && side !== state.side
    state.side = side
    const engaged = position.quantity !== 0 || orders.open.length > 0
    if (crossed && side === 'below' && engaged) leave({ time, state, position, orders })
    // An hour-long session leaves little room: an entry needs at least as long again before it must be closed.
    const trading =
      time >= session.opensAt && time < session.closesAt - 2 * params.flatMinutes * MINUTE
    const free = position.quantity === 0 && orders.open.length === 0 && !state.leaving
    if (!crossed || side !== 'above' || !trading || !free) return
    const stop = instrument.roundPrice(bar.close - params.atrStop * range, 'down')
    if (stop <= 0) return
    state.stop = stop
    orders.buy({
      quantity: quantityFor(params.notional, { price: bar.close, lot: instrument.lot }),
    })
  },

  onFill({ time, state, position, orders }) {
    tend({ time, state, position, orders })
  },

  onOrder({ report, time, state, position, orders }) {
    // A request that was denied is tried again by the timer, never at once: that would be a loop.
    const { status } = report
    if (status === 'working' || status === 'replaced' || status === 'cancelled') {
      state.askedAt = 0
      tend({ time, state, position, orders })
    }
  },

  onTimer({ time, session, state, params, position, orders }) {
    const closing = time >= session.closesAt - params.flatMinutes * MINUTE
    if (closing && (position.quantity !== 0 || orders.open.length > 0)) state.leaving = true
    tend({ time, state, position, orders })
  },
})

/** State version 1. */
interface StateBefore {
  readonly above: boolean
  readonly stop: number
}

interface Moment {
  readonly time: number
  readonly state: { readonly stop: number; leaving: boolean; askedAt: number }
  readonly position: PositionInfo
  readonly orders: Orders
}

/** Steps that `notional` buys, whole lots, at least one. */
function quantityFor(
  notional: number,
  { price, lot }: { readonly price: number; readonly lot: number },
): number {
  return Math.max(lot, Math.floor(notional / price / lot) * lot)
}

/** Does what is next: what is held is protected, or on its way out. */
function tend(moment: Moment): void {
  if (moment.state.leaving) leave(moment)
  else protect(moment)
}

/** The stop covers what is held, no more and no less: it follows each part of the entry that fills. */
function protect({ time, state, position, orders }: Moment): void {
  const held = position.quantity
  const order = orders.open.find(({ kind }) => kind === 'STOP')
  if (held <= 0) {
    if (order !== undefined) orders.cancel(order.ref)
    return
  }
  if (order === undefined) {
    orders.sell({ quantity: held, stop: state.stop })
    return
  }
  const quantity = order.filled + held
  if (order.quantity === quantity || time - state.askedAt < RETRY) return
  state.askedAt = time
  orders.modify(order.ref, { quantity })
}

/** Gets out: first what rests is cancelled, then what is held is closed, so that nothing is sold twice. */
function leave({ time, state, position, orders }: Moment): void {
  state.leaving = true
  // The stop, and an entry that has not filled: what is left after them is a close on its way.
  const resting = orders.open.filter(({ kind, side }) => kind === 'STOP' || side === 'BUY')
  if (resting.length > 0) {
    if (time - state.askedAt < RETRY) return
    state.askedAt = time
    for (const { ref } of resting) orders.cancel(ref)
    return
  }
  if (orders.open.length > 0) return
  if (position.quantity !== 0) orders.close()
  else state.leaving = false
}
