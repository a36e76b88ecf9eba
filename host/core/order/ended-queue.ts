/**
 * Ended orders in the order of their end, as many as are kept.
 *
 * Out      what falls out at the far end, at constant cost
 */
export interface EndedQueue<T> {
  add(ended: T): void
}

/** A queue of at most `max`; what falls out is given to `drop`. */
export function createEndedQueue<T extends object>({
  max,
  drop,
}: {
  readonly max: number
  readonly drop: (oldest: T) => void
}): EndedQueue<T> {
  let waiting: T[] = []
  let from = 0
  return {
    add(ended) {
      waiting.push(ended)
      while (waiting.length - from > max) {
        const oldest = waiting[from++]
        if (oldest) drop(oldest)
      }
      if (from > 1024 && from * 2 > waiting.length) {
        waiting = waiting.slice(from)
        from = 0
      }
    },
  }
}
