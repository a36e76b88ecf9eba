/** State as the host keeps it: plain data that fits, or a hard fault. */
import { describe, expect, test } from 'bun:test'

import type { StateSnapshot } from '#sdk/bundle.ts'
import { Type } from '#sdk/sdk.ts'
import type { AnyStrategy, Context, Needs } from '#sdk/strategy.ts'

import { createStage, listed, strategy } from './stage.fixture.ts'

type Given = Context<unknown, { count: number; sum: number }, Needs>

const State = Type.Object({ count: Type.Number(), sum: Type.Number() })

describe('state', () => {
  const make = (changes: Partial<AnyStrategy> = {}) =>
    createStage({ definition: strategy(changes), instruments: listed(2) })

  test('is one for each instrument, and comes back as it was given', () => {
    const stage = make({ onTick: ({ state }: Given) => void state.count++ })
    stage.begin()
    stage.tick(1000, { instrument: 1 })
    stage.control('snapshot')
    const snapshot = stage.snapshots()[0] as StateSnapshot
    expect(snapshot.states).toEqual({ 'SIM:A': { count: 0 }, 'SIM:B': { count: 1 } })
    expect(snapshot.view).toBeUndefined()
    const next = make()
    next.begin({ snapshot })
    next.control('snapshot')
    expect(next.snapshots()[0]?.states).toEqual(snapshot.states)
  })

  test('is one for all instruments where the scope is the strategy', () => {
    const stage = make({ scope: 'strategy', onTick: ({ state }: Given) => void state.count++ })
    stage.begin()
    stage.tick(1000)
    stage.tick(1000, { instrument: 1 })
    stage.control('snapshot')
    expect(stage.snapshots()[0]?.states).toEqual({ '*': { count: 2 } })
  })

  const old: StateSnapshot = {
    tapeSeq: 0,
    stateVersion: 1,
    states: { 'SIM:A': { count: 4 } },
    nextRef: 1,
  }
  const grown = { stateVersion: 2, state: State, start: () => ({ count: 0, sum: 0 }) }

  test('of an older version goes through migrate', () => {
    const from: number[] = []
    const stage = make({
      ...grown,
      migrate(before: unknown, version: number) {
        from.push(version)
        return { ...(before as { count: number }), sum: 1 }
      },
    })
    stage.begin({ snapshot: old })
    stage.control('snapshot')
    expect(from).toEqual([1])
    expect(stage.snapshots()[0]).toMatchObject({
      stateVersion: 2,
      states: { 'SIM:A': { count: 4, sum: 1 } },
    })
  })

  test('of an older version is refused without migrate, and where migrate makes what does not fit', () => {
    expect(() => make(grown).begin({ snapshot: old })).toThrow(
      'State version 1 has no migrate() to version 2',
    )
    const wrong = make({ ...grown, migrate: () => ({ count: 'four' }) })
    expect(() => wrong.begin({ snapshot: old })).toThrow('does not fit version 2: /')
  })

  test('that start() makes and does not fit is refused at the beginning', () => {
    expect(() => make({ start: () => ({ count: Number.NaN }) }).begin()).toThrow(
      'does not fit its schema: /count',
    )
  })

  const ring: Record<string, unknown> = { count: 1 }
  ring['self'] = ring
  const unfit: readonly (readonly [name: string, value: unknown])[] = [
    ['NaN', { count: Number.NaN }],
    ['a function', () => 1],
    ['a ring', ring],
    ['nothing', undefined],
    [
      'a toJSON that throws',
      {
        toJSON: () => {
          throw new Error('no')
        },
      },
    ],
    ['another shape', { count: 'one' }],
    ['a BigInt', { count: 1n }],
  ]
  for (const [name, value] of unfit) {
    test(`that became ${name} is a hard fault, and nothing is handed over`, () => {
      const stage = make({
        onTick(context: { state: unknown }) {
          context.state = value
        },
      })
      stage.begin()
      stage.tick(1000)
      stage.control('drain')
      expect(stage.messages.at(-2)).toMatchObject({
        what: 'fault',
        fault: { code: 'plugin/state', hard: true },
      })
      expect(stage.snapshots()).toEqual([])
    })
  }

  test('is not shared with what was handed over', () => {
    const snapshot = structuredClone(old)
    const stage = make({ onTick: ({ state }: Given) => void state.count++ })
    stage.begin({ snapshot })
    stage.tick(1000)
    expect(snapshot).toEqual(old)
  })
})
