/**
 * The contract: what every strategy must keep, as tests that one line in a strategy's test file registers.
 *
 * In       a strategy definition, and a tape that makes it trade
 * Out      tests of bun:test
 * Source   SPEC.md, "What a strategy promises"
 */
import { describe, expect, test } from 'bun:test'

import {
  microsOf,
  type Recording,
  recordingOf,
  runFolder,
  runStrategy,
  simulatedTape,
  type StrategyRun,
  type Tape,
} from '#host/lab/testkit.ts'

import type { InstrumentSpec } from '../instrument.ts'
import { schemaProblem, withDefaults } from '../schema.ts'
import type { AnyStrategy } from '../strategy.ts'
import { readyAt } from './warm-up.ts'
import { watched, whereItAsksItThrows } from './watched.ts'

/** What the contract is tried with. */
export interface ContractOptions {
  /** A tape that makes the strategy trade; three simulated companies over three sessions where it is absent. */
  readonly tape?: Tape
  readonly instrument?: Partial<InstrumentSpec>
  readonly params?: object
  /** The folder with its strategy.ts, to be built and run as a bundle; false where there is none. */
  readonly folder: string | false
}

/** Registers the tests that hold `definition` to the contract. */
export function contract(definition: AnyStrategy, options: ContractOptions): void {
  const { folder, tape = simulatedTape({ minutes: 190, seed: 11 }), instrument, params } = options
  const recording = recordingOf(tape, instrument)
  const given = { tape: recording, ...(params === undefined ? {} : { params }) }
  describe(`the contract of ${definition.id}`, () => {
    const first = lazy(() => runStrategy(definition, given))

    test('trades on the tape of its contract, without a fault', () => {
      expect(first().faults).toEqual([])
      expect(first().result.faults).toBe(0)
      expect(first().fills.length).toBeGreaterThan(0)
    })

    test('the same tape gives the same answer', () => {
      expect(runStrategy(definition, given).result.digest).toBe(first().result.digest)
    })

    test('the defaults of its parameters fit their schema', () => {
      const defaults = withDefaults(definition.params, {})
      expect(schemaProblem(definition.params, defaults)).toBeUndefined()
    })

    test('its state survives its schema: reloads with positions open change no order', () => {
      const seen = { random: 0 }
      const whole = runStrategy(watched(definition, seen), given)
      const reloadAt = momentsToReload(recording, whole)
      const broken = runStrategy(definition, { ...given, reloadAt })
      expect(broken.result.faults).toBe(0)
      expect(Object.keys(broken.states).length).toBeGreaterThan(0)
      // A hand-over stands on the tape, and chance is drawn by the place on the tape: such orders may differ.
      if (seen.random === 0) expect(broken.orders).toEqual(whole.orders)
    })

    test('it asks for nothing before its warm-up is over', () => {
      const { orders } = first()
      for (const traded of new Set(orders.map((order) => order.instrument))) {
        const earliest = orders.find((order) => order.instrument === traded)?.createdAt
        const ready = readyAt(definition, { recording, instrument: traded, params: params ?? {} })
        expect(earliest).toBeGreaterThanOrEqual(ready)
      }
    })

    test('a handler that throws has asked for nothing', () => {
      const seen = { asked: 0 }
      const run = runStrategy(whereItAsksItThrows(definition, seen), given)
      expect(seen.asked).toBeGreaterThan(0)
      expect(run.orders).toEqual([])
      expect(run.result.faults).toBeGreaterThan(0)
    })

    test('it asks for nothing that it was not granted', () => {
      expect(first().refusals.filter(({ code }) => code === 'risk/not-granted')).toEqual([])
      expect(first().refusals.filter(({ code }) => code === 'risk/quantity-max')).toEqual([])
    })

    if (folder === false) return

    test('its bundle, in a compartment, gives the answer of its source', async () => {
      const run = await runFolder(folder, given)
      expect(run.faults).toEqual([])
      expect(run.digest).toBe(first().result.digest)
    }, 60_000)

    test('it keeps nothing outside of its state: a bundle evaluated anew goes on as the old one', async () => {
      const seen = { random: 0 }
      const whole = runStrategy(watched(definition, seen), given)
      const run = await runFolder(folder, { ...given, reloadAt: momentsToReload(recording, whole) })
      expect(run.faults).toEqual([])
      if (seen.random === 0) expect(run.orders).toEqual(whole.orders)
    }, 60_000)
  })
}

/** A quarter, half and three quarters of the tape, and right after some fills, when there is something to hand over. */
function momentsToReload({ events, length }: Recording, { fills }: StrategyRun): number[] {
  const from = events[1] ?? 0
  const until = events[(length - 1) * 8 + 1] ?? 0
  const quarters = [0.25, 0.5, 0.75].map((share) => from + (until - from) * share)
  const chosen = [fills[0], fills[Math.floor(fills.length / 2)], fills.at(-1)]
  const after = chosen.flatMap((fill) => (fill === undefined ? [] : [microsOf(fill.time) + 1e6]))
  return [...quarters, ...after].sort((a, b) => a - b)
}

/** Once, when it is first asked for: registering a test runs nothing. */
function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
