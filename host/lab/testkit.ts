/**
 * The testkit: runs one strategy over a tape in a test, through the same walk that trades.
 *
 * In       a strategy definition or the folder of one, a tape, parameters
 * Out      orders, fills, trades, refusals and state, in decimals and plain data
 * Units    decimals of the currency, whole steps, microseconds
 * Refuses  a strategy that does not load, with its reason
 * Touches  for a folder: a temporary folder, and a worker whose built-ins are locked down
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Bundle } from '#sdk/bundle.ts'
import {
  createInstrument,
  type Instrument,
  type InstrumentSpec,
  priceToDecimal,
} from '#sdk/instrument.ts'
import { Manifest, SDK_VERSION } from '#sdk/manifest.ts'
import { moneyFromDecimal, moneyToDecimal, mulDiv } from '#sdk/money.ts'
import type { Fill, OrderKind, OrderPhase, OrderRow, Side, TimeInForce } from '#sdk/order.ts'
import type { JournalRecord } from '#sdk/record.ts'
import type { RefusalCode } from '#sdk/refusal.ts'
import { schemaProblem } from '#sdk/schema.ts'
import type { AnyStrategy } from '#sdk/strategy.ts'

import { limitsFor } from '../core/risk/risk.ts'
import { buildBundle } from '../edge/plugin/build.ts'
import { readBundle, sha256 } from '../edge/plugin/bundle-file.ts'
import { type BacktestOptions, type BacktestResult, runBacktest } from './backtest.ts'
import {
  microsOf,
  openRecording,
  type Recording,
  recordingOf,
  type Tape,
  type TapeTime,
} from './testkit-tape.ts'
import type { FromTestkitWorker, ToTestkitWorker } from './testkit-worker.ts'

export * from './testkit-tape.ts'

/** How to run a strategy. Only the tape is needed. */
export interface RunOptions {
  readonly tape: Tape
  /** What differs from SIM:TEST, where the tape is written by hand. */
  readonly instrument?: Partial<InstrumentSpec>
  readonly params?: object
  /** Decimals of the currency; 1,000,000 where it is absent. */
  readonly capital?: number
  readonly latencyMicros?: number
  /** When the strategy is reloaded, with its state handed over. */
  readonly reloadAt?: readonly TapeTime[]
}

/** An order as a test looks at it: decimals, and where it stands at the end. */
export interface TestOrder {
  readonly ref: number
  readonly instrument: string
  readonly side: Side
  readonly kind: OrderKind
  readonly timeInForce: TimeInForce
  readonly quantity: number
  readonly limit: number | undefined
  readonly stop: number | undefined
  readonly filled: number
  /** NaN where nothing is filled. */
  readonly averagePrice: number
  readonly phase: OrderPhase
  readonly createdAt: number
}

export interface TestFill {
  readonly ref: number
  readonly instrument: string
  readonly side: Side
  readonly quantity: number
  readonly price: number
  readonly charges: number
  readonly time: number
}

export interface TestTrade {
  readonly instrument: string
  readonly side: 'LONG' | 'SHORT'
  readonly openedAt: number
  readonly closedAt: number
  /** Profit after charges. */
  readonly net: number
}

export interface TestRefusal {
  readonly ref: number
  readonly instrument: string
  readonly ask: string
  readonly code: RefusalCode
  readonly text: string
}

/** What a run of one strategy gave. */
export interface StrategyRun {
  readonly orders: readonly TestOrder[]
  readonly fills: readonly TestFill[]
  readonly trades: readonly TestTrade[]
  readonly refusals: readonly TestRefusal[]
  readonly logs: readonly string[]
  /** The last fault's message, where there was one; `result.faults` counts all. */
  readonly faults: readonly string[]
  /** State by instrument, or under "*", after the last call of a handler. */
  readonly states: Readonly<Record<string, unknown>>
  /** The only state, or the first. */
  readonly state: unknown
  readonly result: BacktestResult
}

/** A strategy folder that cannot be built or run; the message says why. */
export class TestkitError extends Error {
  override readonly name = 'TestkitError'
}

/** Runs a definition over the tape, in this thread and without a compartment. */
export function runStrategy(definition: AnyStrategy, options: RunOptions): StrategyRun {
  const states = new Map<string, unknown>()
  const strategy = { bundle: bundleOf(definition), definition: remembering(definition, states) }
  const run = runOne(strategy, options)
  const last = structuredClone({ ...run.states, ...Object.fromEntries(states) })
  return { ...run, states: last, state: Object.values(last)[0] }
}

type Handler = (context: {
  readonly instrument: { readonly id: string }
  readonly state: unknown
}) => void

/** The same strategy; after each call its state is noted. The host itself keeps it every five seconds only. */
function remembering(definition: AnyStrategy, states: Map<string, unknown>): AnyStrategy {
  const changed: Record<string, Handler> = {}
  for (const name of HANDLERS) {
    const handler = definition[name] as Handler | undefined
    if (handler === undefined) continue
    changed[name] = (context) => {
      states.set(definition.scope === 'strategy' ? '*' : context.instrument.id, context.state)
      handler(context)
    }
  }
  return { ...definition, ...changed }
}

/** Every function of a strategy that the host calls while it runs. */
export const HANDLERS = [
  'onTick',
  'onBar',
  'onOrder',
  'onFill',
  'onTimer',
  'onSession',
  'onGap',
  'stop',
] as const

/** Runs a bundle over the tape; only in a thread that may be locked down. */
export function runOne(
  strategy: BacktestOptions['strategies'][number],
  options: RunOptions,
): StrategyRun {
  const { tape, instrument, params, capital = 1_000_000, latencyMicros, reloadAt = [] } = options
  const recording = recordingOf(tape, instrument)
  const { bundle } = strategy
  const seen = createSeen(recording)
  const run = runBacktest({
    source: openRecording(recording),
    strategies: [strategy],
    settings: params === undefined ? {} : { [bundle.id]: { params } },
    capital: moneyFromDecimal(capital),
    limits: limitsFor(moneyFromDecimal(capital)),
    paper: latencyMicros === undefined ? {} : { latencyMicros },
    onRecords: seen.take,
    commands: reloadAt.map(
      (time) =>
        ({
          kind: 'command',
          now: microsOf(time),
          by: 'test',
          ask: 'reload',
          strategy: bundle.id,
        }) as const,
    ),
  })
  const { states, refusals } = seen
  return {
    orders: run.orders.map((row) => seen.order(row)),
    fills: run.fills.map((fill) => seen.fill(fill)),
    trades: run.trades.map(({ instrument: id, side, openedAt, closedAt, net }) => ({
      ...{ instrument: id, side, openedAt, closedAt },
      net: moneyToDecimal(net),
    })),
    refusals,
    logs: run.logs,
    faults: run.faults,
    states: states(),
    state: Object.values(states())[0],
    result: run.result,
  }
}

/** What the tests compare of a run in a worker. */
export interface BundleRun {
  readonly digest: string
  readonly orders: readonly TestOrder[]
  readonly faults: readonly string[]
}

const WORKER_MILLIS = 60_000

/** Builds the strategy of a folder and runs the bundle in its compartment, as a carrier does, in a worker. */
export async function runFolder(folder: string, options: RunOptions): Promise<BundleRun> {
  const target = await mkdtemp(join(tmpdir(), 'hotdesk-testkit-'))
  try {
    const { file } = await buildBundle(folder, target)
    const read = readBundle(file, await Bun.file(file).bytes())
    if (!read.ok)
      throw new TestkitError(`The bundle of "${folder}" is refused: ${read.refusal.reason}`)
    const tape = recordingOf(options.tape, options.instrument)
    return await runInWorker({ bundle: read.value, options: { ...options, tape } })
  } finally {
    await rm(target, { recursive: true, force: true })
  }
}

async function runInWorker(message: ToTestkitWorker): Promise<BundleRun> {
  const worker = new Worker(new URL('./testkit-worker.ts', import.meta.url).href)
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    const answer = await new Promise<FromTestkitWorker>((resolve) => {
      worker.onmessage = ({ data }: MessageEvent<FromTestkitWorker>) => resolve(data)
      worker.onerror = ({ message: text }) => resolve({ ok: false, message: text })
      const late = `It did not finish in ${WORKER_MILLIS / 1000} s`
      timer = setTimeout(() => resolve({ ok: false, message: late }), WORKER_MILLIS)
      worker.postMessage(message)
    })
    if (!answer.ok)
      throw new TestkitError(`"${message.bundle.id}" does not run as a bundle: ${answer.message}`)
    return answer.run
  } finally {
    clearTimeout(timer)
    worker.terminate()
  }
}

/** A definition as a bundle: its manifest, and no code. */
export function bundleOf(definition: AnyStrategy): Bundle {
  const { id, version, name = id, description = '', scope = 'instrument' } = definition
  const { stateVersion = 1, grants, onFault = 'cancel-entries', params, state } = definition
  const manifest: unknown = JSON.parse(
    JSON.stringify({
      manifestVersion: 1,
      ...{ id, version, name, description, scope, stateVersion, grants, onFault, params, state },
      api: `^${SDK_VERSION}`,
      build: { esbuild: 'none', bun: Bun.version },
    }),
  )
  const problem = schemaProblem(Manifest, manifest)
  if (problem !== undefined)
    throw new TestkitError(`The strategy "${String(id)}" is not complete: ${problem}`)
  const digest = sha256(JSON.stringify(manifest))
  return { id, file: `${id}.strategy.js`, digest, manifest: manifest as Manifest, code: '' }
}

/** Collects what the walk writes down, and turns rows into what a test looks at. */
function createSeen({ instruments }: Recording) {
  const byId = new Map<string, Instrument>(
    instruments.map(createInstrument).map((instrument) => [instrument.id, instrument]),
  )
  const refs = new Map<string, number>()
  const refusals: TestRefusal[] = []
  let states: Readonly<Record<string, unknown>> = {}
  const decimal = (id: string, ticks: number | undefined) => {
    const instrument = byId.get(id)
    return instrument === undefined || ticks === undefined
      ? undefined
      : priceToDecimal(instrument, ticks)
  }
  return {
    refusals,
    states: () => states,
    take(records: readonly JournalRecord[]): void {
      for (const record of records) {
        if (record.kind === 'order') refs.set(record.order.clientId, record.order.ref)
        if (record.kind === 'state') states = record.snapshot.states
        if (record.kind !== 'refusal') continue
        const { ref, instrument, ask, refusal } = record.refused
        refusals.push({ ref, instrument, ask, code: refusal.code, text: refusal.text })
      }
    },
    order(row: OrderRow): TestOrder {
      const { ref, instrument, side, kind, timeInForce, quantity, filled, phase, createdAt } = row
      return {
        ...{ ref, instrument, side, kind, timeInForce, quantity, filled, phase, createdAt },
        limit: decimal(instrument, row.limit),
        stop: decimal(instrument, row.stop),
        averagePrice: averagePrice(row, byId.get(instrument)),
      }
    },
    fill({ clientId, instrument, side, quantity, price, charges, time }: Fill): TestFill {
      return {
        ...{ instrument, side, quantity, time },
        ref: refs.get(clientId) ?? Number.NaN,
        price: decimal(instrument, price) ?? Number.NaN,
        charges: moneyToDecimal(charges),
      }
    },
  }
}

function averagePrice(
  { filled, filledValue }: OrderRow,
  instrument: Instrument | undefined,
): number {
  if (filled === 0 || instrument === undefined) return Number.NaN
  const { valueNumerator, valueDenominator } = instrument
  const ticks = mulDiv(Math.abs(filledValue), valueDenominator, valueNumerator) / filled
  return priceToDecimal(instrument, ticks)
}
