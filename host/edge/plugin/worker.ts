/**
 * The worker carrier: a thread of its own for one strategy. It locks itself down, evaluates the bundle, says what it needs,
 * waits to be told to begin, and then lives on the tape until it is drained or terminated.
 */
import { readlinkSync } from 'node:fs'

import type { BeginOrder, FaultCode } from '#sdk/bundle.ts'
import type { Instrument } from '#sdk/instrument.ts'

import { Cells } from './cells.ts'
import { evaluateBundle } from './evaluate.ts'
import { describeError } from './shim/describe-error.ts'
import { type CarrierMemory, Shim, type ShimMessage } from './shim/shim.ts'

/** What the host sends: first what to load, then where to begin. */
export type ToWorker =
  | {
      readonly ask: 'load'
      readonly code: string
      readonly memory: CarrierMemory
      readonly slot: number
      readonly instruments: readonly Instrument[]
      readonly params: unknown
    }
  | { readonly ask: 'begin'; readonly begin: BeginOrder }

export type FromWorker =
  | ShimMessage
  /** The thread's number in /proc, for the watchdog; absent where there is no /proc. */
  | { readonly what: 'thread'; readonly id: string | undefined }
  | { readonly what: 'intents' }

/** Longest sleep: a carrier that nothing is for still steps over the records of others before the tape comes round. */
const PARK_MILLIS = 100
const BATCH = 4096

declare const self: {
  onmessage: ((event: { data: ToWorker }) => void) | null
  postMessage(message: FromWorker): void
}

const post = (message: FromWorker) => self.postMessage(message)
let shim: Shim | undefined
let cells: Cells | undefined

post({ what: 'thread', id: threadId() })

self.onmessage = ({ data }) => {
  if (data.ask === 'load') attempt('plugin/eval', () => load(data))
  else attempt('plugin/start', () => begin(data.begin))
}

function load({ code, memory, ...parts }: Extract<ToWorker, { ask: 'load' }>): void {
  const own = new Cells(memory.cells)
  cells = own
  own.enter('load')
  try {
    const definition = evaluateBundle(code)
    shim = new Shim({
      ...parts,
      definition,
      memory,
      post,
      committed: () => {
        if (own.signal()) post({ what: 'intents' })
      },
    })
  } finally {
    own.leave()
  }
  post({ what: 'loaded', needs: shim.needs })
}

function begin(order: BeginOrder): void {
  if (shim === undefined || cells === undefined)
    throw new Error('The carrier was told to begin before it had loaded')
  const running = shim
  running.begin(order)
  // Made once: a carrier parks thousands of times a second, and must leave no garbage behind.
  const idle = () => running.lag <= 0
  while (!running.ended) {
    if (running.run(BATCH) === 0 && !running.ended) cells.park(idle, PARK_MILLIS)
  }
}

function attempt(code: FaultCode, what: () => void): void {
  try {
    what()
  } catch (error) {
    // What was thrown may be the bundle's code once more: it is described while the watchdog looks.
    cells?.enter('load')
    const { message, stack } = describeError(error)
    cells?.leave()
    post({
      what: 'fault',
      fault: { code, hard: true, message, ...(stack === undefined ? {} : { stack }), tapeSeq: 0 },
    })
  }
}

function threadId(): string | undefined {
  try {
    return readlinkSync('/proc/thread-self')
  } catch {
    return undefined
  }
}
