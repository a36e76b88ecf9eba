/** Plain data for the console's tests: a desk in the middle of a busy day, strategies in every kind of state. */
import type { Bar, Timeframe } from '#sdk/bar.ts'
import type {
  AccountView,
  FillView,
  InstrumentView,
  LogLine,
  OrderView,
  PositionView,
  StrategyView,
} from '#sdk/view.ts'

export interface FixtureBook {
  readonly strategies: readonly StrategyView[]
  readonly account: AccountView
  readonly instruments: readonly InstrumentView[]
  readonly orders: readonly OrderView[]
  readonly fills: readonly FillView[]
  readonly positions: readonly PositionView[]
  readonly log: readonly LogLine[]
}

/** Monday, an hour and a half into the session in Mumbai. */
export const NOW = Date.UTC(2026, 10, 23, 5, 17, 42) * 1000
const SECOND = 1_000_000
const MINUTE = 60 * SECOND
const INSTRUMENTS = ['SIM:ALPHA', 'SIM:BRAVO', 'SIM:CEDAR', 'SIM:DELTA', 'SIM:EMBER', 'SIM:FJORD']

const account: AccountView = {
  mode: 'paper',
  currency: 'INR',
  capital: 2_500_000,
  equity: 2_512_843.55,
  profitToday: 12_843.55,
  realised: 9_310.2,
  unrealised: 4_120.85,
  charges: 587.5,
  halted: false,
  haltReason: null,
  gate: 'OPEN',
  gateReason: 'Reconciliation agrees',
}

type Difference = Partial<StrategyView> & Pick<StrategyView, 'id' | 'name' | 'profitToday'>

function strategy(terms: Difference, at: number): StrategyView {
  return {
    description: `${terms.name}, on 1-minute bars`,
    state: 'ACTIVE',
    reason: 'It trades',
    enabled: true,
    version: '1.0.0',
    digest: new Bun.CryptoHasher('sha256').update(terms.id).digest('hex'),
    loadedAt: NOW - 90 * MINUTE,
    instruments: INSTRUMENTS.slice(at % 3, (at % 3) + 3),
    profit: terms.profitToday * 7,
    openPositions: 0,
    exposure: 0,
    openOrders: 0,
    fills: 0,
    lastTickAt: NOW - 300_000,
    lag: 0,
    faults: 0,
    lastFault: null,
    refused: null,
    ...terms,
  }
}

const strategies = [
  {
    id: 'opening-range',
    name: 'Opening range',
    profitToday: 8_412.5,
    version: '1.4.2',
    openPositions: 2,
    exposure: 412_350.75,
    openOrders: 3,
    fills: 14,
  },
  {
    id: 'vwap-fade',
    name: 'VWAP fade',
    profitToday: -2_310.05,
    version: '2.0.1',
    openPositions: 1,
    exposure: 98_220.4,
    openOrders: 1,
    fills: 31,
    refused: {
      file: 'vwap-fade.strategy.js',
      code: 'bundle/grants',
      reason: 'Version 2.1.0 asks for SIM:FJORD, which nobody has approved',
    },
  },
  {
    id: 'pair-alpha-bravo',
    name: 'Pair alpha bravo',
    profitToday: 1_204.1,
    openPositions: 2,
    exposure: 1_240_000,
    fills: 8,
    lag: 3,
  },
  {
    id: 'late-momentum',
    name: 'Late momentum',
    profitToday: 0,
    state: 'WARMING',
    reason: 'Warming: 34 of 60 bars of 5m',
  },
  {
    id: 'gap-and-go',
    name: 'Gap and go',
    profitToday: -745.25,
    state: 'FAULTED',
    reason:
      'onBar threw "Cannot read properties of undefined (reading \'high\')" 3 times; entries are cancelled',
    faults: 3,
    lastFault:
      "plugin/threw in onBar at tape 1 204 331: Cannot read properties of undefined (reading 'high')",
    fills: 4,
    lastTickAt: NOW - 4 * MINUTE,
  },
  {
    id: 'mean-revert-5s',
    name: 'Mean revert 5 s',
    profitToday: 6_282.25,
    version: '0.9.12',
    openPositions: 1,
    exposure: 55_410,
    openOrders: 2,
    fills: 1_208,
    lag: 1_422,
    lastTickAt: NOW - 21 * SECOND,
  },
  {
    id: 'night-watch',
    name: 'Night watch',
    profitToday: 0,
    state: 'DISABLED',
    reason: 'Disabled by a person at 04:02:10',
    enabled: false,
    lastTickAt: NOW - 75 * MINUTE,
  },
  {
    id: 'trend-hour',
    name: 'Trend hour',
    profitToday: 0,
    state: 'PENDING_APPROVAL',
    reason: 'Asks for a larger position (500, approved 200)',
    enabled: false,
    lastTickAt: null,
    loadedAt: null,
  },
] satisfies readonly Difference[]

const instruments = INSTRUMENTS.map((id, at): InstrumentView => ({
  id,
  name: `${id.charAt(4)}${id.slice(5).toLowerCase()} Industries`,
  kind: 'equity',
  currency: 'INR',
  tickSize: 0.05,
  priceDigits: 2,
  lot: 1,
  last: 1_000 + at,
  bid: 1_000 + at - 0.05,
  ask: 1_000 + at + 0.05,
  volume: 120_000,
  lastTickAt: NOW - 300_000,
}))

const PHASES: readonly OrderView['phase'][] = [
  'WORKING',
  'FILLED',
  'FILLED',
  'CANCELLED',
  'FILLED',
  'REJECTED',
  'FILLED',
  'EXPIRED',
  'FILLED',
  'UNKNOWN',
]
const WHY: Partial<Record<OrderView['phase'], string>> = {
  CANCELLED: 'The strategy asked',
  REJECTED: 'Price 1,252.30 is above the upper circuit limit 1,210.00',
  UNKNOWN: 'No answer of the venue for 2 s; the exposure stays reserved',
}

function order(at: number): OrderView {
  const phase = PHASES[at % PHASES.length] ?? 'WORKING'
  const owner = strategies[[0, 1, 2, 5][at % 4] ?? 0]
  const quantity = 10 + ((at * 35) % 200)
  const isFilled = phase === 'FILLED'
  return {
    clientId: `HD${String(at).padStart(14, 'A')}`,
    strategy: owner?.id ?? '',
    version: '1.4.2',
    digest: 'c0ffee12'.repeat(8),
    instrument: INSTRUMENTS[at % 3] ?? '',
    side: at % 2 === 0 ? 'SELL' : 'BUY',
    kind: at % 5 === 0 ? 'STOP' : at % 7 === 0 ? 'MARKET' : 'LIMIT',
    timeInForce: 'DAY',
    quantity,
    limit: at % 5 === 0 || at % 7 === 0 ? null : 1_001.05 + at,
    stop: at % 5 === 0 ? 996.4 - at : null,
    filled: isFilled ? quantity : phase === 'WORKING' ? Math.floor(quantity / 3) : 0,
    averagePrice: isFilled ? 1_001 + at : null,
    phase,
    pending: at === 0 ? 'cancel' : null,
    reason: WHY[phase] ?? null,
    createdAt: NOW - at * 97 * SECOND,
    updatedAt: NOW - at * 97 * SECOND,
  }
}

const orders = Array.from({ length: 60 }, (_, at) => order(at))

const fills = orders
  .filter(({ filled }) => filled > 0)
  .map((row, at): FillView => ({
    executionId: `X${at}`,
    clientId: row.clientId,
    strategy: row.strategy,
    version: row.version,
    digest: row.digest,
    instrument: row.instrument,
    side: row.side,
    quantity: row.filled,
    price: row.averagePrice ?? 1_000,
    charges: 12.35,
    time: row.updatedAt,
  }))

const positions = [0, 1, 2, 3].map((at): PositionView => ({
  strategy: strategies[at]?.id ?? '',
  instrument: INSTRUMENTS[at] ?? '',
  quantity: at % 2 === 0 ? 150 : -80,
  averagePrice: 1_002.35,
  mark: 1_010.1,
  realised: at === 3 ? -310.2 : 1_250.4,
  unrealised: at % 2 === 0 ? 1_162.5 : -620,
  charges: 42.1,
}))

/** The whole book. */
export const BOOK: FixtureBook = {
  strategies: strategies.map(strategy),
  account,
  instruments,
  orders,
  fills,
  positions,
  log: [
    { time: NOW - 90 * MINUTE, level: 'info', text: 'Version 1.4.2 is active' },
    { time: NOW - 12 * MINUTE, level: 'warn', text: 'A handler took 4 ms of its 5 ms' },
  ],
}

/** A desk on its first day. */
export const EMPTY_BOOK: FixtureBook = {
  ...BOOK,
  strategies: [],
  instruments: [],
  orders: [],
  fills: [],
  positions: [],
}

/** 300 bars that wander upwards, the same at every call. */
export function rising({
  instrument,
  timeframe,
  last,
  step,
}: {
  readonly instrument: string
  readonly timeframe: Timeframe
  readonly last: number
  readonly step: number
}): readonly Bar[] {
  let seed = 7 + instrument.charCodeAt(4)
  const chance = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
  const onGrid = (value: number) => Math.round(value * 20) / 20
  let close = 960 + (instrument.charCodeAt(4) % 9) * 20
  return Array.from({ length: 300 }, (_, at): Bar => {
    const open = close
    close = onGrid(open + (chance() - 0.485) * 4)
    return {
      instrument,
      timeframe,
      time: last - (299 - at) * step,
      open,
      high: onGrid(Math.max(open, close) + chance() * 1.6),
      low: onGrid(Math.min(open, close) - chance() * 1.6),
      close,
      volume: Math.round(400 + chance() * chance() * 4_000),
    }
  })
}
