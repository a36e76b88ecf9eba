/**
 * The venue's books on disk, so that they outlive the process.
 *
 * In       news, before anybody is told of it
 * Out      the saved books, at start
 * Touches  `paper-venue.sqlite` in the given folder. It survives the death of the process at any point; after a power
 *          cut the last commits may be missing (synchronous=NORMAL), together with the desk that knew of them
 * Refuses  a file of a newer layout
 *
 * Orders that were closed more than 30 days ago are dropped, with their executions, when the file is opened.
 */
import { Database } from 'bun:sqlite'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { money, price, quantity } from '#sdk/money.ts'
import type { BrokerExecution, OrderKind, Side, TimeInForce } from '#sdk/order.ts'

import { type BookOrder, type BookStatus, isLimited } from './book-order.ts'
import { DAY, type SavedBooks } from './books.ts'
import type { News } from './order-life.ts'

const LAYOUT = 1
const KEPT = 30 * DAY

const TABLES = `
CREATE TABLE IF NOT EXISTS orders (
  client_id TEXT PRIMARY KEY, venue_id TEXT NOT NULL, number INTEGER NOT NULL, instrument TEXT NOT NULL,
  side TEXT NOT NULL, kind TEXT NOT NULL, time_in_force TEXT NOT NULL, created_at INTEGER NOT NULL,
  quantity INTEGER NOT NULL, limit_price REAL, stop_price REAL, filled INTEGER NOT NULL, status TEXT NOT NULL,
  active_at INTEGER NOT NULL, expires_at INTEGER, updated_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS executions (
  execution_id TEXT PRIMARY KEY, client_id TEXT NOT NULL, instrument TEXT NOT NULL, side TEXT NOT NULL,
  quantity INTEGER NOT NULL, price INTEGER NOT NULL, charges INTEGER NOT NULL, time INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS executions_of_order ON executions (client_id);
CREATE INDEX IF NOT EXISTS orders_by_change ON orders (updated_at);
CREATE TABLE IF NOT EXISTS positions (instrument TEXT PRIMARY KEY, quantity INTEGER NOT NULL) WITHOUT ROWID;
`

const WRITE_ORDER = `
INSERT INTO orders VALUES ($clientId, $venueId, $number, $instrument, $side, $kind, $timeInForce, $createdAt, $quantity,
  $limit, $stop, $filled, $status, $activeAt, $expiresAt, $updatedAt)
ON CONFLICT (client_id) DO UPDATE SET quantity = excluded.quantity, limit_price = excluded.limit_price,
  stop_price = excluded.stop_price, filled = excluded.filled, status = excluded.status,
  active_at = excluded.active_at, updated_at = excluded.updated_at`

const WRITE_EXECUTION = `
INSERT INTO executions VALUES ($executionId, $clientId, $instrument, $side, $quantity, $price, $charges, $time)`

const WRITE_POSITION = `
INSERT INTO positions VALUES ($instrument, $quantity)
ON CONFLICT (instrument) DO UPDATE SET quantity = quantity + excluded.quantity`

const READ_ORDERS = `
SELECT client_id AS clientId, venue_id AS venueId, number, instrument, side, kind, time_in_force AS timeInForce,
  created_at AS createdAt, quantity, limit_price AS "limit", stop_price AS stop, filled, status,
  active_at AS activeAt, expires_at AS expiresAt, updated_at AS updatedAt
FROM orders WHERE status IN ('working', 'triggered') OR updated_at > $after ORDER BY number`

const READ_EXECUTIONS = `
SELECT execution_id AS executionId, client_id AS clientId, instrument, side, quantity, price, charges, time
FROM executions WHERE client_id = $clientId ORDER BY rowid`

// The newest order stays, so that numbers go on where they were.
const OLD = `status NOT IN ('working', 'triggered') AND updated_at <= $before
  AND number < (SELECT max(number) FROM orders)`
const DROP_OLD = [
  `DELETE FROM executions WHERE client_id IN (SELECT client_id FROM orders WHERE ${OLD})`,
  `DELETE FROM orders WHERE ${OLD}`,
]

interface OrderRow {
  readonly clientId: string
  readonly venueId: string
  readonly number: number
  readonly instrument: string
  readonly side: Side
  readonly kind: OrderKind
  readonly timeInForce: TimeInForce
  readonly createdAt: number
  readonly quantity: number
  readonly limit: number | null
  readonly stop: number | null
  readonly filled: number
  readonly status: BookStatus
  readonly activeAt: number
  readonly expiresAt: number | null
  readonly updatedAt: number
}

interface ExecutionRow {
  readonly executionId: string
  readonly clientId: string
  readonly instrument: string
  readonly side: Side
  readonly quantity: number
  readonly price: number
  readonly charges: number
  readonly time: number
}

/** The venue's file. */
export interface Ledger {
  /** Writes all of it or nothing. Throws where the disk does not take it. */
  write(news: readonly News[]): void
  /** The books as they were last written. `rowOf` gives the row of an instrument, -1 where it is not listed. */
  load(now: number, rowOf: (instrument: string) => number): SavedBooks
  close(): void
}

/** Opens the ledger in `folder`, and makes both where they are missing. */
export function openLedger(folder: string): Ledger {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'paper-venue.sqlite')
  const database = new Database(file, { create: true, strict: true })
  try {
    prepare(database, file)
  } catch (error) {
    database.close()
    throw error
  }
  const writeOrder = database.query(WRITE_ORDER)
  const writeExecution = database.query(WRITE_EXECUTION)
  const writePosition = database.query(WRITE_POSITION)
  const writeAll = database.transaction((news: readonly News[]) => {
    // An order that is in the news more than once is written as it stands now, once.
    const orders = new Set(news.flatMap(({ order }) => order ?? []))
    for (const order of orders) writeOrder.run(orderBindings(order))
    for (const { execution } of news) {
      if (execution === undefined) continue
      const { instrument, side } = execution
      writeExecution.run({ ...execution })
      writePosition.run({
        instrument,
        quantity: side === 'BUY' ? execution.quantity : -execution.quantity,
      })
    }
  })
  return {
    write: (news) => writeAll.immediate(news),
    load: (now, rowOf) => load(database, { now, rowOf }),
    close: () => database.close(),
  }
}

function prepare(database: Database, file: string): void {
  database.run('PRAGMA journal_mode = WAL')
  database.run('PRAGMA synchronous = NORMAL')
  const found =
    database.query<{ user_version: number }, []>('PRAGMA user_version').get()?.user_version ?? 0
  if (found > LAYOUT) {
    throw new Error(`Cannot open "${file}": its layout is ${found}, this version knows ${LAYOUT}`)
  }
  database.run(TABLES)
  database.run(`PRAGMA user_version = ${LAYOUT}`)
}

function load(
  database: Database,
  { now, rowOf }: { readonly now: number; readonly rowOf: (instrument: string) => number },
): SavedBooks {
  const count =
    database.query<{ count: number | null }, []>('SELECT max(number) AS count FROM orders').get()
      ?.count ?? 0
  database.transaction(() => {
    for (const statement of DROP_OLD) database.query(statement).run({ before: now - KEPT })
  })()
  const executions = database.query<ExecutionRow, { clientId: string }>(READ_EXECUTIONS)
  const orders = database.query<OrderRow, { after: number }>(READ_ORDERS).all({ after: now - DAY })
  const ids = database
    .query<{ clientId: string }, []>('SELECT client_id AS clientId FROM orders')
    .all()
  const positions = database
    .query<{ instrument: string; quantity: number }, []>(
      'SELECT instrument, quantity FROM positions',
    )
    .all()
  return {
    orders: orders.map((row) =>
      bookOrder(row, {
        index: rowOf(row.instrument),
        executions: executions.all({ clientId: row.clientId }),
      }),
    ),
    positions: new Map(positions.map((row) => [row.instrument, row.quantity])),
    clientIds: ids.map(({ clientId }) => clientId),
    count,
  }
}

function orderBindings(order: BookOrder): Record<string, string | number | null> {
  const { index: _row, taking: _taking, executions: _executions, ...kept } = order
  const numberOrNull = (value: number) => (Number.isFinite(value) ? value : null)
  return {
    ...kept,
    limit: numberOrNull(order.limit),
    stop: numberOrNull(order.stop),
    expiresAt: numberOrNull(order.expiresAt),
  }
}

function bookOrder(
  row: OrderRow,
  { index, executions }: { readonly index: number; readonly executions: readonly ExecutionRow[] },
): BookOrder {
  return {
    ...row,
    index,
    limit: row.limit ?? Number.NaN,
    stop: row.stop ?? Number.NaN,
    expiresAt: row.expiresAt ?? Number.POSITIVE_INFINITY,
    // Whether it had rested is not written down; a limit that is taken for one at rest gets its limit, nothing better.
    taking: !isLimited(row.kind) || (row.status === 'working' && row.kind === 'STOP_LIMIT'),
    executions: executions.map(brokerExecution),
  }
}

function brokerExecution(row: ExecutionRow): BrokerExecution {
  return {
    ...row,
    quantity: quantity(row.quantity),
    price: price(row.price),
    charges: money(row.charges),
  }
}
