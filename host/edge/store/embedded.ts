/**
 * The private PostgreSQL: real server programs out of node_modules, one per host, on loopback only.
 *
 * It is a process of its own session: it outlives a killed host, and the next start takes it over.
 * What it holds is a projection of the journal: a folder that is beyond repair can be moved away.
 *
 * In       the folder of the host
 * Out      an address to connect to, and a way to stop it
 * Refuses  store/embedded: a folder that cannot be prepared, a server that does not start or does not know our password
 * Asserts  fsync on, UTF-8, C locale, 127.0.0.1 only, password always asked (SCRAM)
 * Touches  <folder>/postgres/{data,password,server.log}, one port, one process
 * Source   postgresql.org/docs/18: app-postgres (signals), storage-file-layout (postmaster.pid)
 */
import { randomBytes } from 'node:crypto'
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'

import postgres from 'postgres'

import { giveTo, type Place, preparePlace } from './postgres-place.ts'
import { launch, readPidFile, runsOn, type Server, stopServer } from './postgres-process.ts'
import { StoreError, type StoreLog } from './store-error.ts'

const USER = 'hotdesk'
const DATABASE = 'hotdesk'
const MAJOR = '18'
/** Recovery after a crash replays what the log holds; a minute is far more than our log size needs. */
const READY_WAIT_MS = 60_000

export interface EmbeddedPostgres {
  /** With the password in it: not for logs. */
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Its data folder. */
  readonly data: string
  /** It was already running, left by a host that was killed. */
  readonly adopted: boolean
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  readonly folder: string
  readonly log: StoreLog
  readonly onProgress?: (step: string) => void
  /** Where root keeps the server when other users cannot reach `folder`. */
  readonly outside?: string
  /** Port to use if it is free; any other where it is not. */
  readonly port?: number
}

/** Starts the private PostgreSQL of `folder`, or takes over the one that still runs there. */
export async function startEmbeddedPostgres({
  folder,
  log,
  onProgress = () => {},
  outside = '/var/lib/hotdesk',
  port = 0,
}: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const place = preparePlace({ folder, outside })
  const fresh = !existsSync(place.data)
  const password = passwordOf(place, fresh)
  const running = await findRunning(place, { password, log })
  if (running !== undefined) return handle(place, { server: running, password, adopted: true })

  if (fresh) {
    onProgress('Preparing the database')
    await initialise(place, password)
    if (place.home !== join(resolve(folder), 'postgres'))
      log.info(`The database is kept in "${place.home}": other users cannot reach "${folder}"`)
  }
  checkVersion(place)
  if (place.user !== undefined) giveTo(place.user, place.data)
  onProgress('Starting the database')
  const server = await launch(place, { waitMs: READY_WAIT_MS, port })
  try {
    await createDatabase(urlOf({ port: server.port, password, database: 'postgres' }))
  } catch (error) {
    await stopServer(place.data, server.pid)
    throw new StoreError(
      'store/embedded',
      `PostgreSQL in "${place.data}" runs but refuses us (${messageOf(error)}): ${ADVICE}`,
    )
  }
  return handle(place, { server, password, adopted: false })
}

const ADVICE = 'move the folder away and start again, it is rebuilt from the journal'

function handle(
  place: Place,
  {
    server,
    password,
    adopted,
  }: { readonly server: Server; readonly password: string; readonly adopted: boolean },
): EmbeddedPostgres {
  const { pid, port } = server
  return {
    url: urlOf({ port, password, database: DATABASE }),
    port,
    pid,
    data: place.data,
    adopted,
    stop: () => stopServer(place.data, pid),
  }
}

function urlOf({
  port,
  password,
  database,
}: {
  readonly port: number
  readonly password: string
  readonly database: string
}): string {
  return `postgres://${USER}:${password}@127.0.0.1:${port}/${database}`
}

function passwordOf({ home, data }: Place, fresh: boolean): string {
  const file = join(home, 'password')
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  if (!fresh)
    throw new StoreError(
      'store/embedded',
      `The password of PostgreSQL in "${data}" is missing ("${file}"): ${ADVICE}`,
    )
  const password = randomBytes(24).toString('hex')
  writeFileSync(file, `${password}\n`, { mode: 0o600 })
  return password
}

/** The server that a killed host left behind, once it answers; undefined where there is none. */
async function findRunning(
  { data }: Place,
  { password, log }: { readonly password: string; readonly log: StoreLog },
): Promise<Server | undefined> {
  const deadline = Bun.nanoseconds() + READY_WAIT_MS * 1e6
  for (let found = readPidFile(data); found !== undefined; found = readPidFile(data)) {
    if (!runsOn(data, found.pid)) {
      // Left by a crash. PostgreSQL itself may take a stranger with the same number for the old server.
      rmSync(join(data, 'postmaster.pid'), { force: true })
      return undefined
    }
    if (
      found.ready &&
      (await answers(data, urlOf({ port: found.port, password, database: DATABASE })))
    ) {
      log.info(
        `Took over the database that a killed host left running (process ${found.pid}, port ${found.port})`,
      )
      return found
    }
    if (Bun.nanoseconds() > deadline) {
      throw new StoreError(
        'store/embedded',
        `PostgreSQL in "${data}" runs (process ${found.pid}) but does not answer: stop that process and start again`,
      )
    }
    await Bun.sleep(50)
  }
  return undefined
}

/** True where the server at `url` knows our password and works on `data`. */
async function answers(data: string, url: string): Promise<boolean> {
  const sql = connectOnce(url)
  try {
    const [row] = await sql<{ data_directory: string }[]>`show data_directory`
    return row?.data_directory === data
  } catch (error) {
    if (error instanceof postgres.PostgresError && error.code === '28P01') {
      throw new StoreError(
        'store/embedded',
        `PostgreSQL in "${data}" runs with another password: stop it and start again`,
      )
    }
    return false
  } finally {
    await sql.end({ timeout: 1 })
  }
}

async function createDatabase(url: string): Promise<void> {
  const sql = connectOnce(url)
  try {
    const found = await sql`select 1 from pg_database where datname = ${DATABASE}`
    if (found.length === 0) await sql`create database ${sql(DATABASE)}`
  } finally {
    await sql.end({ timeout: 1 })
  }
}

function connectOnce(url: string) {
  return postgres(url, { max: 1, connect_timeout: 5, fetch_types: false, onnotice: () => {} })
}

/** Makes the data folder under another name first: a kill in the middle leaves nothing that looks whole. */
async function initialise({ home, data, programs, user }: Place, password: string): Promise<void> {
  for (const name of readdirSync(home)) {
    if (name.startsWith('data.new')) rmSync(join(home, name), { recursive: true, force: true })
  }
  const part = join(home, `data.new-${process.pid}`)
  const passwordFile = `${part}.password`
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  // initdb makes the folder itself only where its user may write beside it.
  mkdirSync(part, { mode: 0o700 })
  if (user !== undefined)
    for (const path of [part, passwordFile]) chownSync(path, user.uid, user.gid)
  const child = Bun.spawn(
    [
      join(programs, 'bin', 'initdb'),
      ...['-D', part, '-U', USER, '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
      ...['--encoding=UTF8', '--locale=C', '--no-instructions'],
    ],
    {
      ...user,
      cwd: '/',
      env: { LC_ALL: 'C', TZ: 'UTC' },
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'pipe',
    },
  )
  const said = await new Response(child.stderr).text()
  rmSync(passwordFile, { force: true })
  if ((await child.exited) !== 0) {
    rmSync(part, { recursive: true, force: true })
    throw new StoreError(
      'store/embedded',
      `Cannot prepare PostgreSQL in "${home}": ${said.trim().split('\n').at(-1) ?? 'initdb failed'}`,
    )
  }
  renameSync(part, data)
}

function checkVersion({ data }: Place): void {
  const file = join(data, 'PG_VERSION')
  const version = existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
  if (version === MAJOR) return
  const what =
    version === undefined
      ? 'is damaged (PG_VERSION is missing)'
      : `was made by PostgreSQL ${version}, this is ${MAJOR}`
  throw new StoreError('store/embedded', `The database folder "${data}" ${what}: ${ADVICE}`)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
