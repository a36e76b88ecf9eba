/**
 * The core: every room that decides, and what the walk itself must remember. Made by compose.ts, moved by pipeline.ts.
 */
import { createInstrument, type Instrument, type InstrumentSpec } from '#sdk/instrument.ts'
import { type TapeMemory, TapeWriter } from '#sdk/tape.ts'

import { createMarket, type Market, type MarketOptions } from './core/market/market.ts'
import { createOrders, type Orders } from './core/order/order.ts'
import { createPositions, type Positions } from './core/position/position.ts'
import {
  createGrossExposure,
  createRisk,
  type Gate,
  type GrossExposure,
  type Risk,
  type RiskLimits,
} from './core/risk/risk.ts'
import {
  createStrategies,
  type Strategies,
  type StrategySettings,
} from './core/strategy/strategy.ts'

export interface Core {
  readonly instruments: readonly Instrument[]
  readonly byId: ReadonlyMap<string, Instrument>
  readonly market: Market
  readonly strategies: Strategies
  readonly risk: Risk
  readonly gross: GrossExposure
  readonly orders: Orders
  readonly positions: Positions
  readonly tape: TapeWriter
  readonly levels: Levels
}

/** What stands above every order: the gate of reconciliation, the halt of a person, and where today began. */
export interface Levels {
  gate: Gate
  gateReason: string
  halted: boolean
  haltReason: string
  /** The trading day, and the profit of each strategy at its start, in 1e-4. */
  day: { readonly date: string; readonly profits: Readonly<Record<string, number>> }
  /** Links that do not work now, and why. */
  readonly broken: Map<string, string>
  /** Strategies that are being closed out after a failure; until that is done they may only reduce. */
  readonly flattening: Set<string>
  shuttingDown: boolean
}

export function createLevels(): Levels {
  return {
    gate: 'CLOSED',
    gateReason: 'the broker has not been asked yet',
    halted: false,
    haltReason: '',
    day: { date: '', profits: {} },
    broken: new Map(),
    flattening: new Set(),
    shuttingDown: false,
  }
}

export interface CoreParts {
  readonly specs: readonly InstrumentSpec[]
  readonly tape: TapeMemory
  readonly settings: Readonly<Record<string, StrategySettings>>
  readonly limits: RiskLimits
  readonly clientId: (strategy: string, ref: number) => string
  readonly graceMicros: number
  readonly onBar?: MarketOptions['onBar']
}

/** Makes every room that decides. */
export function createCore({
  specs,
  tape,
  settings,
  limits,
  clientId,
  graceMicros,
  onBar,
}: CoreParts): Core {
  const instruments = specs.map(createInstrument)
  const writer = new TapeWriter(tape)
  return {
    instruments,
    byId: new Map(instruments.map((instrument) => [instrument.id, instrument])),
    market: createMarket({
      instruments,
      tape: writer,
      graceMicros,
      ...(onBar === undefined ? {} : { onBar }),
    }),
    strategies: createStrategies({ instruments: instruments.map(({ id }) => id), settings }),
    risk: createRisk({ limits }),
    gross: createGrossExposure({ instruments }),
    orders: createOrders({ clientId, instruments }),
    positions: createPositions({ instruments }),
    tape: writer,
    levels: createLevels(),
  }
}
