/**
 * One host a database: a lock that the server gives back when the connection ends, however it ends.
 *
 * In       a client with one connection, which also does the projector's writing
 * Refuses  store/locked, with the process that has it
 * Touches  one advisory lock
 */
import type { Sql } from './connect.ts'
import { StoreError } from './store-error.ts'

/** "HOTD": advisory locks are numbers, and other programs take small ones. */
const LOCK = 0x484f5444
const PAUSE_MS = 100

/** Takes the lock, or says who has it. The server may need `seconds` to see that the last host is gone. */
export async function takeLock(
  sql: Sql,
  { address, seconds }: { readonly address: string; readonly seconds: number },
): Promise<void> {
  for (let left = seconds * 1000; ; left -= PAUSE_MS) {
    const [row] = await sql<{ taken: boolean }[]>`select pg_try_advisory_lock(${LOCK}) as taken`
    if (row?.taken === true) return
    if (left <= 0)
      throw new StoreError(
        'store/locked',
        `Another host uses the database at ${address}${await holder(sql)}: stop it first`,
      )
    await Bun.sleep(PAUSE_MS)
  }
}

async function holder(sql: Sql): Promise<string> {
  const [row] = await sql<{ client: string | null; since: string }[]>`
    select host(a.client_addr) as client, to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as since
    from pg_locks l join pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'advisory' and l.granted and l.objid::bigint = ${LOCK}
      and l.database = (select oid from pg_database where datname = current_database())`
  return row === undefined ? '' : ` (from ${row.client ?? 'this machine'}, since ${row.since} UTC)`
}
