/**
 * EMA cross: long while the fast average is above the slow one, flat otherwise, with a stop at a multiple of the ATR.
 *
 * In       1-minute bars of each instrument
 * Out      a market buy on a cross up and a protective stop below it; a close on a cross down
 * Params   fast and slow, bars; atrStop, multiples of the ATR; quantity, steps
 * Warm-up  until both averages and the ATR are ready
 * Fails    in a sideways market every cross is a small loss, and charges make it larger; see README for the measured cost
 * Source   the dual moving average rule, e.g. Brock, Lakonishok and LeBaron, Journal of Finance 47, 1992
 */
import { atr, defineStrategy, ema, Type } from '#sdk'

export default defineStrategy({
  id: 'ema-cross',
  version: '1.0.0',
  name: 'EMA cross',
  description: 'Long while the fast average is above the slow one, with an ATR stop',
  params: Type.Object({
    fast: Type.Integer({ default: 9, minimum: 1, maximum: 200, title: 'Fast average, bars' }),
    slow: Type.Integer({ default: 21, minimum: 2, maximum: 500, title: 'Slow average, bars' }),
    atrStop: Type.Number({ default: 2, minimum: 0.1, maximum: 20, title: 'Stop distance, multiples of the ATR' }),
    quantity: Type.Integer({ default: 10, minimum: 1, maximum: 10_000, title: 'Quantity, steps' }),
  }),
  state: Type.Object({ above: Type.Boolean(), stop: Type.Number() }),
  grants: { instruments: ['*'], kinds: ['MARKET', 'STOP'], maxOrderQuantity: 10_000, maxPosition: 10_000 },
  needs: ({ params }) => ({
    bars: ['1m'],
    indicators: {
      fast: ema({ period: params.fast, on: '1m' }),
      slow: ema({ period: params.slow, on: '1m' }),
      range: atr({ period: 14, on: '1m' }),
    },
  }),
  start: () => ({ above: false, stop: 0 }),

  onBar({ bar, state, params, indicators, position, orders, instrument }) {
    const above = indicators.fast > indicators.slow
    if (above === state.above) return
    state.above = above
    if (above && position.quantity === 0 && orders.open.length === 0) {
      state.stop = instrument.roundPrice(bar.close - params.atrStop * indicators.range, 'down')
      orders.buy({ quantity: params.quantity })
    }
    if (!above && position.quantity > 0) {
      orders.cancelAll()
      orders.close()
    }
  },

  // The stop covers what is held, no more: it grows with each part of the entry that fills.
  onFill({ fill, state, position, orders }) {
    if (fill.side !== 'BUY' || state.stop <= 0) return
    const stop = orders.open.find((order) => order.kind === 'STOP')
    if (stop === undefined) orders.sell({ quantity: position.quantity, stop: state.stop })
    else orders.modify(stop.ref, { quantity: position.quantity })
  },
})
