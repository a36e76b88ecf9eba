/**
 * Paper trading: the real walk with the paper venue, on the simulated exchange or on recorded files.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'

import { buildConsole, buildStrategies } from './build-all.ts'
import { compose } from './compose.ts'
import type { Config } from './config.ts'
import { createClock } from './edge/clock/clock.ts'
import type { MarketSource } from './edge/feed/feed.ts'
import { createSimSource } from './edge/feed/sim/sim.ts'
import { openTapes } from './edge/feed/tape/tape.ts'
import { openJournal } from './edge/journal/journal.ts'
import { startEmbeddedPostgres } from './edge/store/embedded.ts'
import type { Host } from './host.ts'
import type { Log } from './log.ts'
import type { Progress } from './progress.ts'

const HISTORY_SECONDS = 3_600
const HISTORY_TICKS = 5_000_000

export interface PaperOptions {
  readonly root: string
  readonly version: string
  readonly config: Config
  readonly log: Log
  readonly progress: Progress
  /** Recorded files to play; the simulated exchange where there is none. */
  readonly tapes: readonly string[]
  /** Seconds of tape in a second. */
  readonly speed: number
}

export interface Running {
  readonly url: string
  readonly host: Host
  readonly instruments: number
  readonly feedName: string
  stop(): Promise<void>
}

/** Brings a paper desk up. Whatever was opened is closed again where a later step fails. */
export async function startPaper(options: PaperOptions): Promise<Running> {
  const { root, version, config: asked, log, progress, tapes, speed } = options
  const closers: (() => unknown)[] = []
  const close = async () => {
    for (const one of closers.splice(0).reverse()) await one()
  }
  try {
    progress.step('Building strategies and console')
    await build(options)
    progress.step(
      tapes.length === 0
        ? 'Opening the simulated exchange'
        : `Reading ${tapes.map((path) => basename(path)).join(', ')}`,
    )
    const source = await openSource(options)
    const config = tapes.length === 0 ? asked : ownHome(asked, root, closers)
    const home = resolve(root, config.home)
    progress.step('Opening the journal')
    const journal = openJournal({ folder: home })
    closers.push(() => journal.close())
    progress.step(
      config.databaseUrl === undefined
        ? 'Starting the private PostgreSQL'
        : 'Connecting to PostgreSQL',
    )
    const databaseUrl = config.databaseUrl ?? (await ownDatabase(home, { log, closers }))
    const feedName =
      tapes.length === 0
        ? 'simulated exchange'
        : `${tapes.map((path) => basename(path)).join(', ')} at ${speed} times its pace`
    const clock =
      tapes.length === 0 ? createClock() : createClock({ origin: source.startsAt, speed })
    const { host } = compose({
      config,
      root,
      version,
      mode: 'paper',
      feedName,
      source,
      historyFrom: tapes.length === 0 ? source.startsAt : Infinity,
      clock,
      journal,
      databaseUrl,
      log,
    }).cradle
    closers.push(() => host.stop())
    const { url } = await host.start(progress.step)
    progress.done()
    return { url, host, feedName, instruments: source.instruments.length, stop: close }
  } catch (error) {
    await close().catch((second: unknown) => log.error({ error: String(second) }, 'Closing failed'))
    throw error
  }
}

async function build({ root, config, log, progress }: PaperOptions): Promise<void> {
  const [{ problems }] = await Promise.all([
    buildStrategies(resolve(root, config.pluginsFolder)),
    buildConsole(root),
  ])
  for (const { id, text } of problems) {
    log.error({ strategy: id }, text)
    progress.step(`Strategy "${id}" was left out: ${text.split('\n')[0] ?? ''}`)
  }
}

async function openSource({ config, tapes }: PaperOptions): Promise<MarketSource> {
  if (tapes.length > 0) return openTapes(tapes)
  const { instruments, ticksPerSecond, seed, sessionMinutes } = config.sim
  return createSimSource({
    instruments,
    ticksPerSecond,
    seed,
    sessionMinutes,
    startsAt: createClock().now() - historyOf(ticksPerSecond),
  })
}

/** How far back the simulated exchange begins, so that strategies are warm at once; less where that is too many ticks. */
function historyOf(ticksPerSecond: number): number {
  return Math.round(Math.min(HISTORY_SECONDS, HISTORY_TICKS / ticksPerSecond)) * 1_000_000
}

/** A tape is played on books of its own: yesterday's trades must not mix with today's. Gone when the desk stops. */
function ownHome(config: Config, root: string, closers: (() => unknown)[]): Config {
  const folder = join(config.home, 'tape')
  mkdirSync(resolve(root, folder), { recursive: true })
  const home = mkdtempSync(resolve(root, folder, 'run-'))
  closers.push(() => rmSync(home, { recursive: true, force: true }))
  return { ...config, home: join(folder, basename(home)) }
}

async function ownDatabase(
  home: string,
  { log, closers }: { readonly log: Log; readonly closers: (() => unknown)[] },
): Promise<string> {
  const server = await startEmbeddedPostgres({ folder: home, log })
  closers.push(() => server.stop())
  return server.url
}
