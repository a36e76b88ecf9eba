/**
 * The host: brings the rooms up in the order of safety, connects their news, and takes them down again.
 *
 * Start   the past from the store and the journal, then the broker and reconciliation, then carriers and bundles, then
 *         the console, last the market: nothing can be asked for before the gate has decided
 * Stop    no new entries, working entries cancelled, states handed over, books flushed
 */
import { timeframeIndex, TIMEFRAMES } from '#sdk/bar.ts'
import type { Command, HostEvent } from '#sdk/event.ts'
import type { JournalRecord } from '#sdk/record.ts'
import { createMarketEvent } from '#sdk/tick.ts'

import type { Parts } from './compose.ts'
import type { CommandAnswer, ConsoleCommand } from './edge/console/console.ts'
import type { Recovered } from './edge/store/store.ts'

export interface Host {
  start(progress: (step: string) => void): Promise<{ readonly url: string }>
  /** Resolves when everything is flushed and closed. */
  stop(): Promise<void>
  /** Resolves when a feed that has an end has come to it. */
  readonly ended: Promise<void>
  readonly parts: Parts
}

/** How long strategies may take to hand over their state when the desk stops. */
const LEAVE_MILLIS = 4_000
/** Fills and ended orders read back at start. */
const RECENT = 2_000
const MINUTE = timeframeIndex('1m')
const SECOND = 1_000_000

export function createHost(parts: Parts): Host {
  const { broker, carriers, clock, console, desk, feed, folder, log, store } = parts
  const heard = { live: false }
  const { promise: ended, resolve: sayEnded } = Promise.withResolvers<void>()
  listen(parts, heard)

  return {
    parts,
    ended,
    async start(progress) {
      progress('Loading books')
      await store.start()
      const lost = await recover(parts)
      if (parts.historyFrom < clock.now()) {
        progress('Playing the past hour')
        playHistory(parts)
      }
      heard.live = true
      progress('Reconciling with the broker')
      await broker.start({
        report: (report) => {
          desk.push({ kind: 'report', report })
          desk.soon()
        },
        link: (working, reason) =>
          push(parts, { kind: 'link', edge: 'broker', working, reason, now: clock.now() }),
      })
      // What nobody here can book must not be compared: the gate stays closed, and says what is missing.
      if (lost.length === 0) push(parts, { kind: 'snapshot', snapshot: await broker.snapshot() })
      else closeGate(parts, lost)
      carriers.start({
        event: (event) => push(parts, event),
        intent: (intent) => desk.push(intent),
        log: ({ strategy, time, text }) => {
          parts.views.log(strategy, { time, level: 'info', text })
          log.info({ strategy }, text)
        },
        ready: () => desk.soon(),
      })
      progress('Opening the console')
      const { url } = await console.start()
      progress('Loading strategies')
      await folder.start()
      clock.start((now) => desk.time(now))
      await feed.start({
        market: (event) => desk.market(event),
        flushed: () => desk.turn(),
        link: (working, reason) =>
          push(parts, { kind: 'link', edge: 'feed', working, reason, now: clock.now() }),
        ended: () => {
          push(parts, {
            kind: 'link',
            edge: 'feed',
            working: false,
            reason: 'the tape is at its end',
            now: clock.now(),
          })
          log.info('The tape is at its end')
          sayEnded()
        },
      })
      return { url }
    },
    async stop() {
      push(parts, { kind: 'command', ask: 'shutdown', now: clock.now(), by: 'signal' })
      // Each is ended whatever happened to the one before: a desk that failed half way up is taken down by this too.
      const ends: readonly (() => unknown)[] = [
        () => left(parts),
        () => feed.stop(),
        () => clock.stop(),
        () => folder.stop(),
        () => carriers.stop(),
        () => broker.stop(),
        () => store.flush(),
        () => store.stop(),
        () => console.stop(),
      ]
      for (const end of ends) {
        try {
          await end()
        } catch (error) {
          log.warn({ error: String(error) }, 'A part of the desk did not stop cleanly')
        }
      }
    },
  }
}

function push({ desk }: Parts, event: HostEvent): void {
  desk.push(event)
  desk.soon()
}

/** Waits until every strategy has handed over its state and the broker has answered the cancels, but not for ever. */
async function left({ core, desk }: Parts): Promise<void> {
  const until = performance.now() + LEAVE_MILLIS
  desk.turn()
  const cancelling = () => core.orders.open().some(({ pending }) => pending === 'cancel')
  while ((!core.strategies.idle() || cancelling()) && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    desk.turn()
  }
}

/**
 * Fills the rooms again from the database, which `store.start` has brought to the end of the journal. Gives the instruments
 * that the books hold and this feed does not have.
 */
async function recover({ core, clock, store, log, views }: Parts): Promise<readonly string[]> {
  const past: Recovered = await store.load()
  const [orders, fills] = await Promise.all([store.recentOrders(RECENT), store.recentFills(RECENT)])
  const known = new Set(past.openOrders.map(({ clientId }) => clientId))
  const rows = [...orders.filter(({ clientId }) => !known.has(clientId)), ...past.openOrders].sort(
    (a, b) => a.createdAt - b.createdAt,
  )
  const refs = new Set([...Object.keys(past.lastRefs), ...Object.keys(past.lastHostRefs)])
  const { unplaced } = core.orders.restore({
    rows,
    fills: past.fills,
    lastRefs: Object.fromEntries(
      [...refs].map((id) => [
        id,
        { highest: past.lastRefs[id] ?? -1, lowest: past.lastHostRefs[id] ?? 0 },
      ]),
    ),
    now: clock.now(),
  })
  const strange = core.positions.restore(past.positions)
  for (const fill of fills.toReversed()) views.remember(fill)
  core.strategies.restore(
    past.strategies,
    Object.fromEntries(past.states.map((state) => [state.strategy, state])),
  )
  core.levels.halted = past.halted.halted
  core.levels.haltReason = past.halted.reason
  if (past.day !== undefined) core.levels.day = past.day
  const open = past.positions.filter(({ quantity }) => quantity !== 0)
  if (open.length > 0 || past.openOrders.length > 0)
    log.info({ positions: open.length, orders: past.openOrders.length }, 'Books loaded')
  // An ended order whose fills are too long ago to be read is only not shown.
  const orphans = unplaced.filter(
    ({ clientId, instrument }) => known.has(clientId) && !core.byId.has(instrument),
  )
  return [
    ...new Set(
      [...orphans, ...strange.filter(({ quantity }) => quantity !== 0)].map(
        ({ instrument }) => instrument,
      ),
    ),
  ]
}

function closeGate(parts: Parts, lost: readonly string[]): void {
  const reason = `the books hold ${lost.join(', ')}, which this feed does not have; start with the feed that has them`
  push(parts, { kind: 'link', edge: 'broker', working: false, reason, now: parts.clock.now() })
}

/** Brings the market from the start of its source to now, before anyone reads the tape: bars and indicators are warm. */
function playHistory({ core, source, clock }: Parts): void {
  const until = clock.now()
  const event = createMarketEvent()
  let second = Math.floor(source.startsAt / SECOND) * SECOND + SECOND
  while (source.next(event) && event.time < until) {
    for (; second <= event.time; second += SECOND) core.market.time(second)
    event.receivedAt = event.time
    core.market.apply(event)
  }
}

/** Connects what the edges tell. History is not stored: it was never traded on. */
function listen(parts: Parts, heard: { readonly live: boolean }): void {
  const { core, carriers, clock, console, desk, log, relay, store, views } = parts
  relay.listen({
    onBundle: (event) => {
      if (event.change === 'refused') log.warn({ file: event.file, code: event.code }, event.reason)
      push(parts, event)
    },
    onTrouble: (reason) => log.error(reason),
    onStoreLink: (working, reason) =>
      push(parts, { kind: 'link', edge: 'store', working, reason, now: clock.now() }),
    onError: (what, error) => log.fatal({ error: String(error) }, what),
    onMarket: (event) => store.tick(event),
    onBar: (instrument, timeframe, number) => {
      if (timeframe === MINUTE && heard.live) storeBar(parts, { instrument, timeframe, number })
    },
    onRecords: (records) => {
      store.poke()
      for (const record of records) tell(parts, record)
    },
    onCommand: (request) => command(parts, request),
    gauges: () => {
      const { ticks, barsClosed } = core.market.counters()
      const lives = core.strategies.all()
      const lag = Object.fromEntries(
        lives.map(({ id }) => [
          id,
          Math.max(0, core.tape.seq - (carriers.seen(id)?.cursor ?? core.tape.seq)),
        ]),
      )
      return {
        ticks_total: ticks,
        bars_closed_total: barsClosed,
        tape_records_total: core.tape.seq,
        turns_total: desk.counts.turns,
        carriers_woken_total: desk.counts.woken,
        journal_records_total: parts.journal.lastSeq,
        store_applied_seq: store.appliedSeq,
        open_orders: core.orders.open().length,
        strategy_lag: { label: 'strategy', values: lag },
        strategy_faults: {
          label: 'strategy',
          values: Object.fromEntries(lives.map(({ id, faults }) => [id, faults])),
        },
      }
    },
  })

  function tell({ views: known }: Parts, record: JournalRecord): void {
    if (record.kind === 'order' || record.kind === 'fill')
      console.publish({ type: 'order', order: views.orderView(record.order) })
    if (record.kind === 'fill') {
      known.remember(record.fill)
      console.publish({ type: 'fill', fill: views.fillView(record.fill) })
    }
    if (record.kind !== 'strategy') return
    const { strategy, state, reason } = record.row
    log.info({ strategy, state }, reason)
    views.log(strategy, {
      time: record.at,
      level: state === 'ACTIVE' ? 'info' : 'warn',
      text: `${state}: ${reason}`,
    })
  }
}

function storeBar(
  { core, store }: Parts,
  {
    instrument,
    timeframe,
    number,
  }: { readonly instrument: number; readonly timeframe: number; readonly number: number },
): void {
  const column = core.market.columns[timeframe]
  const name = TIMEFRAMES[timeframe]
  if (column === undefined || name === undefined) return
  const read = (field: number) => column.read(instrument, number, field)
  store.bar({
    instrument,
    timeframe: name,
    start: read(0),
    open: read(1),
    high: read(2),
    low: read(3),
    close: read(4),
    volume: read(5),
  })
}

/** What the console asks for: refused at once with the reason, or taken into the walk. */
function command(parts: Parts, request: ConsoleCommand): CommandAnswer {
  const { core, clock } = parts
  const base = { kind: 'command', now: clock.now(), by: 'console' } as const
  if (request.ask === 'halt' || request.ask === 'resume') {
    push(parts, { ...base, ask: request.ask, reason: request.reason } satisfies Command)
    return {
      ok: true,
      text:
        request.ask === 'halt'
          ? 'Entries are halted and working entries are being cancelled'
          : 'Entries may be sent again',
    }
  }
  const { ask, strategy } = request as Extract<ConsoleCommand, { strategy: string }>
  const objection = core.strategies.objection(ask, strategy)
  if (objection !== undefined) return { ok: false, ...objection }
  push(parts, { ...base, ask, strategy } satisfies Command)
  const words = {
    enable: 'is being enabled',
    disable: 'is being disabled',
    reload: 'is being reloaded',
  }
  return { ok: true, text: `"${strategy}" ${words[ask]}` }
}
