/**
 * Connections to PostgreSQL, and what goes wrong with them in one line.
 *
 * In       an address with a password in it
 * Out      a client of postgres.js; bigint columns come and go as numbers
 * Asserts  every bigint is a safe integer
 * Source   github.com/porsager/postgres, connection.js: by default a connection is closed after 30-60 minutes and a
 *          refused one waits up to 20 s before the next try; neither suits a lock or an operator
 */
import postgres from 'postgres'

import { assert } from '#sdk/assert.ts'

import { StoreError } from './store-error.ts'

export type Sql = postgres.Sql<{ int8: number }>

export interface ConnectOptions {
  readonly url: string
  readonly connections: number
  readonly answerSeconds?: number
  readonly onClose?: () => void
}

/** A client; nothing is sent before the first query. */
export function connect({ url, connections, answerSeconds = 5, onClose }: ConnectOptions): Sql {
  return postgres<{ int8: postgres.PostgresType<number> }>(url, {
    max: connections,
    connect_timeout: answerSeconds,
    max_lifetime: null,
    backoff: () => 0.05,
    fetch_types: false,
    onnotice: () => {},
    ...(onClose === undefined ? {} : { onclose: onClose }),
    connection: { application_name: 'hotdesk' },
    types: { int8: { to: 20, from: [20], serialize: String, parse: safeInteger } },
  })
}

function safeInteger(text: string): number {
  const value = Number(text)
  assert(Number.isSafeInteger(value), `The database holds ${text}, which is not a safe integer`)
  return value
}

/** The address without its password, for people: "127.0.0.1:5432/hotdesk". Refuses what is no address. */
export function addressOf(url: string): string {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new StoreError(
      'store/address',
      'DATABASE_URL is not an address like "postgres://user:password@host:5432/database"',
    )
  }
  const { host, pathname } = new URL(url)
  return `${host}${pathname}`
}

/** What went wrong with the database at `address`, in words. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? String(error.code) : ''
  return REASONS[code] ?? error.message.split('\n')[0] ?? code
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  CONNECT_TIMEOUT: 'it does not answer',
  CONNECTION_CLOSED: 'the connection broke',
  CONNECTION_ENDED: 'the connection broke',
  CONNECTION_DESTROYED: 'the connection broke',
  '28P01': 'it refuses the password',
  '28000': 'it refuses the user',
  '3D000': 'there is no such database',
  '57P01': 'it is being stopped',
  '57P03': 'it is starting or stopping',
}

/** True where PostgreSQL will never take these values, however often they are sent. */
export function isRefusedData(error: unknown): boolean {
  // Class 22 data exception, 23 integrity, 54 a limit of the program: postgresql.org/docs/18/errcodes-appendix.html
  return error instanceof postgres.PostgresError && /^(22|23|54)/.test(error.code)
}

/** True where the server said no to one statement, and the connection lives. */
export function stillConnected(error: unknown): boolean {
  return error instanceof postgres.PostgresError && error.severity === 'ERROR'
}
