/**
 * What a starting host needs to know of its past. Two ways to it: out of the database, which is at the end of the
 * journal after `start`, and out of the journal alone. They agree; a test holds them to it.
 *
 * Out      books, open orders, used-up request numbers, executions already counted, strategies with their states, the day
 * Units    as in the rows
 */
import type { StateSnapshot } from '#sdk/bundle.ts'
import type { Fill, OrderPhase, OrderRow } from '#sdk/order.ts'
import type { PositionRow } from '#sdk/position.ts'
import type { NumberedRecord, StrategyRow } from '#sdk/record.ts'

import type { Sql } from './connect.ts'
import { fold } from './fold.ts'
import {
  type FillColumns,
  fillOf,
  type OrderColumns,
  orderOf,
  type PositionColumns,
  positionOf,
  type StrategyColumns,
  strategyOf,
} from './rows.ts'

/** Newest state of a strategy, and the version that it belongs to. */
export interface StateRow {
  readonly strategy: string
  readonly version: string
  readonly digest: string
  readonly snapshot: StateSnapshot
}

export interface Recovered {
  readonly appliedSeq: number
  readonly positions: readonly PositionRow[]
  readonly openOrders: readonly OrderRow[]
  /** Highest number that a strategy has used for a request. */
  readonly lastRefs: Readonly<Record<string, number>>
  /** Lowest number that the host has used for an order of its own in a strategy's name; 0 where there is none. */
  readonly lastHostRefs: Readonly<Record<string, number>>
  /** Fills of open orders, and all since the day before this one began, oldest first: a venue may say them again. */
  readonly fills: readonly Fill[]
  readonly strategies: readonly StrategyRow[]
  readonly states: readonly StateRow[]
  readonly day:
    { readonly date: string; readonly profits: Readonly<Record<string, number>> } | undefined
  readonly halted: { readonly halted: boolean; readonly reason: string }
}

const OPEN: readonly OrderPhase[] = ['SUBMITTING', 'UNKNOWN', 'WORKING', 'TRIGGERED']
const NOT_HALTED = { halted: false, reason: '' }

/** Out of the journal alone: slower, but it needs no database. */
export function recoverFromRecords(records: readonly NumberedRecord[]): Recovered {
  const { orders, fills, refs, positions, strategies, states, halts, days } = fold(records)
  const openOrders = [...orders.values()]
    .map(({ row }) => row)
    .filter(({ phase }) => OPEN.includes(phase))
  const open = new Set(openOrders.map(({ clientId }) => clientId))
  const dayRecords = [...days.values()].sort((a, b) => b.seq - a.seq)
  const [day] = dayRecords
  const since = dayRecords[1]?.seq ?? 0
  const halt = halts.at(-1)
  return {
    appliedSeq: records.at(-1)?.seq ?? 0,
    positions: sorted(
      [...positions.values()].map(({ row }) => row),
      ({ strategy, instrument }) => `${strategy} ${instrument}`,
    ),
    openOrders: sorted(openOrders, ({ clientId }) => clientId),
    lastRefs: Object.fromEntries([...refs].map(([strategy, { max }]) => [strategy, max])),
    lastHostRefs: Object.fromEntries([...refs].map(([strategy, { min }]) => [strategy, min])),
    fills: [...fills.values()]
      .filter(({ seq, row }) => seq > since || open.has(row.clientId))
      .sort((a, b) => a.seq - b.seq)
      .map(({ row }) => row),
    strategies: sorted(
      [...strategies.values()].map(({ row }) => row),
      ({ strategy }) => strategy,
    ),
    states: sorted(
      [...states.values()].map(({ strategy, version, digest, snapshot }) => ({
        strategy,
        version,
        digest,
        snapshot,
      })),
      ({ strategy }) => strategy,
    ),
    day: day === undefined ? undefined : { date: day.date, profits: day.profits },
    halted: halt === undefined ? NOT_HALTED : { halted: halt.halted, reason: halt.reason },
  }
}

function sorted<T>(rows: readonly T[], key: (row: T) => string): T[] {
  return [...rows].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

/** Out of the database. */
export async function recoverFromDatabase(sql: Sql): Promise<Recovered> {
  const [hosts, positions, openOrders, refs, executions, strategies, states, days, halts] =
    await Promise.all([
      sql<{ applied_seq: number }[]>`select applied_seq from host`,
      sql<PositionColumns[]>`select * from positions order by strategy, instrument`,
      sql<OrderColumns[]>`select * from orders where phase in ${sql(OPEN)} order by client_id`,
      sql<{ strategy: string; ref_max: number; ref_min: number }[]>`select * from strategy_ref`,
      sql<FillColumns[]>`
      select * from fills
      where seq > coalesce((select seq from days order by seq desc offset 1 limit 1), 0)
        or client_id in (select client_id from orders where phase in ${sql(OPEN)})
      order by seq, execution_id`,
      sql<StrategyColumns[]>`select * from strategies order by strategy`,
      sql<{ strategy: string; version: string; digest: string; snapshot: string }[]>`
      select strategy, version, digest, snapshot from strategy_state order by strategy`,
      sql<
        { date: string; profits: Record<string, number> }[]
      >`select date, profits from days order by seq desc limit 1`,
      sql<
        { halted: boolean; reason: string }[]
      >`select halted, reason from halts order by seq desc limit 1`,
    ])
  const [day] = days
  const [halt] = halts
  return {
    appliedSeq: hosts[0]?.applied_seq ?? 0,
    positions: positions.map(positionOf),
    openOrders: openOrders.map(orderOf),
    lastRefs: Object.fromEntries(refs.map(({ strategy, ref_max }) => [strategy, ref_max])),
    lastHostRefs: Object.fromEntries(refs.map(({ strategy, ref_min }) => [strategy, ref_min])),
    fills: executions.map(fillOf),
    strategies: strategies.map(strategyOf),
    states: states.map(({ snapshot, ...owner }) => ({ ...owner, snapshot: JSON.parse(snapshot) })),
    day: day === undefined ? undefined : { date: day.date, profits: day.profits },
    halted: halt === undefined ? NOT_HALTED : { halted: halt.halted, reason: halt.reason },
  }
}

/** Orders, newest first. */
export async function recentOrders(sql: Sql, limit: number): Promise<OrderRow[]> {
  const rows = await sql<
    OrderColumns[]
  >`select * from orders order by created_us desc, client_id limit ${limit}`
  return rows.map(orderOf)
}

/** Fills, newest first. */
export async function recentFills(sql: Sql, limit: number): Promise<Fill[]> {
  const rows = await sql<FillColumns[]>`select * from fills order by seq desc limit ${limit}`
  return rows.map(fillOf)
}
