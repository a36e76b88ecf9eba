/**
 * The walk: one event in, everything it causes out, on one thread, in one order.
 *
 *   tick, time ──> market ──> tape                            (the carriers read it and answer with intents)
 *   intent ──────> risk ────> order ──> submit ─────────────> broker
 *   report ─────────────────> order ──> position ──> record ─> journal, store, console
 *   bundle, carrier, command ─> strategy ──> load, begin, drain, kill ──> carriers
 *   snapshot ───────────────> reconcile ──> reports, corrections, the gate
 *
 * Core rooms never call each other: each answers, and the answer is handed on here. Nothing awaits. What must be durable
 * is journaled before anything leaves for the broker; the tape is memory and may be written at once.
 */
import type { CarrierOrder } from '#sdk/bundle.ts'
import type { Command, HostEvent, LinkEvent } from '#sdk/event.ts'
import type { Intent, ModifyIntent, PlaceIntent, TargetIntent } from '#sdk/intent.ts'
import type { Price, Quantity } from '#sdk/money.ts'
import type { BrokerSnapshot, OrderReport, OrderRow, VenueOrder } from '#sdk/order.ts'
import { UNATTRIBUTED } from '#sdk/position.ts'
import type { JournalRecord } from '#sdk/record.ts'
import type { Refusal } from '#sdk/refusal.ts'
import { CONTROL, RECORD } from '#sdk/tape.ts'
import type { MarketEvent } from '#sdk/tick.ts'

import type { Core } from './core.ts'
import { isOpen, type Outcome } from './core/order/order.ts'
import { reconcile } from './core/reconcile/reconcile.ts'
import type { RiskAsk } from './core/risk/risk.ts'
import type { StrategyEffect } from './core/strategy/strategy.ts'
import { exposureIn, mark, updateGross } from './exposure.ts'
import { tellDenied, tellOrder } from './tell.ts'

/** What leaves for the broker, after the records of its turn are durable. */
export type Send =
  | { readonly do: 'submit'; readonly order: VenueOrder }
  | {
      readonly do: 'modify'
      readonly clientId: string
      readonly terms: { readonly quantity: Quantity; readonly limit?: Price; readonly stop?: Price }
    }
  | { readonly do: 'cancel'; readonly clientId: string }

/** What the events of one turn cause, in order. Reused from turn to turn. */
export interface Effects {
  /** Desk time of the turn. */
  now: number
  readonly records: JournalRecord[]
  readonly sends: Send[]
  readonly carriers: CarrierOrder[]
}

export function createEffects(): Effects {
  return { now: 0, records: [], sends: [], carriers: [] }
}

const SNAPSHOT_SECONDS = 5

export function step(core: Core, event: HostEvent, effects: Effects): void {
  switch (event.kind) {
    case 'market':
      stepMarket(core, event)
      return
    case 'time':
      return onTime(core, event.now, effects)
    case 'intent':
      return onIntent(core, event, effects)
    case 'report':
      return onReport(core, event.report, effects)
    case 'snapshot':
      return onSnapshot(core, event.snapshot, effects)
    case 'bundle':
      return onStrategy(core, core.strategies.bundle(event), effects)
    case 'carrier':
      return onStrategy(core, core.strategies.carrier(event), effects)
    case 'link':
      return onLink(core, event, effects)
    case 'command':
      return onCommand(core, event, effects)
  }
}

/** A market event, which causes nothing but records on the tape. False where it was quarantined. */
export function stepMarket(core: Core, event: MarketEvent): boolean {
  return core.market.apply(event)
}

function onTime(core: Core, now: number, effects: Effects): void {
  core.market.time(now)
  const date = new Date(now / 1000).toISOString().slice(0, 10)
  if (date !== core.levels.day.date) startDay(core, date, effects)
  onStrategy(core, core.strategies.time(now), effects)
  if (Math.round(now / 1e6) % SNAPSHOT_SECONDS !== 0) return
  updateGross(core)
  for (const { slot, running, leaving } of core.strategies.all()) {
    if (running?.begun === true && leaving === undefined)
      core.tape.write(RECORD.control, slot, CONTROL.snapshot, 0, now)
  }
}

function startDay(core: Core, date: string, effects: Effects): void {
  const profits = Object.fromEntries(
    core.positions
      .strategies()
      .map((strategy) => [strategy, core.positions.profit(strategy, mark(core)).equity]),
  )
  core.levels.day = { date, profits }
  effects.records.push({ kind: 'day', at: effects.now, date, profits })
}

function onIntent(core: Core, intent: Intent, effects: Effects): void {
  const instrument = core.instruments[intent.instrument]
  const refusal =
    instrument === undefined
      ? invalid(`There is no instrument ${intent.instrument}`)
      : core.orders.checkRef(intent.strategy, intent.ref)
  if (refusal !== undefined) return onRefusal(core, { intent, refusal }, effects)
  switch (intent.ask) {
    case 'place':
      return place(core, { intent, order: intent }, effects)
    case 'target':
      return target(core, intent, effects)
    case 'modify':
    case 'cancel':
      // The host's own orders are not the strategy's to change.
      if (intent.target < 0)
        return onRefusal(core, { intent, refusal: unknownRef(intent.target) }, effects)
      if (intent.ask === 'modify') return modify(core, intent, effects)
      return cancel(core, { intent, ref: intent.target }, effects)
  }
}

/** An order as risk is asked for it; the intent is whose it is. */
function place(
  core: Core,
  { intent, order }: { readonly intent: Intent; readonly order: Omit<PlaceIntent, 'ask'> },
  effects: Effects,
): void {
  const ask = askOf(core, { intent, order }, effects)
  // Read again for each intent: the one before it may have used up the room.
  const answer = core.risk.check(
    ask,
    exposureIn(core, {
      strategy: intent.strategy,
      instrument: intent.instrument,
      now: effects.now,
    }),
  )
  if (!answer.ok) return onRefusal(core, { intent, refusal: answer.refusal }, effects)
  const bundle = core.strategies.get(intent.strategy)?.running?.bundle
  const submitted = core.orders.submit(answer.value, {
    version: bundle?.manifest.version ?? '',
    digest: bundle?.digest ?? '',
    now: effects.now,
  })
  if (!submitted.ok) return onRefusal(core, { intent, refusal: submitted.refusal }, effects)
  const { row, send } = submitted.value
  effects.records.push({ kind: 'order', at: effects.now, order: row })
  effects.sends.push({ do: 'submit', order: send })
  updateGross(core, intent.instrument)
  tellOrder(core, { row, status: 'accepted', now: effects.now })
}

function askOf(
  core: Core,
  { intent, order }: { readonly intent: Intent; readonly order: Omit<PlaceIntent, 'ask'> },
  effects: Effects,
): RiskAsk {
  const instrument = core.instruments[intent.instrument]
  if (instrument === undefined) throw new RangeError(`There is no instrument ${intent.instrument}`)
  const { strategy, ref, decidedAt } = intent
  const { side, order: kind, timeInForce, quantity, limit, stop } = order
  return {
    strategy,
    instrument,
    side,
    kind,
    timeInForce,
    quantity,
    limit,
    stop,
    ref,
    decidedAt,
    now: effects.now,
    host: ref < 0,
  }
}

/** What is missing to the target, counting what is on its way; resting stops are not on their way. */
function target(core: Core, intent: TargetIntent, effects: Effects): void {
  const { strategy, instrument, quantity, limit } = intent
  const held = core.positions.quantity(strategy, instrument)
  const coming = core.orders
    .open({ strategy, instrument: core.instruments[instrument]?.id ?? '' })
    .filter(({ kind, phase }) => kind === 'MARKET' || kind === 'LIMIT' || phase === 'TRIGGERED')
    .reduce((sum, row) => sum + (row.side === 'BUY' ? 1 : -1) * (row.quantity - row.filled), 0)
  const missing = quantity - held - coming
  if (missing === 0 || !Number.isSafeInteger(missing)) {
    const refusal: Refusal = {
      code: 'order/nothing-to-do',
      value: quantity,
      limit: held,
      text: `The position of ${held} with ${coming} on the way is already ${quantity}`,
    }
    return onRefusal(core, { intent, refusal }, effects)
  }
  const order: Omit<PlaceIntent, 'ask'> = {
    ...intent,
    side: missing > 0 ? 'BUY' : 'SELL',
    order: limit === undefined ? 'MARKET' : 'LIMIT',
    timeInForce: 'DAY',
    quantity: Math.abs(missing),
  }
  place(core, { intent, order }, effects)
}

function modify(core: Core, intent: ModifyIntent, effects: Effects): void {
  const { strategy, instrument, target: ref, ref: own } = intent
  const row = core.orders.get(strategy, ref)
  if (row === undefined) return onRefusal(core, { intent, refusal: unknownRef(ref) }, effects)
  const { side, kind, timeInForce, filled } = row
  const order = {
    ...intent,
    side,
    order: kind,
    timeInForce,
    quantity: intent.quantity ?? row.quantity,
    ...((intent.limit ?? row.limit) === undefined ? {} : { limit: intent.limit ?? row.limit ?? 0 }),
    ...((intent.stop ?? row.stop) === undefined ? {} : { stop: intent.stop ?? row.stop ?? 0 }),
  }
  const replaces = { quantity: row.quantity, filled, limit: row.limit, stop: row.stop }
  const ask = { ...askOf(core, { intent, order }, effects), target: ref, replaces, ref: own }
  const answer = core.risk.checkChange(
    ask,
    exposureIn(core, { strategy, instrument, now: effects.now }),
  )
  const asked = answer.ok ? core.orders.requestModify(answer.value) : answer
  if (!asked.ok) return onRefusal(core, { intent, refusal: asked.refusal }, effects)
  const { row: after, clientId, terms } = asked.value
  effects.records.push({ kind: 'order', at: effects.now, order: after })
  effects.sends.push({ do: 'modify', clientId, terms })
  updateGross(core, instrument)
}

function cancel(
  core: Core,
  {
    intent,
    ref,
  }: {
    readonly intent: Pick<Intent, 'strategy' | 'instrument' | 'ref' | 'ask'>
    readonly ref: number
  },
  effects: Effects,
): void {
  const asked = core.orders.requestCancel({ strategy: intent.strategy, ref, now: effects.now })
  if (!asked.ok) return onRefusal(core, { intent, refusal: asked.refusal }, effects)
  effects.records.push({ kind: 'order', at: effects.now, order: asked.value.row })
  effects.sends.push({ do: 'cancel', clientId: asked.value.clientId })
}

function onRefusal(
  core: Core,
  {
    intent,
    refusal,
  }: {
    readonly intent: Pick<Intent, 'strategy' | 'instrument' | 'ref' | 'ask'> & {
      readonly quantity?: number
    }
    readonly refusal: Refusal
  },
  effects: Effects,
): void {
  const { strategy, ref, ask, instrument, quantity = 0 } = intent
  const bundle = core.strategies.get(strategy)?.running?.bundle
  const refused = {
    strategy,
    version: bundle?.manifest.version ?? '',
    digest: bundle?.digest ?? '',
    ref,
    instrument: core.instruments[instrument]?.id ?? String(instrument),
    ask,
    quantity,
    refusal,
  }
  effects.records.push({ kind: 'refusal', at: effects.now, refused })
  tellDenied(core, { strategy, ref, instrument, refusal, now: effects.now })
}

function onReport(core: Core, report: OrderReport, effects: Effects): void {
  onOutcome(core, core.orders.apply(report, effects.now), effects)
}

function onOutcome(core: Core, outcome: Outcome, effects: Effects): void {
  if (outcome.kind !== 'applied') return
  const { row, status, fill } = outcome
  if (fill === undefined) effects.records.push({ kind: 'order', at: effects.now, order: row })
  else
    effects.records.push({
      kind: 'fill',
      at: effects.now,
      fill,
      order: row,
      position: core.positions.apply(fill),
    })
  const instrument = core.byId.get(row.instrument)
  if (instrument !== undefined) updateGross(core, instrument.index)
  tellOrder(core, { row, status, now: effects.now, ...(fill === undefined ? {} : { fill }) })
  if (!isOpen(row.phase) && core.levels.flattening.has(row.strategy))
    goOnFlattening(core, row, effects)
}

/** An order that could not be written down and so was not sent. */
export function neverSent(core: Core, clientId: string, effects: Effects): void {
  onOutcome(
    core,
    core.orders.endUnsaid(clientId, {
      phase: 'NEVER_SENT',
      reason: 'the journal failed',
      now: effects.now,
    }),
    effects,
  )
}

function onSnapshot(core: Core, snapshot: BrokerSnapshot, effects: Effects): void {
  const { orders, positions, levels } = core
  const answer = reconcile({
    snapshot,
    openRows: orders.open(),
    knownExecutions: orders.knownExecutions,
    knownOrders: orders.knownOrders,
    net: positions.net(),
  })
  for (const order of [...answer.foreign, ...answer.alive]) {
    const row = orders.adopt(order, effects.now)
    if (row !== undefined) effects.records.push({ kind: 'order', at: effects.now, order: row })
  }
  for (const report of answer.reports) onReport(core, report, effects)
  for (const clientId of answer.absent) {
    onOutcome(
      core,
      orders.endUnsaid(clientId, {
        phase: 'ABSENT_PROVEN',
        reason: 'the broker never had it',
        now: effects.now,
      }),
      effects,
    )
  }
  for (const clientId of answer.cancels) effects.sends.push({ do: 'cancel', clientId })
  for (const { instrument, quantity } of answer.corrections) {
    const row = core.byId.get(instrument)
    const at = row === undefined ? Number.NaN : core.market.board.mark(row.index)
    const position = positions.correct(instrument, { quantity, mark: at, now: effects.now })
    effects.records.push({
      kind: 'position',
      at: effects.now,
      position,
      reason: 'the broker holds it, no fill explains it',
    })
  }
  if (answer.gate === 'UNCHANGED') return
  levels.gate = answer.gate
  levels.gateReason = answer.reasons.join('. ') || 'books and broker agree'
  updateGross(core)
}

function onLink(core: Core, { edge, working, reason }: LinkEvent, effects: Effects): void {
  const { levels } = core
  if (working) levels.broken.delete(edge)
  else levels.broken.set(edge, reason)
  // Without the broker or the journal nothing may leave; a snapshot or a restart opens the gate again.
  if (!working && (edge === 'broker' || edge === 'journal')) {
    levels.gate = 'CLOSED'
    levels.gateReason = reason
    effects.records.push({
      kind: 'halt',
      at: effects.now,
      halted: levels.halted,
      reason: `${edge}: ${reason}`,
      by: 'host',
    })
  }
}

function onCommand(core: Core, command: Command, effects: Effects): void {
  const { strategies, levels } = core
  switch (command.ask) {
    case 'enable':
    case 'disable':
    case 'reload':
      return onStrategy(core, strategies.command(command.ask, command.strategy), effects)
    case 'halt':
    case 'resume':
      levels.halted = command.ask === 'halt'
      levels.haltReason = levels.halted ? command.reason : ''
      effects.records.push({
        kind: 'halt',
        at: effects.now,
        halted: levels.halted,
        reason: command.reason,
        by: command.by,
      })
      return levels.halted ? cancelEntries(core, undefined, effects) : undefined
    case 'cancel-entries':
      return cancelEntries(core, undefined, effects)
    case 'shutdown':
      levels.shuttingDown = true
      cancelEntries(core, undefined, effects)
      return onStrategy(core, strategies.shutdown(), effects)
  }
}

/** Cancels what could open or grow a position; what only reduces one stays, and what is not of this desk. */
function cancelEntries(core: Core, strategy: string | undefined, effects: Effects): void {
  const entries = core.orders.entriesWorking((owner, instrument) => {
    const row = core.byId.get(instrument)
    return row === undefined ? 0 : core.positions.quantity(owner, row.index)
  })
  for (const row of entries) {
    if (row.strategy !== UNATTRIBUTED && (strategy ?? row.strategy) === row.strategy)
      cancelRow(core, row, effects)
  }
}

function cancelRow(core: Core, row: OrderRow, effects: Effects): void {
  if (row.pending === 'cancel') return
  const instrument = core.byId.get(row.instrument)?.index ?? -1
  cancel(
    core,
    { intent: { strategy: row.strategy, instrument, ref: row.ref, ask: 'cancel' }, ref: row.ref },
    effects,
  )
}

function onStrategy(core: Core, answers: readonly StrategyEffect[], effects: Effects): void {
  for (const answer of answers) {
    switch (answer.do) {
      case 'carrier':
        effects.carriers.push(answer.order)
        break
      case 'begin':
        begin(core, answer, effects)
        break
      case 'drain':
        core.tape.write(RECORD.control, answer.life.slot, CONTROL.drain, 0, effects.now)
        effects.carriers.push({ ask: 'drain', carrier: answer.carrier })
        break
      case 'record':
        effects.records.push({ kind: 'strategy', at: effects.now, row: answer.row })
        break
      case 'keep-state':
        effects.records.push({
          kind: 'state',
          at: effects.now,
          strategy: answer.life.id,
          ...answer.by,
          snapshot: answer.snapshot,
        })
        break
      case 'protect':
        protect(core, answer, effects)
        break
    }
  }
}

/** Starts a loaded carrier with everything it may know, as it stands at this point of the tape. */
function begin(
  core: Core,
  { life, instance, instruments, snapshot }: Extract<StrategyEffect, { do: 'begin' }>,
  effects: Effects,
): void {
  const { carrier, needs } = instance
  if (needs === undefined) return
  const columns = core.market.need(instruments, needs)
  if (!columns.ok) {
    const fault = {
      code: 'plugin/start',
      hard: true,
      message: columns.refusal,
      tapeSeq: core.tape.seq,
    } as const
    return onStrategy(
      core,
      core.strategies.carrier({
        kind: 'carrier',
        carrier,
        strategy: life.id,
        now: effects.now,
        what: 'fault',
        fault,
      }),
      effects,
    )
  }
  const cursor = life.handover ?? core.tape.seq
  const openOrders = core.orders.open({ strategy: life.id }).flatMap((row) => {
    const { ref, instrument, side, kind: order, quantity, filled, limit, stop } = row
    const index = core.byId.get(instrument)?.index
    return index === undefined
      ? []
      : [
          {
            ref,
            instrument: index,
            side,
            order,
            quantity,
            filled,
            ...(limit === undefined ? {} : { limit }),
            ...(stop === undefined ? {} : { stop }),
          },
        ]
  })
  effects.carriers.push({
    ask: 'begin',
    carrier,
    begin: {
      cursor,
      columnsAt: core.tape.seq,
      columns: columns.value,
      ...(snapshot === undefined ? {} : { snapshot }),
      positions: core.positions.rows(life.id).filter(({ quantity }) => quantity !== 0),
      openOrders,
      nextRef: Math.max(core.orders.lastRefs(life.id).highest, 0) + 1,
      now: effects.now,
      ...(life.gapFrom === undefined || life.gapFrom > cursor
        ? {}
        : { gap: { from: life.gapFrom, to: cursor } }),
    },
  })
}

/** What a bundle declared for its own failure, carried out by the host. Orders that only reduce are always kept. */
function protect(
  core: Core,
  { strategy, policy }: Extract<StrategyEffect, { do: 'protect' }>,
  effects: Effects,
): void {
  if (policy === 'hold') return
  cancelEntries(core, strategy, effects)
  if (policy === 'cancel-all') {
    const reducing = core.orders
      .open({ strategy })
      .filter(({ kind }) => kind === 'MARKET' || kind === 'LIMIT')
    for (const row of reducing) cancelRow(core, row, effects)
  }
  if (policy !== 'flatten') return
  core.levels.flattening.add(strategy)
  flatten(core, strategy, effects)
  if (core.orders.openOfStrategy(strategy).orders === 0) core.levels.flattening.delete(strategy)
}

/** Closes what a strategy holds: first what is open is cancelled, so that nothing is sold twice, then the rest is closed. */
function flatten(core: Core, strategy: string, effects: Effects): void {
  for (const { instrument, quantity } of core.positions.rows(strategy)) {
    const index = core.byId.get(instrument)?.index
    if (quantity === 0 || index === undefined) continue
    const open = core.orders.open({ strategy, instrument })
    for (const row of open) if (row.ref >= 0) cancelRow(core, row, effects)
    if (open.length > 0) continue
    const ref = Math.min(core.orders.lastRefs(strategy).lowest, 0) - 1
    onIntent(
      core,
      {
        kind: 'intent',
        ask: 'target',
        strategy,
        instrument: index,
        ref,
        decidedAt: core.tape.seq,
        quantity: 0,
      },
      effects,
    )
  }
}

/** One order less stands in the way. The host's own order is not tried again where it failed. */
function goOnFlattening(
  core: Core,
  { strategy, ref }: Pick<OrderRow, 'strategy' | 'ref'>,
  effects: Effects,
): void {
  if (ref >= 0) flatten(core, strategy, effects)
  if (core.orders.openOfStrategy(strategy).orders === 0) core.levels.flattening.delete(strategy)
}

function invalid(text: string): Refusal {
  return { code: 'order/invalid', value: Number.NaN, limit: Number.NaN, text }
}

function unknownRef(ref: number): Refusal {
  return {
    code: 'order/unknown-ref',
    value: ref,
    limit: Number.NaN,
    text: `There is no order ${ref} of this strategy`,
  }
}
