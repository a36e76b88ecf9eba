/**
 * Every order: asks for each kind of order once, in the order in which a strategy meets them. It is here to be read; it
 * makes no money.
 *
 * In       1-minute bars
 * Out      an immediate limit, a stop, a stop-limit moved and taken back, a target reached by a limit, a close
 */
import { defineStrategy, Type } from '#sdk'

export default defineStrategy({
  id: 'every-order',
  version: '1.0.0',
  params: Type.Object({ quantity: Type.Integer({ default: 10, minimum: 1 }) }),
  state: Type.Object({ bars: Type.Integer(), entry: Type.Integer(), refused: Type.Integer() }),
  grants: {
    instruments: ['SIM:*', 'USA:SPY'],
    kinds: ['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT'],
    maxOrderQuantity: 1000,
    maxPosition: 1000,
  },
  needs: () => ({ bars: ['1m'] }),
  start: () => ({ bars: 0, entry: 0, refused: 0 }),

  onBar({ bar, state, params, orders, position, instrument }) {
    const { quantity } = params
    // A price must stand on the instrument's grid, or the request throws.
    const above = (percent: number) => instrument.roundPrice(bar.close * (1 + percent / 100))
    state.bars++
    switch (state.bars) {
      case 1: // At the market's price or up to 0.1 % above it; what is not there at once is cancelled.
        orders.buy({ quantity, limit: above(0.1), timeInForce: 'IOC' })
        break
      case 2: // A market order once the price has fallen by 1 %.
        if (position.quantity > 0) orders.sell({ quantity: position.quantity, stop: above(-1) })
        break
      case 3: // A limit order once the price has risen by 1 %.
        state.entry = orders.buy({ quantity, stop: above(1), limit: above(1.2) })
        break
      case 4:
        orders.modify(state.entry, { stop: above(2), limit: above(2.2) })
        break
      case 5:
        orders.cancelAll()
        break
      case 6: // Whatever is held or on its way: the position to come is twice the quantity.
        orders.target(2 * quantity, { limit: above(0.1) })
        break
      case 7:
        orders.close()
        break
    }
  },

  onOrder({ report, state, log }) {
    if (report.status !== 'denied') return
    state.refused++
    log(`Order ${report.ref} was denied: ${report.reason}, at most ${report.limit}`)
  },
})
