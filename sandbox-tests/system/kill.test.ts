/**
 * The restart test: a desk that is killed in the middle of trading comes back with the same books, ten times in a row.
 *
 * What the desk, the venue and the database say is compared only where nothing moved while it was read.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'

import type { AccountView, OrderView, PositionView, StrategyDetail } from '#sdk/view.ts'

import {
  type DatabaseBooks,
  databaseBooks,
  journalRecords,
  netOf,
  type VenueBooks,
  venueBooks,
} from './books.fixture.ts'
import { churnSource, WIDE_LIMITS, writeStrategy } from './churn.fixture.ts'
import {
  clearPlace,
  createPlace,
  databasePid,
  type DeskProcess,
  type Place,
  startDesk,
  until,
} from './desk-process.fixture.ts'

setDefaultTimeout(180_000)

const KILLS = 10
/** Several, because each may send five orders a second. */
const IDS = ['churn-a', 'churn-b', 'churn-c', 'churn-d']
/** How long it trades before each kill: from the midst of its start to well after a state was kept. */
const TRADING_MILLIS = [400, 1_900, 150, 900, 2_700, 50, 1_300, 600, 2_100, 300]
const ARGUMENTS = ['--instruments', '8', '--ticks', '160']

let place: Place

beforeAll(() => {
  // A long wire: at any moment some orders are written down and have not reached the venue.
  place = createPlace({ ...WIDE_LIMITS, paper: { latencyMs: 150 } })
  for (const id of IDS) writeStrategy(place, id, churnSource(id))
})
afterAll(() => clearPlace(place))

interface Birth {
  readonly born: number
  readonly count: number
}

interface Cycle {
  readonly recovery: number
  readonly positions: number
  readonly openOrders: number
  /** Fills that the venue had and the journal had not when it was killed. */
  readonly missed: number
  /** Orders that were on the wire. */
  readonly lost: number
  readonly fills: number
}

describe('a desk that is killed while it trades', () => {
  test('comes back each time with the books of the venue, none of it lost, doubled or begun anew', async () => {
    const cycles: Cycle[] = []
    const births = new Map<string, Birth>()
    let desk = await startDesk(place, { args: ARGUMENTS })
    await keptStates(desk)
    const server = databasePid(place)
    expect(server).toBeDefined()
    for (let kill = 0; kill < KILLS; kill++) {
      await Bun.sleep(TRADING_MILLIS[kill] ?? 500)
      const held = await exposed(desk)
      desk.signal('SIGKILL')
      expect(await desk.ended).toBe('SIGKILL')
      const { kept, missed, lost } = expectJournalKnowsVenue(place)

      desk = await startDesk(place, { args: ARGUMENTS })
      const account = await desk.get<AccountView>('/api/v1/account')
      expect({ gate: account.gate, reason: account.gateReason }).toEqual({
        gate: 'OPEN',
        reason: 'books and broker agree',
      })
      // The database outlived the desk and was taken over.
      expect(databasePid(place)).toBe(server as number)
      await expectStatesGoOn(desk, { births, kept })
      await expectAbsent(desk, lost)
      const fills = await expectAgreement(desk)
      cycles.push({ recovery: desk.startMillis, ...held, missed, lost: lost.length, fills })
    }
    await expectStillTrading(desk)
    desk.signal('SIGTERM')
    expect(await desk.ended).toBe(0)
    report(cycles)
  })
})

/** Waits until the state of every strategy has been written down. */
async function keptStates(desk: DeskProcess): Promise<void> {
  const database = databaseBooks(desk.place)
  try {
    await until('every state is kept', async () => {
      const [count = 0] = await database.numbers('select count(*) from strategy_state')
      return count === IDS.length
    })
  } finally {
    await database.close()
  }
}

/** What is at stake; waits until something is. */
async function exposed(desk: DeskProcess): Promise<Pick<Cycle, 'positions' | 'openOrders'>> {
  return until('it holds positions and open orders', async () => {
    const [positions, orders] = await Promise.all([
      desk.get<PositionView[]>('/api/v1/positions'),
      desk.get<OrderView[]>('/api/v1/orders?open=true&limit=500'),
    ])
    const held = positions.filter(({ quantity }) => quantity !== 0).length
    return held > 0 && orders.length > 0 && { positions: held, openOrders: orders.length }
  })
}

interface Wreck {
  /** The states that were kept. */
  readonly kept: ReadonlyMap<string, Birth>
  readonly missed: number
  /** Client ids of orders that were sent and never arrived. */
  readonly lost: readonly string[]
}

/** No record, no order: whatever reached the venue had been written down. */
function expectJournalKnowsVenue(dead: Place): Wreck {
  const records = journalRecords(dead)
  const venue = venueBooks(dead)
  const last = new Map(
    records.flatMap((record) =>
      record.kind === 'order' || record.kind === 'fill'
        ? [[record.order.clientId, record.order.phase] as const]
        : [],
    ),
  )
  const reached = new Set(venue.orders.map(({ clientId }) => clientId))
  expect(venue.orders.filter(({ clientId }) => !last.has(clientId))).toEqual([])
  expect(reached.size).toBe(venue.orders.length)
  const executed = new Set(venue.executions.map(({ executionId }) => executionId))
  const counted = records.flatMap((record) =>
    record.kind === 'fill' ? [record.fill.executionId] : [],
  )
  expect(new Set(counted).size).toBe(counted.length)
  expect(counted.filter((id) => !executed.has(id))).toEqual([])
  const states = records.flatMap((record) => (record.kind === 'state' ? [record] : []))
  return {
    kept: new Map(
      states.map(({ strategy, snapshot }) => [strategy, snapshot.states['*'] as Birth]),
    ),
    missed: executed.size - counted.length,
    lost: [...last].flatMap(([clientId, phase]) =>
      phase === 'SUBMITTING' && !reached.has(clientId) ? [clientId] : [],
    ),
  }
}

/** What died on the wire is proven absent: neither open for ever nor sent again. */
async function expectAbsent(desk: DeskProcess, lost: readonly string[]): Promise<void> {
  const database = databaseBooks(desk.place)
  const ids = ['', ...lost].map((id) => `'${id}'`).join()
  try {
    await until('every order that died on the wire is absent', async () => {
      const [absent = 0] = await database.numbers(
        `select count(*) from orders where phase = 'ABSENT_PROVEN' and filled = 0 and client_id in (${ids})`,
      )
      return absent === lost.length
    })
  } finally {
    await database.close()
  }
  const { orders } = venueBooks(desk.place)
  expect(orders.filter(({ clientId }) => lost.includes(clientId))).toEqual([])
}

/** The state goes on from the last one that was kept: the same birth, at least as many ticks. */
async function expectStatesGoOn(
  desk: DeskProcess,
  {
    births,
    kept,
  }: { readonly births: Map<string, Birth>; readonly kept: ReadonlyMap<string, Birth> },
): Promise<void> {
  for (const id of IDS) {
    const line = await until(`"${id}" logs its state`, async () => {
      const { log } = await desk.get<StrategyDetail>(`/api/v1/strategies/${id}`)
      return log.find(({ text }) => text.startsWith('born'))?.text
    })
    const [born = 0, count = 0] = (line.match(/\d+/g) ?? []).map(Number)
    const before = kept.get(id)
    expect(before).toBeDefined()
    expect(born).toBe(births.get(id)?.born ?? before?.born ?? 0)
    expect(count).toBeGreaterThanOrEqual(before?.count ?? Infinity)
    births.set(id, { born, count })
  }
}

/** Desk, venue and database say the same. Gives the number of fills. */
async function expectAgreement(desk: DeskProcess): Promise<number> {
  const database = databaseBooks(desk.place)
  try {
    const { positions, venue } = await still(desk, database)
    const books = netOf(positions)
    expect(books).toEqual(venue.positions)
    expect(await database.positions()).toEqual(books)
    await expectOnce(database, venue)
    return venue.executions.length
  } finally {
    await database.close()
  }
}

interface Still {
  readonly positions: readonly PositionView[]
  readonly account: AccountView
  readonly venue: VenueBooks
}

/** Everything as it stands at a moment at which nothing is filled. Trading is halted for it, and resumed after. */
async function still(desk: DeskProcess, database: DatabaseBooks): Promise<Still> {
  expect((await desk.post('/api/v1/halt', { reason: 'comparing' })).status).toBe(200)
  const found = await until('desk, venue and database stand still', async () => {
    const before = await desk.get<PositionView[]>('/api/v1/positions')
    const venue = venueBooks(desk.place)
    const [applied = 0] = await database.numbers('select count(*) from fills')
    const account = await desk.get<AccountView>('/api/v1/account')
    const positions = await desk.get<PositionView[]>('/api/v1/positions')
    const after = venueBooks(desk.place)
    const moved = JSON.stringify(quantities(before)) !== JSON.stringify(quantities(positions))
    const quiet =
      !moved && applied === venue.executions.length && after.executions.length === applied
    return quiet && { positions, account, venue }
  })
  expectSums(found)
  expect((await desk.post('/api/v1/resume', { reason: 'compared' })).status).toBe(200)
  return found
}

function quantities(rows: readonly PositionView[]): readonly (string | number)[][] {
  return rows.map(({ strategy, instrument, quantity }) => [strategy, instrument, quantity])
}

/** The account is the sum of the books, in money too. */
function expectSums({ positions, account }: Still): void {
  const sum = (pick: (row: PositionView) => number) =>
    Math.round(positions.reduce((total, row) => total + pick(row), 0) * 10_000)
  expect(sum(({ realised }) => realised)).toBe(Math.round(account.realised * 10_000))
  expect(sum(({ charges }) => charges)).toBe(Math.round(account.charges * 10_000))
  expect(positions.filter(({ strategy }) => !IDS.includes(strategy))).toEqual([])
}

/** Each execution moved the books once, each number was used once, and the venue was never asked twice for one order. */
async function expectOnce(database: DatabaseBooks, venue: VenueBooks): Promise<void> {
  const { length } = venue.executions
  expect(await database.numbers('select sum(fills) from positions')).toEqual([length])
  expect(await database.numbers('select count(distinct execution_id) from fills')).toEqual([length])
  const filled = 'select sum(quantity * case side when $$BUY$$ then 1 else -1 end) from fills'
  const net = [...venue.positions.values()].reduce((sum, held) => sum + held, 0)
  expect(await database.numbers(filled)).toEqual([net])
  expect(
    await database.numbers('select ref from orders group by strategy, ref having count(*) > 1'),
  ).toEqual([])
  expect(
    await database.numbers("select seq from refusals where code = 'order/ref-reused'"),
  ).toEqual([])
  expect(
    await database.numbers("select seq from orders where reason = 'duplicate client id'"),
  ).toEqual([])
}

/** After all that it still does what it is there for. */
async function expectStillTrading(desk: DeskProcess): Promise<void> {
  const before = venueBooks(desk.place).executions.length
  await until('another order is filled', () => venueBooks(desk.place).executions.length > before)
}

function report(cycles: readonly Cycle[]): void {
  const times = cycles.map(({ recovery }) => recovery).sort((a, b) => a - b)
  const middle = times[Math.floor(times.length / 2)]
  const { positions = 0, openOrders = 0, fills = 0 } = cycles.at(-1) ?? {}
  const sum = (pick: (cycle: Cycle) => number) =>
    cycles.reduce((total, one) => total + pick(one), 0)
  // Else the hardest case was never there.
  expect(sum(({ lost }) => lost)).toBeGreaterThan(0)
  console.log(
    `${KILLS} kills, process start to a decided gate and an open console: median ${middle} ms, longest ${times.at(-1)} ms; at the last ${positions} positions, ${openOrders} open orders, ${fills} fills, ${sum(({ missed }) => missed)} of them told only after a restart; ${sum(({ lost }) => lost)} orders died on the wire`,
  )
}
