import { afterEach, describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'

import { createInstrument } from '#sdk/instrument.ts'
import { createMarketEvent } from '#sdk/tick.ts'

import { connect, type Sql } from './connect.ts'
import { startEmbeddedPostgres } from './embedded.ts'
import { temporaryFolder, watchOver, withPostgres } from './postgres.fixture.ts'
import { MemoryJournal } from './records.fixture.ts'
import { createStore, type Store, type StoreOptions } from './store.ts'

const log = { info: () => {}, warn: () => {} }
const open: Store[] = []
const clients: Sql[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.stop()))
  await Promise.all(clients.splice(0).map((sql) => sql.end()))
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

const instruments = ['NSE:INFY', 'XNAS:AAPL'].map((id, index) => {
  const [exchange = '', symbol = ''] = id.split(':')
  const session = { kind: 'always', minutes: 1440 } as const
  return createInstrument(
    {
      exchange,
      symbol,
      kind: 'equity',
      currency: 'INR',
      tickSize: '0.05',
      quantityStep: '1',
      lot: 1,
      session,
    },
    index,
  )
})

describe('Ticks and bars', () => {
  test('are in the database as they came: large, negative and absent numbers too', async () => {
    const url = await withPostgres()
    const store = await start({ url, journal: new MemoryJournal(), instruments })
    const event = createMarketEvent()
    const numbers = [
      0,
      1,
      -1,
      4_294_967_295,
      4_294_967_296,
      -4_294_967_297,
      Number.MAX_SAFE_INTEGER,
      Number.MIN_SAFE_INTEGER,
    ]
    for (const price of numbers)
      store.tick(
        Object.assign(event, {
          instrument: 1,
          time: 1_700_000_000_123_457,
          receivedAt: 1_700_000_000_123_458,
          price,
          quantity: 3,
        }),
      )
    event.instrument = 7
    store.tick(event)
    expect(await store.flush()).toBe(true)
    const rows = await client(
      url,
    )`select t.*, i.id from ticks t join instruments i on i.key = t.instrument order by t.ctid`
    expect(rows.map((row) => row['price'])).toEqual(numbers)
    expect(rows[0]).toMatchObject({
      id: 'XNAS:AAPL',
      time_us: 1_700_000_000_123_457,
      received_us: 1_700_000_000_123_458,
      quantity: 3,
      bid: null,
    })
    expect(store.counts).toMatchObject({ ticksWritten: numbers.length, ticksDropped: 1 })
  })

  test('of an instrument keep their key when the board is in another order', async () => {
    const url = await withPostgres()
    const journal = new MemoryJournal()
    const bar = {
      timeframe: '1m',
      start: 60_000_000,
      open: 1,
      high: 4,
      low: 1,
      close: 2,
      volume: 10,
    } as const
    const first = await start({ url, journal, instruments })
    first.bar({ ...bar, instrument: 0 })
    await first.flush()
    await stop(first)
    const second = await start({ url, journal, instruments: [...instruments].reverse() })
    second.bar({ ...bar, instrument: 1, close: 3 })
    second.bar({ ...bar, instrument: 0 })
    await second.flush()
    expect(
      await client(url)`select instrument, close::float8 as close from readable_bars order by 1`,
    ).toEqual(
      expect.objectContaining([
        { instrument: 'NSE:INFY', close: 0.15 },
        { instrument: 'XNAS:AAPL', close: 0.1 },
      ]),
    )
  })

  test('are sent by themselves, and again after a connection was cut', async () => {
    const url = await withPostgres()
    const store = await start({ url, journal: new MemoryJournal(), instruments })
    const sql = client(url)
    const event = Object.assign(createMarketEvent(), { instrument: 0, price: 5 })
    let given = 0
    for (let turn = 0; turn < 6; turn++) {
      for (let tick = 0; tick < 25_000; tick++, given++)
        store.tick(Object.assign(event, { time: given, receivedAt: given }))
      if (turn % 2 === 1)
        await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`
      while (store.counts.ticksWritten < given - 10_000) await Bun.sleep(5)
    }
    while (store.counts.ticksWritten < given) await Bun.sleep(5)
    const [row] = await sql<
      { different: number }[]
    >`select count(distinct time_us) as different from ticks`
    expect(row?.different).toBe(given)
    expect(store.counts.ticksDropped).toBe(0)
  }, 60_000)

  test('never make the desk wait or grow: the oldest go, and are counted', async () => {
    const folder = temporaryFolder()
    const server = await startEmbeddedPostgres({ folder, log, outside: `${folder}/outside` })
    watchOver(server, folder)
    const store = await start({ url: server.url, journal: new MemoryJournal(), instruments })
    await server.stop()
    const event = Object.assign(createMarketEvent(), { instrument: 0, price: 5 })
    for (let tick = 0; tick < 400_000; tick++) {
      store.tick(Object.assign(event, { time: tick, receivedAt: tick }))
      if (tick % 20_000 === 0) await Bun.sleep(1)
    }
    const lost = store.counts.ticksDropped
    expect(lost).toBeGreaterThanOrEqual(400_000 - 16 * 10_000)
    expect(lost).toBeLessThanOrEqual(400_000 - 14 * 10_000)

    const back = await startEmbeddedPostgres({
      folder,
      log,
      outside: `${folder}/outside`,
      port: server.port,
    })
    watchOver(back, folder)
    while (store.counts.ticksWritten + lost < 400_000) await Bun.sleep(5)
    const [row] = await client(back.url)<
      { different: number; newest: number }[]
    >`select count(distinct time_us) as different, max(time_us) as newest from ticks`
    expect(row).toEqual({ different: 400_000 - lost, newest: 399_999 })
    await stop(store)
    await Promise.all(clients.splice(0).map((sql) => sql.end()))
    await back.stop()
    rmSync(folder, { recursive: true, force: true })
  }, 60_000)
})
