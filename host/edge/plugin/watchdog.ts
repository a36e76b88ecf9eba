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

const HANDLER_CPU_MS = 50
const START_CPU_MS = 2_000
/** Wall limits: where processor time cannot be read, and for code that blocks without using any. */
const HANDLER_WALL_MS = 2_000
const START_WALL_MS = 15_000
const DRAIN_WALL_MS = 2_000

export interface Watch {
  /** What is wrong, or undefined. `begun` false while the bundle is still loading. */
  look(begun: boolean): string | undefined
  /** The carrier has been asked to drain: it must be gone soon. */
  drainBy(): void
  reset(): void
}

export function createWatch(carrier: Carrier): Watch {
  const madeAt = performance.now()
  let call = 0
  let since = 0
  let cpuAtStart = 0
  let drainAt = Number.POSITIVE_INFINITY

  function look(begun: boolean): string | undefined {
    const wallNow = performance.now()
    if (wallNow > drainAt) return `It did not drain in ${DRAIN_WALL_MS} ms`
    const current = carrier.cells.call
    if (!begun && current === 0 && wallNow - madeAt > START_WALL_MS) return `It did not start in ${START_WALL_MS} ms`
    if (current % 2 === 0) {
      call = 0
      return undefined
    }
    if (current !== call) {
      call = current
      since = wallNow
      cpuAtStart = processorMillis(carrier.thread) ?? Number.NaN
      return undefined
    }
    return tooLong({ begun, wall: wallNow - since, cpu: (processorMillis(carrier.thread) ?? Number.NaN) - cpuAtStart })
  }

  return {
    look,
    drainBy() {
      drainAt = performance.now() + DRAIN_WALL_MS
    },
    reset() {
      call = 0
    },
  }
}

function tooLong({ begun, wall, cpu }: { readonly begun: boolean; readonly wall: number; readonly cpu: number }): string | undefined {
  const cpuLimit = begun ? HANDLER_CPU_MS : START_CPU_MS
  const wallLimit = begun ? HANDLER_WALL_MS : START_WALL_MS
  const what = begun ? 'A handler' : 'Loading the bundle'
  if (cpu > cpuLimit) return `${what} used ${Math.round(cpu)} ms of processor time; the limit is ${cpuLimit} ms`
  if (wall > wallLimit) return `${what} has not returned for ${Math.round(wall)} ms`
  return undefined
}

/** Processor time of a thread, milliseconds; undefined where the system does not tell. */
function processorMillis(thread: string | undefined): number | undefined {
  if (thread === undefined) return undefined
  try {
    return Number(readFileSync(`/proc/${thread}/schedstat`, 'latin1').split(' ')[0]) / 1e6
  } catch {
    return undefined
  }
}
