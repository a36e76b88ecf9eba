import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import type { CarrierEvent } from '#sdk/bundle.ts'
import type { Intent } from '#sdk/intent.ts'
import { ASK, type OutboxMemory } from '#sdk/outbox.ts'
import { createTapeMemory } from '#sdk/tape.ts'

import { bundleOf, COUNTING } from './bundle.fixture.ts'
import { memoryOf } from './carrier.ts'
import { createCarriers } from './carriers.ts'
import { INSTRUMENTS } from './worker-stage.fixture.ts'

interface Forgery {
  readonly heads: readonly number[]
  readonly values: readonly number[]
  readonly count?: number
}

/** Two carriers that write what they like, past any shim. */
function createForgers() {
  const rings: OutboxMemory[] = []
  const killed: number[] = []
  const events: CarrierEvent[] = []
  const intents: Intent[] = []
  const carriers = createCarriers({
    tape: createTapeMemory(1024),
    instruments: INSTRUMENTS,
    now: () => 1,
    watched: false,
    create(start) {
      const { memory, cells, outbox } = memoryOf(start)
      const number = rings.push(memory.outbox)
      return {
        cells,
        outbox,
        thread: undefined,
        begin() {},
        run: () => false,
        kill: () => void killed.push(number),
      }
    },
  })
  carriers.start({
    event: (event) => events.push(event),
    intent: (intent) => intents.push(intent),
    log() {},
    ready() {},
  })
  for (const carrier of [1, 2]) {
    const bundle = bundleOf(COUNTING, { id: `forger-${carrier}` })
    carriers.perform({ ask: 'load', carrier, slot: carrier, bundle, params: {}, instruments: [0] })
  }
  return {
    carriers,
    killed,
    events,
    intents,
    /** Writes records from the start of a carrier's ring and publishes them. */
    write(carrier: number, records: readonly Forgery[], count = records.length) {
      const ring = rings[carrier - 1]
      if (ring === undefined) throw new Error(`There is no carrier ${carrier}`)
      records.forEach(({ heads, values }, at) => {
        new Int32Array(ring.heads).set(heads, at * 4)
        new Float64Array(ring.values).set(values, at * 6)
      })
      Atomics.store(new Int32Array(ring.control), 0, count)
    },
  }
}

const { NaN: none, POSITIVE_INFINITY: infinity } = Number
const good: Forgery = { heads: [ASK.place, 0, 0, 0], values: [0, 1, 5, none, none, 0] }
const values = (ref: number, quantity: number, limit = none, decidedAt = 0) => [
  decidedAt,
  ref,
  quantity,
  limit,
  none,
  0,
]

const forgeries: readonly (readonly [name: string, record: Forgery])[] = [
  ['an ask that is none', { ...good, heads: [9, 0, 0, 0] }],
  ['a side that is none', { ...good, heads: [ASK.place, 0, 7, 0] }],
  ['a kind that is none', { ...good, heads: [ASK.place, 0, 0, 99] }],
  ['a form below zero', { ...good, heads: [ASK.place, 0, 0, -8] }],
  ['an instrument that it does not trade', { ...good, heads: [ASK.place, 1, 0, 0] }],
  ['an instrument that there is not', { ...good, heads: [ASK.place, 77, 0, 0] }],
  ['an instrument below the first', { ...good, heads: [ASK.place, -1, 0, 0] }],
  ['a number that is a fraction', { ...good, values: values(1.5, 5) }],
  ["a number of the host's own", { ...good, values: values(-1, 5) }],
  ['a quantity of NaN', { ...good, values: values(1, none) }],
  ['a quantity below zero', { ...good, values: values(1, -5) }],
  ['a quantity of 1e308', { ...good, values: values(1, 1e308) }],
  ['a price of a fraction', { ...good, values: values(1, 5, 10.5) }],
  ['a price of infinity', { ...good, values: values(1, 5, infinity) }],
  ['a decision at no record', { ...good, values: values(1, 5, none, none) }],
  ['a target of NaN', { heads: [ASK.target, 0, 0, 0], values: values(1, none) }],
  ['a change to zero', { heads: [ASK.modify, 0, 0, 0], values: values(1, 0) }],
]

describe('a carrier whose outbox holds', () => {
  for (const [name, record] of forgeries) {
    test(`${name} is killed, and nothing behind that record is believed`, async () => {
      const { carriers, write, killed, events, intents } = createForgers()
      write(1, [good, record, good])
      write(2, [good])
      carriers.drain()
      carriers.drain()
      await Promise.resolve()
      expect(killed).toEqual([1])
      expect(intents.map(({ strategy }) => strategy)).toEqual(['forger-1', 'forger-2'])
      expect(events).toEqual([
        expect.objectContaining({
          carrier: 1,
          what: 'fault',
          fault: expect.objectContaining({ code: 'plugin/crashed', hard: true }),
        }),
      ])
    })
  }

  for (const count of [5000, -1, 2 ** 31 - 1]) {
    test(`a count of ${count} records is killed, and nothing is read`, async () => {
      const { carriers, write, killed, intents } = createForgers()
      write(1, [good], count)
      carriers.drain()
      await Promise.resolve()
      expect(killed).toEqual([1])
      expect(intents).toEqual([])
    })
  }
})

test('whatever a ring holds, the intents that come of it are well formed', async () => {
  const word = fc.oneof(fc.integer({ min: -3, max: 40 }), fc.constantFrom(2 ** 31 - 1, -(2 ** 31)))
  const value = fc.oneof(
    fc.integer({ min: -3, max: 2000 }),
    fc.double(),
    fc.constantFrom(none, infinity, -0),
  )
  const record = fc.record({
    heads: fc.array(word, { minLength: 4, maxLength: 4 }),
    values: fc.array(value, { minLength: 6, maxLength: 6 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 8 }), async (records) => {
      const { carriers, write, intents } = createForgers()
      write(1, records)
      carriers.drain()
      await Promise.resolve()
      for (const intent of intents) {
        expect(intent.strategy).toBe('forger-1')
        expect(intent.instrument).toBe(0)
        expect(
          Number.isSafeInteger(intent.ref) &&
            intent.ref > 0 &&
            Number.isSafeInteger(intent.decidedAt),
        ).toBe(true)
        if (intent.ask === 'place')
          expect(Number.isSafeInteger(intent.quantity) && intent.quantity > 0).toBe(true)
        if ('limit' in intent) expect(Number.isSafeInteger(intent.limit)).toBe(true)
      }
    }),
  )
})
