/**
 * Tick to order, open loop: a process of its own sends ticks over a loopback socket, 40 bundles in workers read them and
 * ask for orders now and then, and the real walk checks, journals and sends them.
 *
 *   bun host/lab/latency.bench.ts [--seconds 30] [--ticks 10000] [--instruments 500] [--strategies 40] [--each 500] [--json]
 *
 * Latency counts from the time at which the tick should have been sent. `approved` ends when risk and order have answered,
 * `sent` when the order is durable in the journal and given to the broker. One deliberate stall of 5 ms proves the gauge.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import Table from 'cli-table3'
import { build, type Histogram } from 'hdr-histogram-js'

import { money } from '#sdk/money.ts'
import { createTapeMemory } from '#sdk/tape.ts'
import { createMarketEvent } from '#sdk/tick.ts'

import { createClientId } from '../client-id.ts'
import { createCore } from '../core.ts'
import { limitsFor } from '../core/risk/risk.ts'
import { createDesk } from '../desk.ts'
import { createPaperBroker } from '../edge/broker/paper/paper.ts'
import { createSimSource } from '../edge/feed/sim/sim.ts'
import { openJournal } from '../edge/journal/journal.ts'
import { buildBundle } from '../edge/plugin/build.ts'
import { readBundle } from '../edge/plugin/bundle-file.ts'
import { createWorkerCarrier } from '../edge/plugin/carrier.ts'
import { createCarriers } from '../edge/plugin/carriers.ts'
import { FRAME_BYTES } from './latency-load.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    ticks: { type: 'string', default: '10000' },
    instruments: { type: 'string', default: '500' },
    strategies: { type: 'string', default: '40' },
    each: { type: 'string', default: '500' },
    json: { type: 'boolean', default: false },
  },
})
const seconds = Number(values.seconds)
const ticks = Number(values.ticks)
const instruments = Number(values.instruments)
const strategies = Number(values.strategies)
const each = Number(values.each)
const WARM_SECONDS = 3
const STALL_MS = 5
/** Orders that all strategies together ask for in a second, about. */
const ORDERS_PER_SECOND = 200

/** Reads every tick, keeps a sum so that the work is not optimised away, and orders once in `every` ticks; the strategies take turns. */
const strategySource = (
  id: string,
  { every, first }: { readonly every: number; readonly first: number },
) => `
import { defineStrategy, Type } from '#sdk'
export default defineStrategy({
  id: '${id}', version: '1.0.0', scope: 'strategy',
  params: Type.Object({}),
  state: Type.Object({ seen: Type.Integer(), sum: Type.Number(), out: Type.Integer() }),
  grants: { instruments: ['SIM:*'], kinds: ['LIMIT'], maxOrderQuantity: 1000, maxPosition: 1000000, maxOrdersPerSecond: 1000, maxOpenOrders: 1000 },
  needs: () => ({}),
  start: () => ({ seen: 0, sum: 0, out: ${first} }),
  onTick({ tick, state, orders, instrument }) {
    state.seen++
    state.sum = state.sum * 0.99 + (tick.price > 0 ? tick.price : 0)
    if (++state.out < ${every} || !(tick.bid > 0)) return
    state.out = 0
    orders.buy({ quantity: instrument.lot, limit: tick.bid, timeInForce: 'IOC' })
  },
})
`

const folder = mkdtempSync(join(tmpdir(), 'hotdesk-latency-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const now = () => (performance.timeOrigin + performance.now()) * 1000
const tape = createTapeMemory()
const journal = openJournal({ folder })
const specs = createSimSource({ instruments, ticksPerSecond: ticks, startsAt: 0 }).instruments
const names = specs.map(({ exchange, symbol }) => `${exchange}:${symbol}`)
const every = Math.max(
  1,
  Math.round((ticks * (each / instruments) * strategies) / ORDERS_PER_SECOND),
)
const ids = Array.from({ length: strategies }, (_, i) => `bench-${String(i).padStart(2, '0')}`)
const limits = {
  ...limitsFor(money(1e15)),
  accountOrdersPerSecond: 1e6,
  strategyOrdersPerSecond: 1e6,
  openOrdersMax: 1e6,
}
const core = createCore({
  specs,
  tape,
  settings: Object.fromEntries(
    ids.map((id, i) => [
      id,
      {
        instruments: Array.from(
          { length: each },
          (_, k) => names[(i * 37 + k) % instruments] ?? '',
        ),
      },
    ]),
  ),
  limits,
  clientId: createClientId({ hostKey: journal.hostKey, account: 'bench' }),
  graceMicros: 250_000,
})
core.levels.gate = 'OPEN'

/** When the tick on a tape record should have been sent, by the low bits of its sequence number. */
const intended = new Float64Array(tape.capacity)
const received = new Float64Array(tape.capacity)
const histogram = (): Histogram =>
  build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 60_000_000,
    numberOfSignificantValueDigits: 3,
  })
const delivery = histogram()
const approved = histogram()
const inside = histogram()
const sent = histogram()
let measuring = false
let orders = 0

const broker = createPaperBroker({ instruments: core.instruments, now, timers: false })
const carriers = createCarriers({
  tape,
  instruments: core.instruments,
  now,
  create: createWorkerCarrier,
  watched: true,
})
const desk = createDesk({
  core,
  broker,
  carriers,
  now,
  write(records) {
    const at = now()
    for (const record of records)
      if (record.kind === 'order' && record.order.phase === 'SUBMITTING')
        note(record.order.decidedAt, at, approved)
    journal.append(records)
    const durable = now()
    for (const record of records)
      if (record.kind === 'order' && record.order.phase === 'SUBMITTING')
        note(record.order.decidedAt, durable, sent)
  },
  // The tick's own record is the last on the tape at this moment; bars may stand before it.
  onMarket: ({ time, receivedAt }) => {
    const row = (tape.capacity - 1) & (core.tape.seq - 1)
    intended[row] = time
    received[row] = receivedAt
  },
  onError: (what, error) => {
    throw new Error(what, { cause: error })
  },
})

function note(decidedAt: number, at: number, into: Histogram): void {
  if (!measuring) return
  const row = (decidedAt - 1) & (tape.capacity - 1)
  into.recordValue(Math.max(1, Math.round(at - (intended[row] ?? at))))
  if (into !== approved) return
  orders++
  inside.recordValue(Math.max(1, Math.round(at - (received[row] ?? at))))
}

await broker.start({
  report: (report) => desk.push({ kind: 'report', report }),
  link: () => undefined,
})
let faults = 0
carriers.start({
  event: (event) => {
    if (event.what === 'fault') {
      faults++
      process.stderr.write(`${event.strategy}: ${event.fault.message}\n`)
    }
    desk.push(event)
    desk.soon()
  },
  intent: (intent) => desk.push(intent),
  log: () => undefined,
  ready: () => desk.soon(),
})

process.stderr.write(`Building ${strategies} bundles\n`)
const template = join(folder, ids[0] ?? '')
mkdirSync(template)
for (const [at, id] of ids.entries()) {
  const source = join(folder, id)
  mkdirSync(source, { recursive: true })
  writeFileSync(
    join(source, 'strategy.ts'),
    strategySource(id, { every, first: Math.floor((at * every) / strategies) }),
  )
  const built = await buildBundle(source, join(folder, 'out'))
  const bundle = readBundle(built.file, new Uint8Array(await Bun.file(built.file).arrayBuffer()))
  if (!bundle.ok) throw new Error(bundle.refusal.reason)
  desk.push({ kind: 'bundle', now: now(), change: 'present', bundle: bundle.value })
  desk.turn()
}
while (core.strategies.all().some(({ state }) => state !== 'ACTIVE')) {
  await Bun.sleep(20)
  desk.turn()
}

const event = createMarketEvent()
let frames = 0
let rest: Uint8Array = new Uint8Array(0)
let ended: (() => void) | undefined
const finished = new Promise<void>((resolve) => {
  ended = resolve
})
const server = createServer((socket) => {
  socket.on('data', (data: Uint8Array) => {
    const joined = rest.length === 0 ? data : Buffer.concat([rest, data])
    const whole = Math.floor(joined.length / FRAME_BYTES)
    const view = new DataView(joined.buffer, joined.byteOffset, whole * FRAME_BYTES)
    const at = now()
    for (let frame = 0; frame < whole; frame++) take(view, frame * FRAME_BYTES, at)
    rest = joined.subarray(whole * FRAME_BYTES)
    desk.turn()
  })
  socket.on('close', () => ended?.())
})

function take(view: DataView, offset: number, at: number): void {
  event.instrument = view.getFloat64(offset, true)
  event.time = view.getFloat64(offset + 8, true)
  event.price = view.getFloat64(offset + 16, true)
  event.quantity = view.getFloat64(offset + 24, true)
  event.bid = view.getFloat64(offset + 32, true)
  event.ask = view.getFloat64(offset + 40, true)
  event.bidQuantity = view.getFloat64(offset + 48, true)
  event.askQuantity = view.getFloat64(offset + 56, true)
  event.receivedAt = at
  frames++
  desk.market(event)
  if (measuring) delivery.recordValue(Math.max(1, Math.round(at - event.time)))
}

await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address() as { port: number }
const load = Bun.spawn(
  [
    process.execPath,
    join(import.meta.dir, 'latency-load.ts'),
    String(port),
    String(instruments),
    String(ticks),
    String(seconds + WARM_SECONDS),
  ],
  { stdout: 'inherit', stderr: 'inherit' },
)
const ticker = setInterval(() => desk.time(Math.floor(now() / 1e6) * 1e6), 1000)
await Bun.sleep((WARM_SECONDS + 0.5) * 1000)

process.stderr.write(`Measuring for ${seconds} s\n`)
measuring = true
const woken = desk.counts.woken
const before = process.cpuUsage()
await Bun.sleep((seconds * 1000) / 2)
const maxBefore = approved.maxValue
const stall = await stallOnce()
await finished
const cpu = process.cpuUsage(before)
measuring = false
clearInterval(ticker)
// What the carriers still have in front of them is consumed, or it counts as lost.
for (let i = 0; i < 100 && lag() > 0; i++) {
  desk.turn()
  await Bun.sleep(10)
}

function lag(): number {
  return Math.max(0, ...ids.map((id) => core.tape.seq - (carriers.seen(id)?.cursor ?? 0)))
}

/** Blocks this thread on purpose; the gauge must show it. */
async function stallOnce(): Promise<number> {
  const seen = histogram()
  const record = delivery.recordValue.bind(delivery)
  delivery.recordValue = (value: number) => {
    seen.recordValue(value)
    record(value)
  }
  for (const until = performance.now() + STALL_MS; performance.now() < until;);
  await Bun.sleep(20)
  delivery.recordValue = record
  return seen.maxValue
}

const micros = (one: Histogram) => ({
  p50: one.getValueAtPercentile(50),
  p99: one.getValueAtPercentile(99),
  p999: one.getValueAtPercentile(99.9),
  max: one.maxValue,
  count: one.totalCount,
})
const result = {
  machine: `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} processors, Bun ${Bun.version}`,
  load: { ticksPerSecond: ticks, instruments, strategies, instrumentsEach: each, seconds },
  ticksReceived: frames,
  orders,
  recordsBehind: lag(),
  lost: core.strategies.all().filter(({ state }) => state !== 'ACTIVE').length,
  faults,
  quarantined: Object.values(core.market.counters().quarantined).reduce((sum, n) => sum + n, 0),
  wakesPerTick: (desk.counts.woken - woken) / Math.max(1, frames),
  processorsUsed: (cpu.user + cpu.system) / 1e6 / seconds,
  residentMb: Math.round(process.memoryUsage.rss() / 1e6),
  stall: { injectedMs: STALL_MS, seenMs: stall / 1000, before: maxBefore },
  micros: {
    delivery: micros(delivery),
    insideToApproved: micros(inside),
    tickToApproved: micros(approved),
    tickToSent: micros(sent),
  },
}
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`)
else print()
if (stall < 4000) {
  process.stderr.write('The gauge did not see the stall: these figures are void\n')
  process.exitCode = 1
}
load.kill()
server.close()
await carriers.stop()
process.exit()

function print(): void {
  const ms = (value: number) => (value / 1000).toFixed(3)
  const table = new Table({
    head: ['milliseconds', 'p50', 'p99', 'p99.9', 'max', 'count'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  })
  for (const [name, one] of Object.entries(result.micros))
    table.push([
      name,
      ms(one.p50),
      ms(one.p99),
      ms(one.p999),
      ms(one.max),
      one.count.toLocaleString('en'),
    ])
  const lines = [
    `${result.machine}`,
    `${ticks.toLocaleString('en')} ticks/s, ${instruments} instruments, ${strategies} bundles in workers reading ${each} each, ${seconds} s, open loop`,
    table.toString(),
    `ticks received ${frames.toLocaleString('en')}, orders ${orders}, carriers lost ${result.lost}, records behind at the end ${result.recordsBehind}, quarantined ${result.quarantined}`,
    `wakes per tick ${result.wakesPerTick.toFixed(2)}, processors used ${result.processorsUsed.toFixed(2)}, resident ${result.residentMb} MB`,
    `gauge: a stall of ${STALL_MS} ms was seen as ${(stall / 1000).toFixed(1)} ms`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
