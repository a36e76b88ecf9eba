/**
 * A real PostgreSQL for tests: one private server per test process, a fresh database per call.
 *
 * It goes away with the process, however that ends: a small watcher holds the other end of a pipe, and the operating
 * system closes the pipe.
 *
 * Touches  a temporary folder, one port
 */
import { chmodSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import postgres from 'postgres'

import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded.ts'
import type { StoreLog } from './store-error.ts'

const quiet: StoreLog = { info: () => {}, warn: () => {} }

/**
 * $1 the server, $2 its data, $3 the folder to remove. Waits for the end of its input, which is the end of the test
 * process. The server takes its pid file away last; a process that nobody waits for may look alive for ever, and
 * the number of one that is gone may be another's by now.
 */
const WATCH = `
  cat >/dev/null
  if [ "$(head -n 1 "$2/postmaster.pid" 2>/dev/null)" = "$1" ]; then
    kill -INT "$1"
    n=0
    while [ -e "$2/postmaster.pid" ] && [ $((n += 1)) -lt 200 ]; do sleep 0.05; done
  fi
  rm -rf "$3" || { sleep 0.5; rm -rf "$3"; }`

let shared: Promise<EmbeddedPostgres> | undefined
let databases = 0

/** Address of a fresh, empty database. */
export async function withPostgres(): Promise<string> {
  shared ??= startShared()
  const { url } = await shared
  const name = `test_${++databases}`
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {} })
  await sql`create database ${sql(name)}`
  await sql.end()
  return url.replace(/[^/]*$/, name)
}

/** A temporary folder that the database's user can reach. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hotdesk-store-'))
  chmodSync(folder, 0o711)
  return folder
}

/** Has the server stopped and its folder removed as soon as this process is gone. */
export function watchOver({ pid, data }: EmbeddedPostgres, folder: string): void {
  const watcher = Bun.spawn(['sh', '-c', WATCH, 'sh', String(pid), data, folder], {
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'ignore',
    detached: true,
  })
  watcher.unref()
}

async function startShared(): Promise<EmbeddedPostgres> {
  const folder = temporaryFolder()
  const server = await startEmbeddedPostgres({
    folder,
    log: quiet,
    outside: join(folder, 'outside'),
  })
  watchOver(server, folder)
  return server
}
