import { describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { BrokerSnapshot, OrderReport } from '#sdk/order.ts'

import { createPaperBroker } from './paper.ts'
import { listed, NOON } from './stage.fixture.ts'

const ROUNDS = 5
const HOUR = 3_600_000_000

/** Runs the loop, kills it once it has given out so many reports, and tells what it had given out. */
async function tradeAndDie(
  folder: string,
  { round, reports }: { readonly round: number; readonly reports: number },
): Promise<OrderReport[]> {
  const loop = Bun.spawn(
    [process.execPath, join(import.meta.dir, 'kill-loop.fixture.ts'), folder, String(round)],
    { stdout: 'pipe', stderr: 'inherit' },
  )
  let text = ''
  const decoder = new TextDecoder()
  try {
    for await (const chunk of loop.stdout) {
      text += decoder.decode(chunk, { stream: true })
      if (text.split('\n').length > reports) loop.kill('SIGKILL')
    }
  } finally {
    loop.kill('SIGKILL')
    await loop.exited
  }
  expect(loop.signalCode).toBe('SIGKILL')
  // The last line may be torn.
  return text
    .split('\n')
    .slice(0, -1)
    .map((line): OrderReport => JSON.parse(line))
}

async function reopen(folder: string): Promise<BrokerSnapshot> {
  const instruments = listed(1, { session: { kind: 'always', minutes: 1440 } })
  const broker = createPaperBroker({ instruments, now: () => NOON + HOUR, folder })
  await broker.start({ report: () => {}, link: () => {} })
  const snapshot = await broker.snapshot()
  await broker.stop()
  return snapshot
}

function expectSums({ orders, executions, positions }: BrokerSnapshot): void {
  const filled = new Map<string, number>()
  let held = 0
  for (const { clientId, side, quantity } of executions) {
    filled.set(clientId, (filled.get(clientId) ?? 0) + quantity)
    held += side === 'BUY' ? quantity : -quantity
  }
  for (const row of orders) {
    expect(row.filled as number).toBe(filled.get(row.clientId) ?? 0)
    expect(row.status === 'filled').toBe(row.filled === row.quantity)
  }
  const [position] = positions
  expect<number>(position?.quantity ?? 0).toBe(held)
}

function expectHeld(given: readonly OrderReport[], { orders, executions }: BrokerSnapshot): void {
  const rows = new Map(orders.map((row) => [row.clientId, row]))
  const fills = new Map(executions.map((row) => [row.executionId, row]))
  for (const report of given) {
    if (report.status === 'cancel-refused') continue
    const row = rows.get(report.clientId)
    expect(row).toBeDefined()
    if (report.status === 'cancelled') expect(row?.status).toBe('cancelled')
    if (report.status !== 'fill') continue
    const { quantity, price, charges, time } = report
    expect(fills.get(report.executionId)).toMatchObject({ quantity, price, charges, time })
  }
}

describe('a process that is killed while it trades', () => {
  test('leaves books that agree with each other and hold all that was given out', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'paper-kill-'))
    const given: OrderReport[] = []
    try {
      for (let round = 0; round < ROUNDS; round++) {
        given.push(...(await tradeAndDie(folder, { round, reports: 40 + round * 23 })))
        const snapshot = await reopen(folder)
        expectSums(snapshot)
        expectHeld(given, snapshot)
      }
      const statuses = new Set(given.map(({ status }) => status))
      expect([...statuses].sort()).toEqual(['cancel-refused', 'cancelled', 'fill', 'working'])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
