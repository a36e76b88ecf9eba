/**
 * The clock: the only room that knows what time it is.
 *
 * Out      microseconds since the epoch, and a call at every second boundary
 * Units    `speed` is desk seconds per real second; `origin` is the desk time at start
 */
export interface Clock {
  /** Desk time, microseconds. */
  now(): number
  /** Real milliseconds until the desk's time `at`, at least 0. */
  millisUntil(at: number): number
  /**
   * Calls `second` with each second boundary of desk time, in order, none left out: from `origin` on where it is
   * given, so that a tape's first seconds are there however long the desk took to start; else from this call on.
   */
  start(second: (now: number) => void): void
  stop(): void
}

export interface ClockOptions {
  /** Desk time that the clock stands at until it is started; the real time where it is absent. */
  readonly origin?: number
  readonly speed?: number
}

const SECOND = 1_000_000

export function createClock({ origin, speed = 1 }: ClockOptions = {}): Clock {
  // A clock with an origin stands there until it is started: what is made before must not use up desk time.
  let startedAt = origin === undefined ? performance.now() : Number.NaN
  const base = origin ?? (performance.timeOrigin + startedAt) * 1000
  const now = () =>
    Number.isNaN(startedAt)
      ? base
      : Math.round(base + (performance.now() - startedAt) * 1000 * speed)
  let timer: ReturnType<typeof setTimeout> | undefined
  let running = false
  const millisUntil = (at: number) => Math.max(0, (at - now()) / 1000 / speed)

  return {
    now,
    millisUntil,
    start(second) {
      running = true
      if (Number.isNaN(startedAt)) startedAt = performance.now()
      let next = Math.floor((origin ?? now()) / SECOND) * SECOND + SECOND
      const wake = () => {
        for (let due = now(); running && next <= due; next += SECOND) second(next)
        if (running) timer = setTimeout(wake, Math.max(1, millisUntil(next)))
      }
      timer = setTimeout(wake, millisUntil(next))
    },
    stop() {
      running = false
      clearTimeout(timer)
    },
  }
}
