/**
 * Live trading: the same walk with a broker's adapter. There is none yet, and a desk without a broker must not pretend.
 */

/** Adapters for real accounts, by name. */
export const LIVE_BROKERS: readonly string[] = []

/** Live trading cannot start; the message says why and what to do. */
export class LiveError extends Error {
  override readonly name = 'LiveError'
}

/** Refuses: orders for real money need a broker adapter, and this desk has none. */
export function startLive(): never {
  const known =
    LIVE_BROKERS.length === 0 ? 'this version has none' : `known: ${LIVE_BROKERS.join(', ')}`
  throw new LiveError(
    `Live trading needs a broker adapter, and ${known}. Nothing was started. Trade on paper with "desk up paper"`,
  )
}
