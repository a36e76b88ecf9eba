/**
 * The inline carrier: the shim in the caller's own thread, for backtests, tests and replay. Never in the process that
 * trades: plug-in code runs on this thread.
 */
import { type Carrier, type CarrierStart, memoryOf } from './carrier.ts'
import { evaluateBundle } from './evaluate.ts'
import { describeError } from './shim/describe-error.ts'
import { Shim } from './shim/shim.ts'

/** Evaluates and runs the strategy here. `begin` and `run` return when what was waiting is handled. */
export function createInlineCarrier(start: CarrierStart): Carrier {
  const { memory, cells, outbox } = memoryOf(start)
  const { source, slot, instruments, params } = start
  let shim: Shim | undefined
  let running = false
  const guard = (what: () => void, code: 'plugin/eval' | 'plugin/start') => {
    try {
      what()
    } catch (error) {
      const { message, stack } = describeError(error)
      running = false
      start.onMessage({
        what: 'fault',
        fault: { code, hard: true, message, ...(stack === undefined ? {} : { stack }), tapeSeq: 0 },
      })
    }
  }
  guard(() => {
    const definition = 'definition' in source ? source.definition : evaluateBundle(source.code)
    shim = new Shim({
      definition,
      memory,
      slot,
      instruments,
      params,
      post: start.onMessage,
      committed: start.onIntents,
    })
    start.onMessage({ what: 'loaded', needs: shim.needs })
  }, 'plugin/eval')
  return {
    cells,
    outbox,
    thread: undefined,
    begin: (order) =>
      guard(() => {
        running = true
        shim?.begin(order)
      }, 'plugin/start'),
    run: () =>
      running && shim !== undefined && !shim.ended && shim.run(Number.MAX_SAFE_INTEGER) > 0,
    kill: () => {
      running = false
    },
  }
}
