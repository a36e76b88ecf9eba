/** What risk must know of the other rooms, gathered for one ask. Types flow with the walk; this is where numbers come back. */
import type { Instrument } from '#sdk/instrument.ts'
import { type Money, money } from '#sdk/money.ts'

import type { Core } from './core.ts'
import type { Mark } from './core/position/position.ts'
import type { Exposure, StrategyMode } from './core/risk/risk.ts'

/** The price that positions are valued at. */
export function mark({ market }: Core): Mark {
  return (instrument) => market.board.mark(instrument)
}

/** Profit of a strategy since the day began. */
export function profitToday(core: Core, strategy: string): Money {
  return money(
    core.positions.profit(strategy, mark(core)).equity - (core.levels.day.profits[strategy] ?? 0),
  )
}

/** Profit of the account since the day began. */
export function accountProfitToday(core: Core): Money {
  const before = Object.values(core.levels.day.profits).reduce((sum, profit) => sum + profit, 0)
  return money(core.positions.accountProfit(mark(core)).equity - before)
}

export function exposureIn(
  core: Core,
  {
    strategy,
    instrument,
    now,
  }: { readonly strategy: string; readonly instrument: number; readonly now: number },
): Exposure {
  const { market, orders, positions, strategies, gross, levels } = core
  const own = orders.openOf(strategy, instrument)
  const account = orders.openOfAccount(instrument)
  const { board } = market
  const bid = board.bid[instrument] ?? Number.NaN
  const ask = board.ask[instrument] ?? Number.NaN
  const life = strategies.get(strategy)
  return {
    position: positions.quantity(strategy, instrument),
    openBuys: own.buys,
    openSells: own.sells,
    accountPosition: positions.accountQuantity(instrument),
    accountOpenBuys: account.buys,
    accountOpenSells: account.sells,
    openOrders: orders.openOfStrategy(strategy).orders,
    grossValue: gross.total,
    strategyProfit: profitToday(core, strategy),
    accountProfit: accountProfitToday(core),
    reference: bid > 0 && ask > 0 ? (bid + ask) / 2 : board.mark(instrument),
    referenceAge: now - (board.lastTickAt[instrument] ?? Number.NaN),
    mode: modeOf(core, strategy),
    gate: levels.gate,
    halted: levels.halted || levels.shuttingDown,
    grants: life?.running?.bundle.manifest.grants,
  }
}

function modeOf({ strategies, levels }: Core, strategy: string): StrategyMode {
  const life = strategies.get(strategy)
  if (life?.running?.begun !== true) return 'none'
  // It may be running again before the host has closed what it left.
  if (levels.flattening.has(strategy)) return 'reduce-only'
  // What a version decided before it hands over counts; what it decides while it is taken down may only reduce.
  return life.leaving === undefined || life.leaving === 'reload' ? 'active' : 'reduce-only'
}

/** Values one instrument again, or all of them, in the account's worst-case sum. */
export function updateGross(core: Core, instrument?: number): void {
  const { positions, orders, gross, instruments, market } = core
  const one = ({ index }: Pick<Instrument, 'index'>) => {
    const { buys, sells } = orders.openOfAccount(index)
    gross.update(index, {
      position: positions.accountQuantity(index),
      openBuys: buys,
      openSells: sells,
      reference: market.board.mark(index),
    })
  }
  if (instrument !== undefined) return one({ index: instrument })
  for (const each of instruments)
    if (positions.accountQuantity(each.index) !== 0 || orders.openOfAccount(each.index).orders > 0)
      one(each)
}
