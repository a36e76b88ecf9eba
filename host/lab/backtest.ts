/**
 * Backtest: the same walk with a tape for a feed, the paper venue for a broker, and the tape's own time for a clock.
 *
 * In       a market source, bundles or definitions, settings
 * Out      a result: counts, money to the minor unit, the trades, and a digest of the order and fill stream
 * Units    money in 1e-4 of the currency until the result, which is decimals; times in microseconds
 * Refuses  a strategy that does not load, with its reason
 * Touches  nothing but the source
 */
import { createHash, type Hash } from 'node:crypto'

import type { Bundle } from '#sdk/bundle.ts'
import type { Command } from '#sdk/event.ts'
import { type Money, moneyToDecimal } from '#sdk/money.ts'
import type { Fill, OrderRow } from '#sdk/order.ts'
import type { JournalRecord } from '#sdk/record.ts'
import type { AnyStrategy } from '#sdk/strategy.ts'
import { createTapeMemory } from '#sdk/tape.ts'
import { createMarketEvent } from '#sdk/tick.ts'

import { createClientId } from '../client-id.ts'
import { type Core, createCore } from '../core.ts'
import type { RiskLimits } from '../core/risk/risk.ts'
import type { StrategySettings } from '../core/strategy/strategy.ts'
import { createDesk, type Desk } from '../desk.ts'
import { createPaperBroker, type PaperBrokerOptions } from '../edge/broker/paper/paper.ts'
import type { MarketSource } from '../edge/feed/feed.ts'
import { type Carriers, createCarriers } from '../edge/plugin/carriers.ts'
import { createInlineCarrier } from '../edge/plugin/inline.ts'
import { mark } from '../exposure.ts'
import { createTrades, type Trade } from './trades.ts'

export interface BacktestOptions {
  readonly source: MarketSource
  /** Bundles as they stand in a file; or definitions of our own, for the testkit. */
  readonly strategies: readonly (
    { readonly bundle: Bundle } | { readonly bundle: Bundle; readonly definition: AnyStrategy }
  )[]
  readonly settings: Readonly<Record<string, StrategySettings>>
  readonly capital: Money
  readonly limits: RiskLimits
  readonly paper: Pick<PaperBrokerOptions, 'latencyMicros' | 'charges'>
  readonly onProgress?: (progress: {
    readonly share: number | undefined
    readonly events: number
  }) => void
  /** Asked now and then; true ends the run early. */
  readonly cancelled?: () => boolean
  /** Told of every record that a journal would hold; it must not throw. */
  readonly onRecords?: (records: readonly JournalRecord[]) => void
  /** What a person does meanwhile, in order of `now`: each at the first second of the tape that is not before it. */
  readonly commands?: readonly Command[]
}

export interface BacktestResult {
  readonly strategies: readonly {
    readonly id: string
    readonly version: string
    readonly digest: string
  }[]
  readonly from: string
  readonly to: string
  readonly events: number
  readonly bars: number
  readonly orders: number
  readonly fills: number
  readonly refusals: number
  readonly trades: number
  readonly wins: number
  readonly grossProfit: number
  readonly charges: number
  readonly netProfit: number
  readonly maxDrawdown: number
  readonly openPositions: number
  readonly faults: number
  readonly quarantined: number
  readonly wallMs: number
  /** sha-256 of the order and fill stream: the same on every run. */
  readonly digest: string
}

/** A result with what the testkit and reports look at. */
export interface BacktestRun {
  readonly result: BacktestResult
  readonly orders: readonly OrderRow[]
  readonly fills: readonly Fill[]
  readonly trades: readonly Trade[]
  readonly logs: readonly string[]
  readonly faults: readonly string[]
}

/** A strategy that cannot be run; the message says why. */
export class BacktestError extends Error {
  override readonly name = 'BacktestError'
}

const SECOND = 1_000_000
const PROGRESS_EVERY = 8_192
const TAPE = 65_536

export function runBacktest(options: BacktestOptions): BacktestRun {
  const startedAt = performance.now()
  const run = createRun(options)
  const events = play(options, run)
  return {
    ...run.collected(),
    result: run.result({ events, wallMs: Math.round(performance.now() - startedAt) }),
  }
}

interface Run {
  readonly core: Core
  readonly desk: Desk
  readonly carriers: Carriers
  setTime(now: number): void
  watch(): void
  result(ended: { readonly events: number; readonly wallMs: number }): BacktestResult
  collected(): Omit<BacktestRun, 'result'>
}

function createRun({
  source,
  strategies,
  settings,
  capital,
  limits,
  paper,
  onRecords,
}: BacktestOptions): Run {
  const tape = createTapeMemory(TAPE)
  let time = source.startsAt
  const now = () => time
  let bars = 0
  const core = createCore({
    specs: source.instruments,
    tape,
    settings,
    limits,
    clientId: createClientId({ hostKey: 'backtest', account: 'backtest' }),
    graceMicros: 0,
    onBar: () => {
      bars++
    },
  })
  core.levels.gate = 'OPEN'
  const broker = createPaperBroker({ instruments: core.instruments, now, ...paper })
  const carriers = createCarriers({
    tape,
    instruments: core.instruments,
    now,
    create: createInlineCarrier,
    watched: false,
  })
  const stream = createStream()
  const logs: string[] = []
  const drawdown = createDrawdown(core, capital)
  const desk = createDesk({
    core,
    broker,
    carriers,
    now,
    write: stream.take,
    ...(onRecords === undefined ? {} : { onRecords }),
    onError: (what, error) => {
      throw new BacktestError(`${what}: ${String(error)}`)
    },
  })
  void broker.start({
    report: (report) => desk.push({ kind: 'report', report }),
    link: () => undefined,
  })
  carriers.start({
    event: (event) => desk.push(event),
    intent: (intent) => desk.push(intent),
    log: ({ strategy, text }) => logs.push(`${strategy}: ${text}`),
    ready: () => undefined,
  })
  for (const strategy of strategies) {
    if ('definition' in strategy) carriers.define(strategy.bundle.digest, strategy.definition)
    desk.push({ kind: 'bundle', now: time, change: 'present', bundle: strategy.bundle })
  }
  desk.turn()
  for (const life of core.strategies.all()) {
    if (life.state === 'REJECTED')
      throw new BacktestError(`"${life.id}" was refused: ${life.reason}`)
  }
  return {
    core,
    desk,
    carriers,
    setTime(at) {
      time = at
    },
    watch: drawdown.look,
    collected: () => ({
      orders: [...stream.orders.values()],
      fills: stream.fills,
      trades: stream.trades.closed,
      logs,
      faults: core.strategies
        .all()
        .flatMap(({ id, lastFault }) =>
          lastFault === undefined ? [] : [`${id}: ${lastFault.message}`],
        ),
    }),
    result({ events, wallMs }) {
      const profit = core.positions.accountProfit(mark(core))
      const { quarantined } = core.market.counters()
      return {
        strategies: strategies.map(({ bundle }) => ({
          id: bundle.id,
          version: bundle.manifest.version,
          digest: bundle.digest,
        })),
        from: new Date(source.startsAt / 1000).toISOString(),
        to: new Date(time / 1000).toISOString(),
        events,
        bars,
        orders: stream.orders.size,
        fills: stream.fills.length,
        refusals: stream.refusals(),
        trades: stream.trades.closed.length,
        wins: stream.trades.closed.filter(({ net }) => net > 0).length,
        grossProfit: moneyToDecimal((profit.equity + profit.charges) as Money),
        charges: moneyToDecimal(profit.charges),
        netProfit: moneyToDecimal(profit.equity),
        maxDrawdown: moneyToDecimal(drawdown.worst() as Money),
        openPositions: profit.openPositions,
        faults: core.strategies.all().reduce((sum, { faults }) => sum + faults, 0),
        quarantined: Object.values(quarantined).reduce((sum, count) => sum + count, 0),
        wallMs,
        digest: stream.digest(),
      }
    },
  }
}

/** Pulls the source to its end. Seconds pass between the events, so that bars close and timers fire as they do live. */
function play({ source, onProgress, cancelled, commands = [] }: BacktestOptions, run: Run): number {
  const { desk } = run
  const event = createMarketEvent()
  let second = Math.floor(source.startsAt / SECOND) * SECOND + SECOND
  let events = 0
  let asked = 0
  while (source.next(event)) {
    while (second <= event.time) {
      run.setTime(second)
      for (
        let command = commands[asked];
        command !== undefined && command.now <= second;
        command = commands[++asked]
      )
        desk.push(command)
      desk.time(second)
      run.watch()
      second += SECOND
    }
    run.setTime(event.time)
    event.receivedAt = event.time
    desk.market(event)
    desk.turn()
    events++
    if (events % PROGRESS_EVERY !== 0) continue
    onProgress?.({ share: source.progress(), events })
    if (cancelled?.() === true) break
  }
  run.setTime(second)
  desk.time(second)
  run.watch()
  onProgress?.({ share: 1, events })
  return events
}

/** What a journal would hold, in memory: the order and fill stream, its digest, and the trades in it. */
function createStream() {
  const hash: Hash = createHash('sha256')
  const orders = new Map<string, OrderRow>()
  const fills: Fill[] = []
  const trades = createTrades()
  let refused = 0
  return {
    orders,
    fills,
    trades,
    refusals: () => refused,
    digest: () => hash.copy().digest('hex'),
    take(records: readonly JournalRecord[]): void {
      for (const record of records) {
        if (record.kind === 'refusal') refused++
        if (record.kind !== 'order' && record.kind !== 'fill') continue
        orders.set(record.order.clientId, record.order)
        hash.update(JSON.stringify(streamLine(record)))
        if (record.kind !== 'fill') continue
        fills.push(record.fill)
        trades.take(record.fill, record.position)
      }
    },
  }
}

/** What of a record belongs to the stream: what was asked and done, not the bundle's bytes. */
function streamLine(record: Extract<JournalRecord, { kind: 'order' | 'fill' }>): unknown {
  const {
    clientId,
    strategy,
    ref,
    decidedAt,
    instrument,
    side,
    kind,
    quantity,
    limit,
    stop,
    phase,
    filled,
  } = record.order
  const fill =
    record.kind === 'fill'
      ? [
          record.fill.executionId,
          record.fill.quantity,
          record.fill.price,
          record.fill.charges,
          record.fill.time,
        ]
      : []
  return [
    record.kind,
    record.at,
    clientId,
    strategy,
    ref,
    decidedAt,
    instrument,
    side,
    kind,
    quantity,
    limit,
    stop,
    phase,
    filled,
    fill,
  ]
}

/** Largest fall of equity from its peak, looked at every second of tape time. */
function createDrawdown(core: Core, capital: Money) {
  const at = mark(core)
  let peak: number = capital
  let worst = 0
  return {
    worst: () => worst,
    look() {
      const equity = capital + core.positions.accountProfit(at).equity
      if (equity > peak) peak = equity
      if (peak - equity > worst) worst = peak - equity
    },
  }
}
