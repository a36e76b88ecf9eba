/**
 * Writes a run of journal records into the database: one statement, so all or nothing, and one round trip.
 *
 * In       records after `from`, in sequence
 * Out      true where they were applied, false where the database was not at `from`
 * Asserts  applying a record again changes nothing, and an older record never overwrites a newer one
 * Touches  every table that is a projection of the journal, and `host.applied_seq`, together
 */
import type { Fill, OrderRow } from '#sdk/order.ts'
import type { PositionRow } from '#sdk/position.ts'
import type { NumberedRecord, RefusalRow, StrategyRow } from '#sdk/record.ts'

import type { Sql } from './connect.ts'
import { type Entry, fold, type Folded, type PositionRecord, type StateRecord } from './fold.ts'
import { PROJECTION, type Table } from './projection.ts'

/** $1 where the database must be, $2 where it is afterwards, $3 the journal, $4 the rows of each table. */
const STATEMENT = `
  with moved as (
    update host set applied_seq = $2::bigint where applied_seq = $1::bigint and journal_id = $3::text returning 1
  ), input as materialized (
    select $4::text::jsonb as batch from moved
  ), ${PROJECTION.map(insertInto).join(', ')}
  select count(*) as moved from moved`

function insertInto({ name, columns, conflict }: Table): string {
  const names = Object.keys(columns).join(', ')
  const types = Object.entries(columns).map(([column, type]) => `${column} ${type}`)
  return `into_${name} as (
    insert into ${name} (${names})
    select ${names} from input, jsonb_to_recordset(batch -> '${name}') as given (${types.join(', ')})
    on conflict ${conflict}
  )`
}

export interface Step {
  readonly journalId: string
  /** What the database must have applied. */
  readonly from: number
  /** What it has applied afterwards. */
  readonly to: number
}

/** Applies `records` and moves `applied_seq`, in one transaction. */
export async function applyRecords(
  sql: Sql,
  { records, journalId, from, to }: Step & { readonly records: readonly NumberedRecord[] },
): Promise<boolean> {
  const [row] = await sql.unsafe<{ moved: number }[]>(
    STATEMENT,
    [from, to, journalId, encode(rowsOf(fold(records)))],
    {
      prepare: true,
    },
  )
  return row?.moved === 1
}

/** Puts one record that PostgreSQL refuses aside, whole, and goes on after it. */
export async function setAside(
  sql: Sql,
  {
    record,
    error,
    journalId,
    from,
    to,
  }: Step & { readonly record: NumberedRecord; readonly error: string },
): Promise<boolean> {
  const { seq, kind } = record
  const rows = await sql`
    with moved as (
      update host set applied_seq = ${to} where applied_seq = ${from} and journal_id = ${journalId} returning 1
    ), kept as (
      insert into unapplied (seq, kind, body, error)
      select ${seq}::bigint, ${kind}::text, ${JSON.stringify(record)}::text, ${clean(error)}::text from moved
      on conflict (seq) do nothing
    )
    select 1 from moved`
  return rows.length === 1
}

/** JSON that PostgreSQL can read: it has no NUL in text and no half of a surrogate pair. */
function encode(rows: unknown): string {
  return JSON.stringify(rows, (_, value: unknown) =>
    typeof value === 'string' ? clean(value) : value,
  )
}

function clean(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd')
}

function rowsOf(folded: Folded): Readonly<Record<string, readonly object[]>> {
  return {
    orders: [...folded.orders.values()].map(orderColumns),
    fills: [...folded.fills.values()].map(fillColumns),
    strategy_ref: [...folded.refs].map(([strategy, { max, min }]) => ({
      strategy,
      ref_max: max,
      ref_min: min,
    })),
    positions: [...folded.positions.values()].map(positionColumns),
    position_correction: folded.corrections.map(correctionColumns),
    strategies: [...folded.strategies.values()].map(strategyColumns),
    strategy_transition: folded.transitions.map(strategyColumns),
    strategy_state: [...folded.states.values()].map(stateColumns),
    refusals: folded.refusals.map(refusalColumns),
    halts: folded.halts.map(({ seq, at, halted, reason, by }) => ({
      seq,
      at_us: at,
      halted,
      reason,
      by_whom: by,
    })),
    days: [...folded.days.values()].map(({ seq, at, date, profits }) => ({
      date,
      at_us: at,
      profits,
      seq,
    })),
  }
}

function orderColumns({ seq, row }: Entry<OrderRow>) {
  const {
    clientId,
    timeInForce,
    limit,
    stop,
    decidedAt,
    createdAt,
    updatedAt,
    filledValue,
    venueId,
    ...same
  } = row
  return {
    ...same,
    client_id: clientId,
    time_in_force: timeInForce,
    limit_price: limit,
    stop_price: stop,
    decided_at_seq: decidedAt,
    created_us: createdAt,
    updated_us: updatedAt,
    filled_value: filledValue,
    venue_id: venueId,
    seq,
  }
}

function fillColumns({ seq, row }: Entry<Fill>) {
  const { clientId, executionId, time, ...same } = row
  return { ...same, client_id: clientId, execution_id: executionId, time_us: time, seq }
}

function strategyColumns({ seq, at, row }: Entry<StrategyRow>) {
  return { ...row, at_us: at, seq }
}

function positionColumns({ seq, row: { updatedAt, ...row } }: Entry<PositionRow>) {
  return { ...row, updated_us: updatedAt, seq }
}

function correctionColumns({ seq, at, position, reason }: PositionRecord) {
  const { strategy, instrument, quantity } = position
  return { seq, at_us: at, strategy, instrument, quantity, reason }
}

function stateColumns({ seq, at, strategy, version, digest, snapshot }: StateRecord) {
  return { strategy, version, digest, snapshot: JSON.stringify(snapshot), at_us: at, seq }
}

function refusalColumns({ seq, at, row: { refusal, ...row } }: Entry<RefusalRow>) {
  const { code, value, limit, text } = refusal
  return { ...row, seq, at_us: at, code, value, limit_value: limit, text }
}
