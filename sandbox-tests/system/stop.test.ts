/** A desk that is told to stop leaves nothing behind: no entry at the venue, no process, no word that was not written. */
import { afterEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { startEmbeddedPostgres } from '#host/edge/store/embedded.ts'
import type { AccountView, StrategyDetail } from '#sdk/view.ts'

import { databaseBooks, journalRecords, netOf, venueBooks } from './books.fixture.ts'
import { churnSource, WIDE_LIMITS, writeStrategy } from './churn.fixture.ts'
import {
  clearPlace,
  createPlace,
  databasePid,
  descendantsOf,
  type DeskProcess,
  isAlive,
  type Place,
  spawnDesk,
  startDesk,
  until,
} from './desk-process.fixture.ts'

setDefaultTimeout(120_000)

const STOP_MILLIS_MAX = 10_000
const ARGUMENTS = ['--instruments', '8', '--ticks', '160']
const IDS = ['churn-a', 'churn-b']
const quiet = { info: () => {}, warn: () => {} }
const places: Place[] = []

afterEach(async () => {
  for (const place of places.splice(0)) await clearPlace(place)
})

function tradingPlace(): Place {
  const place = createPlace(WIDE_LIMITS)
  places.push(place)
  for (const id of IDS) writeStrategy(place, id, churnSource(id))
  return place
}

/** A desk with entries that rest at the venue, and stops that guard what it holds. */
async function tradingDesk(): Promise<DeskProcess> {
  const desk = await startDesk(tradingPlace(), { args: ARGUMENTS })
  await until('entries and guarding stops rest at the venue', () => {
    const open = venueBooks(desk.place).orders.filter(({ status }) => status === 'working')
    return (
      open.some(({ kind, side }) => kind === 'LIMIT' && side === 'BUY') &&
      open.some(({ kind }) => kind === 'STOP')
    )
  })
  return desk
}

describe('a desk that is told to stop', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s while it trades ends with 0 in time, its entries cancelled, its exits kept, its books flushed',
    async (signal) => {
      const desk = await tradingDesk()
      const { place } = desk
      const started = [desk.pid, ...descendantsOf(desk.pid)]
      // Itself and the database, which is a process of its own.
      expect(started.length).toBeGreaterThan(1)

      const toldAt = performance.now()
      desk.signal(signal)
      expect(await desk.ended).toBe(0)
      expect(performance.now() - toldAt).toBeLessThan(STOP_MILLIS_MAX)

      expect(started.filter(isAlive)).toEqual([])
      expect(databasePid(place)).toBeUndefined()
      expectOnlyExits(place)
      await expectFlushed(place)
      await expectGoesOn(place)
    },
  )

  test('leaves at once when it is told a second time, and comes back from its journal all the same', async () => {
    const desk = await tradingDesk()
    const { place } = desk
    const database = databasePid(place)
    if (database === undefined) throw new Error('No database runs')
    // A database that does not end holds a stop up for as long as one is willing to wait.
    process.kill(database, 'SIGSTOP')
    try {
      desk.signal('SIGINT')
      await until('it says that it stops', () => desk.stderr().includes('once more leaves at once'))
      // Sooner it would be taken for the same key press, told twice.
      await Bun.sleep(700)
      desk.signal('SIGINT')
      expect(await desk.ended).toBe(130)
    } finally {
      process.kill(database, 'SIGCONT')
    }
    await expectGoesOn(place)
  })
})

describe('a desk that is told to stop while it starts', () => {
  test.each(['has a database and nothing else', 'has just begun'])(
    'when it %s leaves no process behind',
    async (when) => {
      const place = tradingPlace()
      const child = spawnDesk(place, { args: ['up', 'paper', '--port', '0', ...ARGUMENTS] })
      if (when.startsWith('has a database'))
        await until('its database runs', () => databasePid(place) !== undefined)
      else
        await until('it has opened its journal', () => existsSync(join(place.home, 'journal.pid')))
      const started = [child.pid, ...descendantsOf(child.pid)]
      child.kill('SIGINT')
      expect([0, 130]).toContain(await child.exited)
      expect(started.filter(isAlive)).toEqual([])
      expect(databasePid(place)).toBeUndefined()
    },
  )
})

describe('a desk with another feed than its books', () => {
  test('keeps its gate closed and says which instruments are missing', async () => {
    const desk = await tradingDesk()
    desk.signal('SIGTERM')
    expect(await desk.ended).toBe(0)
    const missing = [...venueBooks(desk.place).positions.keys()]
    expect(missing.length).toBeGreaterThan(0)

    const other = await startDesk(desk.place, { args: ['--instruments', '1', '--ticks', '20'] })
    const { gate, gateReason } = await other.get<AccountView>('/api/v1/account')
    expect(gate).toBe('CLOSED')
    expect(gateReason).toContain('which this feed does not have')
    const [{ id: own } = { id: '' }] = await other.get<{ id: string }[]>('/api/v1/instruments')
    for (const instrument of missing)
      if (instrument !== own) expect(gateReason).toContain(instrument)
    other.signal('SIGTERM')
    expect(await other.ended).toBe(0)
    expect(other.stderr()).not.toContain('InvariantError')
  })
})

/** What still works at the venue only reduces what is held. */
function expectOnlyExits(place: Place): void {
  const { orders } = venueBooks(place)
  const held = new Map(
    journalRecords(place).flatMap((record) =>
      record.kind === 'fill'
        ? [
            [
              `${record.position.strategy} ${record.position.instrument}`,
              record.position.quantity,
            ] as const,
          ]
        : [],
    ),
  )
  const owners = new Map(
    journalRecords(place).flatMap((record) =>
      record.kind === 'order' ? [[record.order.clientId, record.order.strategy] as const] : [],
    ),
  )
  const open = orders.filter(({ status }) => status === 'working' || status === 'triggered')
  const sums = new Map<string, number>()
  for (const { clientId, instrument, side, quantity, filled } of open) {
    const key = `${owners.get(clientId) ?? ''} ${instrument} ${side}`
    sums.set(key, (sums.get(key) ?? 0) + quantity - filled)
  }
  for (const [key, steps] of sums) {
    const [strategy, instrument, side] = key.split(' ')
    const position = held.get(`${strategy} ${instrument}`) ?? 0
    const closable = side === 'SELL' ? position : -position
    expect({ key, exceeds: steps > closable }).toEqual({ key, exceeds: false })
  }
  expect(open.some(({ kind }) => kind === 'STOP')).toBe(true)
  expect(orders.some(({ kind, status }) => kind === 'LIMIT' && status === 'cancelled')).toBe(true)
}

/** The database has every record of the journal, and the venue's positions. */
async function expectFlushed(place: Place): Promise<void> {
  const server = await startEmbeddedPostgres({ folder: place.home, log: quiet })
  const database = databaseBooks(place, server.url)
  try {
    const last = journalRecords(place).at(-1)?.seq
    expect(last).toBeDefined()
    expect(await database.numbers('select applied_seq from host')).toEqual([last ?? 0])
    expect(await database.positions()).toEqual(venueBooks(place).positions)
    expect(await database.numbers('select count(*) from strategy_state')).toEqual([IDS.length])
  } finally {
    await database.close()
    await server.stop()
  }
}

/** Started again it has the same books, an open gate, and strategies that go on with the state they ended with. */
async function expectGoesOn(place: Place): Promise<void> {
  const kept = new Map(
    journalRecords(place).flatMap((record) =>
      record.kind === 'state'
        ? [
            [
              record.strategy,
              record.snapshot.states['*'] as { born: number; count: number },
            ] as const,
          ]
        : [],
    ),
  )
  expect(kept.size).toBe(IDS.length)
  const desk = await startDesk(place, { args: ARGUMENTS })
  expect((await desk.get<AccountView>('/api/v1/account')).gate).toBe('OPEN')
  for (const id of IDS) {
    const line = await until(`"${id}" logs its state`, async () => {
      const { log } = await desk.get<StrategyDetail>(`/api/v1/strategies/${id}`)
      return log.find(({ text }) => text.startsWith('born'))?.text
    })
    const [born = 0, count = 0] = (line.match(/\d+/g) ?? []).map(Number)
    expect(born).toBe(kept.get(id)?.born ?? -1)
    expect(count).toBeGreaterThanOrEqual(kept.get(id)?.count ?? Infinity)
  }
  await until('desk and venue hold the same', async () => {
    const before = venueBooks(place).positions
    const rows = await desk.get<{ instrument: string; quantity: number }[]>('/api/v1/positions')
    return (
      Bun.deepEquals(netOf(rows), before) && Bun.deepEquals(before, venueBooks(place).positions)
    )
  })
  desk.signal('SIGTERM')
  expect(await desk.ended).toBe(0)
}
