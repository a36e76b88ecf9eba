/**
 * The desk: runs the walk. It takes events from the edges, steps the core, makes durable what must be, and only then lets
 * anything leave. One turn takes everything that waits, risk-reducing work first, and commits it at once.
 *
 * In       HostEvent from every edge, through two lanes
 * Out      journal records, orders to the broker, orders to the carriers, what people see
 * Asserts  no record, no order: where the journal fails nothing is sent
 */
import type { HostEvent } from '#sdk/event.ts'
import type { Intent } from '#sdk/intent.ts'
import type { JournalRecord } from '#sdk/record.ts'
import type { MarketEvent } from '#sdk/tick.ts'

import type { Core } from './core.ts'
import type { Broker } from './edge/broker/broker.ts'
import type { Carriers } from './edge/plugin/carriers.ts'
import { createEffects, neverSent, type Send, step, stepMarket } from './pipeline.ts'

export interface DeskParts {
  readonly core: Core
  readonly broker: Broker
  readonly carriers: Carriers
  /** Makes records durable before it returns; throws where it cannot. */
  readonly write: (records: readonly JournalRecord[]) => void
  readonly now: () => number
  /** Called with what was made durable; it must not throw. */
  readonly onRecords?: (records: readonly JournalRecord[]) => void
  /** Called for each good market event, before the next; it must not keep the object. */
  readonly onMarket?: (event: MarketEvent) => void
  readonly onError: (what: string, error: unknown) => void
}

export interface Desk {
  /** A market event, taken at once: the object is the feed's and is reused. */
  market(event: MarketEvent): void
  /** Any other event. It is handled in the turn that `turn` or the next event makes. */
  push(event: HostEvent): void
  time(now: number): void
  /** Handles everything that waits: events, intents, and what they cause. */
  turn(): void
  /** Asks for a turn soon; for edges that push outside of a batch. */
  soon(): void
  readonly counts: { readonly events: number; readonly turns: number; readonly woken: number }
}

export function createDesk({
  core,
  broker,
  carriers,
  write,
  now,
  onRecords,
  onMarket,
  onError,
}: DeskParts): Desk {
  const urgent: HostEvent[] = []
  const normal: HostEvent[] = []
  const effects = createEffects()
  const counts = { events: 0, turns: 0, woken: 0 }
  let turning = false
  let waiting = false

  function market(event: MarketEvent): void {
    counts.events++
    if (!stepMarket(core, event)) return
    broker.market?.(event)
    onMarket?.(event)
    carriers.touch(event.instrument)
    if (urgent.length > 0) turn()
  }

  function push(event: HostEvent): void {
    counts.events++
    if (isUrgent(event, core)) urgent.push(event)
    else normal.push(event)
  }

  function turn(): void {
    if (turning) return
    turning = true
    counts.turns++
    try {
      do {
        carriers.drain()
        takeAll()
        perform()
      } while (urgent.length + normal.length + effects.records.length > 0 || carriers.run())
      counts.woken += carriers.wake()
    } finally {
      turning = false
    }
  }

  function takeAll(): void {
    effects.now = now()
    for (
      let event = urgent.shift() ?? normal.shift();
      event !== undefined;
      event = urgent.shift() ?? normal.shift()
    ) {
      step(core, event, effects)
      touch(event)
    }
  }

  /** Notes who has something to read: an answer is for one strategy, a second or a command may be for any. */
  function touch(event: HostEvent): void {
    if (event.kind === 'intent') return carriers.touchStrategy(event.strategy)
    if (event.kind !== 'report') return carriers.touchAll()
    const row = core.orders.byClientId(event.report.clientId)
    if (row !== undefined) carriers.touchStrategy(row.strategy)
  }

  /** Journal, then send. */
  function perform(): void {
    const records = effects.records.splice(0)
    const sends = effects.sends.splice(0)
    const orders = effects.carriers.splice(0)
    const durable = records.length === 0 || commit(records)
    for (const send of sends) (durable ? leave : keep)(send)
    for (const order of orders) carriers.perform(order)
    if (durable && records.length > 0) onRecords?.(records)
  }

  function commit(records: readonly JournalRecord[]): boolean {
    try {
      write(records)
      return true
    } catch (error) {
      onError('The journal failed; nothing is sent', error)
      // Said once: what it causes is a record as well, which fails like this one.
      if (!core.levels.broken.has('journal'))
        push({ kind: 'link', edge: 'journal', working: false, reason: String(error), now: now() })
      return false
    }
  }

  function leave(send: Send): void {
    switch (send.do) {
      case 'submit':
        return broker.submit(send.order)
      case 'modify':
        return broker.modify(send.clientId, send.terms)
      case 'cancel':
        return broker.cancel(send.clientId)
    }
  }

  /** Not durable: an order was never sent, new terms neither; a cancel only lowers the risk and goes out all the same. */
  function keep(send: Send): void {
    switch (send.do) {
      case 'cancel':
        return broker.cancel(send.clientId)
      case 'submit':
        return neverSent(core, send.order.clientId, effects)
      case 'modify':
        return push({
          kind: 'report',
          report: {
            clientId: send.clientId,
            time: effects.now,
            status: 'replace-refused',
            reason: 'the journal failed',
          },
        })
    }
  }

  return {
    market,
    push,
    turn,
    counts,
    time(at) {
      broker.time?.(at)
      push({ kind: 'time', now: at })
      turn()
    },
    soon() {
      if (waiting) return
      waiting = true
      queueMicrotask(() => {
        waiting = false
        turn()
      })
    },
  }
}

/** What lowers risk, or says what is, goes before what adds to it. */
function isUrgent(event: HostEvent, core: Core): boolean {
  switch (event.kind) {
    case 'report':
    case 'snapshot':
    case 'link':
    case 'command':
      return true
    case 'intent':
      return reduces(event, core)
    case 'market':
    case 'time':
    case 'bundle':
    case 'carrier':
      return false
  }
}

function reduces(intent: Intent, { positions, orders }: Core): boolean {
  const held = positions.quantity(intent.strategy, intent.instrument)
  switch (intent.ask) {
    case 'cancel':
      // A cancel never overtakes the order that it is for.
      return orders.get(intent.strategy, intent.target) !== undefined
    case 'modify':
      return false
    case 'target':
      return Math.abs(intent.quantity) < Math.abs(held) && intent.quantity * held >= 0
    case 'place':
      return intent.side === 'SELL' ? held >= intent.quantity : -held >= intent.quantity
  }
}
