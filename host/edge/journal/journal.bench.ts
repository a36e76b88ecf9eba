/** Times one durable commit of one order, as every approval pays it, and of a turn of twenty. Run by hand. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { price, quantity, money } from '#sdk/money.ts'
import type { JournalRecord } from '#sdk/record.ts'
import { openJournal } from './journal.ts'

const order: JournalRecord = {
  kind: 'order',
  at: 1_700_000_000_000_000,
  order: {
    clientId: 'ABCDEFGHIJKLMNOP',
    instrument: 'NSE:INFY',
    side: 'BUY',
    kind: 'LIMIT',
    timeInForce: 'DAY',
    quantity: quantity(100),
    limit: price(39_295),
    strategy: 'opening-range',
    version: '1.0.0',
    digest: 'f'.repeat(64),
    ref: 1,
    decidedAt: 123_456,
    createdAt: 1_700_000_000_000_000,
    updatedAt: 1_700_000_000_000_000,
    phase: 'SUBMITTING',
    filled: quantity(0),
    filledValue: money(0),
  },
}

const folder = mkdtempSync(join(tmpdir(), 'journal-bench-'))
const journal = openJournal({ folder })
for (const size of [1, 20]) {
  const batch = new Array<JournalRecord>(size).fill(order)
  const times: number[] = []
  for (let turn = 0; turn < 5_500; turn++) {
    const from = performance.now()
    journal.append(batch)
    if (turn >= 500) times.push(performance.now() - from)
  }
  times.sort((a, b) => a - b)
  const at = (part: number) => `${((times[Math.floor(times.length * part)] ?? 0) * 1000).toFixed(0)} us`
  process.stdout.write(`${size} a commit: p50 ${at(0.5)}, p99 ${at(0.99)}, p99.9 ${at(0.999)}\n`)
}
journal.close()
rmSync(folder, { recursive: true })
