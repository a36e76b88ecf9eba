/**
 * A driver for the strategy room: carriers that do what they are asked, when they are told to, and a tape that moves on.
 * It holds every effect to what must always be so.
 */
import type {
  Bundle,
  CarrierEvent,
  CarrierId,
  Fault,
  FaultCode,
  StateSnapshot,
} from '#sdk/bundle.ts'
import { type Manifest, SDK_VERSION } from '#sdk/manifest.ts'
import type { StrategyRow } from '#sdk/record.ts'

import { createStrategies, type StrategiesParts, type StrategyEffect } from './strategy.ts'

export const ID = 'sample'
const SECOND = 1_000_000

/** Version `version` of the sample strategy; its digest is its version. */
export function bundle(version: string, changes: Partial<Manifest> = {}): Bundle {
  const manifest: Manifest = {
    manifestVersion: 1,
    id: ID,
    version,
    name: 'Sample',
    description: '',
    api: `^${SDK_VERSION}`,
    scope: 'strategy',
    params: { type: 'object', properties: {} },
    state: { type: 'object', properties: { count: { type: 'number' } }, required: ['count'] },
    stateVersion: 1,
    grants: { instruments: ['SIM:*'], kinds: ['MARKET'], maxOrderQuantity: 1, maxPosition: 1 },
    onFault: 'cancel-entries',
    build: { esbuild: '', bun: '' },
    ...changes,
  }
  return {
    id: manifest.id,
    file: `${manifest.id}.strategy.js`,
    digest: version,
    manifest,
    code: '',
  }
}

/** A carrier as the world sees it. */
export interface Driven {
  readonly id: CarrierId
  readonly bundle: Bundle
  stage: 'loading' | 'loaded' | 'begun' | 'draining' | 'killed'
  cursor: number
  gap: { readonly from: number; readonly to: number } | undefined
  snapshot: StateSnapshot | undefined
}

export type Driver = ReturnType<typeof createDriver>

/** A strategy room and its carriers. Broken promises are thrown. */
export function createDriver(parts: Partial<StrategiesParts> = {}) {
  const room = createStrategies({
    instruments: ['SIM:A', 'SIM:B', 'NSE:C'],
    settings: {},
    ...parts,
  })
  const carriers = new Map<CarrierId, Driven>()
  const rows: StrategyRow[] = []
  const protects: string[] = []
  const kept: { readonly snapshot: StateSnapshot; readonly version: string }[] = []
  let tape = 0
  let now = 0

  const carrier = (id: CarrierId): Driven => {
    const known = carriers.get(id)
    if (known === undefined) throw new Error(`There is no carrier ${id}`)
    return known
  }

  function take(effects: readonly StrategyEffect[]): void {
    for (const effect of effects) perform(effect)
    hold()
  }

  function perform(effect: StrategyEffect): void {
    switch (effect.do) {
      case 'carrier': {
        const { order } = effect
        if (order.ask === 'load') {
          if (carriers.has(order.carrier))
            throw new Error(`Carrier ${order.carrier} is loaded twice`)
          const blank = { cursor: 0, gap: undefined, snapshot: undefined }
          carriers.set(order.carrier, {
            id: order.carrier,
            bundle: order.bundle,
            stage: 'loading',
            ...blank,
          })
        } else if (order.ask === 'kill') {
          if (carrier(order.carrier).stage === 'killed')
            throw new Error(`Carrier ${order.carrier} is killed twice`)
          carrier(order.carrier).stage = 'killed'
        }
        return
      }
      case 'begin':
        return begin(effect)
      case 'drain':
        if (carrier(effect.carrier).stage !== 'begun')
          throw new Error(`Carrier ${effect.carrier} is drained and has not begun`)
        carrier(effect.carrier).stage = 'draining'
        return
      case 'record':
        return void rows.push(effect.row)
      case 'keep-state':
        return void kept.push({ snapshot: effect.snapshot, version: effect.by.version })
      case 'protect':
        return void protects.push(effect.policy)
    }
  }

  function begin({ life, instance, snapshot }: Extract<StrategyEffect, { do: 'begin' }>): void {
    const one = carrier(instance.carrier)
    if (one.stage !== 'loaded') throw new Error(`Carrier ${one.id} begins and is ${one.stage}`)
    one.stage = 'begun'
    one.cursor = life.handover ?? tape
    one.snapshot = snapshot
    one.gap =
      life.gapFrom === undefined || life.gapFrom > one.cursor
        ? undefined
        : { from: life.gapFrom, to: one.cursor }
    const covered = snapshot?.tapeSeq ?? 0
    if (snapshot === undefined || covered === 0) return
    if (one.cursor < covered)
      throw new Error(`Records ${one.cursor + 1} to ${covered} would be handled twice`)
    if (one.cursor > covered && !(one.gap !== undefined && one.gap.from <= covered + 1)) {
      throw new Error(`Records ${covered + 1} to ${one.cursor} are lost without a gap`)
    }
  }

  /** What holds between any two events. */
  function hold(): void {
    const alive = [...carriers.values()].filter(({ stage }) => stage !== 'killed')
    for (const life of room.all()) {
      const mine = alive.filter((one) => one.bundle.id === life.id)
      const begun = mine.filter(({ stage }) => stage === 'begun' || stage === 'draining')
      if (begun.length > 1) throw new Error(`${begun.length} carriers of "${life.id}" have begun`)
      const known = [life.running?.carrier, life.candidate?.carrier]
        .filter((id) => id !== undefined)
        .sort()
      const found = mine.map(({ id }) => id).sort()
      if (known.join() !== found.join())
        throw new Error(`"${life.id}" knows of ${known.join()} and there are ${found.join()}`)
    }
    if (room.idle() !== (alive.length === 0))
      throw new Error(`Idle is ${room.idle()} with ${alive.length} carriers`)
  }

  type What<T> = T extends unknown ? Omit<T, 'kind' | 'carrier' | 'strategy' | 'now'> : never
  function say(one: Driven, event: What<CarrierEvent>): void {
    take(
      room.carrier({
        kind: 'carrier',
        carrier: one.id,
        strategy: one.bundle.id,
        now,
        ...event,
      } as CarrierEvent),
    )
  }

  const stateAt = (seq: number, value: unknown = seq): StateSnapshot => ({
    tapeSeq: seq,
    stateVersion: 1,
    states: { '*': { count: value } },
    nextRef: 1,
  })

  return {
    room,
    rows,
    protects,
    kept,
    take,
    /** Every carrier that lives, oldest first. */
    alive: () => [...carriers.values()].filter(({ stage }) => stage !== 'killed'),
    life() {
      const life = room.get(ID)
      if (life === undefined) throw new Error('The strategy was never heard of')
      return life
    },
    state: () => room.get(ID)?.state,
    present: (one: Bundle) =>
      take(room.bundle({ kind: 'bundle', now, change: 'present', bundle: one })),
    gone: () =>
      take(room.bundle({ kind: 'bundle', now, change: 'gone', id: ID, file: `${ID}.strategy.js` })),
    refused: (reason: string) =>
      take(
        room.bundle({
          kind: 'bundle',
          now,
          change: 'refused',
          id: ID,
          file: `${ID}.strategy.js`,
          digest: reason,
          code: 'bundle/incomplete',
          reason,
        }),
      ),
    command: (ask: 'enable' | 'disable' | 'reload') => take(room.command(ask, ID)),
    shutdown: () => take(room.shutdown()),
    /** The tape moves on, and every carrier that has begun reads it. */
    flow(records = 1) {
      tape += records
      for (const one of carriers.values()) if (one.stage === 'begun') one.cursor = tape
    },
    tape: () => tape,
    pass(seconds: number) {
      now += seconds * SECOND
      take(room.time(now))
    },
    loaded(one: Driven) {
      one.stage = 'loaded'
      say(one, {
        what: 'loaded',
        needs: { ticks: true, bars: [], indicators: {}, warmUpBars: 0, timerSeconds: 0 },
      })
    },
    started: (one: Driven) => say(one, { what: 'started' }),
    snapshot: (one: Driven, value?: unknown) =>
      say(one, { what: 'snapshot', snapshot: stateAt(one.cursor, value), final: false }),
    /** It hands over its state and stops. */
    drained(one: Driven, value?: unknown) {
      say(one, { what: 'snapshot', snapshot: stateAt(one.cursor, value), final: true })
      say(one, { what: 'stopped' })
    },
    fault(
      one: Driven,
      code: FaultCode = 'plugin/hung',
      { hard = true }: { readonly hard?: boolean } = {},
    ) {
      const fault: Fault = {
        code,
        hard,
        message: `${code} of ${one.bundle.manifest.version}`,
        tapeSeq: one.cursor + 1,
      }
      say(one, { what: 'fault', fault })
    },
  }
}

export const V1 = bundle('1.0.0')
export const V2 = bundle('2.0.0')

/** A driver whose strategy trades version 1. */
export function trading(
  parts: Partial<StrategiesParts> = {},
  first = V1,
): { driver: Driver; old: Driven } {
  const driver = createDriver(parts)
  driver.present(first)
  const [old] = driver.alive()
  if (old === undefined) throw new Error('Nothing was loaded')
  driver.loaded(old)
  driver.started(old)
  driver.flow(10)
  return { driver, old }
}

/** The carrier that was loaded last. */
export function newest(driver: Driver): Driven {
  const one = driver.alive().at(-1)
  if (one === undefined) throw new Error('There is no carrier')
  return one
}
