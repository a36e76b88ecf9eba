/** The wiring: every part can be made of what is there, and a desk that stops leaves nothing open. */
import { afterEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'

import postgres from 'postgres'

import { compose, type Given, type Parts } from './compose.ts'
import { loadConfig } from './config.ts'
import { createClock } from './edge/clock/clock.ts'
import { createSimSource } from './edge/feed/sim/sim.ts'
import { openJournal } from './edge/journal/journal.ts'
import { temporaryFolder, withPostgres } from './edge/store/postgres.fixture.ts'
import { createLog } from './log.ts'

setDefaultTimeout(60_000)

/** Every part by name; the compiler says which one is missing here. */
const NAMES: Record<keyof Parts | 'host', true> = {
  ...{ config: true, source: true, historyFrom: true, clock: true, now: true, journal: true },
  ...{ log: true, tape: true, relay: true, core: true, feed: true, broker: true },
  ...{ carriers: true, folder: true, store: true, views: true, desk: true, console: true },
  host: true,
}

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

/** What a paper desk is composed of, in a folder of its own. */
async function given(): Promise<Given> {
  const root = temporaryFolder()
  closers.push(() => rmSync(root, { recursive: true, force: true }))
  const flags = { port: '0', 'sim.instruments': '3', 'sim.ticksPerSecond': '50' }
  const config = loadConfig({ root, environment: {}, flags })
  if (!config.ok) throw new Error(config.refusal.text)
  const journal = openJournal({ folder: join(root, config.value.home) })
  closers.push(() => journal.close())
  const clock = createClock()
  const startsAt = clock.now() - 60_000_000
  return {
    ...{ root, journal, clock, config: config.value, version: '0.1.0', mode: 'paper' },
    feedName: 'simulated exchange',
    source: createSimSource({ ...config.value.sim, startsAt }),
    historyFrom: startsAt,
    databaseUrl: await withPostgres(),
    log: createLog({ level: 'fatal' }),
  }
}

describe('the wiring', () => {
  test('makes every part that it names, each of parts that are there', async () => {
    const container = compose(await given())
    const names = Object.keys(container.registrations)
    expect(names.toSorted()).toEqual(Object.keys(NAMES).toSorted())
    for (const name of names) expect(container.resolve(name) as unknown).toBeDefined()
    await container.dispose()
  })

  test('makes each part once, and gives the host all of them', async () => {
    const { cradle } = compose(await given())
    const { host } = cradle
    expect(host.parts.core).toBe(cradle.core)
    expect(host.parts.desk).toBe(cradle.desk)
    expect(host.parts.store).toBe(cradle.store)
    expect(cradle.core.instruments.map(({ id }) => id)).toEqual(
      cradle.source.instruments.map(({ exchange, symbol }) => `${exchange}:${symbol}`),
    )
  })

  test('opens nothing before the host is started', async () => {
    const parts = await given()
    const container = compose(parts)
    for (const name of Object.keys(container.registrations)) container.resolve(name)
    expect(await sessionsOf(parts.databaseUrl)).toBe(0)
    expect(parts.journal.lastSeq).toBe(0)
  })

  test('brings a desk up, and leaves nothing open when it stops', async () => {
    const parts = await given()
    const { host, core, journal } = compose(parts).cradle
    let url = ''
    try {
      url = (await host.start(() => {})).url
      expect((await fetch(`${url}/api/v1/account`)).status).toBe(200)
      expect(core.levels.gate).toBe('OPEN')
      expect(core.market.counters().ticks).toBeGreaterThan(0)
      expect(await sessionsOf(parts.databaseUrl)).toBeGreaterThan(0)
    } finally {
      await host.stop()
    }
    await expect(fetch(url)).rejects.toThrow()
    expect(await sessionsLeft(parts.databaseUrl)).toBe(0)
    const { turns } = host.parts.desk.counts
    const { lastSeq } = journal
    await Bun.sleep(1_100)
    expect({ turns: host.parts.desk.counts.turns, lastSeq: journal.lastSeq }).toEqual({
      turns,
      lastSeq,
    })
  })

  test('lets the next desk take up the same folder and the same database', async () => {
    const parts = await given()
    const first = compose(parts).cradle.host
    await first.start(() => {})
    await first.stop()
    const { host, core } = compose(parts).cradle
    await host.start(() => {})
    expect(core.levels.gate).toBe('OPEN')
    await host.stop()
  })
})

/** The server takes a moment to end the session of a client that is gone. */
async function sessionsLeft(url: string): Promise<number> {
  for (let looks = 0; looks < 100; looks++) {
    if ((await sessionsOf(url)) === 0) return 0
    await Bun.sleep(50)
  }
  return sessionsOf(url)
}

/** Sessions that hold the database open, without the one that asks. */
async function sessionsOf(url: string): Promise<number> {
  const sql = postgres(url, { max: 1, fetch_types: false })
  const [row] = await sql<{ sessions: number }[]>`
    select count(*)::int as sessions from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`
  await sql.end()
  return row?.sessions ?? Number.NaN
}
