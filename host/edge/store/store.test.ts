import { afterEach, describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'

import fc from 'fast-check'

import { price } from '#sdk/money.ts'
import type { JournalRecord } from '#sdk/record.ts'

import { connect, type Sql } from './connect.ts'
import { startEmbeddedPostgres } from './embedded.ts'
import { temporaryFolder, watchOver, withPostgres } from './postgres.fixture.ts'
import { MemoryJournal, order, record } from './records.fixture.ts'
import {
  createStore,
  type Recovered,
  recoverFromRecords,
  type Store,
  StoreError,
  type StoreOptions,
} from './store.ts'

const said: string[] = []
const log = {
  info: (text: string) => void said.push(text),
  warn: (text: string) => void said.push(text),
}
const open: Store[] = []
const clients: Sql[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.stop()))
  await Promise.all(clients.splice(0).map((sql) => sql.end()))
  said.length = 0
})

async function start(options: Omit<StoreOptions, 'log'>): Promise<Store> {
  const store = createStore({ log, lockSeconds: 0.5, ...options })
  open.push(store)
  await store.start()
  return store
}

async function stop(store: Store): Promise<void> {
  open.splice(open.indexOf(store), 1)
  await store.stop()
}

function client(url: string): Sql {
  const sql = connect({ url, connections: 1 })
  clients.push(sql)
  return sql
}

async function failureOf(action: Promise<unknown>): Promise<StoreError> {
  const error: unknown = await action.then(
    () => 'nothing',
    (reason: unknown) => reason,
  )
  if (error instanceof StoreError) return error
  throw new Error(`It did not refuse: ${String(error)}`)
}

const halt = (reason: string): JournalRecord => ({
  kind: 'halt',
  at: 1,
  halted: true,
  reason,
  by: 'operator',
})
const halts = (count: number) => Array.from({ length: count }, (_, index) => halt(String(index)))
/** Order among executions, and among the keys of an object, is no promise. */
const comparable = (one: Recovered) =>
  sortKeys(
    JSON.parse(
      JSON.stringify({
        ...one,
        fills: one.fills.toSorted((a, b) =>
          a.executionId + a.clientId < b.executionId + b.clientId ? -1 : 1,
        ),
      }),
    ),
  )

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (value === null || typeof value !== 'object') return value
  return Object.entries(value)
    .map(([key, inner]) => [key, sortKeys(inner)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

const TABLES = [
  'orders',
  'fills',
  'strategy_ref',
  'positions',
  'position_correction',
  'strategies',
  'strategy_transition',
  'strategy_state',
  'refusals',
  'halts',
  'days',
  'unapplied',
]

async function contents(sql: Sql): Promise<string> {
  const rows = []
  for (const table of TABLES)
    rows.push(
      await sql.unsafe(`select to_jsonb(t) as row from ${table} t order by to_jsonb(t)::text`),
    )
  return JSON.stringify(rows)
}

describe('The store', () => {
  test('always recovers from the database what the journal alone says, and the same again when all is applied twice', async () => {
    const url = await withPostgres()
    const sql = client(url)
    await stop(await start({ url, journal: new MemoryJournal() }))
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 1, maxLength: 40 }),
        fc.nat(40),
        async (records, early) => {
          await Promise.all(open.splice(0).map((store) => store.stop()))
          await sql.unsafe(`truncate host, ${TABLES.join(', ')}`)
          const journal = new MemoryJournal()
          journal.append(records.slice(0, early))
          const store = await start({ url, journal })
          journal.append(records.slice(early))
          store.poke()
          expect(await store.flush()).toBe(true)
          expect(comparable(await store.load())).toEqual(
            comparable(recoverFromRecords(journal.records)),
          )
          const once = await contents(sql)
          await stop(store)

          await sql`update host set applied_seq = 0`
          const again = await start({ url, journal })
          expect(await contents(sql)).toBe(once)
          expect(again.appliedSeq).toBe(journal.lastSeq)
          await stop(again)
        },
      ),
      { numRuns: 40 },
    )
  }, 120_000)

  test('catches up exactly after the database was away, tells when it went and came, and nobody waits for it', async () => {
    const folder = temporaryFolder()
    const server = await startEmbeddedPostgres({ folder, log, outside: `${folder}/outside` })
    watchOver(server, folder)
    const links: [boolean, string][] = []
    const journal = new MemoryJournal()
    const store = await start({
      url: server.url,
      journal,
      onLink: (working, reason) => void links.push([working, reason]),
    })
    journal.append(halts(10))
    store.poke()
    expect(await store.flush()).toBe(true)

    await server.stop()
    for (let turn = 0; turn < 50; turn++) {
      journal.append(halts(50))
      store.poke()
    }
    while (store.working) await Bun.sleep(5)
    expect(store.appliedSeq).toBe(10)

    // On the port it had, as an operator's server would be.
    const back = await startEmbeddedPostgres({
      folder,
      log,
      outside: `${folder}/outside`,
      port: server.port,
    })
    watchOver(back, folder)
    while (store.appliedSeq < journal.lastSeq) await Bun.sleep(5)
    expect(await client(back.url)`select seq, reason from halts order by seq`).toEqual(
      expect.objectContaining(
        journal.records.map((one) => ({
          seq: one.seq,
          reason: one.kind === 'halt' ? one.reason : '',
        })),
      ),
    )
    expect(links.map(([working]) => working)).toEqual([false, true])
    expect(links[0]?.[1]).toContain(`Database at 127.0.0.1:${server.port}/hotdesk: `)
    await stop(store)
    await Promise.all(clients.splice(0).map((sql) => sql.end()))
    await back.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test('goes on by itself when its connections are cut, and takes its lock again', async () => {
    const url = await withPostgres()
    const journal = new MemoryJournal()
    const store = await start({ url, journal })
    const sql = client(url)
    for (let turn = 1; turn <= 5; turn++) {
      journal.append(halts(2_000))
      store.poke()
      await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`
      expect(await store.flush()).toBe(true)
      expect(await sql`select count(*) as n, max(seq) as top from halts`).toMatchObject([
        { n: turn * 2_000, top: turn * 2_000 },
      ])
      expect(
        (await failureOf(createStore({ url, journal, log, lockSeconds: 0.2 }).start())).code,
      ).toBe('store/locked')
    }
  }, 60_000)

  test('counts a database that hangs as away, and as back once it has answered', async () => {
    const url = await withPostgres()
    const links: boolean[] = []
    const journal = new MemoryJournal()
    const store = await start({
      url,
      journal,
      answerSeconds: 1,
      onLink: (working) => void links.push(working),
    })
    const sql = client(url)
    await sql.unsafe('begin; lock table halts')
    journal.append(halts(1))
    store.poke()
    while (store.working) await Bun.sleep(5)
    await sql.unsafe('commit')
    while (!store.working) await Bun.sleep(5)
    expect(links).toEqual([false, true])
    expect(store.appliedSeq).toBe(1)
  })

  test('refuses a second host on the same database', async () => {
    const url = await withPostgres()
    const journal = new MemoryJournal()
    const first = await start({ url, journal })
    const { code, message } = await failureOf(
      createStore({ url, journal, log, lockSeconds: 0.2 }).start(),
    )
    expect(code).toBe('store/locked')
    expect(message).toMatch(
      /^Another host uses the database at 127\.0\.0\.1:\d+\/test_\d+ \(from 127\.0\.0\.1, since .* UTC\): stop it first$/,
    )
    await stop(first)
    await start({ url, journal })
  })

  test('refuses the database of another journal, and one that is ahead of its journal', async () => {
    const url = await withPostgres()
    const journal = new MemoryJournal('mine')
    journal.append(halts(3))
    await stop(await start({ url, journal }))
    const foreign = await failureOf(
      createStore({ url, journal: new MemoryJournal('theirs'), log, lockSeconds: 0.5 }).start(),
    )
    expect(foreign.code).toBe('store/journal')
    expect(foreign.message).toContain('belongs to another journal')

    const older = new MemoryJournal('mine')
    older.append(halts(2))
    const ahead = await failureOf(
      createStore({ url, journal: older, log, lockSeconds: 0.5 }).start(),
    )
    expect(ahead.code).toBe('store/journal')
    expect(ahead.message).toContain('has record 3, the journal ends at 2')
  })

  test('says in one line, without the password, why it cannot begin', async () => {
    const journal = new MemoryJournal()
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    const good = await withPostgres()
    const cases: readonly [string, string, string][] = [
      [`postgres://u:geheim@127.0.0.1:${port}/x`, 'store/away', 'it does not answer'],
      [good.replace(/:[^:@]+@/, ':geheim@'), 'store/away', 'it refuses the password'],
      [good.replace(/[^/]*$/, 'nowhere'), 'store/away', 'there is no such database'],
      ['postgres://u:geheim@127.0.0.1:1/x', 'store/away', 'nothing listens there'],
    ]
    for (const [url, code, reason] of cases) {
      const failure = await failureOf(createStore({ url, journal, log, answerSeconds: 1 }).start())
      expect([failure.code, failure.message]).toEqual([code, expect.stringContaining(reason)])
      expect(failure.message).not.toContain('geheim')
      expect(failure.message).not.toContain(new URL(url).password)
      expect(failure.message).not.toContain('\n')
    }
    expect(() => createStore({ url: 'mysql://u:geheim@h/x', journal, log })).toThrow(
      'DATABASE_URL is not an address',
    )
    silent.close()
  })

  test('sets a record aside that the database refuses, whole, and goes on after it', async () => {
    const url = await withPostgres()
    const journal = new MemoryJournal()
    const [sound] = fc.sample(order, { numRuns: 1, seed: 1 })
    if (sound === undefined) throw new Error('No order')
    const broken: JournalRecord = {
      kind: 'order',
      at: 1,
      order: { ...sound, clientId: 'EVIL', decidedAt: 1.5 },
    }
    journal.append([halt('before'), broken, { kind: 'order', at: 1, order: sound }, halt('after')])
    const store = await start({ url, journal })
    expect(store.appliedSeq).toBe(4)
    expect(await store.recentOrders(10)).toEqual([sound])
    const sql = client(url)
    const [aside] = await sql<
      { seq: number; body: string; error: string }[]
    >`select * from unapplied`
    expect(JSON.parse(aside?.body ?? '')).toEqual({ ...broken, seq: 2 })
    expect(aside?.error).toContain('1.5')
    expect(said.join()).toContain('The database refuses journal record 2 (order)')
  })

  test('takes text that PostgreSQL has no place for, and gives a state back byte for byte', async () => {
    const url = await withPostgres()
    const journal = new MemoryJournal()
    const states = { '*': { word: 'a\0b\ud800c', 'key\0': 1 } }
    journal.append([
      halt('NUL \0 and half a pair \ud800'),
      {
        kind: 'state',
        at: 1,
        strategy: 's',
        version: '1.0.0',
        digest: 'd',
        snapshot: { tapeSeq: 1, stateVersion: 1, states, nextRef: 1 },
      },
    ])
    const store = await start({ url, journal })
    const { halted, states: kept } = await store.load()
    expect(halted.reason).toBe('NUL \ufffd and half a pair \ufffd')
    expect(kept[0]?.snapshot.states).toEqual(states)
    expect(await client(url)`select * from unapplied`).toHaveLength(0)
  })

  test('counts back as far as the day before for executions, and always those of open orders', async () => {
    const url = await withPostgres()
    const journal = new MemoryJournal()
    const [sample] = fc.sample(order, { numRuns: 1, seed: 2 })
    if (sample === undefined) throw new Error('No order')
    const fillOn = (
      clientId: string,
      executionId: string,
      phase: 'WORKING' | 'FILLED',
    ): JournalRecord => {
      const { strategy, version, digest, instrument, side, quantity, filledValue: charges } = sample
      const fill = {
        executionId,
        clientId,
        strategy,
        version,
        digest,
        instrument,
        side,
        quantity,
        price: price(1),
        charges,
        time: 1,
      }
      const position = {
        strategy,
        instrument,
        quantity,
        cost: charges,
        realised: charges,
        charges,
        fills: 1,
        updatedAt: 1,
      }
      return { kind: 'fill', at: 1, fill, order: { ...sample, clientId, phase }, position }
    }
    const day = (date: string): JournalRecord => ({ kind: 'day', at: 1, date, profits: { s: 1 } })
    journal.append([fillOn('A', 'old', 'FILLED'), fillOn('B', 'old-open', 'WORKING')])
    journal.append([
      day('1'),
      fillOn('C', 'earlier', 'FILLED'),
      day('2'),
      fillOn('D', 'yesterday', 'FILLED'),
      day('3'),
      fillOn('E', 'today', 'FILLED'),
    ])
    const store = await start({ url, journal })
    const recovered = await store.load()
    expect(recovered.fills.map(({ executionId }) => executionId)).toEqual([
      'old-open',
      'yesterday',
      'today',
    ])
    expect(recovered.day).toEqual({ date: '3', profits: { s: 1 } })
    expect((await store.recentFills(2)).map(({ executionId }) => executionId)).toEqual([
      'today',
      'yesterday',
    ])
  })
})
