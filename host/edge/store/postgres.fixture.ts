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

/** $1 the server, $2 the folder. Waits for the end of its input, which is the end of the test process. */
const WATCH =
  'cat >/dev/null; kill -QUIT "$1"; n=0; while kill -0 "$1" && [ $n -lt 100 ]; do sleep 0.05; n=$((n+1)); done; rm -rf "$2"'

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
export function watchOver({ pid }: { readonly pid: number }, folder: string): void {
  const watcher = Bun.spawn(['sh', '-c', WATCH, 'sh', String(pid), folder], {
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
