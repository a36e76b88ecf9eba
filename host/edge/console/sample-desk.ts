/** A small desk of plain data, and a real console in front of it, for the tests of this folder. */
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Bar } from '#sdk/bar.ts'
import type {
  AccountView,
  DeskViews,
  FillView,
  HealthView,
  InstrumentView,
  OrderView,
  PositionView,
  StrategyDetail,
} from '#sdk/view.ts'

import { type ConsoleCommand, type ConsoleOptions, createConsole } from './console.ts'

export const NOW = 1_763_800_000_000_000

export const strategy: StrategyDetail = {
  id: 'opening-range',
  name: 'Opening range',
  description: 'Buys the first close above the opening range',
  state: 'ACTIVE',
  reason: 'Enabled by the operator',
  enabled: true,
  version: '1.0.0',
  digest: '9f86d081884c7d65',
  loadedAt: NOW,
  instruments: ['NSE:INFY'],
  profitToday: 12.5,
  profit: 100,
  openPositions: 1,
  exposure: 15_000,
  openOrders: 1,
  fills: 1,
  lastTickAt: null,
  lag: 0,
  faults: 0,
  lastFault: null,
  refused: {
    file: 'opening-range.strategy.js',
    code: 'plugin/manifest',
    reason: '<script>alert(1)</script>',
  },
  params: { minutes: 15 },
  paramsSchema: { type: 'object' },
  grants: { instruments: ['NSE:*'] },
  log: [{ time: NOW, level: 'info', text: 'range is 1500 to 1512' }],
}

export const order: OrderView = {
  clientId: 'HDAAAAAAAAAAAAAB',
  strategy: 'opening-range',
  version: '1.0.0',
  digest: '9f86d081884c7d65',
  instrument: 'NSE:INFY',
  side: 'BUY',
  kind: 'LIMIT',
  timeInForce: 'DAY',
  quantity: 10,
  limit: 1500.5,
  stop: null,
  filled: 10,
  averagePrice: 1500.5,
  phase: 'FILLED',
  pending: null,
  reason: null,
  createdAt: NOW,
  updatedAt: NOW,
}

export const fill: FillView = {
  executionId: 'E1',
  clientId: order.clientId,
  strategy: 'opening-range',
  version: '1.0.0',
  digest: '9f86d081884c7d65',
  instrument: 'NSE:INFY',
  side: 'BUY',
  quantity: 10,
  price: 1500.5,
  charges: 20,
  time: NOW,
}

export const position: PositionView = {
  strategy: 'opening-range',
  instrument: 'NSE:INFY',
  quantity: 10,
  averagePrice: 1500.5,
  mark: 1510,
  realised: 0,
  unrealised: 95,
  charges: 20,
}

export const account: AccountView = {
  mode: 'paper',
  currency: 'INR',
  capital: 1_000_000,
  equity: 1_000_075,
  profitToday: 75,
  realised: 0,
  unrealised: 95,
  charges: 20,
  halted: false,
  haltReason: null,
  gate: 'OPEN',
  gateReason: 'Books agree',
}

export const instrument: InstrumentView = {
  id: 'NSE:INFY',
  name: 'Infosys',
  kind: 'equity',
  currency: 'INR',
  tickSize: 0.05,
  priceDigits: 2,
  lot: 1,
  last: 1510,
  bid: null,
  ask: null,
  volume: 100,
  lastTickAt: NOW,
}

export const bar: Bar = {
  instrument: 'NSE:INFY',
  timeframe: '1m',
  time: NOW,
  open: 1500,
  high: 1512,
  low: 1499,
  close: 1510,
  volume: 100,
}

export const health: HealthView = {
  ready: true,
  parts: [
    { name: 'feed', ok: true, detail: 'sim' },
    { name: 'broker', ok: true, detail: 'paper' },
  ],
  version: '0.1.0',
  mode: 'paper',
  startedAt: NOW,
  now: NOW,
  ticks: 10,
  tapeSeq: 12,
}

/** What a test may change while the console runs. */
export interface SampleDesk {
  bars: Bar[]
  health: HealthView
  /** Questions that were asked, in order. */
  readonly asked: { readonly about: string; readonly filter?: unknown }[]
  readonly commands: ConsoleCommand[]
  readonly errors: string[]
  /** Details of what the console warned of. */
  readonly warnings: object[]
}

function viewsOf(desk: SampleDesk): DeskViews {
  const ask = (about: string, filter?: unknown) => void desk.asked.push({ about, filter })
  const other: StrategyDetail = { ...strategy, id: 'mean-reversion', refused: null }
  return {
    strategies: () => (ask('strategies'), [strategy, other]),
    strategy: (id) => [strategy, other].find((one) => one.id === id),
    orders: (filter) => (ask('orders', filter), filter.strategy === 'opening-range' ? [order] : []),
    fills: (filter) => (ask('fills', filter), filter.instrument === undefined ? [fill] : []),
    positions: () => [position],
    account: () => account,
    instruments: () => [instrument, { ...instrument, id: 'NSE:TCS' }],
    bars: (id, timeframe, limit) => {
      ask('bars', { id, timeframe, limit })
      if (id === 'NSE:TCS') throw new Error('secret of the inside')
      return id === 'NSE:INFY' ? desk.bars.slice(-limit) : undefined
    },
    health: () => desk.health,
  }
}

/** A console on a free port, before a sample desk. Stop it when done. */
export async function startSample(options: Partial<ConsoleOptions> = {}) {
  const desk: SampleDesk = {
    bars: [bar],
    health,
    asked: [],
    commands: [],
    errors: [],
    warnings: [],
  }
  const app = createConsole({
    views: viewsOf(desk),
    command(request) {
      desk.commands.push(request)
      if (request.ask === 'reload')
        return { ok: false, code: 'strategy/draining', text: 'It is draining' }
      return { ok: true, text: `Done: ${request.ask}` }
    },
    port: 0,
    uiFolder: join(tmpdir(), 'hotdesk-no-such-folder'),
    metrics: () => ({ ticks: 10, lag: { label: 'strategy', values: { 'opening-range': 3 } } }),
    log: {
      info() {},
      warn: (details) => desk.warnings.push(details),
      error: (details) => desk.errors.push(Bun.inspect(details)),
    },
    version: '0.1.0',
    ...options,
  })
  return { desk, app, ...(await app.start()) }
}

export type Sample = Awaited<ReturnType<typeof startSample>>

/** A write as our own page sends it, changed by `headers` and `body`. */
export function write(
  url: string,
  {
    headers = {},
    body = '{"reason":"lunch"}',
  }: { headers?: Record<string, string>; body?: string | Uint8Array<ArrayBuffer> } = {},
): Promise<Response> {
  const own = { 'content-type': 'application/json', 'x-hotdesk': '1' }
  return fetch(url, { method: 'POST', headers: { ...own, ...headers }, body })
}

/** Sends bytes and gives the first part of the answer, for requests that no client library would send. */
export function sendBytes(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.once('data', (data) => {
      resolve(data.toString())
      socket.destroy()
    })
    socket.once('error', reject)
    socket.once('close', () => resolve(''))
  })
}
