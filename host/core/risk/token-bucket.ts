/**
 * A rate limit as a bucket of tokens: it holds one second's worth and refills evenly.
 *
 * Units    rates a second, times in microseconds; time that stands still or runs back refills nothing
 */
export interface TokenBucket {
  /** True where a token is there. A rate that is missing or NaN has none. */
  has(rate: number, now: number): boolean
  /** Takes a token, or what is left of one. */
  take(): void
}

/** A bucket that starts full. */
export function createTokenBucket(): TokenBucket {
  let tokens = Infinity
  let filledAt = Number.NaN

  return {
    has(rate, now) {
      if (!(rate > 0)) return false
      const elapsed = now - filledAt
      if (elapsed > 0) tokens += (elapsed / 1e6) * rate
      if (elapsed > 0 || Number.isNaN(filledAt)) filledAt = now
      tokens = Math.min(tokens, Math.max(1, rate))
      return tokens >= 1
    },
    take() {
      tokens = Math.max(0, tokens - 1)
    },
  }
}
