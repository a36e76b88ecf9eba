/**
 * The watchdog of one carrier: says when plug-in code has run too long. It looks at processor time of the carrier's thread,
 * not at the clock on the wall, so that a healthy strategy delayed by a loaded machine is never killed.
 *
 * In       the call count of the cells, /proc/<pid>/task/<tid>/schedstat
 * Out      a sentence, once, when the carrier must be ended
 * Source   limits: plug-in host reference, "Numbers to start from"
 */
import { readFileSync } from 'node:fs'

import type { Carrier } from './carrier.ts'
import type { Call } from './cells.ts'

/** Limits of each sort of call, milliseconds. Wall time counts where processor time cannot be read, and for code that blocks. */
const LIMITS: Readonly<
  Record<Call, { readonly what: string; readonly cpu: number; readonly wall: number }>
> = {
  handler: { what: 'A handler', cpu: 50, wall: 2_000 },
  load: { what: 'Loading the bundle', cpu: 2_000, wall: 15_000 },
  start: { what: 'Starting the strategy', cpu: 2_000, wall: 15_000 },
  state: { what: 'Giving its state', cpu: 250, wall: 2_000 },
}
const DRAIN_WALL_MS = 2_000

/** What is wrong with a carrier. */
export interface Verdict {
  readonly code: 'plugin/hung' | 'plugin/start'
  readonly message: string
}

export interface Watch {
  /** What is wrong, or undefined. `begun` false while the bundle is still loading. */
  look(begun: boolean): Verdict | undefined
  /** The carrier has been asked to drain: it must be gone soon. */
  drainBy(): void
  /** The carrier has been asked to begin. */
  reset(): void
}

export function createWatch(carrier: Carrier): Watch {
  let call = 0
  let since = performance.now()
  let cpuAtStart = Number.NaN
  let drainAt = Number.POSITIVE_INFINITY
  /** Count at which it was asked to load or to begin; it has not started on that while the count stands. */
  let askedAt: number | undefined = 0

  /** Time spent since the call was first seen, or since it was asked for. */
  function spent(what: Call): Verdict | undefined {
    const cpu = processorMillis(carrier.thread)
    if (Number.isNaN(cpuAtStart)) cpuAtStart = cpu
    return tooLong(what, { wall: performance.now() - since, cpu: cpu - cpuAtStart })
  }

  function look(begun: boolean): Verdict | undefined {
    if (performance.now() > drainAt)
      return { code: 'plugin/hung', message: `It did not drain in ${DRAIN_WALL_MS} ms` }
    const current = carrier.cells.call
    if (current === askedAt) return spent(begun ? 'start' : 'load')
    askedAt = undefined
    if (current % 2 === 0) {
      call = 0
      return undefined
    }
    if (current === call) return spent(carrier.cells.kind)
    call = current
    since = performance.now()
    cpuAtStart = processorMillis(carrier.thread)
    return undefined
  }

  return {
    look,
    drainBy() {
      drainAt = performance.now() + DRAIN_WALL_MS
    },
    reset() {
      call = 0
      since = performance.now()
      cpuAtStart = processorMillis(carrier.thread)
      askedAt = carrier.cells.call
    },
  }
}

function tooLong(
  call: Call,
  { wall, cpu }: { readonly wall: number; readonly cpu: number },
): Verdict | undefined {
  const limit = LIMITS[call]
  const code = call === 'load' || call === 'start' ? 'plugin/start' : 'plugin/hung'
  if (cpu > limit.cpu)
    return {
      code,
      message: `${limit.what} used ${Math.round(cpu)} ms of processor time; the limit is ${limit.cpu} ms`,
    }
  if (wall > limit.wall)
    return { code, message: `${limit.what} has not returned for ${Math.round(wall)} ms` }
  return undefined
}

/** Processor time of a thread, milliseconds; NaN where the system does not tell. */
function processorMillis(thread: string | undefined): number {
  if (thread === undefined) return Number.NaN
  try {
    return Number(readFileSync(`/proc/${thread}/schedstat`, 'latin1').split(' ')[0]) / 1e6
  } catch {
    return Number.NaN
  }
}
