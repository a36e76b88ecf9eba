/**
 * The server process of the private PostgreSQL: launch, look, stop.
 *
 * In       a prepared place
 * Out      process number and port of a server that takes connections
 * Refuses  store/embedded: a server that ends or hangs at start, with its own last word
 * Touches  the process, its port, postmaster.pid, server.log
 */
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

import type { Place } from './postgres-place.ts'
import { StoreError } from './store-error.ts'

export interface Server {
  readonly pid: number
  readonly port: number
}

const LOG_BYTES_MAX = 4 * 1024 * 1024
const LAUNCHES_MAX = 4

/** Durability is PostgreSQL's default and is written out so that nobody turns it off by accident. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  max_connections: '40',
  shared_buffers: '64MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_messages: 'warning',
  log_line_prefix: '%m ',
}

/** What postmaster.pid says; undefined where there is none or it is not whole. */
export function readPidFile(data: string): (Server & { readonly ready: boolean }) | undefined {
  const file = join(data, 'postmaster.pid')
  if (!existsSync(file)) return undefined
  const lines = readFileSync(file, 'utf8').split('\n')
  return { pid: Number(lines[0]), port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' }
}

/** Is `pid` a living PostgreSQL that works on `data`? */
export function runsOn(data: string, pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 1) return false
  return commandOf(pid).replaceAll('\0', ' ').includes(` -D ${data} `)
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    if (process.platform === 'linux') return ''
    return Bun.spawnSync(['ps', '-o', 'command=', '-p', String(pid)]).stdout.toString()
  }
}

/** Starts a server, on port `port` or where that is 0 or taken on a free one, and waits until it takes connections. */
export async function launch(
  place: Place,
  { waitMs, port: wanted }: { readonly waitMs: number; readonly port: number },
): Promise<Server> {
  let said = ''
  for (let attempt = 0; attempt < LAUNCHES_MAX; attempt++) {
    const port = attempt === 0 && wanted > 0 ? wanted : await freePort()
    const answer = await tryLaunch(place, { waitMs, port })
    if (typeof answer !== 'string') return answer
    said = answer
    // Another program took the port in between, or children of a killed server are still going down.
    if (!/Address already in use|shared memory block/.test(said)) break
    await Bun.sleep(300)
  }
  throw new StoreError(
    'store/embedded',
    `PostgreSQL in "${place.data}" does not start (${said}): see "${logOf(place)}"; if it is damaged, move the folder away and start again, it is rebuilt from the journal`,
  )
}

async function tryLaunch(
  place: Place,
  { waitMs, port }: { readonly waitMs: number; readonly port: number },
): Promise<Server | string> {
  const { data, programs, user } = place
  const log = openLog(place)
  const from = statSync(logOf(place)).size
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = Bun.spawn(
    [join(programs, 'bin', 'postgres'), '-D', data, '-p', String(port), ...settings],
    {
      ...user,
      cwd: '/',
      env: { LC_ALL: 'C', TZ: 'UTC' },
      stdin: 'ignore',
      // A file, not a pipe: the server must be able to speak when the host is dead.
      stdout: log,
      stderr: log,
      // A session of its own: Ctrl-C in the operator's terminal is for the host, which stops the server last.
      detached: true,
    },
  )
  child.unref()
  closeSync(log)
  for (
    const deadline = Bun.nanoseconds() + waitMs * 1e6;
    Bun.nanoseconds() < deadline;
    await Bun.sleep(10)
  ) {
    if (child.exitCode !== null || child.signalCode !== null) return lastWord(place, from)
    const found = readPidFile(data)
    if (found?.pid === child.pid && found.ready) return { pid: child.pid, port }
  }
  await stopServer(data, child.pid)
  return `not ready after ${waitMs / 1000} s`
}

/** Stops the server: first politely, rolling back what is open, then less so. Does nothing where it is gone. */
export async function stopServer(data: string, pid: number): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGINT', 10_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 2_000],
  ] as const) {
    if (!runsOn(data, pid)) return
    try {
      process.kill(pid, signal)
    } catch {
      return
    }
    for (
      const deadline = Bun.nanoseconds() + waitMs * 1e6;
      Bun.nanoseconds() < deadline;
      await Bun.sleep(10)
    ) {
      if (!runsOn(data, pid)) return
    }
  }
}

function logOf({ home }: Place): string {
  return join(home, 'server.log')
}

function openLog(place: Place): number {
  const file = logOf(place)
  if (existsSync(file) && statSync(file).size > LOG_BYTES_MAX) renameSync(file, `${file}.1`)
  return openSync(file, 'a', 0o600)
}

/** The line in which the server said why it ended. */
function lastWord(place: Place, from: number): string {
  const lines = readFileSync(logOf(place)).subarray(from).toString().trim().split('\n')
  const cause =
    lines.find((line) => /Address already in use|shared memory block/.test(line)) ??
    lines.find((line) => /FATAL|PANIC/.test(line))
  return (
    (cause ?? lines.at(-1) ?? '').replace(/^.*?(FATAL|PANIC|LOG|error): */, '') ||
    'it ended without a word'
  )
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(0, '127.0.0.1', resolve),
  )
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string')
    throw new StoreError('store/embedded', 'Cannot find a free port')
  return address.port
}
