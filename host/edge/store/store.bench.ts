/**
 * Times the store: ticks through `tick` against one COPY of the same bytes from a file, by a client and by the server
 * itself; and catching up with a long journal. Run by hand.
 */
import { chmodSync, createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

import { createInstrument } from '#sdk/instrument.ts'
import { money, price, quantity } from '#sdk/money.ts'
import { createMarketEvent } from '#sdk/tick.ts'

import { connect } from './connect.ts'
import { withPostgres } from './postgres.fixture.ts'
import { MemoryJournal } from './records.fixture.ts'
import { createStore } from './store.ts'
import { COPY_HEADER, COPY_TRAILER, TickBatch } from './tick-batch.ts'

const TICKS = 1_000_000
const ORDERS = 100_000
const say = (text: string) => process.stdout.write(`${text}\n`)

const session = { kind: 'always', minutes: 1440 } as const
const shape = {
  exchange: 'NSE',
  kind: 'equity',
  currency: 'INR',
  tickSize: '0.05',
  quantityStep: '1',
  lot: 1,
  session,
} as const
const instruments = Array.from({ length: 500 }, (_, index) =>
  createInstrument({ ...shape, symbol: `S${index}` }, index),
)
const event = createMarketEvent()
function tickOf(number: number) {
  event.instrument = number % instruments.length
  event.time = 1_700_000_000_000_000 + number * 100
  event.receivedAt = event.time + 250
  event.price = 20_000 + (number % 997)
  event.quantity = 1 + (number % 50)
  event.bid = event.price - 1
  event.ask = event.price + 1
  event.bidQuantity = 100
  event.askQuantity = 200
  return event
}

const url = await withPostgres()
const journal = new MemoryJournal()
const store = createStore({ url, journal, instruments, log: { info: () => {}, warn: say } })
await store.start()
const sql = connect({ url, connections: 1 })

const folder = mkdtempSync(join(tmpdir(), 'store-bench-'))
chmodSync(folder, 0o755)
const batch = new TickBatch(TICKS)
for (let number = 0; number < TICKS; number++) batch.put(tickOf(number), event.instrument + 1)
writeFileSync(join(folder, 'ticks'), Buffer.concat([COPY_HEADER, batch.bytes, COPY_TRAILER]))
chmodSync(join(folder, 'ticks'), 0o644)

for (let round = 0; round < 3; round++) {
  await sql`truncate ticks`
  let from = performance.now()
  await sql.unsafe(`copy ticks from '${join(folder, 'ticks')}' (format binary)`)
  const server = performance.now() - from
  await sql`truncate ticks`

  // What \\copy of psql does: the same file through a client, in one COPY.
  from = performance.now()
  const stream = await sql`copy ticks from stdin (format binary)`.writable()
  await pipeline(createReadStream(join(folder, 'ticks'), { highWaterMark: 65_536 }), stream)
  const client = performance.now() - from
  await sql`truncate ticks`

  from = performance.now()
  let given = 0
  const before = store.counts.ticksWritten
  while (given < TICKS) {
    for (const until = given + 10_000; given < until; given++) store.tick(tickOf(given))
    while (given - (store.counts.ticksWritten - before) > 100_000) await Bun.sleep(0)
  }
  await store.flush()
  const ours = performance.now() - from
  const rate = (millis: number) => `${(TICKS / millis / 1000).toFixed(2)} M rows/s`
  say(`ticks: ours ${rate(ours)}, dropped ${store.counts.ticksDropped}`)
  say(`  a file by a client ${rate(client)}, ours is ${(client / ours).toFixed(2)} x`)
  say(`  a file by the server itself ${rate(server)}, ours is ${(server / ours).toFixed(2)} x`)
}

const put = new TickBatch(100_000)
const times: number[] = []
for (let round = 0; round < 40; round++) {
  put.clear()
  const from = performance.now()
  for (let number = 0; number < 100_000; number++) put.put(event, 1)
  times.push((performance.now() - from) * 10)
}
say(`tick put: ${times.sort((a, b) => a - b)[20]?.toFixed(0)} ns`)

journal.append(
  Array.from({ length: ORDERS }, (_, index) => ({
    kind: 'order' as const,
    at: index,
    order: {
      clientId: `ORDER${index >> 2}`,
      instrument: 'NSE:S1',
      side: 'BUY' as const,
      kind: 'LIMIT' as const,
      timeInForce: 'DAY' as const,
      quantity: quantity(10),
      limit: price(100),
      strategy: 's',
      version: '1.0.0',
      digest: 'f'.repeat(64),
      ref: index >> 2,
      decidedAt: index,
      createdAt: index,
      updatedAt: index,
      phase: 'FILLED' as const,
      filled: quantity(10),
      filledValue: money(1),
    },
  })),
)
const from = performance.now()
store.poke()
while (store.appliedSeq < journal.lastSeq) await Bun.sleep(1)
say(`catching up: ${(ORDERS / (performance.now() - from)).toFixed(0)} k records/s`)
await store.stop()
await sql.end()
rmSync(folder, { recursive: true })
process.exit()

// 2026-11-22, 2 virtual CPUs of an Intel Xeon, bun 1.4.5, neighbours at work, medians: ticks 1.16-1.24 M rows/s, 0.92 x a
// client's COPY of the file (0.5-0.6 x in rounds that shared a core), 0.9 x the server's own; tick put 36 ns; catching up
// 90-149 k records/s. Budget: 0.8 x a client's COPY.
