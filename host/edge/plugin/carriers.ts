/**
 * The carriers: starts, wakes, drains, watches and ends what runs the strategies.
 *
 * In       CarrierOrder from the walk; wake masks; a clock for deadlines
 * Out      CarrierEvent and Intent, with the owner stamped here: a bundle cannot name itself
 * Refuses  outbox records out of range: the carrier is killed
 * Touches  worker threads, shared memory, /proc for processor time
 */
import type {
  BeginOrder,
  Bundle,
  CarrierEvent,
  CarrierId,
  CarrierOrder,
  Fault,
} from '#sdk/bundle.ts'
import type { Instrument } from '#sdk/instrument.ts'
import type { Intent } from '#sdk/intent.ts'
import { ORDER_KINDS, SIDES, TIMES_IN_FORCE } from '#sdk/order.ts'
import { ASK, type OutboxReader } from '#sdk/outbox.ts'
import type { AnyStrategy } from '#sdk/strategy.ts'
import type { TapeMemory } from '#sdk/tape.ts'

import type { Carrier, CarrierStart } from './carrier.ts'
import type { ShimMessage } from './shim/shim.ts'
import { createWatch, type Watch } from './watchdog.ts'

export interface CarriersParts {
  readonly tape: TapeMemory
  readonly instruments: readonly Instrument[]
  readonly now: () => number
  /** Makes one carrier: a worker in the process that trades, in line elsewhere. */
  readonly create: (start: CarrierStart) => Carrier
  /** Watch hung handlers by a timer. Off where carriers run in line. */
  readonly watched: boolean
}

export interface CarriersSink {
  event(event: CarrierEvent): void
  intent(intent: Intent): void
  log(line: { readonly strategy: string; readonly time: number; readonly text: string }): void
  /** Intents wait somewhere: call `drain` soon. */
  ready(): void
}

interface Running {
  readonly id: CarrierId
  readonly strategy: string
  readonly slot: number
  readonly carrier: Carrier
  readonly watch: Watch
  readonly instruments: ReadonlySet<number>
  begun: boolean
  /** Its outbox held what the shim cannot have written. */
  forged: boolean
}

/** Wake masks hold one bit per carrier; 40 strategies need two words, with room for candidates beside them. */
const MASKS = 4
export const MOST_CARRIERS = MASKS * 32
const WATCH_MILLIS = 5

export interface Carriers {
  start(sink: CarriersSink): void
  perform(order: CarrierOrder): void
  /** Notes that a record of this instrument stands on the tape. */
  touch(instrument: number): void
  /** Notes that a record for this strategy alone stands on the tape. */
  touchStrategy(strategy: string): void
  /** Notes that a record for everybody stands on the tape. */
  touchAll(): void
  /** Wakes the noted carriers that sleep. Returns how many it woke. */
  wake(): number
  /** Takes every committed intent, in the order of the carriers. */
  drain(): number
  /** Runs inline carriers once over what waits; true if any handled something. */
  run(): boolean
  /** Cursor and last tick of a strategy's running carrier. */
  seen(strategy: string): { readonly cursor: number; readonly lastTickAt: number } | undefined
  /** Definitions of our own, by bundle digest: for the testkit, where there is no bundle file. */
  define(digest: string, definition: AnyStrategy): void
  stop(): Promise<void>
}

export function createCarriers({
  tape,
  instruments,
  now,
  create,
  watched,
}: CarriersParts): Carriers {
  const running = new Map<CarrierId, Running>()
  const bits = Array.from<Running | undefined>({ length: MOST_CARRIERS })
  const definitions = new Map<string, AnyStrategy>()
  const interest = new Int32Array(instruments.length * MASKS)
  const pending = new Int32Array(MASKS)
  let sink: CarriersSink | undefined
  let timer: ReturnType<typeof setInterval> | undefined

  const emit = (event: CarrierEvent) => sink?.event(event)

  function load(order: Extract<CarrierOrder, { ask: 'load' }>): void {
    const { carrier: id, bundle, slot } = order
    const strategy = bundle.id
    const about = { kind: 'carrier', carrier: id, strategy } as const
    const rows = order.instruments.flatMap((row) => instruments[row] ?? [])
    const bit = bits.findIndex((taken) => taken === undefined)
    let made: Carrier
    try {
      if (bit < 0) throw new RangeError(`${MOST_CARRIERS} carriers are already running`)
      made = create({
        tape,
        slot,
        instruments: rows,
        params: order.params,
        source: sourceOf(bundle),
        onMessage: (message) => onMessage(message, about),
        onIntents: () => sink?.ready(),
        onCrash: (reason) => crash(id, `The carrier crashed: ${reason}`),
      })
    } catch (error) {
      emit({
        ...about,
        now: now(),
        what: 'fault',
        fault: {
          code: 'plugin/start',
          hard: true,
          message: `The carrier cannot start: ${String(error)}`,
          tapeSeq: 0,
        },
      })
      return
    }
    const one: Running = {
      id,
      strategy,
      slot,
      carrier: made,
      watch: createWatch(made),
      instruments: new Set(order.instruments),
      begun: false,
      forged: false,
    }
    running.set(id, one)
    bits[bit] = one
    for (const row of order.instruments) {
      const word = row * MASKS + (bit >> 5)
      interest[word] = (interest[word] ?? 0) | (1 << (bit & 31))
    }
  }

  function sourceOf(bundle: Bundle): CarrierStart['source'] {
    const definition = definitions.get(bundle.digest)
    return definition === undefined ? { code: bundle.code } : { definition }
  }

  function onMessage(
    message: ShimMessage,
    about: { readonly kind: 'carrier'; readonly carrier: CarrierId; readonly strategy: string },
  ): void {
    if (message.what === 'log') {
      sink?.log({ strategy: about.strategy, time: message.time, text: message.text })
    } else if (message.what === 'fault' && message.fault.hard) {
      // A carrier that failed while it was being made is not in the map yet.
      if (running.has(about.carrier)) fault(about.carrier, message.fault)
      else emit({ ...about, now: now(), ...message })
    } else {
      // Everything that it has asked for so far comes before what it says now.
      drain()
      emit({ ...about, now: now(), ...message })
    }
  }

  function begin(id: CarrierId, order: BeginOrder): void {
    const one = running.get(id)
    if (one === undefined) return
    one.begun = true
    one.watch.reset()
    one.carrier.begin(order)
  }

  /** Ends a carrier that failed; its committed intents still count, what it had in hand does not. */
  function fault(id: CarrierId, reason: Fault): void {
    const one = running.get(id)
    if (one === undefined) return
    drain()
    kill(id)
    emit({
      kind: 'carrier',
      carrier: id,
      strategy: one.strategy,
      now: now(),
      what: 'fault',
      fault: reason,
    })
  }

  function crash(id: CarrierId, message: string): void {
    const one = running.get(id)
    if (one !== undefined)
      fault(id, { code: 'plugin/crashed', hard: true, message, tapeSeq: next(one) })
  }

  function kill(id: CarrierId): void {
    const one = running.get(id)
    if (one === undefined) return
    running.delete(id)
    const bit = bits.indexOf(one)
    bits[bit] = undefined
    for (const row of one.instruments) {
      const word = row * MASKS + (bit >> 5)
      interest[word] = (interest[word] ?? 0) & ~(1 << (bit & 31))
    }
    one.carrier.kill()
  }

  function drain(): number {
    let count = 0
    for (const one of running.values()) {
      // Nothing that follows a forged record is believed.
      if (one.forged) continue
      const { outbox, cells } = one.carrier
      cells.clearSignal()
      for (let more = outbox.next(); more !== false; more = outbox.next()) {
        const intent = more === 'broken' ? undefined : decodeIntent(outbox, one)
        if (intent === undefined) {
          one.forged = true
          queueMicrotask(() =>
            crash(one.id, 'The outbox holds a record that the shim cannot have written'),
          )
          break
        }
        sink?.intent(intent)
        count++
      }
    }
    return count
  }

  function wake(): number {
    let woken = 0
    for (let word = 0; word < MASKS; word++) {
      let mask = pending[word] ?? 0
      pending[word] = 0
      while (mask !== 0) {
        const low = mask & -mask
        mask ^= low
        const one = bits[word * 32 + (31 - Math.clz32(low))]
        if (one?.carrier.cells.wake() === true) woken++
      }
    }
    return woken
  }

  /** The first tape record that it has not handled; 0 before it began. */
  function next({ begun, carrier }: Running): number {
    return begun ? carrier.cells.cursor + 1 : 0
  }

  function watch(): void {
    for (const one of running.values()) {
      const verdict = one.watch.look(one.begun)
      if (verdict !== undefined) fault(one.id, { ...verdict, hard: true, tapeSeq: next(one) })
    }
  }

  return {
    start(given) {
      sink = given
      if (watched) timer = setInterval(watch, WATCH_MILLIS)
    },
    perform(order) {
      if (order.ask === 'load') load(order)
      else if (order.ask === 'begin') begin(order.carrier, order.begin)
      else if (order.ask === 'kill') kill(order.carrier)
      else running.get(order.carrier)?.watch.drainBy()
    },
    touch(instrument) {
      const at = instrument * MASKS
      for (let word = 0; word < MASKS; word++)
        pending[word] = (pending[word] as number) | (interest[at + word] as number)
    },
    touchStrategy(strategy) {
      bits.forEach((one, bit) => {
        if (one?.strategy === strategy)
          pending[bit >> 5] = (pending[bit >> 5] as number) | (1 << (bit & 31))
      })
    },
    touchAll() {
      pending.fill(-1)
    },
    wake,
    drain,
    run() {
      let any = false
      for (const one of running.values()) if (one.begun && one.carrier.run()) any = true
      return any
    },
    seen(strategy) {
      for (const one of running.values()) {
        if (one.strategy === strategy && one.begun)
          return { cursor: one.carrier.cells.cursor, lastTickAt: one.carrier.cells.lastTickAt }
      }
      return undefined
    },
    define(digest, definition) {
      definitions.set(digest, definition)
    },
    async stop() {
      clearInterval(timer)
      for (const id of [...running.keys()]) kill(id)
    },
  }
}

/** One outbox record as an intent of its carrier's strategy; undefined where the shim cannot have written it. */
function decodeIntent(
  record: OutboxReader,
  { strategy, instruments }: Running,
): Intent | undefined {
  const { ask, instrument, ref, decidedAt, quantity, target } = record
  const whole = Number.isSafeInteger
  if (!instruments.has(instrument) || !whole(ref) || ref < 1 || !whole(decidedAt) || decidedAt < 0)
    return undefined
  if (!isPrice(record.limit) || !isPrice(record.stop)) return undefined
  const base = { kind: 'intent', strategy, instrument, ref, decidedAt } as const
  const limit = Number.isNaN(record.limit) ? {} : { limit: record.limit }
  const stop = Number.isNaN(record.stop) ? {} : { stop: record.stop }
  switch (ask) {
    case ASK.place: {
      const side = SIDES[record.side]
      const order = ORDER_KINDS[record.form >> 3]
      const timeInForce = TIMES_IN_FORCE[record.form & 7]
      if (
        side === undefined ||
        order === undefined ||
        timeInForce === undefined ||
        !(whole(quantity) && quantity > 0)
      )
        return undefined
      return { ...base, ask: 'place', side, order, timeInForce, quantity, ...limit, ...stop }
    }
    case ASK.modify:
      if (!whole(target) || !(Number.isNaN(quantity) || (whole(quantity) && quantity > 0)))
        return undefined
      return {
        ...base,
        ask: 'modify',
        target,
        ...(Number.isNaN(quantity) ? {} : { quantity }),
        ...limit,
        ...stop,
      }
    case ASK.cancel:
      return whole(target) ? { ...base, ask: 'cancel', target } : undefined
    case ASK.target:
      return whole(quantity) ? { ...base, ask: 'target', quantity, ...limit } : undefined
    default:
      return undefined
  }
}

/** Whole ticks above 0, or NaN for no price. */
function isPrice(ticks: number): boolean {
  return Number.isNaN(ticks) || (Number.isSafeInteger(ticks) && ticks > 0)
}
