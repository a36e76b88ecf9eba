/**
 * Two timeframes: enters on the 1-minute bar when the 5-minute trend agrees, and looks back over closed bars.
 *
 * In       1-minute and 5-minute bars, an average and an RSI
 * Out      a market buy; a close when the RSI is high or the trend is gone
 */
import { defineStrategy, ema, rsi, Type } from '#sdk'

export default defineStrategy({
  id: 'two-timeframes',
  version: '1.0.0',
  params: Type.Object({
    oversold: Type.Number({ default: 45, minimum: 1, maximum: 50 }),
    overbought: Type.Number({ default: 60, minimum: 50, maximum: 99 }),
  }),
  state: Type.Object({}),
  grants: { instruments: ['*'], kinds: ['MARKET'], maxOrderQuantity: 100, maxPosition: 100 },
  needs: () => ({
    bars: ['1m', '5m'],
    indicators: {
      trend: ema({ period: 6, on: '5m' }),
      strength: rsi({ period: 14, on: '1m' }),
    },
    warmUp: { bars: 3 },
  }),
  start: () => ({}),

  onBar({ bar, bars, params, indicators, position, orders }) {
    if (bar.timeframe !== '1m' || orders.open.length > 0) return
    const slow = bars('5m')
    const rising = slow.close(0) > slow.close(2) && slow.close(0) > indicators.trend
    if (position.quantity === 0 && rising && indicators.strength < params.oversold) {
      orders.buy({ quantity: 1 })
    }
    const done = indicators.strength > params.overbought || !rising
    if (position.quantity > 0 && done) orders.close()
  },
})
