/** A stage for the shim: a tape written by hand, columns of bars, one strategy in line, and what it asked for. */
import { type Timeframe, timeframeIndex } from '#sdk/bar.ts'
import type { BeginOrder, CarrierColumns } from '#sdk/bundle.ts'
import { BarColumn } from '#sdk/column.ts'
import { createInstrument, type Instrument, type InstrumentSpec } from '#sdk/instrument.ts'
import { type Money, money, type Quantity, quantity } from '#sdk/money.ts'
import { ASK, createOutboxMemory, OutboxReader } from '#sdk/outbox.ts'
import { type RefusalCode, refusalIndex } from '#sdk/refusal.ts'
import { Type } from '#sdk/sdk.ts'
import type { AnyStrategy } from '#sdk/strategy.ts'
import {
  CONTROL,
  createTapeMemory,
  RECORD,
  REPORT_STATUS,
  type ReportStatus,
  type TapeMemory,
  TapeWriter,
} from '#sdk/tape.ts'

import { Cells } from '../cells.ts'
import { Shim, type ShimMessage } from './shim.ts'

export const SLOT = 3
/** Noon of a Monday in UTC, microseconds. */
export const NOON = Date.UTC(2026, 10, 16, 12) * 1000

const SPEC: InstrumentSpec = {
  exchange: 'SIM',
  symbol: 'A',
  kind: 'equity',
  currency: 'USD',
  tickSize: '0.05',
  quantityStep: '1',
  lot: 1,
  session: { kind: 'always', minutes: 60 },
}

/** SIM:A, SIM:B and so on. */
export function listed(count: number, changes: Partial<InstrumentSpec> = {}): Instrument[] {
  return Array.from({ length: count }, (_, index) =>
    createInstrument({ ...SPEC, symbol: String.fromCharCode(65 + index), ...changes }, index),
  )
}

/** A strategy that does nothing but what `changes` says. */
export function strategy(changes: Partial<AnyStrategy> = {}): AnyStrategy {
  return {
    id: 'sample',
    version: '1.0.0',
    params: Type.Object({}),
    state: Type.Object({ count: Type.Number() }),
    grants: {
      instruments: ['*'],
      kinds: ['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT'],
      maxOrderQuantity: 1000,
      maxPosition: 1000,
    },
    needs: () => ({}),
    start: () => ({ count: 0 }),
    ...changes,
  }
}

/** A request as it left the outbox; absent prices are undefined. */
export interface Asked {
  readonly ask: 'place' | 'modify' | 'cancel' | 'target' | 'forged'
  readonly instrument: number
  readonly side: number
  readonly form: number
  readonly decidedAt: number
  readonly ref: number
  readonly quantity: number
  readonly limit: number
  readonly stop: number
  readonly target: number
}

export interface Report {
  readonly status: ReportStatus
  readonly ref: number
  readonly instrument?: number
  /** Signed. */
  readonly last?: number
  readonly price?: number
  readonly filled?: number
  /** Signed. */
  readonly quantity?: number
  readonly reason?: RefusalCode
}

interface StageOptions {
  readonly definition: AnyStrategy
  readonly instruments?: readonly Instrument[]
  readonly params?: unknown
  readonly timeframes?: readonly Timeframe[]
  /** The tape and the bars of an earlier stage, to go on with. */
  readonly after?: {
    readonly memory: TapeMemory
    readonly writer: TapeWriter
    readonly bars: ReturnType<typeof createBars>
  }
}

export type Stage = ReturnType<typeof createStage>

/** A strategy loaded over a tape; `begin` starts it. */
export function createStage(options: StageOptions) {
  const { definition, instruments = listed(2), params, after } = options
  const memory: TapeMemory = after?.memory ?? createTapeMemory(1024)
  const writer = after?.writer ?? new TapeWriter(memory)
  const outbox = createOutboxMemory()
  const reader = new OutboxReader(outbox)
  const cells = Cells.memory()
  const messages: ShimMessage[] = []
  const bars = after?.bars ?? createBars(options.timeframes ?? [], instruments.length)
  const seen = { commits: 0 }
  const shim = new Shim({
    definition,
    memory: { tape: memory, outbox, cells },
    slot: SLOT,
    instruments,
    params,
    post: (message) => messages.push(message),
    committed: () => {
      seen.commits++
    },
  })
  const run = () => shim.run(Number.MAX_SAFE_INTEGER)

  return {
    memory,
    writer,
    bars,
    shim,
    cells: new Cells(cells),
    seen,
    messages,
    run,
    columns: (counts = bars.counts()) => bars.columns(counts, instruments.length),
    begin(changes: Partial<BeginOrder> = {}) {
      const cursor = changes.cursor ?? writer.seq
      shim.begin({
        cursor,
        columnsAt: writer.seq,
        columns: bars.columns(bars.counts(), instruments.length),
        positions: [],
        openOrders: [],
        nextRef: 1,
        ...changes,
      })
    },
    tick(
      price: number,
      { instrument = 0, time = NOON }: { instrument?: number; time?: number } = {},
    ) {
      writer.write(RECORD.tick, instrument, 0, 0, time, price, 1, price - 1, price + 1, 10, 10)
      run()
    },
    bar(timeframe: Timeframe, close: number, instrument = 0) {
      bars.close(writer, { timeframe, close, instrument })
      run()
    },
    timer(time: number) {
      writer.write(RECORD.timer, -1, 0, 0, time)
      run()
    },
    session(opensAt: number, closesAt: number, instrument = 0) {
      writer.write(RECORD.session, instrument, 0, 0, opensAt, opensAt, closesAt)
      run()
    },
    report(report: Report, slot = SLOT) {
      writeReport(writer, report, slot)
      run()
    },
    control(what: keyof typeof CONTROL) {
      writer.write(RECORD.control, SLOT, CONTROL[what], 0, NOON)
      run()
    },
    /** What was asked for since the last time of asking. */
    asked: () => takeAsked(reader),
    /** The message of each fault so far. */
    faults: () => messages.flatMap((one) => (one.what === 'fault' ? [one.fault.message] : [])),
    logs: () => messages.flatMap((one) => (one.what === 'log' ? [one.text] : [])),
    snapshots: () => messages.flatMap((one) => (one.what === 'snapshot' ? [one.snapshot] : [])),
    said: () => messages.map(({ what }) => what),
  }
}

/** A report of the host, for one strategy. */
export function writeReport(
  writer: TapeWriter,
  {
    status,
    ref,
    instrument = 0,
    last = 0,
    price = 0,
    filled = 0,
    quantity: steps = 0,
    reason,
  }: Report,
  slot = SLOT,
): void {
  const code = REPORT_STATUS.indexOf(status)
  const why = reason === undefined ? 0 : refusalIndex(reason)
  writer.write(
    RECORD.report,
    slot,
    code,
    instrument,
    NOON,
    ref,
    last,
    price,
    filled,
    steps,
    why,
    Number.NaN,
  )
}

const ASKS = Object.entries(ASK)

export function takeAsked(reader: OutboxReader): Asked[] {
  const all: Asked[] = []
  while (reader.next() === true) {
    const { instrument, side, form, decidedAt, ref, quantity: steps, limit, stop, target } = reader
    const ask = (ASKS.find(([, code]) => code === reader.ask)?.[0] ?? 'forged') as Asked['ask']
    all.push({ ask, instrument, side, form, decidedAt, ref, quantity: steps, limit, stop, target })
  }
  return all
}

/** A position as a begin order holds it: `cost` in ticks times steps. */
export function held(
  instrument: Instrument,
  steps: number,
  cost: number,
): BeginOrder['positions'][number] {
  const { valueNumerator, valueDenominator } = instrument
  const value: Money = money((cost * valueNumerator) / valueDenominator)
  const size: Quantity = quantity(steps)
  return { instrument: instrument.id, quantity: size, cost: value }
}

function createBars(timeframes: readonly Timeframe[], instruments: number) {
  const columns = timeframes.map((timeframe) => {
    const memory = BarColumn.memory(instruments)
    const counts = Array.from({ length: instruments }, () => 0)
    return { timeframe, memory, column: new BarColumn(memory), counts }
  })
  return {
    counts: () => columns.map(({ counts }) => [...counts]),
    columns: (counts: readonly (readonly number[])[], rows: number): CarrierColumns => ({
      bars: columns.map(({ timeframe, memory }, at) => ({
        timeframe,
        memory,
        counts: counts[at] ?? [],
      })),
      indicators: {},
      sessions: Array.from({ length: rows }, () => ({ opensAt: NOON, closesAt: NOON + 3_600e6 })),
    }),
    close(
      writer: TapeWriter,
      {
        timeframe,
        close,
        instrument,
      }: { readonly timeframe: Timeframe; readonly close: number; readonly instrument: number },
    ) {
      const one = columns.find((known) => known.timeframe === timeframe)
      if (one === undefined) throw new Error(`The stage has no bars of ${timeframe}`)
      const number = one.counts[instrument] ?? 0
      one.counts[instrument] = number + 1
      const start = NOON + number * 60e6
      one.column.write(instrument, number, start, close, close + 1, close - 1, close, 5)
      const code = timeframeIndex(timeframe)
      writer.write(
        RECORD.bar,
        instrument,
        code,
        0,
        start,
        close,
        close + 1,
        close - 1,
        close,
        5,
        number,
      )
    },
  }
}
