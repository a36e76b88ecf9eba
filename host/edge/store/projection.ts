/** The tables that the journal is written into: columns, types, and which of two rows for one thing stands. */
/** One table: how rows come in, and what happens where the row is there already. */
export interface Table {
  readonly name: string
  /** Columns and their types; the rows have the same names. */
  readonly columns: Readonly<Record<string, string>>
  readonly conflict: string
}

const NEWER = (name: string, key: readonly string[], columns: Readonly<Record<string, string>>) => {
  const set = Object.keys(columns).filter((column) => !key.includes(column))
  const values = set.map((column) => `${column} = excluded.${column}`).join(', ')
  return `(${key.join(', ')}) do update set ${values} where ${name}.seq < excluded.seq`
}

const newest = (
  name: string,
  key: readonly string[],
  columns: Readonly<Record<string, string>>,
): Table => ({
  name,
  columns,
  conflict: NEWER(name, key, columns),
})

const once = (name: string, key: string, columns: Readonly<Record<string, string>>): Table => ({
  name,
  columns,
  conflict: `(${key}) do nothing`,
})

const OWNER = { strategy: 'text', version: 'text', digest: 'text' }
const STRATEGY = {
  ...OWNER,
  state: 'text',
  reason: 'text',
  enabled: 'boolean',
  faults: 'bigint',
  at_us: 'bigint',
  seq: 'bigint',
}

/** The tables that are a projection of the journal; migrations/ makes them. */
export const PROJECTION: readonly Table[] = [
  newest('orders', ['client_id'], {
    client_id: 'text',
    ...OWNER,
    ref: 'bigint',
    instrument: 'text',
    side: 'text',
    kind: 'text',
    time_in_force: 'text',
    quantity: 'bigint',
    limit_price: 'bigint',
    stop_price: 'bigint',
    decided_at_seq: 'bigint',
    created_us: 'bigint',
    updated_us: 'bigint',
    phase: 'text',
    filled: 'bigint',
    filled_value: 'bigint',
    pending: 'text',
    venue_id: 'text',
    reason: 'text',
    seq: 'bigint',
  }),
  once('fills', 'client_id, execution_id', {
    client_id: 'text',
    execution_id: 'text',
    ...OWNER,
    instrument: 'text',
    side: 'text',
    quantity: 'bigint',
    price: 'bigint',
    charges: 'bigint',
    time_us: 'bigint',
    seq: 'bigint',
  }),
  {
    name: 'strategy_ref',
    columns: { strategy: 'text', ref_max: 'bigint', ref_min: 'bigint' },
    conflict: `(strategy) do update set ref_max = greatest(strategy_ref.ref_max, excluded.ref_max),
      ref_min = least(strategy_ref.ref_min, excluded.ref_min)`,
  },
  newest('positions', ['strategy', 'instrument'], {
    strategy: 'text',
    instrument: 'text',
    quantity: 'bigint',
    cost: 'bigint',
    realised: 'bigint',
    charges: 'bigint',
    fills: 'bigint',
    updated_us: 'bigint',
    seq: 'bigint',
  }),
  once('position_correction', 'seq', {
    seq: 'bigint',
    at_us: 'bigint',
    strategy: 'text',
    instrument: 'text',
    quantity: 'bigint',
    reason: 'text',
  }),
  newest('strategies', ['strategy'], STRATEGY),
  once('strategy_transition', 'seq', STRATEGY),
  newest('strategy_state', ['strategy'], {
    ...OWNER,
    snapshot: 'text',
    at_us: 'bigint',
    seq: 'bigint',
  }),
  once('refusals', 'seq', {
    seq: 'bigint',
    at_us: 'bigint',
    ...OWNER,
    ref: 'double precision',
    instrument: 'text',
    ask: 'text',
    quantity: 'double precision',
    code: 'text',
    value: 'double precision',
    limit_value: 'double precision',
    text: 'text',
  }),
  once('halts', 'seq', {
    seq: 'bigint',
    at_us: 'bigint',
    halted: 'boolean',
    reason: 'text',
    by_whom: 'text',
  }),
  newest('days', ['date'], { date: 'text', at_us: 'bigint', profits: 'jsonb', seq: 'bigint' }),
]
