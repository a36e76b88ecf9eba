/**
 * Opening range: follows the first close outside the range of the opening minutes, once a session.
 *
 * In       1-minute bars of each instrument, its own fills and reports, a timer
 * Out      one limit order, immediate or cancelled, at the close that broke the range; a stop at the other side of the
 *          range, moved to the entry price once the gain is as large as the range; a close before the session ends
 * Params   minutes, from the open; notional, currency; slippage, basis points; flatMinutes before the close
 * Warm-up  the opening minutes: no orders before they are over, none in a session whose opening was not seen whole
 * Fails    in a session that breaks out and turns it loses the height of the range; see README for the measured cost
 * Source   Crabel, Day Trading with Short Term Price Patterns and Opening Range Breakout, 1990
 */
import { type BarSeries, defineStrategy, type Orders, type PositionInfo, Type } from '#sdk'

const MINUTE = 60_000_000
/** A change or a cancel without an answer is asked for again after this long. */
const RETRY = 5_000_000

export default defineStrategy({
  id: 'opening-range',
  version: '1.0.0',
  name: 'Opening range',
  description: 'The first close outside the opening range, with a stop at its other side',
  params: Type.Object({
    minutes: Type.Integer({
      default: 5,
      minimum: 1,
      maximum: 100,
      title: 'Opening range, minutes',
    }),
    notional: Type.Number({ default: 10_000, minimum: 1, title: 'Size of a position, currency' }),
    slippage: Type.Number({
      default: 5,
      minimum: 0,
      maximum: 100,
      title: 'Paid above the close, bps',
    }),
    flatMinutes: Type.Integer({
      default: 2,
      minimum: 1,
      maximum: 60,
      title: 'Flat, minutes before the close',
    }),
  }),
  state: Type.Object({
    /** Opening time of the session that the rest is about. */
    session: Type.Number(),
    range: Type.Union([
      Type.Literal('forming'),
      Type.Literal('ready'),
      Type.Literal('missed'),
      Type.Literal('traded'),
    ]),
    high: Type.Number(),
    low: Type.Number(),
    stop: Type.Number(),
    leaving: Type.Boolean(),
    /** When a resting order was last asked to change or to go; 0 once there was an answer. */
    askedAt: Type.Number(),
  }),
  grants: {
    instruments: ['*'],
    kinds: ['MARKET', 'LIMIT', 'STOP'],
    maxOrderQuantity: 100_000,
    maxPosition: 100_000,
  },
  onFault: 'cancel-entries',
  needs: () => ({ bars: ['1m'], timer: { seconds: 10 } }),
  start: () => ({
    session: 0,
    range: 'forming' as const,
    high: 0,
    low: 0,
    stop: 0,
    leaving: false,
    askedAt: 0,
  }),

  onBar({ bar, time, session, state, params, position, orders, instrument, bars }) {
    const rangeEnds = session.opensAt + params.minutes * MINUTE
    if (state.session !== session.opensAt) {
      state.session = session.opensAt
      state.range = 'forming'
    }
    if (position.quantity !== 0) {
      const entry = instrument.roundPrice(position.averagePrice)
      return lift({ time, state, position, orders }, { entry, close: bar.close })
    }
    if (!(time >= rangeEnds)) return
    if (state.range === 'forming') {
      const found = rangeOf(bars('1m'), { opensAt: session.opensAt, rangeEnds })
      state.range = found === undefined ? 'missed' : 'ready'
      state.high = found?.high ?? 0
      state.low = found?.low ?? 0
    }
    const late = time >= session.closesAt - 2 * params.flatMinutes * MINUTE
    if (state.range !== 'ready' || late || state.leaving || orders.open.length > 0) return
    // Only a close counts: a touch of the high within the minute has broken nothing.
    const long = bar.close > state.high
    if (!long && !(bar.close < state.low)) return
    const { lot } = instrument
    const quantity = Math.max(lot, Math.floor(params.notional / bar.close / lot) * lot)
    const paid = (bar.close * params.slippage) / 10_000
    state.stop = long ? state.low : state.high
    // What is not done at once is not chased; the next close outside may try again.
    if (long)
      orders.buy({
        quantity,
        limit: instrument.roundPrice(bar.close + paid, 'up'),
        timeInForce: 'IOC',
      })
    else
      orders.sell({
        quantity,
        limit: instrument.roundPrice(bar.close - paid, 'down'),
        timeInForce: 'IOC',
      })
  },

  onFill({ time, state, position, orders }) {
    state.range = 'traded'
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

interface Moment {
  readonly time: number
  readonly state: {
    readonly high: number
    readonly low: number
    stop: number
    leaving: boolean
    askedAt: number
  }
  readonly position: PositionInfo
  readonly orders: Orders
}

/** High and low of the opening minutes; undefined where not all of them were seen, or where they have no height. */
function rangeOf(
  bars: BarSeries,
  { opensAt, rangeEnds }: { readonly opensAt: number; readonly rangeEnds: number },
): { readonly high: number; readonly low: number } | undefined {
  let [high, low, oldest] = [0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let ago = 0; oldest > opensAt; ago++) {
    const bar = bars.at(ago)
    if (bar === undefined) return undefined
    oldest = bar.time
    if (bar.time < opensAt || bar.time >= rangeEnds) continue
    high = Math.max(high, bar.high)
    low = Math.min(low, bar.low)
  }
  return high > low ? { high, low } : undefined
}

/** Once the gain is as large as the range, the trade may not become a loss any more. */
function lift(
  moment: Moment,
  { entry, close }: { readonly entry: number; readonly close: number },
): void {
  const { state, position } = moment
  const side = Math.sign(position.quantity)
  const gain = side * (close - entry)
  if (state.leaving || gain < state.high - state.low || side * (entry - state.stop) <= 0) return
  state.stop = entry
  protect(moment)
}

/** Does what is next: nothing is open twice, and what is held is protected or on its way out. */
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
  const stop = state.stop
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
