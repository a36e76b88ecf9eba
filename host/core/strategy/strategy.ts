/**
 * The life of each bundle: which version runs, what is on its way in, what happens when one fails.
 *
 * In       BundleEvent (the drop folder), CarrierEvent (what runs), Command, time
 * Out      StrategyEffect: what each carrier must do, and the rows that say where each strategy stands
 * Refuses  a candidate that does not load, or whose state does not fit: the running version trades on
 * Asserts  at most one begun carrier per strategy; one drain at a time
 * Touches  nothing: no clock, no thread. The numbers of carriers are given out here
 * Source   plug-in host reference 2.2, 2.5, 2.6
 */
import { assert } from '#sdk/assert.ts'
import type {
  Bundle,
  BundleEvent,
  CarrierEvent,
  CarrierId,
  CarrierOrder,
  Fault,
  StateSnapshot,
} from '#sdk/bundle.ts'
import { matchesInstrument } from '#sdk/manifest.ts'
import type { StrategyRow, StrategyState } from '#sdk/record.ts'
import { reviveSchema, schemaProblem, withDefaults } from '#sdk/schema.ts'

import { createLife, type Instance, type Life } from './life.ts'

/** What the operator's configuration says of one strategy. */
export interface StrategySettings {
  readonly enabled?: boolean
  readonly params?: unknown
  /** Patterns that narrow what the manifest asks for. */
  readonly instruments?: readonly string[]
}

export interface StrategiesParts {
  /** Ids of the instruments, by row. */
  readonly instruments: readonly string[]
  readonly settings: Readonly<Record<string, StrategySettings>>
}

/** What the walk has to do next for a strategy. */
export type StrategyEffect =
  | { readonly do: 'carrier'; readonly order: Exclude<CarrierOrder, { ask: 'begin' }> }
  /** Start a loaded carrier; the walk adds position, open orders and columns. */
  | {
      readonly do: 'begin'
      readonly life: Life
      readonly instance: Instance
      readonly instruments: readonly number[]
      readonly snapshot: StateSnapshot | undefined
    }
  /** Ask the running carrier to hand over its state and end. */
  | { readonly do: 'drain'; readonly life: Life; readonly carrier: CarrierId }
  | { readonly do: 'record'; readonly row: StrategyRow }
  | {
      readonly do: 'keep-state'
      readonly life: Life
      readonly snapshot: StateSnapshot
      readonly by: { readonly version: string; readonly digest: string }
    }
  /** Execute what the bundle declared for its own failure, or cancel its entries when it is taken down. */
  | {
      readonly do: 'protect'
      readonly strategy: string
      readonly policy: 'cancel-entries' | 'cancel-all' | 'flatten' | 'hold'
    }

const MINUTE = 60_000_000
const QUARANTINE_HARD = 3
const QUARANTINE_WINDOW = 5 * MINUTE
/** Thrown handlers within a minute after which the version is stopped. */
const QUARANTINE_THROWS = 100
const BACKOFF_SECONDS = [1, 2, 4, 8, 16, 32, 60] as const
/** Soft faults kept for the rate. */
const KEPT = 200

export type Strategies = ReturnType<typeof createStrategies>

/** Makes the strategy room. */
export function createStrategies({ instruments, settings }: StrategiesParts) {
  const lives = new Map<string, Life>()
  let effects: StrategyEffect[] = []
  let carriers = 0
  let shuttingDown = false

  const settingsOf = (id: string) => (Object.hasOwn(settings, id) ? settings[id] : undefined)

  function lifeOf(id: string): Life {
    const known = lives.get(id)
    if (known !== undefined) return known
    const life = createLife(id, { slot: lives.size, enabled: settingsOf(id)?.enabled ?? true })
    lives.set(id, life)
    return life
  }

  function rowOf(life: Life): StrategyRow {
    const bundle = life.running?.bundle ?? life.latest
    const { id: strategy, state, reason, enabled, faults } = life
    return {
      strategy,
      state,
      reason,
      enabled,
      version: bundle?.manifest.version ?? '',
      digest: bundle?.digest ?? '',
      faults,
    }
  }

  function move(
    life: Life,
    { state, reason }: { readonly state: StrategyState; readonly reason: string },
  ): void {
    if (life.state === state && life.reason === reason) return
    life.state = state
    life.reason = reason
    effects.push({ do: 'record', row: rowOf(life) })
  }

  /** Rows of the instruments that the manifest asks for and the operator leaves in. */
  function instrumentsOf(bundle: Bundle): number[] {
    const narrowed = settingsOf(bundle.id)?.instruments
    return instruments.flatMap((id, row) =>
      matchesInstrument(bundle.manifest.grants.instruments, id) &&
      (narrowed === undefined || matchesInstrument(narrowed, id))
        ? [row]
        : [],
    )
  }

  /** Parameters with defaults, or a sentence that says what is wrong with them. */
  function paramsOf(bundle: Bundle): { readonly params: unknown } | string {
    const schema = reviveSchema(bundle.manifest.params)
    if (typeof schema === 'string') return schema
    const params = withDefaults(schema, settingsOf(bundle.id)?.params ?? {})
    const problem = schemaProblem(schema, params)
    return problem === undefined
      ? { params }
      : `Parameters of "${bundle.id}" do not fit: ${problem}`
  }

  function load(life: Life, bundle: Bundle): Instance | string {
    const params = paramsOf(bundle)
    if (typeof params === 'string') return params
    const rows = instrumentsOf(bundle)
    if (rows.length === 0)
      return `None of the desk's instruments fits ${bundle.manifest.grants.instruments.join(', ')}`
    const instance: Instance = { carrier: ++carriers, bundle, needs: undefined, begun: false }
    effects.push({
      do: 'carrier',
      order: {
        ask: 'load',
        carrier: instance.carrier,
        slot: life.slot,
        bundle,
        params: params.params,
        instruments: rows,
      },
    })
    return instance
  }

  function start(life: Life, bundle: Bundle): void {
    if (shuttingDown) return
    life.running = undefined
    const instance = load(life, bundle)
    if (typeof instance === 'string')
      return reject(life, { bundle, code: 'bundle/params', reason: instance })
    life.running = instance
    move(life, { state: 'STARTING', reason: `version ${bundle.manifest.version} is loading` })
  }

  /** A newer version beside the running one. */
  function approach(life: Life, bundle: Bundle): void {
    dropCandidate(life)
    const instance = load(life, bundle)
    life.candidate = typeof instance === 'string' ? undefined : instance
    if (typeof instance === 'string')
      reject(life, { bundle, code: 'bundle/params', reason: instance })
  }

  function reject(
    life: Life,
    {
      bundle,
      code,
      reason,
    }: { readonly bundle: Bundle; readonly code: string; readonly reason: string },
  ): void {
    life.refused = { file: bundle.file, code, reason, digest: bundle.digest }
    if (standsWithout(life)) {
      effects.push({
        do: 'record',
        row: { ...rowOf(life), reason: `a newer file was refused: ${reason}` },
      })
    } else {
      move(life, { state: 'REJECTED', reason })
    }
  }

  /** True where a refused file changes nothing: another version trades, or will be tried again. */
  function standsWithout(life: Life): boolean {
    return life.running?.begun === true || life.state === 'BACKOFF' || life.state === 'QUARANTINED'
  }

  function kill(instance: Instance): void {
    effects.push({ do: 'carrier', order: { ask: 'kill', carrier: instance.carrier } })
  }

  function drain(life: Life, why: NonNullable<Life['leaving']>): void {
    const { running } = life
    if (running === undefined) return
    if (!running.begun) {
      kill(running)
      life.running = undefined
      return left(life, why)
    }
    if (life.leaving === undefined) effects.push({ do: 'drain', life, carrier: running.carrier })
    life.leaving = why
    const words = {
      reload: 'handing over to the next version',
      disable: 'being disabled',
      gone: 'its file was removed',
      shutdown: 'the desk is shutting down',
    }
    move(life, { state: 'DRAINING', reason: words[why] })
  }

  /** The running carrier is gone as it should be. */
  function left(life: Life, why: NonNullable<Life['leaving']>): void {
    life.leaving = undefined
    life.running = undefined
    if (why === 'shutdown' || shuttingDown)
      return move(life, { state: 'STOPPED', reason: 'the desk was shut down' })
    // Enabled again, or its file is back, before it was gone: it goes on where it handed over.
    if (life.enabled && life.latest !== undefined) return takeOver(life)
    forgetHandover(life)
    effects.push({ do: 'protect', strategy: life.id, policy: 'cancel-entries' })
    if (!life.enabled) return move(life, { state: 'DISABLED', reason: 'disabled by the operator' })
    move(life, { state: 'STOPPED', reason: 'its file was removed from the drop folder' })
  }

  /** It stands still from here on: what the tape says meanwhile is missed, and there is no version to go back to. */
  function forgetHandover(life: Life): void {
    if (life.handover !== undefined) life.gapFrom ??= life.handover + 1
    life.handover = undefined
    life.previous = undefined
  }

  /** What to start when there is a choice: the newest file, unless it was refused. */
  function startable(life: Life): Bundle | undefined {
    return life.refused !== undefined && life.refused.digest === life.latest?.digest
      ? (life.previous ?? life.good)
      : life.latest
  }

  function takeOver(life: Life): void {
    const { candidate } = life
    life.candidate = undefined
    life.running = candidate
    if (candidate === undefined) {
      const bundle = startable(life)
      if (bundle !== undefined) return start(life, bundle)
      forgetHandover(life)
      return move(life, {
        state: 'REJECTED',
        reason: life.refused?.reason ?? 'there is no version of it that can start',
      })
    }
    if (candidate.needs !== undefined) return begin(life, candidate)
    move(life, {
      state: 'STARTING',
      reason: `version ${candidate.bundle.manifest.version} is loading`,
    })
  }

  function begin(life: Life, instance: Instance): void {
    instance.begun = true
    if (life.refused?.digest === instance.bundle.digest) life.refused = undefined
    move(life, {
      state: 'WARMING',
      reason: `version ${instance.bundle.manifest.version} waits for what it needs`,
    })
    effects.push({
      do: 'begin',
      life,
      instance,
      instruments: instrumentsOf(instance.bundle),
      snapshot: life.snapshot,
    })
  }

  function onBundle(event: BundleEvent): void {
    if (event.change === 'present') return onPresent(lifeOf(event.bundle.id), event.bundle)
    const life = lifeOf(event.id)
    if (event.change === 'gone') {
      life.latest = undefined
      life.refused = undefined
      dropCandidate(life)
      if (life.running === undefined)
        move(life, { state: 'STOPPED', reason: 'its file was removed from the drop folder' })
      else drain(life, 'gone')
      return
    }
    const { file, code, reason, digest } = event
    life.refused = { file, code, reason, digest }
    if (life.running === undefined && !standsWithout(life))
      move(life, { state: 'REJECTED', reason })
    else
      effects.push({
        do: 'record',
        row: { ...rowOf(life), reason: `a newer file was refused: ${reason}` },
      })
  }

  function onPresent(life: Life, bundle: Bundle): void {
    const same = life.running?.bundle.digest === bundle.digest
    life.latest = bundle
    life.refused = undefined
    if (shuttingDown) return
    if (!life.enabled)
      return life.running === undefined
        ? move(life, { state: 'DISABLED', reason: 'disabled by the operator' })
        : undefined
    if (same && life.leaving === undefined) return dropCandidate(life)
    life.hardFaults = []
    life.throws = []
    life.restarts = 0
    if (life.running?.begun === true) return approach(life, bundle)
    if (life.running !== undefined) kill(life.running)
    dropCandidate(life)
    start(life, bundle)
  }

  function dropCandidate(life: Life): void {
    if (life.candidate !== undefined) kill(life.candidate)
    life.candidate = undefined
  }

  function onCarrier(event: CarrierEvent): void {
    const life = lives.get(event.strategy)
    if (life === undefined) return
    const isCandidate = life.candidate?.carrier === event.carrier
    const instance = isCandidate
      ? life.candidate
      : life.running?.carrier === event.carrier
        ? life.running
        : undefined
    // A carrier that was killed may still have said something.
    if (instance === undefined) return
    switch (event.what) {
      case 'loaded':
        instance.needs = event.needs
        if (isCandidate) return life.running === undefined ? takeOver(life) : drain(life, 'reload')
        return begin(life, instance)
      case 'started':
        life.loadedAt = event.now
        life.good = instance.bundle
        life.previous = undefined
        life.handover = undefined
        life.gapFrom = undefined
        if (life.leaving !== undefined) return
        return move(life, {
          state: 'ACTIVE',
          reason: `version ${instance.bundle.manifest.version} is trading`,
        })
      case 'snapshot':
        return onSnapshot(life, { instance, snapshot: event.snapshot, final: event.final })
      case 'stopped':
        kill(instance)
        life.previous = instance.bundle
        return left(life, life.leaving ?? 'gone')
      case 'fault':
        return onFault(life, { instance, fault: event.fault, now: event.now, isCandidate })
    }
  }

  function onSnapshot(
    life: Life,
    {
      instance,
      snapshot,
      final,
    }: { readonly instance: Instance; readonly snapshot: StateSnapshot; readonly final: boolean },
  ): void {
    const { manifest, digest } = instance.bundle
    const schema = reviveSchema(manifest.state)
    const states = Object.entries(snapshot.states)
    const problem =
      typeof schema === 'string'
        ? schema
        : states.map(([, state]) => schemaProblem(schema, state)).find((text) => text !== undefined)
    if (final && problem !== undefined)
      life.gapFrom ??= (life.snapshot?.tapeSeq ?? snapshot.tapeSeq) + 1
    if (problem !== undefined) {
      life.faults++
      effects.push({
        do: 'record',
        row: { ...rowOf(life), reason: `its state was not kept: ${problem}` },
      })
      return
    }
    // A state taken while the version waits for its needs moves the point from which the next one would go on.
    if (final || life.handover !== undefined) life.handover = snapshot.tapeSeq
    life.snapshot = snapshot
    life.snapshotBy = { version: manifest.version, digest }
    const { view: _, ...kept } = snapshot
    effects.push({ do: 'keep-state', life, snapshot: kept, by: life.snapshotBy })
  }

  function onFault(
    life: Life,
    {
      instance,
      fault,
      now,
      isCandidate,
    }: {
      readonly instance: Instance
      readonly fault: Fault
      readonly now: number
      readonly isCandidate: boolean
    },
  ): void {
    life.faults++
    life.lastFault = fault
    if (isCandidate) {
      kill(instance)
      life.candidate = undefined
      return reject(life, { bundle: instance.bundle, code: fault.code, reason: fault.message })
    }
    if (!fault.hard) {
      life.throws = [...life.throws.filter((at) => at > now - MINUTE), now].slice(-KEPT)
      if (life.throws.length < QUARANTINE_THROWS) return
    }
    kill(instance)
    const { leaving } = life
    life.running = undefined
    life.leaving = undefined
    const back = leaving === undefined ? wayBack(life, { instance, fault }) : undefined
    if (back !== undefined) {
      // The next version could not begin with what it was handed: the old one goes on from the same record.
      life.previous = undefined
      life.refused = {
        file: instance.bundle.file,
        code: fault.code,
        reason: fault.message,
        digest: instance.bundle.digest,
      }
      return start(life, back)
    }
    // What the lost carrier had done since its last state is lost with it.
    if (instance.begun && life.handover === undefined)
      life.gapFrom ??= (life.snapshot?.tapeSeq ?? fault.tapeSeq - 1) + 1
    effects.push({ do: 'protect', strategy: life.id, policy: instance.bundle.manifest.onFault })
    if (leaving !== undefined && leaving !== 'reload') return left(life, leaving)
    // The old version failed to hand over: the next one starts from the last state that the host holds.
    if (leaving === 'reload' && life.candidate !== undefined) return takeOver(life)
    failed(life, { instance, fault, now })
  }

  /** The version that handed over, while its state is the newest and the next version has not started. */
  function wayBack(
    life: Life,
    { instance, fault }: { readonly instance: Instance; readonly fault: Fault },
  ): Bundle | undefined {
    const { previous, snapshotBy } = life
    if (!fault.hard || shuttingDown || !life.enabled || life.latest === undefined) return undefined
    if (previous?.digest === instance.bundle.digest) return undefined
    if (fault.code === 'plugin/eval' || fault.code === 'plugin/start') return previous
    return snapshotBy?.digest === previous?.digest ? previous : undefined
  }

  function failed(
    life: Life,
    {
      instance,
      fault,
      now,
    }: { readonly instance: Instance; readonly fault: Fault; readonly now: number },
  ): void {
    if (fault.code === 'plugin/eval' || fault.code === 'plugin/start')
      return reject(life, { bundle: instance.bundle, code: fault.code, reason: fault.message })
    life.hardFaults = [...life.hardFaults.filter((at) => at > now - QUARANTINE_WINDOW), now]
    if (!fault.hard)
      return move(life, {
        state: 'QUARANTINED',
        reason: `${QUARANTINE_THROWS} handlers threw within a minute; the last: ${fault.message}`,
      })
    if (life.hardFaults.length >= QUARANTINE_HARD) {
      return move(life, {
        state: 'QUARANTINED',
        reason: `${QUARANTINE_HARD} hard faults within five minutes; the last: ${fault.message}`,
      })
    }
    const wait = BACKOFF_SECONDS[Math.min(life.restarts, BACKOFF_SECONDS.length - 1)] ?? 60
    life.restarts++
    life.retryAt = now + wait * 1e6
    move(life, { state: 'BACKOFF', reason: `${fault.message}; starting again in ${wait} s` })
  }

  function onTime(now: number): void {
    for (const life of lives.values()) {
      const bundle =
        life.state === 'BACKOFF' && now >= life.retryAt && life.enabled
          ? startable(life)
          : undefined
      if (bundle !== undefined) start(life, bundle)
    }
  }

  function setEnabled(life: Life, enabled: boolean): void {
    if (shuttingDown) return
    if (life.enabled === enabled && life.state !== 'QUARANTINED' && life.state !== 'REJECTED')
      return
    life.enabled = enabled
    if (!enabled) {
      dropCandidate(life)
      if (life.running !== undefined) return drain(life, 'disable')
      return move(life, { state: 'DISABLED', reason: 'disabled by the operator' })
    }
    life.hardFaults = []
    life.throws = []
    life.restarts = 0
    if (life.latest === undefined)
      return move(life, {
        state: 'STOPPED',
        reason: 'enabled, but its file is not in the drop folder',
      })
    if (life.running === undefined) {
      dropCandidate(life)
      start(life, life.latest)
    } else effects.push({ do: 'record', row: rowOf(life) })
  }

  /** Why a command cannot be carried out; undefined where it can. */
  function objection(
    ask: 'enable' | 'disable' | 'reload',
    id: string,
  ): { readonly code: string; readonly text: string } | undefined {
    const life = lives.get(id)
    if (life === undefined)
      return { code: 'strategy/unknown', text: `There is no strategy "${id}"` }
    if (ask !== 'reload') return undefined
    if (!life.enabled)
      return { code: 'strategy/disabled', text: `"${id}" is disabled; enable it first` }
    if (life.latest === undefined)
      return { code: 'strategy/no-file', text: `"${id}" has no bundle in the drop folder` }
    if (life.leaving !== undefined || life.candidate !== undefined)
      return { code: 'strategy/busy', text: `"${id}" is already being reloaded` }
    return undefined
  }

  function command(ask: 'enable' | 'disable' | 'reload', id: string): void {
    const life = lives.get(id)
    if (life === undefined || objection(ask, id) !== undefined) return
    if (ask !== 'reload') return setEnabled(life, ask === 'enable')
    const bundle = life.latest
    assert(bundle !== undefined, `"${id}" passed its objections without a bundle`)
    if (life.running?.begun === true) return approach(life, bundle)
    if (life.running !== undefined) kill(life.running)
    dropCandidate(life)
    start(life, bundle)
  }

  function shutdown(): void {
    shuttingDown = true
    for (const life of lives.values()) {
      dropCandidate(life)
      drain(life, 'shutdown')
    }
  }

  function take(): readonly StrategyEffect[] {
    const taken = effects
    effects = []
    return taken
  }

  return {
    /** Each of these answers with what to do next, in order. */
    bundle: (event: BundleEvent) => (onBundle(event), take()),
    carrier: (event: CarrierEvent) => (onCarrier(event), take()),
    time: (now: number) => (onTime(now), take()),
    command: (ask: 'enable' | 'disable' | 'reload', id: string) => (command(ask, id), take()),
    shutdown: () => (shutdown(), take()),
    objection,
    /** Takes up what the last run of the host wrote down. */
    restore(
      rows: readonly StrategyRow[],
      states: Readonly<
        Record<
          string,
          { readonly snapshot: StateSnapshot; readonly version: string; readonly digest: string }
        >
      >,
    ): void {
      for (const row of rows) {
        const life = lifeOf(row.strategy)
        life.enabled = row.enabled
        life.faults = row.faults
        const kept = states[row.strategy]
        // The tape begins anew with the process; the state is what counts.
        if (kept !== undefined) {
          life.snapshot = { ...kept.snapshot, tapeSeq: 0 }
          life.snapshotBy = { version: kept.version, digest: kept.digest }
        }
        if (!row.enabled) move(life, { state: 'DISABLED', reason: 'disabled by the operator' })
      }
      effects = []
    },
    get: (id: string): Readonly<Life> | undefined => lives.get(id),
    all: (): readonly Readonly<Life>[] => [...lives.values()],
    /** Rows of the instruments that a strategy may trade now. */
    traded: (id: string): readonly number[] => {
      const bundle = lives.get(id)?.running?.bundle ?? lives.get(id)?.latest
      return bundle === undefined ? [] : instrumentsOf(bundle)
    },
    /** Parameters in force, with defaults. */
    params: (id: string): unknown => {
      const bundle = lives.get(id)?.running?.bundle ?? lives.get(id)?.latest
      const answer = bundle === undefined ? undefined : paramsOf(bundle)
      return typeof answer === 'object' ? answer.params : undefined
    },
    /** True when no carrier is left. */
    idle: () =>
      [...lives.values()].every(
        (life) => life.running === undefined && life.candidate === undefined,
      ),
  }
}
