/**
 * Template: long while the close is above its average, flat otherwise and before the session ends.
 *
 * In       1-minute bars of each instrument
 * Out      a market order up to the target position, a market order down to nothing
 * Params   period, bars; notional, currency
 * Warm-up  until the average is ready
 * Fails    in a sideways market each cross costs the spread and the charges
 */
import { defineStrategy, sma, Type } from '#sdk'

const MINUTE = 60_000_000

export default defineStrategy({
  // The id is the folder's name. Orders, positions and profit belong to it for ever.
  id: 'template',
  // Raise it with every change: each order carries it.
  version: '0.1.0',
  name: 'Template',
  description: 'Long while the close is above its average',

  // What the operator may set. Every parameter has a default, and bounds that the host checks.
  params: Type.Object({
    period: Type.Integer({ default: 20, minimum: 2, maximum: 500, title: 'Average, bars' }),
    notional: Type.Number({ default: 10_000, minimum: 1, title: 'Size of a position, currency' }),
  }),

  // All that it remembers, one for each instrument. The host keeps it and hands it to the next version.
  state: Type.Object({ entries: Type.Integer() }),

  // What it may ask for at most. Ask for no more than it needs.
  grants: {
    instruments: ['*'],
    kinds: ['MARKET'],
    maxOrderQuantity: 100_000,
    maxPosition: 100_000,
  },

  // It rests no stop, so the host closes what it holds if it fails.
  onFault: 'flatten',

  // What it needs of the market. No handler is called before all of it is there.
  needs: ({ params }) => ({
    bars: ['1m'],
    indicators: { average: sma({ period: params.period, on: '1m' }) },
    timer: { seconds: 10 },
  }),

  start: () => ({ entries: 0 }),

  // Called for each closed bar. What is asked for here exists only if this returns.
  onBar({ bar, time, session, state, params, indicators, position, orders, instrument }) {
    if (orders.open.length > 0) return
    const above = bar.close > indicators.average
    if (!above && position.quantity > 0) {
      orders.close()
      return
    }
    const trading = time >= session.opensAt && time < session.closesAt - 4 * MINUTE
    if (!above || !trading || position.quantity > 0) return
    const { lot } = instrument
    state.entries++
    orders.target(Math.max(lot, Math.floor(params.notional / bar.close / lot) * lot))
  },

  // Bars exist only where there are trades; the timer comes in a silent market too.
  onTimer({ time, session, position, orders }) {
    const closing = time >= session.closesAt - 2 * MINUTE
    if (closing && position.quantity !== 0 && orders.open.length === 0) orders.close()
  },
})
