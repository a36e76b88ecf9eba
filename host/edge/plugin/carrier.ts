/**
 * A carrier: what runs one strategy. The host sees the same thing whether it is a worker thread or runs in line.
 */
import type { BeginOrder } from '#sdk/bundle.ts'
import type { Instrument } from '#sdk/instrument.ts'
import { createOutboxMemory, OutboxReader } from '#sdk/outbox.ts'
import type { AnyStrategy } from '#sdk/strategy.ts'
import type { TapeMemory } from '#sdk/tape.ts'

import { Cells } from './cells.ts'
import type { CarrierMemory, ShimMessage } from './shim/shim.ts'
import type { FromWorker, ToWorker } from './worker.ts'

export interface Carrier {
  readonly cells: Cells
  readonly outbox: OutboxReader
  /** Thread to measure, where the carrier has one of its own. */
  readonly thread: string | undefined
  begin(order: BeginOrder): void
  /** Runs what is waiting, where the host itself must do it. True if anything ran. */
  run(): boolean
  kill(): void
}

export interface CarrierStart {
  readonly tape: TapeMemory
  readonly slot: number
  readonly instruments: readonly Instrument[]
  readonly params: unknown
  /** The bundle's code, or a definition of our own (tests, the testkit). */
  readonly source: { readonly code: string } | { readonly definition: AnyStrategy }
  onMessage(message: ShimMessage): void
  /** Intents wait in the outbox. */
  onIntents(): void
  onCrash(reason: string): void
}

/** The shared memory of a new carrier, and the host's ends of it. */
export function memoryOf(start: CarrierStart): {
  memory: CarrierMemory
  cells: Cells
  outbox: OutboxReader
} {
  const memory = { tape: start.tape, outbox: createOutboxMemory(), cells: Cells.memory() }
  return { memory, cells: new Cells(memory.cells), outbox: new OutboxReader(memory.outbox) }
}

/** A thread of its own, locked down, killed by `terminate()`. */
export function createWorkerCarrier(start: CarrierStart): Carrier {
  const { memory, cells, outbox } = memoryOf(start)
  const { source, slot, instruments, params } = start
  if (!('code' in source)) throw new TypeError('A worker carrier takes code, not a definition')
  const worker = new Worker(new URL('./worker.ts', import.meta.url).href)
  let thread: string | undefined
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    if (data.what === 'thread') thread = data.id
    else if (data.what === 'intents') start.onIntents()
    else start.onMessage(data)
  }
  worker.onerror = (event) => start.onCrash(event.message)
  const send = (message: ToWorker) => worker.postMessage(message)
  send({ ask: 'load', code: source.code, memory, slot, instruments, params })
  return {
    cells,
    outbox,
    get thread() {
      return thread
    },
    begin: (order) => send({ ask: 'begin', begin: order }),
    run: () => false,
    kill: () => {
      worker.onmessage = null
      worker.onerror = null
      worker.terminate()
    },
  }
}
