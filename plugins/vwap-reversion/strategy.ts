/**
 * VWAP reversion: fades a close far from the session's average price, and leaves when it is back.
 *
 * In       1-minute bars and the VWAP of each instrument, its own fills and reports, a timer
 * Out      a resting limit towards the average, by target; a stop one more band away; a limit, then a market order, out
 * Params   bands, standard deviations away; stopBands beyond; settle and patience, bars; notional; flatMinutes
 * Warm-up  `settle` bars of each session: before that there is no deviation to speak of
 * Fails    on a trend day every stretch stretches further: each fade is stopped out; see README for the measured cost
 * Source   the bands are the deviations of closes from VWAP, as in Kissell, Algorithmic Trading Methods, 2nd ed., 2020
 */
import { defineStrategy, type Orders, type PositionInfo, Type, vwap } from '#sdk'

const MINUTE = 60_000_000
/** A change or a cancel without an answer is asked for again after this long. */
const RETRY = 5_000_000

export default defineStrategy({
  id: 'vwap-reversion',
  version: '1.0.0',
  name: 'VWAP reversion',
  description: 'Fades closes two deviations from VWAP, out at VWAP or a deviation further',
  params: Type.Object({
    bands: Type.Number({
      default: 2,
      minimum: 0.5,
      maximum: 10,
      title: 'Entry, deviations from VWAP',
    }),
    stopBands: Type.Number({
      default: 1,
      minimum: 0.1,
      maximum: 10,
      title: 'Stop, deviations beyond',
    }),
    settle: Type.Integer({
      default: 10,
      minimum: 2,
      maximum: 240,
      title: 'Bars before the first entry',
    }),
    patience: Type.Integer({
      default: 2,
      minimum: 1,
      maximum: 60,
      title: 'Bars an entry may rest',
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
    session: Type.Number(),
    /** Closes of this session, and the sum of their squared distances from VWAP. */
    count: Type.Integer(),
    squares: Type.Number(),
    /** Side of the last fade, until the price has been back at VWAP: a stretch is faded once. */
    faded: Type.Integer({ minimum: -1, maximum: 1 }),
    /** Bars that the entry has rested. */
    waited: Type.Integer(),
    stop: Type.Number(),
    exit: Type.Union([Type.Literal('none'), Type.Literal('limit'), Type.Literal('market')]),
    exitLimit: Type.Number(),
    askedAt: Type.Number(),
  }),
  grants: {
    instruments: ['*'],
    kinds: ['MARKET', 'LIMIT', 'STOP'],
    maxOrderQuantity: 100_000,
    maxPosition: 100_000,
  },
  onFault: 'cancel-entries',
  needs: () => ({
    bars: ['1m'],
    indicators: { average: vwap({ on: '1m' }) },
    timer: { seconds: 10 },
  }),
  start: () => ({
    session: 0,
    count: 0,
    squares: 0,
    faded: 0,
    waited: 0,
    stop: 0,
    exit: 'none' as const,
    exitLimit: 0,
    askedAt: 0,
  }),

  onBar({ bar, time, session, state, params, indicators, position, orders, instrument }) {
    const { average } = indicators
    if (state.session !== session.opensAt) {
      Object.assign(state, { session: session.opensAt, count: 0, squares: 0, faded: 0 })
    }
    if (!(bar.time >= session.opensAt) || Number.isNaN(average)) return
    const away = bar.close - average
    state.count++
    state.squares += away * away
    if (state.faded * away >= 0) state.faded = 0
    if (state.exit === 'limit') state.exit = 'market'
    else if (position.quantity !== 0 && position.quantity * away >= 0 && state.exit === 'none') {
      state.exit = 'limit'
      state.exitLimit = bar.close
    }
    if (state.exit !== 'none') return leave({ time, state, position, orders })
    const entry = orders.open.find(({ kind }) => kind === 'LIMIT')
    if (entry !== undefined) {
      state.waited++
      if (state.waited >= params.patience) orders.cancel(entry.ref)
      return
    }
    const late = time >= session.closesAt - 2 * params.flatMinutes * MINUTE
    if (position.quantity !== 0 || orders.open.length > 0 || late || state.count < params.settle)
      return
    const deviation = Math.sqrt(state.squares / state.count)
    const side = away <= -params.bands * deviation ? 1 : away >= params.bands * deviation ? -1 : 0
    const room = params.stopBands * deviation
    // A stop within the spread is no stop: it would be met by the noise that it stands in.
    if (side === 0 || state.faded !== 0 || room < 4 * instrument.tickSize) return
    const stop = instrument.roundPrice(bar.close - side * room)
    if (stop <= 0) return
    const { lot } = instrument
    const quantity = Math.max(lot, Math.floor(params.notional / bar.close / lot) * lot)
    Object.assign(state, { faded: side, waited: 0, stop })
    orders.target(side * quantity, { limit: bar.close })
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
    if (closing && (position.quantity !== 0 || orders.open.length > 0)) state.exit = 'market'
    tend({ time, state, position, orders })
  },
})

interface Moment {
  readonly time: number
  readonly state: {
    readonly stop: number
    readonly exitLimit: number
    exit: 'none' | 'limit' | 'market'
    askedAt: number
  }
  readonly position: PositionInfo
  readonly orders: Orders
}

/** Does what is next: what is held is protected, or on its way out. */
function tend(moment: Moment): void {
  if (moment.state.exit === 'none') protect(moment)
  else leave(moment)
}

/** The stop covers what is held, no more and no less: it follows each part of the entry that fills. */
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
    if (order.quantity === quantity || time - state.askedAt < RETRY) return
    state.askedAt = time
    orders.modify(order.ref, { quantity })
  } else if (position.quantity > 0) orders.sell({ quantity: held, stop })
  else orders.buy({ quantity: held, stop })
}

/** Gets out: what rests is cancelled, then a limit tries for a bar, then a market order takes what there is. */
function leave({ time, state, position, orders }: Moment): void {
  const side = position.quantity > 0 ? 'SELL' : 'BUY'
  const onItsWay = state.exit === 'market' ? 'MARKET' : 'LIMIT'
  const resting = orders.open.filter((order) => order.kind !== onItsWay || order.side !== side)
  if (resting.length > 0) {
    if (time - state.askedAt < RETRY) return
    state.askedAt = time
    for (const { ref } of resting) orders.cancel(ref)
    return
  }
  if (orders.open.length > 0) return
  if (position.quantity === 0) state.exit = 'none'
  else if (state.exit === 'limit') orders.target(0, { limit: state.exitLimit })
  else orders.close()
}
