/** What people see of the desk, made from the core's own books when it is asked for. */
import { type Instrument, notional, priceToDecimal } from '#sdk/instrument.ts'
import { money, moneyToDecimal } from '#sdk/money.ts'
import type { Fill, OrderRow } from '#sdk/order.ts'
import type {
  DeskViews,
  FillView,
  HealthView,
  InstrumentView,
  LogLine,
  OrderView,
  PositionView,
  StrategyDetail,
  StrategyView,
} from '#sdk/view.ts'

import type { Core } from './core.ts'
import type { Life } from './core/strategy/life.ts'
import type { Carriers } from './edge/plugin/carriers.ts'
import { accountProfitToday, mark, profitToday } from './exposure.ts'

export interface ViewsParts {
  readonly core: Core
  readonly carriers: Pick<Carriers, 'seen'>
  readonly about: {
    readonly mode: 'paper' | 'live'
    readonly currency: string
    readonly capital: number
    readonly version: string
    readonly startedAt: number
  }
  readonly now: () => number
}

/** Views, and the bounded memory of what passed by: fills and log lines. */
export interface Views extends DeskViews {
  remember(fill: Fill): void
  log(strategy: string, line: LogLine): void
  orderView(row: OrderRow): OrderView
  fillView(fill: Fill): FillView
}

const FILLS_KEPT = 5_000
const LINES_KEPT = 200

export function createViews({ core, carriers, about, now }: ViewsParts): Views {
  const fills: Fill[] = []
  const lines = new Map<string, LogLine[]>()
  const at = mark(core)

  function orderView(row: OrderRow): OrderView {
    const instrument = core.byId.get(row.instrument)
    const decimal = (ticks: number | undefined) =>
      ticks === undefined || instrument === undefined ? null : priceToDecimal(instrument, ticks)
    const {
      clientId,
      strategy,
      version,
      digest,
      side,
      kind,
      timeInForce,
      quantity,
      filled,
      phase,
      createdAt,
      updatedAt,
    } = row
    return {
      clientId,
      strategy,
      version,
      digest,
      instrument: row.instrument,
      side,
      kind,
      timeInForce,
      quantity,
      limit: decimal(row.limit),
      stop: decimal(row.stop),
      filled,
      averagePrice: averageOf(instrument, { value: row.filledValue, steps: filled }),
      phase,
      pending: row.pending ?? null,
      reason: row.reason ?? null,
      createdAt,
      updatedAt,
    }
  }

  function fillView(fill: Fill): FillView {
    const instrument = core.byId.get(fill.instrument)
    const { price, charges, ...rest } = fill
    return {
      ...rest,
      price: instrument === undefined ? price : priceToDecimal(instrument, price),
      charges: moneyToDecimal(charges),
    }
  }

  function strategyView(life: Readonly<Life>): StrategyView {
    const { id, state, reason, enabled, faults, lastFault, refused, loadedAt } = life
    const bundle = life.running?.bundle ?? life.latest
    const profit = core.positions.profit(id, at)
    const seen = carriers.seen(id)
    return {
      id,
      name: bundle?.manifest.name ?? id,
      description: bundle?.manifest.description ?? '',
      state,
      reason,
      enabled,
      version: bundle?.manifest.version ?? '',
      digest: bundle?.digest ?? '',
      loadedAt: loadedAt ?? null,
      instruments: core.strategies.traded(id).flatMap((row) => core.instruments[row]?.id ?? []),
      profitToday: moneyToDecimal(profitToday(core, id)),
      profit: moneyToDecimal(profit.equity),
      openPositions: profit.openPositions,
      exposure: moneyToDecimal(profit.exposure),
      openOrders: core.orders.openOfStrategy(id).orders,
      fills: profit.fills,
      lastTickAt: seen === undefined || seen.lastTickAt === 0 ? null : seen.lastTickAt,
      lag: seen === undefined ? 0 : Math.max(0, core.tape.seq - seen.cursor),
      faults,
      lastFault: lastFault?.message ?? null,
      refused:
        refused === undefined
          ? null
          : { file: refused.file, code: refused.code, reason: refused.reason },
    }
  }

  function detail(id: string): StrategyDetail | undefined {
    const life = core.strategies.get(id)
    if (life === undefined) return undefined
    const bundle = life.running?.bundle ?? life.latest
    const params = core.strategies.params(id)
    return {
      ...strategyView(life),
      params: params ?? null,
      paramsSchema: bundle?.manifest.params ?? null,
      grants: bundle?.manifest.grants ?? null,
      log: lines.get(id) ?? [],
    }
  }

  function positions(): PositionView[] {
    return core.positions
      .rows()
      .filter(({ quantity, fills: count }) => quantity !== 0 || count > 0)
      .map((row) => {
        const instrument = core.byId.get(row.instrument)
        const ticks = instrument === undefined ? Number.NaN : at(instrument.index)
        const marked =
          instrument === undefined || Number.isNaN(ticks) ? null : priceToDecimal(instrument, ticks)
        return {
          strategy: row.strategy,
          instrument: row.instrument,
          quantity: row.quantity,
          averagePrice: averageOf(instrument, { value: row.cost, steps: row.quantity }),
          mark: marked,
          realised: moneyToDecimal(row.realised),
          unrealised:
            instrument === undefined || Number.isNaN(ticks)
              ? 0
              : moneyToDecimal(money(notional(instrument, ticks, row.quantity) - row.cost)),
          charges: moneyToDecimal(row.charges),
        }
      })
  }

  function health(): HealthView {
    const { levels, market, tape } = core
    const { ticks } = market.counters()
    const parts = (['feed', 'broker', 'journal', 'store'] as const).map((name) => {
      const problem =
        levels.broken.get(name) ?? (name === 'feed' && ticks === 0 ? 'no tick yet' : undefined)
      return { name: name as string, ok: problem === undefined, detail: problem ?? 'working' }
    })
    parts.push({
      name: 'gate',
      ok: levels.gate === 'OPEN',
      detail: `${levels.gate}: ${levels.gateReason}`,
    })
    return {
      ready: parts.every(({ ok }) => ok),
      parts,
      version: about.version,
      mode: about.mode,
      startedAt: about.startedAt,
      now: now(),
      ticks,
      tapeSeq: tape.seq,
    }
  }

  return {
    orderView,
    fillView,
    remember(fill) {
      fills.push(fill)
      if (fills.length > FILLS_KEPT * 2) fills.splice(0, FILLS_KEPT)
    },
    log(strategy, line) {
      const kept = lines.get(strategy) ?? []
      lines.set(strategy, [...kept, line].slice(-LINES_KEPT))
    },
    strategies: () => core.strategies.all().map(strategyView),
    strategy: detail,
    orders: ({ limit, ...filter }) => core.orders.recent(limit, filter).map(orderView),
    fills: ({ strategy, instrument, limit }) =>
      fills
        .filter(
          (fill) =>
            (strategy === undefined || fill.strategy === strategy) &&
            (instrument === undefined || fill.instrument === instrument),
        )
        .reverse()
        .slice(0, limit)
        .map(fillView),
    positions,
    account() {
      const profit = core.positions.accountProfit(at)
      const { halted, haltReason, gate, gateReason } = core.levels
      const { mode, currency, capital } = about
      return {
        mode,
        currency,
        capital,
        equity: capital + moneyToDecimal(profit.equity),
        profitToday: moneyToDecimal(accountProfitToday(core)),
        realised: moneyToDecimal(profit.realised),
        unrealised: moneyToDecimal(profit.unrealised),
        charges: moneyToDecimal(profit.charges),
        halted,
        haltReason: halted ? haltReason : null,
        gate,
        gateReason,
      }
    },
    instruments: () => core.instruments.map((instrument) => instrumentView(core, instrument)),
    bars(id, timeframe, limit) {
      const instrument = core.byId.get(id)
      return instrument === undefined
        ? undefined
        : core.market.recent(instrument.index, { timeframe, limit })
    },
    health,
  }
}

function averageOf(
  instrument: Instrument | undefined,
  { value, steps }: { readonly value: number; readonly steps: number },
): number | null {
  if (instrument === undefined || steps === 0) return null
  return priceToDecimal(
    instrument,
    (value * instrument.valueDenominator) / (instrument.valueNumerator * steps),
  )
}

function instrumentView({ market }: Core, instrument: Instrument): InstrumentView {
  const { board } = market
  const {
    index,
    id,
    symbol,
    name = symbol,
    kind,
    currency,
    tickSize,
    priceDigits,
    lot,
  } = instrument
  const decimal = (ticks: number | undefined) =>
    ticks !== undefined && ticks > 0 ? priceToDecimal(instrument, ticks) : null
  const seen = board.lastTickAt[index]
  return {
    id,
    name,
    kind,
    currency,
    tickSize: Number(tickSize),
    priceDigits,
    lot,
    last: decimal(board.price[index]),
    bid: decimal(board.bid[index]),
    ask: decimal(board.ask[index]),
    volume: board.volume[index] ?? 0,
    lastTickAt: seen === undefined || Number.isNaN(seen) ? null : seen,
  }
}
