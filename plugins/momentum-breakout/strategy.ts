/**
 * Momentum breakout: rests a stop-limit beyond the channel of the last bars, with the trend, and trails a stop behind.
 *
 * In       1-minute bars, ATR and trend average of each instrument, its own fills and reports, a timer
 * Out      a stop-limit one tick beyond the channel, moved with it; a stop for what is filled, trailed by the ATR; a close
 *          before the session ends
 * Params   lookback, bars; trend, bars; near, trail and slip, ATRs; notional, currency; flatMinutes before the close
 * Warm-up  `lookback` bars and both indicators
 * Fails    in a market that breaks out and falls back it pays the trail each time; see README for the measured cost
 * Source   the channel rule of Donchian; cf. Brock, Lakonishok and LeBaron, Journal of Finance 47, 1992
 */
import {
  atr,
  type BarSeries,
  defineStrategy,
  ema,
  type InstrumentInfo,
  type Orders,
  type PositionInfo,
  Type,
} from '#sdk'

const MINUTE = 60_000_000
/** A change or a cancel without an answer is asked for again after this long. */
const RETRY = 5_000_000

export default defineStrategy({
  id: 'momentum-breakout',
  version: '1.0.0',
  name: 'Momentum breakout',
  description: 'Stop-limit entries beyond a channel, with the trend, and a trailing stop',
  params: Type.Object({
    lookback: Type.Integer({ default: 20, minimum: 2, maximum: 120, title: 'Channel, bars' }),
    trend: Type.Integer({ default: 30, minimum: 2, maximum: 500, title: 'Trend average, bars' }),
    near: Type.Number({
      default: 0.5,
      minimum: 0.1,
      maximum: 10,
      title: 'Sent within, ATRs of the channel',
    }),
    trail: Type.Number({ default: 3, minimum: 0.5, maximum: 20, title: 'Trailing stop, ATRs' }),
    slip: Type.Number({
      default: 0.5,
      minimum: 0,
      maximum: 5,
      title: 'Limit beyond the stop, ATRs',
    }),
    notional: Type.Number({ default: 10_000, minimum: 1, title: 'Size of a position, currency' }),
    flatMinutes: Type.Integer({
      default: 2,
      minimum: 1,
      maximum: 60,
      title: 'Flat, minutes before the close',
    }),
  }),
  state: Type.Object({
    /** What the trailing stop keeps from the best price; fixed when the entry is asked for. */
    room: Type.Number(),
    best: Type.Number(),
    stop: Type.Number(),
    /** The entry's stop was met: it is a limit now, and cannot be moved. */
    triggered: Type.Boolean(),
    leaving: Type.Boolean(),
    askedAt: Type.Number(),
  }),
  grants: {
    instruments: ['*'],
    kinds: ['MARKET', 'STOP', 'STOP_LIMIT'],
    maxOrderQuantity: 100_000,
    maxPosition: 100_000,
  },
  onFault: 'cancel-entries',
  needs: ({ params }) => ({
    bars: ['1m'],
    indicators: {
      range: atr({ period: 14, on: '1m' }),
      trend: ema({ period: params.trend, on: '1m' }),
    },
    warmUp: { bars: params.lookback },
    timer: { seconds: 10 },
  }),
  start: () => ({ room: 0, best: 0, stop: 0, triggered: false, leaving: false, askedAt: 0 }),

  onBar({ bar, bars, time, session, state, params, indicators, position, orders, instrument }) {
    const { range, trend } = indicators
    if (state.leaving) return
    const side = Math.sign(position.quantity)
    if (side !== 0) {
      state.best = side > 0 ? Math.max(state.best, bar.high) : Math.min(state.best, bar.low)
      trail(state, { side, instrument })
      return protect({ time, state, position, orders })
    }
    const entry = orders.open.find(({ kind }) => kind === 'STOP_LIMIT')
    const trading =
      time >= session.opensAt && time < session.closesAt - 3 * params.flatMinutes * MINUTE
    const direction = Math.sign(bar.close - trend)
    const level = edgeOf(bars('1m'), { direction, lookback: params.lookback })
    // What rests may be twice as far away as what is sent: an entry that comes and goes is many requests for one trade.
    const reach = params.near * range * (entry === undefined ? 1 : 2)
    const near = direction !== 0 && Math.abs(level - bar.close) <= reach
    const turned = entry !== undefined && (entry.side === 'BUY') !== direction > 0
    if (entry !== undefined && (!trading || !near || turned || state.triggered))
      return orders.cancel(entry.ref)
    if (!trading || !near || (entry === undefined && orders.open.length > 0)) return
    const stop = instrument.roundPrice(level + direction * instrument.tickSize)
    const limit = instrument.roundPrice(stop + direction * params.slip * range)
    if (entry !== undefined) {
      // An order that stands where it should is left alone: every change costs one of the second's requests.
      if (entry.stop !== stop) orders.modify(entry.ref, { stop, limit })
      return
    }
    const { lot } = instrument
    const quantity = Math.max(lot, Math.floor(params.notional / stop / lot) * lot)
    Object.assign(state, { room: params.trail * range, best: 0, stop: 0, triggered: false })
    if (direction > 0) orders.buy({ quantity, stop, limit })
    else orders.sell({ quantity, stop, limit })
  },

  onFill({ fill, time, state, position, orders, instrument }) {
    const side = Math.sign(position.quantity)
    if (side !== 0 && state.stop === 0) {
      state.best = fill.price
      trail(state, { side, instrument })
    }
    tend({ time, state, position, orders })
  },

  onOrder({ report, time, state, position, orders }) {
    const { status, ref } = report
    const entry = orders.open.find(({ kind }) => kind === 'STOP_LIMIT')
    if (status === 'triggered' && ref === entry?.ref) state.triggered = true
    // A request that was denied is tried again by the timer, never at once: that would be a loop.
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

interface Moment {
  readonly time: number
  readonly state: { readonly stop: number; leaving: boolean; askedAt: number }
  readonly position: PositionInfo
  readonly orders: Orders
}

/** The far end of the last bars: the highest high for a buyer, the lowest low for a seller. */
function edgeOf(
  bars: BarSeries,
  { direction, lookback }: { readonly direction: number; readonly lookback: number },
): number {
  let edge = direction > 0 ? bars.high(0) : bars.low(0)
  for (let ago = 1; ago < lookback; ago++) {
    edge = direction > 0 ? Math.max(edge, bars.high(ago)) : Math.min(edge, bars.low(ago))
  }
  return edge
}

/** The stop follows the best price at its distance, and never goes back. */
function trail(
  state: { readonly room: number; readonly best: number; stop: number },
  { side, instrument }: { readonly side: number; readonly instrument: InstrumentInfo },
): void {
  const wanted = instrument.roundPrice(state.best - side * state.room, side > 0 ? 'down' : 'up')
  const stop = Math.max(wanted, instrument.tickSize)
  if (state.stop === 0 || side * (stop - state.stop) > 0) state.stop = stop
}

/** Does what is next: what is held is protected, or on its way out. */
function tend(moment: Moment): void {
  if (moment.state.leaving) leave(moment)
  else protect(moment)
}

/** The stop covers what is held, no more and no less, at the price where it stands now. */
function protect({ time, state, position, orders }: Moment): void {
  const held = Math.abs(position.quantity)
  const order = orders.open.find(({ kind }) => kind === 'STOP')
  if (held === 0) {
    if (order !== undefined) orders.cancel(order.ref)
    return
  }
  const { stop } = state
  if (order !== undefined) {
    const quantity = order.filled + held
    if ((order.quantity === quantity && order.stop === stop) || time - state.askedAt < RETRY) return
    state.askedAt = time
    orders.modify(order.ref, { quantity, stop })
  } else if (position.quantity > 0) orders.sell({ quantity: held, stop })
  else orders.buy({ quantity: held, stop })
}

/** Gets out: first what rests is cancelled, then what is held is closed, so that nothing is closed twice. */
function leave({ time, state, position, orders }: Moment): void {
  const resting = orders.open.filter(({ kind }) => kind !== 'MARKET')
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
