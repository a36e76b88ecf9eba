import { createCore } from '#host/core.ts'
import { limitsFor } from '#host/core/risk/risk.ts'
import { createDesk } from '#host/desk.ts'
import { createPaperBroker } from '#host/edge/broker/paper/paper.ts'
import { createSimSource } from '#host/edge/feed/sim/sim.ts'
import { createWorkerCarrier } from '#host/edge/plugin/carrier.ts'
import { createCarriers } from '#host/edge/plugin/carriers.ts'
/**
 * A whole desk in this process: the real rooms, bundles in worker threads under the watchdog, the paper venue, and the
 * simulated exchange pulled as fast as the bundles can follow. No database, and a journal in memory.
 */
import type { Bundle } from '#sdk/bundle.ts'
import type { Command } from '#sdk/event.ts'
import type { Intent } from '#sdk/intent.ts'
import { money, moneyFromDecimal } from '#sdk/money.ts'
import type { JournalRecord } from '#sdk/record.ts'
import { createTapeMemory } from '#sdk/tape.ts'
import { createMarketEvent } from '#sdk/tick.ts'

const NOON = Date.UTC(2026, 10, 16, 12) * 1000
const SECOND = 1_000_000
const TAPE = 65_536
/** The market waits for bundles that are so far behind: nothing is lost here because the test is too fast. */
const BEHIND_MAX = TAPE / 4
const BATCH = 200

export type WholeDesk = Awaited<ReturnType<typeof startDesk>>

/** Starts a desk with an open gate and a market that stands still. Stop it when done. */
export async function startDesk({ instruments = 4 }: { readonly instruments?: number } = {}) {
  const source = createSimSource({ instruments, seed: 7, startsAt: NOON, ticksPerSecond: 2_000 })
  const tape = createTapeMemory(TAPE)
  const records: JournalRecord[] = []
  const intents: Intent[] = []
  const problems: string[] = []
  let time = NOON
  const now = () => time
  const capital = moneyFromDecimal(100_000_000)
  const core = createCore({
    specs: source.instruments,
    tape,
    settings: {},
    limits: {
      ...limitsFor(capital),
      strategyOrdersPerSecond: 1_000,
      accountOrdersPerSecond: 1_000,
    },
    clientId: (strategy, ref) => `${strategy}/${ref}`,
    graceMicros: 0,
  })
  const charges = { perOrder: money(0), bps: 1 }
  const broker = createPaperBroker({
    instruments: core.instruments,
    now,
    latencyMicros: 1_000,
    charges,
  })
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
    write: (written) => void records.push(...written),
    onError: (what, error) => void problems.push(`${what}: ${String(error)}`),
  })
  await broker.start({
    report: (report) => desk.push({ kind: 'report', report }),
    link: () => undefined,
  })
  carriers.start({
    event: (event) => {
      desk.push(event)
      desk.soon()
    },
    intent: (intent) => {
      intents.push(intent)
      desk.push(intent)
    },
    log: () => undefined,
    ready: () => desk.soon(),
  })
  desk.push({ kind: 'snapshot', snapshot: await broker.snapshot() })
  desk.turn()

  const event = createMarketEvent()
  let second = NOON + SECOND

  function one(): void {
    source.next(event)
    for (; second <= event.time; second += SECOND) {
      time = second
      desk.time(second)
    }
    time = event.time
    event.receivedAt = event.time
    desk.market(event)
  }

  /** How far the slowest strategy that is wanted is behind; one that hands over stands where it handed over. */
  function behind(): number {
    const cursors = core.strategies
      .all()
      .filter(
        ({ running, state }) =>
          running !== undefined &&
          (state === 'ACTIVE' || state === 'DRAINING' || state === 'WARMING'),
      )
      .map(({ id, handover }) => carriers.seen(id)?.cursor ?? handover ?? core.tape.seq)
    return core.tape.seq - Math.min(core.tape.seq, ...cursors)
  }

  async function until(holds: () => boolean, what: string): Promise<void> {
    const end = performance.now() + 30_000
    while (!holds()) {
      if (performance.now() > end) throw new Error(`Waited 30 s in vain for ${what}`)
      await Bun.sleep(1)
      desk.turn()
    }
  }

  return {
    core,
    desk,
    carriers,
    records,
    intents,
    problems,
    until,
    now,
    ticks: () => core.market.counters().ticks,
    state: (id: string) => core.strategies.get(id)?.state,
    present(bundle: Bundle) {
      desk.push({ kind: 'bundle', now: time, change: 'present', bundle })
      desk.turn()
    },
    command(command: Pick<Command, 'ask'> & { readonly strategy?: string }) {
      desk.push({ kind: 'command', now: time, by: 'test', reason: 'test', ...command } as Command)
      desk.turn()
    },
    /** Lets the market move until `holds`; at least one batch. */
    async flow(holds: () => boolean, what: string): Promise<void> {
      const end = performance.now() + 60_000
      do {
        if (performance.now() > end)
          throw new Error(`The market moved for 60 s in vain for ${what}`)
        if (behind() < BEHIND_MAX) for (let i = 0; i < BATCH; i++) one()
        desk.turn()
        await Bun.sleep(0)
      } while (!holds())
    },
    /** Lets the market move by so many ticks. */
    async flowBy(ticks: number): Promise<void> {
      const wanted = core.market.counters().ticks + ticks
      await this.flow(() => core.market.counters().ticks >= wanted, `${ticks} ticks`)
    },
    /** Seconds pass without a tick, so that the venue answers what is on its way. */
    rest(seconds: number) {
      for (let i = 0; i < seconds; i++) {
        time = second
        desk.time(second)
        second += SECOND
      }
    },
    /** The state that a strategy last handed over. */
    handedOver(id: string): Readonly<Record<string, unknown>> {
      const kept = records.findLast((record) => record.kind === 'state' && record.strategy === id)
      return kept?.kind === 'state' ? kept.snapshot.states : {}
    },
    async stop() {
      await carriers.stop()
      await broker.stop()
    },
  }
}
