import type { InstrumentSpec } from '#sdk/instrument.ts'
/**
 * A stage for the walk: real rooms, strategies in line, a journal in memory that can fail, and a broker that is either
 * the paper venue or one that only notes what it is told.
 */
import type { CancelIntent, Intent, ModifyIntent, PlaceIntent, TargetIntent } from '#sdk/intent.ts'
import { money, moneyFromDecimal, price, quantity } from '#sdk/money.ts'
import type { OrderReport } from '#sdk/order.ts'
import type { JournalRecord } from '#sdk/record.ts'
import { Type } from '#sdk/sdk.ts'
import type { AnyStrategy } from '#sdk/strategy.ts'
import { createTapeMemory } from '#sdk/tape.ts'
import { createMarketEvent, type MarketEvent } from '#sdk/tick.ts'

import { createCore } from './core.ts'
import { limitsFor, type RiskLimits } from './core/risk/risk.ts'
import { createDesk } from './desk.ts'
import type { Broker } from './edge/broker/broker.ts'
import { createPaperBroker } from './edge/broker/paper/paper.ts'
import { createCarriers } from './edge/plugin/carriers.ts'
import { createInlineCarrier } from './edge/plugin/inline.ts'
import { bundleOf } from './lab/testkit.ts'

/** Noon of a Monday in UTC, microseconds: when every stage begins. */
export const NOON = Date.UTC(2026, 10, 16, 12) * 1000
const SECOND = 1_000_000

const SPEC: InstrumentSpec = {
  exchange: 'SIM',
  symbol: 'A',
  name: 'Alpha',
  kind: 'equity',
  currency: 'INR',
  tickSize: '0.05',
  quantityStep: '1',
  lot: 1,
  session: { kind: 'always', minutes: 60 },
}

/** A strategy that trades everything and does nothing but what `changes` says. */
export function strategy(changes: Partial<AnyStrategy> = {}): AnyStrategy {
  return {
    id: 'one',
    version: '1.0.0',
    params: Type.Object({}),
    state: Type.Object({ count: Type.Number() }),
    grants: {
      instruments: ['SIM:*'],
      kinds: ['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT'],
      maxOrderQuantity: 1_000,
      maxPosition: 1_000,
    },
    needs: () => ({}),
    start: () => ({ count: 0 }),
    ...changes,
  }
}

export interface StageOptions {
  readonly strategies?: readonly AnyStrategy[]
  /** The paper venue fills; otherwise the test speaks for the venue. */
  readonly paper?: boolean
  readonly gate?: 'OPEN' | 'CLOSED'
  readonly limits?: Partial<RiskLimits>
}

export type Stage = ReturnType<typeof createStage>

/** A desk that stands at noon with a quote of 1999 to 2001 in SIM:A and SIM:B, its strategies active. */
export function createStage(options: StageOptions = {}) {
  const { strategies = [strategy()], paper = false, gate = 'OPEN', limits = {} } = options
  const clock = { now: NOON }
  const now = () => clock.now
  /** What left, in order: "write 2", "submit one/1", "cancel one/1". */
  const calls: string[] = []
  /** What each commit wrote. */
  const writes: (readonly JournalRecord[])[] = []
  const journal = { works: true }
  const errors: string[] = []
  const terms: Parameters<Broker['modify']>[1][] = []
  const tape = createTapeMemory()
  const core = createCore({
    specs: [SPEC, { ...SPEC, symbol: 'B', name: 'Beta' }],
    tape,
    settings: {},
    limits: { ...limitsFor(moneyFromDecimal(1_000_000)), strategyOrdersPerSecond: 50, ...limits },
    clientId: (id, ref) => `${id}/${ref}`,
    graceMicros: 0,
  })
  core.levels.gate = gate
  const charges = { perOrder: money(0), bps: 0 }
  const broker = paper
    ? createPaperBroker({ instruments: core.instruments, now, latencyMicros: 1, charges })
    : notingBroker({ calls, terms })
  const { instruments } = core
  const create = createInlineCarrier
  const carriers = createCarriers({ tape, instruments, now, create, watched: false })
  const desk = createDesk({
    core,
    broker,
    carriers,
    now,
    write(records) {
      if (!journal.works) throw new Error('the disk is full')
      calls.push(`write ${records.length}`)
      writes.push([...records])
    },
    onError: (what, error) => errors.push(`${what}: ${String(error)}`),
  })
  void broker.start({
    report: (report) => desk.push({ kind: 'report', report }),
    link: () => undefined,
  })
  carriers.start({
    event: (event) => desk.push(event),
    intent: (intent) => desk.push(intent),
    log: () => undefined,
    ready: () => undefined,
  })

  function tick(changes: Partial<MarketEvent> = {}): void {
    clock.now += 1_000
    const quote = { bid: 1_999, ask: 2_001, bidQuantity: 1_000, askQuantity: 1_000 }
    const times = { time: clock.now, receivedAt: clock.now }
    const event = { ...createMarketEvent(), instrument: 0, ...quote, ...times, ...changes }
    desk.market(event)
    desk.turn()
  }

  const stage = {
    ...{ core, desk, carriers, clock, journal, calls, writes, errors, terms, tick },
    records: () => writes.flat(),
    /** Steps events as one turn. */
    take(...events: Parameters<typeof desk.push>[0][]): void {
      for (const event of events) desk.push(event)
      desk.turn()
    },
    /** The venue's word, each in a turn of its own. */
    hear(...reports: readonly OrderReport[]): void {
      for (const report of reports) stage.take({ kind: 'report', report })
    },
    /** Passes whole seconds. */
    pass(seconds: number): void {
      for (let passed = 0; passed < seconds; passed++) {
        clock.now = Math.floor(clock.now / SECOND) * SECOND + SECOND
        desk.time(clock.now)
      }
    },
    refusals: () =>
      writes.flat().flatMap((record) => (record.kind === 'refusal' ? [record.refused] : [])),
    phase: (ref: number, owner = 'one') => core.orders.get(owner, ref)?.phase,
  }
  for (const definition of strategies) {
    const bundle = bundleOf(definition)
    carriers.define(bundle.digest, definition)
    stage.take({ kind: 'bundle', now: NOON, change: 'present', bundle })
  }
  tick({ instrument: 0 })
  tick({ instrument: 1 })
  calls.length = 0
  writes.length = 0
  return stage
}

function notingBroker({
  calls,
  terms,
}: {
  readonly calls: string[]
  readonly terms: Parameters<Broker['modify']>[1][]
}): Broker {
  return {
    name: 'noting',
    mode: 'paper',
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    submit: ({ clientId }) => void calls.push(`submit ${clientId}`),
    modify(clientId, asked) {
      calls.push(`modify ${clientId}`)
      terms.push(asked)
    },
    cancel: (clientId) => void calls.push(`cancel ${clientId}`),
    snapshot: () => Promise.reject(new Error('The test gives its own snapshots')),
  }
}

const ASKED = { kind: 'intent', strategy: 'one', instrument: 0, decidedAt: 1 } as const

/** A buy of 10 at the market for the day, but for what is said. */
export function place(ref: number, changes: Partial<PlaceIntent> = {}): PlaceIntent {
  const order = { side: 'BUY', order: 'MARKET', timeInForce: 'DAY', quantity: 10 } as const
  return { ...ASKED, ref, ask: 'place', ...order, ...changes }
}

/** A buy of 10 that rests at 1990. */
export function rest(ref: number, changes: Partial<PlaceIntent> = {}): PlaceIntent {
  return place(ref, { order: 'LIMIT', limit: 1_990, ...changes })
}

/** A stop that sells 10 at 1950. */
export function protect(ref: number, changes: Partial<PlaceIntent> = {}): PlaceIntent {
  return place(ref, { side: 'SELL', order: 'STOP', stop: 1_950, ...changes })
}

export function cancel(ref: number, changes: Partial<CancelIntent> = {}): CancelIntent {
  return { ...ASKED, ref: ref + 1_000, ask: 'cancel', target: ref, ...changes }
}

export function modify(ref: number, changes: Partial<ModifyIntent> = {}): ModifyIntent {
  return { ...ASKED, ref: ref + 2_000, ask: 'modify', target: ref, ...changes }
}

export function target(ref: number, changes: Partial<TargetIntent> = {}): Intent {
  return { ...ASKED, ref, ask: 'target', quantity: 0, ...changes }
}

export function working(clientId: string): OrderReport {
  return { clientId, time: NOON, status: 'working' }
}

export function cancelled(clientId: string): OrderReport {
  return { clientId, time: NOON, status: 'cancelled' }
}

/** A fill of 10 at 2000 without charges, but for what is said. */
export function filled(
  clientId: string,
  {
    id = 'first',
    steps = 10,
    at = 2_000,
    charges = 0,
  }: {
    readonly id?: string
    readonly steps?: number
    readonly at?: number
    readonly charges?: number
  } = {},
): OrderReport {
  const money1e4 = money(charges)
  const terms = { quantity: quantity(steps), price: price(at), charges: money1e4 }
  return { clientId, time: NOON, status: 'fill', executionId: `${clientId}#${id}`, ...terms }
}
