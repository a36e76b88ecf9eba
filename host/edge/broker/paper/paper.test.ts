import { Database } from 'bun:sqlite'
import { afterEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { quantity } from '#sdk/money.ts'
import type { OrderReport } from '#sdk/order.ts'

import { createPaperBroker, type PaperBrokerOptions } from './paper.ts'
import { brief, listed, NOON, order, quote, trade } from './stage.fixture.ts'

const folders: string[] = []
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'paper-venue-'))
  folders.push(folder)
  return folder
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

const limitBuy = order({ kind: 'LIMIT', limit: 100 })

async function startBroker(options: Partial<PaperBrokerOptions> = {}) {
  const clock = { now: NOON }
  const heard: string[] = []
  const broker = createPaperBroker({ instruments: listed(2), now: () => clock.now, ...options })
  const listeners: ((report: OrderReport) => void)[] = []
  await broker.start({
    report(report) {
      heard.push(brief(report))
      for (const listener of listeners) listener(report)
    },
    link: (working, reason) => heard.push(`link ${working ? 'up' : 'down'}: ${reason}`),
  })
  const said = () => heard.splice(0)
  const tick = (now: number) => {
    clock.now = NOON + now
    broker.time(clock.now)
  }
  return { broker, clock, said, tick, listeners }
}

describe('the paper broker', () => {
  test('is open once it has started, and answers at the next time', async () => {
    const { broker, said, tick } = await startBroker()
    expect(said()).toEqual(['link up: Paper venue is open'])
    broker.submit(limitBuy)
    expect(said()).toEqual([])
    tick(1_000)
    expect(said()).toEqual(['A working'])
    broker.market(trade(2_000, 98, 4))
    expect(said()).toEqual(['A fill 4 @ 99'])
    broker.cancel('A')
    tick(3_000)
    expect(said()).toEqual(['A cancelled'])
    expect((await broker.snapshot()).positions).toEqual([
      { instrument: 'SIM:A', quantity: quantity(4) },
    ])
    await broker.stop()
  })

  test('takes an order that is sent on hearing a report', async () => {
    const { broker, said, tick, listeners } = await startBroker()
    listeners.push((report) => {
      if (report.status === 'fill' && report.clientId === 'A')
        broker.submit(order({ clientId: 'B', side: 'SELL' }))
    })
    said()
    broker.submit(order())
    tick(1_000)
    broker.market(quote(2_000, 99, 101))
    expect(said()).toEqual(['A working', 'A fill 10 @ 101'])
    broker.market(quote(4_000, 99, 101))
    expect(said()).toEqual(['B working', 'B fill 10 @ 99'])
    await broker.stop()
  })

  test('answers in a silent market by its own timer', async () => {
    const startedAt = performance.now()
    const now = () => Math.round(NOON + (performance.now() - startedAt) * 1000)
    const { broker, listeners } = await startBroker({ timers: true, now })
    const answered = new Promise<OrderReport>((resolve) => listeners.push(resolve))
    broker.submit(limitBuy)
    expect((await answered).status).toBe('working')
    await broker.stop()
  })

  test('expires an order at the close of its session, by the session rule', async () => {
    const { broker, said, tick } = await startBroker()
    said()
    broker.submit(limitBuy)
    tick(4 * 3_600_000_000 - 1)
    expect(said()).toEqual(['A working'])
    tick(4 * 3_600_000_000)
    expect(said()).toEqual(['A expired: session closed'])
    await broker.stop()
  })

  test('that is used before it has started is a bug', () => {
    const broker = createPaperBroker({ instruments: listed(1), now: () => NOON })
    expect(() => broker.submit(limitBuy)).toThrow('before it has started')
  })
})

describe('the ledger', () => {
  test('gives a new process the books of the old one', async () => {
    const folder = temporaryFolder()
    const first = await startBroker({ folder })
    first.broker.submit(limitBuy)
    first.broker.submit(order({ clientId: 'B', kind: 'STOP_LIMIT', stop: 120, limit: 125 }))
    first.broker.submit(order({ clientId: 'C', side: 'SELL', quantity: 3 }))
    first.broker.submit(order({ clientId: 'D', quantity: 0 }))
    first.tick(1_000)
    first.broker.market(trade(2_000, 101, 3))
    first.broker.market(trade(3_000, 99, 4))
    const before = await first.broker.snapshot()
    await first.broker.stop()

    const second = await startBroker({ folder })
    second.clock.now = before.time
    expect(await second.broker.snapshot()).toEqual(before)
    second.said()
    second.broker.market(trade(4_000, 99, 50))
    second.broker.market(trade(5_000, 121, 50))
    second.broker.market(trade(6_000, 122, 50))
    expect(second.said()).toEqual(['A fill 6 @ 100', 'B triggered', 'B fill 10 @ 123'])
    second.broker.submit(order({ clientId: 'C' }))
    second.broker.submit(order({ clientId: 'E' }))
    second.tick(7_000)
    expect(second.said()).toEqual(['C rejected: duplicate client id', 'E working'])
    const { orders, executions, positions } = await second.broker.snapshot()
    expect(orders.map((row) => row.venueId)).toEqual(['P1-1', 'P1-2', 'P1-3', 'P1-4', 'P1-5'])
    expect(executions.map((row) => row.executionId)).toEqual(['A-1', 'A-2', 'B-1', 'C-1'])
    expect(positions).toEqual([{ instrument: 'SIM:A', quantity: quantity(17) }])
    await second.broker.stop()
  })

  test('holds what was on its way when the broker stopped', async () => {
    const folder = temporaryFolder()
    const first = await startBroker({ folder })
    first.broker.submit(limitBuy)
    first.tick(1_000)
    first.broker.submit(order({ clientId: 'B', kind: 'LIMIT', limit: 90 }))
    first.broker.cancel('A')
    await first.broker.stop()
    const { broker } = await startBroker({ folder })
    expect((await broker.snapshot()).orders).toMatchObject([
      { clientId: 'A', status: 'cancelled' },
      { clientId: 'B', status: 'working' },
    ])
    await broker.stop()
  })

  test('ends a day order of yesterday at the first time of today', async () => {
    const folder = temporaryFolder()
    const first = await startBroker({ folder })
    first.broker.submit(limitBuy)
    first.tick(1_000)
    await first.broker.stop()
    const second = await startBroker({ folder })
    second.said()
    second.tick(2 * 86_400_000_000)
    expect(second.said()).toEqual(['A expired: session closed'])
    expect((await second.broker.snapshot()).orders).toMatchObject([{ status: 'expired' }])
    await second.broker.stop()
  })

  test('remembers the client ids of orders that are no longer shown', async () => {
    const folder = temporaryFolder()
    const first = await startBroker({ folder })
    first.broker.submit(limitBuy)
    first.broker.cancel('A')
    first.tick(1_000)
    await first.broker.stop()
    const clock = NOON + 3 * 86_400_000_000
    const { broker, said, tick } = await startBroker({ folder, now: () => clock })
    said()
    expect((await broker.snapshot()).orders).toEqual([])
    broker.submit(limitBuy)
    broker.submit(order({ clientId: 'B' }))
    tick(4 * 86_400_000_000)
    expect(said().slice(0, 2)).toEqual(['A rejected: duplicate client id', 'B working'])
    expect((await broker.snapshot()).orders).toMatchObject([{ clientId: 'B', venueId: 'P1-2' }])
    await broker.stop()
  })

  test('keeps orders and positions of an instrument that is no longer listed', async () => {
    const folder = temporaryFolder()
    const first = await startBroker({ folder })
    first.broker.submit(order({ instrument: 'SIM:B', kind: 'LIMIT', limit: 100 }))
    first.tick(1_000)
    first.broker.market({ ...trade(2_000, 98, 4), instrument: 1 })
    await first.broker.stop()
    const { broker, said, tick } = await startBroker({ folder, instruments: listed(1) })
    said()
    expect((await broker.snapshot()).positions).toEqual([
      { instrument: 'SIM:B', quantity: quantity(4) },
    ])
    broker.cancel('A')
    tick(3_000)
    expect(said()).toEqual(['A cancelled'])
    await broker.stop()
  })

  test('that does not take a report holds it back, and the link is down until it does', async () => {
    const folder = temporaryFolder()
    const { broker, said, tick } = await startBroker({ folder })
    said()
    const other = new Database(join(folder, 'paper-venue.sqlite'))
    other.run('BEGIN IMMEDIATE')
    broker.submit(limitBuy)
    tick(1_000)
    broker.market(trade(2_000, 98, 4))
    tick(3_000)
    expect(said()).toEqual([
      "link down: Cannot write the paper venue's ledger: SQLiteError: database is locked",
    ])
    other.run('ROLLBACK')
    other.close()
    tick(4_000)
    expect(said()).toEqual([
      "link up: The paper venue's ledger is written again",
      'A working',
      'A fill 4 @ 99',
    ])
    await broker.stop()
  })

  test('of a newer layout is refused, and left as it is', async () => {
    const folder = temporaryFolder()
    const file = new Database(join(folder, 'paper-venue.sqlite'))
    file.run('PRAGMA user_version = 2')
    file.close()
    const refusal = await startBroker({ folder }).then(
      () => 'none',
      (error: unknown) => String(error),
    )
    expect(refusal).toContain('its layout is 2, this version knows 1')
  })
})
