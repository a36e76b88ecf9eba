/** A tick as authors see it: decimal prices, integer units. NaN where the feed has not said yet. */
export interface Tick {
  readonly instrument: string
  /** Exchange time, microseconds. */
  readonly time: number
  /** Last traded price; NaN before the first trade. */
  readonly price: number
  /** Units of the trade that this tick reports; 0 where only the quote moved. */
  readonly quantity: number
  readonly bid: number
  readonly ask: number
  readonly bidQuantity: number
  readonly askQuantity: number
}

/**
 * A change of the market as feeds give it and the walk takes it. One object per feed, reused: read it before the next.
 * Prices in ticks, quantities in steps, NaN for unknown.
 */
export interface MarketEvent {
  readonly kind: 'market'
  instrument: number
  /** Exchange time, microseconds. */
  time: number
  /** When the host received it, microseconds. */
  receivedAt: number
  /** Price and size of a trade; quantity 0 where there was none. */
  price: number
  quantity: number
  bid: number
  ask: number
  bidQuantity: number
  askQuantity: number
}

/** A fresh event for a feed to reuse. */
export function createMarketEvent(): MarketEvent {
  return {
    kind: 'market',
    instrument: -1,
    time: 0,
    receivedAt: 0,
    price: Number.NaN,
    quantity: 0,
    bid: Number.NaN,
    ask: Number.NaN,
    bidQuantity: 0,
    askQuantity: 0,
  }
}
