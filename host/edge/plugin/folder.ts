/**
 * The drop folder: keeps the walk told of which bundle files stand in it. Truth is the list of files by content hash;
 * chokidar only wakes it earlier than its own clock would.
 *
 * In       a folder
 * Out      BundleEvent: present, refused, gone
 * Refuses  a symbolic link, anything but a regular file, more than 2 MiB, and what `readBundle` refuses
 * Touches  the folder, and the store of accepted bundles
 */
import { constants, existsSync } from 'node:fs'
import { mkdir, open, readdir, rename, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

import { type FSWatcher, watch } from 'chokidar'

import type { BundleEvent } from '#sdk/bundle.ts'

import { type BundleProblem, ENDING, MAX_BYTES, readBundle, sha256 } from './bundle-file.ts'

export interface FolderParts {
  readonly folder: string
  /** Accepted bundles are kept here under their digest, so that nothing depends on the drop folder later. */
  readonly store: string
  readonly now: () => number
  onEvent(event: BundleEvent): void
  /** The folder itself cannot be read. */
  onTrouble(reason: string): void
}

const EVERY_MILLIS = 2_000
const DEBOUNCE_MILLIS = 50

export interface Folder {
  /** Reads the folder once, then keeps watching. */
  start(): Promise<void>
  stop(): Promise<void>
  /** Compares the folder with what was told. */
  reconcile(): Promise<void>
}

export function createFolder({ folder, store, now, onEvent, onTrouble }: FolderParts): Folder {
  /** Digest that was last told of each file. */
  const told = new Map<string, string>()
  let watcher: FSWatcher | undefined
  let every: ReturnType<typeof setInterval> | undefined
  let soon: ReturnType<typeof setTimeout> | undefined
  let running: Promise<void> | undefined
  let again = false
  let trouble = ''

  async function look(): Promise<void> {
    let names: string[]
    try {
      names = (await readdir(folder)).filter((name) => name.endsWith(ENDING)).sort()
      trouble = ''
    } catch (error) {
      const reason = `Cannot read the drop folder "${folder}": ${String(error)}`
      if (reason !== trouble) onTrouble(reason)
      trouble = reason
      return
    }
    for (const name of names) await lookAt(name)
    for (const name of [...told.keys()]) {
      if (names.includes(name)) continue
      told.delete(name)
      onEvent({ kind: 'bundle', now: now(), change: 'gone', id: idOf(name), file: name })
    }
  }

  async function lookAt(name: string): Promise<void> {
    const read = await readOnce(join(folder, name))
    const last = told.get(name)
    if (read === 'gone') return
    if ('code' in read) {
      const digest = sha256(read.reason)
      if (last === digest) return
      told.set(name, digest)
      return refused(name, digest, read)
    }
    const digest = sha256(read.bytes)
    if (last === digest) return
    told.set(name, digest)
    const answer = readBundle(name, read.bytes)
    if (!answer.ok) return refused(name, digest, answer.refusal)
    try {
      await keep(store, { digest, bytes: read.bytes })
    } catch (error) {
      // Without its copy a rollback would depend on the drop folder. It is tried again at each look.
      const reason = `Cannot keep a copy of "${name}": ${String(error)}`
      told.set(name, sha256(reason))
      if (last === sha256(reason)) return
      return refused(name, digest, { code: 'bundle/store', reason })
    }
    onEvent({ kind: 'bundle', now: now(), change: 'present', bundle: answer.value })
  }

  function refused(file: string, digest: string, { code, reason }: BundleProblem): void {
    onEvent({
      kind: 'bundle',
      now: now(),
      change: 'refused',
      id: idOf(file),
      file,
      digest,
      code,
      reason,
    })
  }

  /** One look at a time; a call during a look asks for one more. */
  async function reconcile(): Promise<void> {
    if (running !== undefined) {
      again = true
      return running
    }
    running = (async () => {
      do {
        again = false
        await look()
      } while (again)
    })().finally(() => {
      running = undefined
    })
    return running
  }

  return {
    reconcile,
    async start() {
      await mkdir(folder, { recursive: true })
      await mkdir(store, { recursive: true })
      await reconcile()
      watcher = watch(folder, { depth: 0, ignoreInitial: true, followSymlinks: false })
      const wake = () => {
        clearTimeout(soon)
        soon = setTimeout(() => void reconcile(), DEBOUNCE_MILLIS)
      }
      watcher.on('all', wake)
      // What came while it was getting ready gave no event.
      watcher.on('ready', wake)
      watcher.on('error', (error) =>
        onTrouble(`Watching "${folder}" failed: ${String(error)}; it is still read every 2 s`),
      )
      every = setInterval(() => void reconcile(), EVERY_MILLIS)
    },
    async stop() {
      clearInterval(every)
      clearTimeout(soon)
      await watcher?.close()
      await running
    },
  }
}

function idOf(name: string): string {
  return basename(name, ENDING)
}

/** Reads a file in one go, without following a link. What is hashed is what is run. */
async function readOnce(
  path: string,
): Promise<{ readonly bytes: Uint8Array } | BundleProblem | 'gone'> {
  try {
    const handle = await open(
      path,
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    )
    try {
      const about = await handle.stat()
      if (!about.isFile())
        return { code: 'bundle/not-a-file', reason: `"${basename(path)}" is not a regular file` }
      if (about.size > MAX_BYTES)
        return {
          code: 'bundle/too-large',
          reason: `"${basename(path)}" has ${about.size} bytes; at most ${MAX_BYTES} are read`,
        }
      return { bytes: await handle.readFile() }
    } finally {
      await handle.close()
    }
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'ENOENT') return 'gone'
    if (code === 'ELOOP')
      return {
        code: 'bundle/link',
        reason: `"${basename(path)}" is a symbolic link; copy the file itself`,
      }
    if (code === 'EISDIR' || code === 'ENXIO')
      return { code: 'bundle/not-a-file', reason: `"${basename(path)}" is not a regular file` }
    return {
      code: 'bundle/unreadable',
      reason: `Cannot read "${basename(path)}": ${String(error)}`,
    }
  }
}

async function keep(
  store: string,
  { digest, bytes }: { readonly digest: string; readonly bytes: Uint8Array },
): Promise<void> {
  const path = join(store, `${digest}.js`)
  if (existsSync(path)) return
  const temporary = `${path}.${process.pid}.tmp`
  await writeFile(temporary, bytes)
  await rename(temporary, path)
}
