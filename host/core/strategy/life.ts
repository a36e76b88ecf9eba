/** One strategy's life, as the strategy room keeps it. */
import type { Bundle, CarrierId, Fault, StateSnapshot } from '#sdk/bundle.ts'
import type { ResolvedNeeds } from '#sdk/manifest.ts'
import type { StrategyState } from '#sdk/record.ts'

export interface Life {
  readonly id: string
  /** Number under which records of this strategy alone stand on the tape. */
  readonly slot: number
  enabled: boolean
  state: StrategyState
  reason: string
  /** The newest accepted file; undefined after it is gone. */
  latest: Bundle | undefined
  /** What trades, or is on its way to. */
  running: Instance | undefined
  /** A newer version on its way in, beside the running one. */
  candidate: Instance | undefined
  /** What to do when the running one has drained. */
  leaving: 'reload' | 'disable' | 'gone' | 'shutdown' | undefined
  /** The newest state that the host holds. */
  snapshot: StateSnapshot | undefined
  /** Version and digest that `snapshot` was written by. */
  snapshotBy: { readonly version: string; readonly digest: string } | undefined
  refused:
    | {
        readonly file: string
        readonly code: string
        readonly reason: string
        readonly digest: string
      }
    | undefined
  faults: number
  lastFault: Fault | undefined
  /** Times of recent hard faults, and of recent thrown handlers. */
  hardFaults: number[]
  throws: number[]
  restarts: number
  /** When to try again; only in BACKOFF. */
  retryAt: number
  loadedAt: number | undefined
  /** Last tape record that the handed-over state has in it; the next version starts after it. */
  handover: number | undefined
  /** The version that handed over, until the next one has started. */
  previous: Bundle | undefined
  /** The last version that started. */
  good: Bundle | undefined
  /** First tape record that was missed, where a carrier was lost. */
  gapFrom: number | undefined
}

/** One bundle in one carrier. */
export interface Instance {
  readonly carrier: CarrierId
  readonly bundle: Bundle
  needs: ResolvedNeeds | undefined
  begun: boolean
}

export function createLife(
  id: string,
  { slot, enabled }: { readonly slot: number; readonly enabled: boolean },
): Life {
  return {
    id,
    slot,
    enabled,
    state: enabled ? 'SEEN' : 'DISABLED',
    reason: enabled ? 'its bundle has not been read yet' : 'disabled by the operator',
    latest: undefined,
    running: undefined,
    candidate: undefined,
    leaving: undefined,
    snapshot: undefined,
    snapshotBy: undefined,
    refused: undefined,
    faults: 0,
    lastFault: undefined,
    hardFaults: [],
    throws: [],
    restarts: 0,
    retryAt: 0,
    loadedAt: undefined,
    handover: undefined,
    previous: undefined,
    good: undefined,
    gapFrom: undefined,
  }
}
