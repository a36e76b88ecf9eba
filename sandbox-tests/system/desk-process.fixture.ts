/**
 * A real desk for whole-system tests: `desk` as a process of its own, on a home, a drop folder and a port of its own.
 *
 * Out      processes started, answers of their REST doors, what they said and how they ended
 * Touches  one temporary folder a place; the processes that were started here, and the private PostgreSQL of the place
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Subprocess } from 'bun'

import { preparePlace } from '#host/edge/store/postgres-place.ts'
import { readPidFile, runsOn, stopServer } from '#host/edge/store/postgres-process.ts'

/** The project, which the desk takes its programs and its console from. */
export const ROOT = join(import.meta.dir, '..', '..')
const CLI = join(ROOT, 'host', 'cli.ts')

/** Recorded markets that are not part of the project; undefined where this machine has none. */
export const RECORDED = existsSync(join(ROOT, '..', 'shared', 'data'))
  ? join(ROOT, '..', 'shared', 'data')
  : undefined

/** Everything that one desk owns. */
export interface Place {
  readonly folder: string
  readonly home: string
  readonly plugins: string
  readonly environment: Readonly<Record<string, string>>
}

/** A running `desk up`. */
export interface DeskProcess {
  readonly place: Place
  readonly pid: number
  readonly url: string
  readonly port: number
  /** What it printed when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>
  /** Milliseconds from the start of the process to the first answer. */
  readonly startMillis: number
  readonly stderr: () => string
  get<T>(path: string): Promise<T>
  post(path: string, body?: object): Promise<{ readonly status: number; readonly body: unknown }>
  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void
  /** Exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | string>
}

/** A process that ran to its end. */
export interface Ran {
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

const READY_MILLIS = 60_000
const processes = new Map<Place, Set<Subprocess>>()

/** A folder that holds all of one desk. `config` is what its configuration file says. */
export function createPlace(config: object = {}): Place {
  const folder = mkdtempSync(join(tmpdir(), 'hotdesk-system-'))
  // The database may run as another user, who must be able to pass.
  chmodSync(folder, 0o711)
  const plugins = join(folder, 'plugins')
  mkdirSync(plugins)
  const file = join(folder, 'config.json')
  writeFileSync(file, JSON.stringify(config))
  const home = join(folder, 'home')
  const environment = { HOTDESK_HOME: home, HOTDESK_PLUGINS: plugins, HOTDESK_CONFIG: file }
  const place = { folder, home, plugins, environment }
  processes.set(place, new Set())
  return place
}

/** Lets the tests of strategies in the place's drop folder find what those in the project find. */
export function linkProject({ folder }: Place): void {
  const imports = { '#sdk': './sdk/sdk.ts', '#sdk/*': './sdk/*', '#host/*': './host/*' }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', imports }))
  for (const name of ['sdk', 'host', 'node_modules']) {
    const made = Bun.spawnSync(['ln', '-s', join(ROOT, name), join(folder, name)])
    if (made.exitCode !== 0) throw new Error(made.stderr.toString())
  }
}

/** Ends whatever was started on the place, the database too, and removes it. Call it whatever happened before. */
export async function clearPlace(place: Place): Promise<void> {
  const started = [...(processes.get(place) ?? [])]
  for (const one of started) one.kill('SIGKILL')
  await Promise.all(started.map((one) => one.exited))
  processes.delete(place)
  const { data, home } = databaseOf(place)
  const found = readPidFile(data)
  if (found !== undefined && runsOn(data, found.pid)) {
    process.kill(found.pid, 'SIGCONT')
    await stopServer(data, found.pid)
  }
  rmSync(home, { recursive: true, force: true })
  rmSync(place.folder, { recursive: true, force: true })
}

/** Where the private PostgreSQL of a place is. */
export function databaseOf({ home }: Place): { readonly data: string; readonly home: string } {
  return preparePlace({ folder: home, outside: '/var/lib/hotdesk' })
}

/** Process number of the place's PostgreSQL; undefined where none runs. */
export function databasePid(place: Place): number | undefined {
  const { data } = databaseOf(place)
  const found = readPidFile(data)
  return found !== undefined && runsOn(data, found.pid) ? found.pid : undefined
}

/** Address of the place's running PostgreSQL. */
export function databaseUrl(place: Place): string {
  const { data, home } = databaseOf(place)
  const found = readPidFile(data)
  if (found === undefined) throw new Error(`No PostgreSQL runs in "${data}"`)
  const password = readFileSync(join(home, 'password'), 'utf8').trim()
  return `postgres://hotdesk:${password}@127.0.0.1:${found.port}/hotdesk`
}

/** Starts a process of `desk`; whoever calls it reads what it says. */
export function spawnDesk(
  place: Place,
  {
    args,
    environment = {},
  }: { readonly args: readonly string[]; readonly environment?: Record<string, string> },
) {
  const child = Bun.spawn([process.execPath, CLI, ...args], {
    cwd: place.folder,
    env: { ...inherited(), ...place.environment, ...environment },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  processes.get(place)?.add(child)
  return child
}

/** Runs `desk` to its end. */
export async function runDesk(
  place: Place,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<Ran> {
  const child = spawnDesk(place, { args, environment })
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  return { code: await endOf(child), stdout, stderr }
}

/** Brings a paper desk up on a free port and waits until it says where it is. */
export async function startDesk(
  place: Place,
  {
    args = [],
    port = 0,
    environment = {},
  }: {
    readonly args?: readonly string[]
    readonly port?: number
    readonly environment?: Record<string, string>
  } = {},
): Promise<DeskProcess> {
  const startedAt = performance.now()
  const child = spawnDesk(place, {
    args: ['up', 'paper', '--port', String(port), '--json', ...args],
    environment,
  })
  const said = collect(child.stderr)
  const line = await firstLine(child.stdout, READY_MILLIS)
  const startMillis = Math.round(performance.now() - startedAt)
  if (line === undefined) throw new Error(`The desk did not come up: ${said()}`)
  const ready = JSON.parse(line) as Readonly<Record<string, unknown>>
  const url = String(ready['url'])
  return {
    place,
    pid: child.pid,
    url,
    port: Number(new URL(url).port),
    ready,
    startMillis,
    stderr: said,
    ended: endOf(child),
    signal: (name) => child.kill(name),
    async get<T>(path: string): Promise<T> {
      const response = await fetch(`${url}${path}`)
      if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`)
      return (await response.json()) as T
    },
    async post(path, body = {}) {
      const headers = { 'content-type': 'application/json', 'x-hotdesk': '1' }
      const response = await fetch(`${url}${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      })
      return { status: response.status, body: await response.json() }
    },
  }
}

/** Asks until the answer is there; says what was waited for where it never is. */
export async function until<T>(
  what: string,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  millis = 20_000,
): Promise<T> {
  const deadline = performance.now() + millis
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > deadline) throw new Error(`Waited ${millis} ms in vain until ${what}`)
    await Bun.sleep(25)
  }
}

/** Numbers of the processes that `pid` has started, and those they have started. */
export function descendantsOf(pid: number): number[] {
  const listed = Bun.spawnSync(['ps', '-A', '-o', 'pid=,ppid=']).stdout.toString()
  const pairs = listed.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  const below = (parent: number): number[] =>
    pairs.flatMap(([child, of]) =>
      of === parent && child !== undefined ? [child, ...below(child)] : [],
    )
  return below(pid)
}

/** True while a process of this number is there and not merely waiting to be reaped. */
export function isAlive(pid: number): boolean {
  const state = Bun.spawnSync(['ps', '-o', 'state=', '-p', String(pid)])
    .stdout.toString()
    .trim()
  return state !== '' && !state.startsWith('Z')
}

/** What this process has, but for what would reach into the desk. */
function inherited(): Record<string, string> {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(HOTDESK_|DATABASE_URL$|LOG_LEVEL$|FORCE_COLOR$)/.test(name),
  )
  return { ...Object.fromEntries(own.map(([name, value]) => [name, value ?? ''])), NO_COLOR: '1' }
}

async function endOf(child: Subprocess): Promise<number | string> {
  await child.exited
  return child.signalCode ?? child.exitCode ?? 'unknown'
}

function collect(stream: ReadableStream<Uint8Array>): () => string {
  let text = ''
  void (async () => {
    const decoder = new TextDecoder()
    for await (const chunk of stream) text += decoder.decode(chunk, { stream: true })
  })().catch(() => undefined)
  return () => text
}

/** The first line of a stream, which is read on to its end; undefined where it ends or `millis` pass before. */
async function firstLine(
  stream: ReadableStream<Uint8Array>,
  millis: number,
): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const timer = setTimeout(() => resolve(undefined), millis)
  void (async () => {
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of stream) {
      text += decoder.decode(chunk, { stream: true })
      const [line = '', ...rest] = text.split('\n')
      if (rest.length > 0) resolve(line)
    }
    resolve(undefined)
  })().catch(() => resolve(undefined))
  try {
    return await promise
  } finally {
    clearTimeout(timer)
  }
}
