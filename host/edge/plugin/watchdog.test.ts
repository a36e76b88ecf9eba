import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { existsSync } from 'node:fs'

import { bundleOf, codeOf, COUNTING, until } from './bundle.fixture.ts'
import { createWorkerStage, type WorkerStage } from './worker-stage.fixture.ts'

setDefaultTimeout(60_000)

let stage: WorkerStage
beforeEach(() => {
  stage = createWorkerStage()
})
afterEach(() => stage.stop())

const TICKS = 200

describe('plug-in code that does not return', () => {
  const endless: readonly (readonly [name: string, body: string])[] = [
    ['a loop', 'onTick({ orders }) { orders.buy({ quantity: 1 }); for (;;) {} },'],
    [
      'a loop that catches and cleans up',
      'onTick({ orders }) { orders.buy({ quantity: 1 }); for (;;) { try { for (;;) {} } catch {} finally { continue } } },',
    ],
    [
      'a regular expression',
      "onTick({ orders }) { orders.buy({ quantity: 1 }); /^(a+)+$/.test('a'.repeat(60) + 'b') },",
    ],
    [
      'an allocation without end',
      'onTick({ orders }) { orders.buy({ quantity: 1 }); const all = []; for (;;) all.push(new Array(1000).fill(all.length)) },',
    ],
    [
      'a loop in what it throws',
      'onTick({ orders }) { orders.buy({ quantity: 1 }); throw new Proxy({}, { getPrototypeOf() { for (;;) {} } }) },',
    ],
  ]
  for (const [name, body] of endless) {
    test(`in a handler, as ${name}, is ended, asks for nothing, and its neighbour misses no tick`, async () => {
      await stage.run(1, codeOf(body), 'hostile')
      await stage.run(2, COUNTING, 'neighbour')
      for (let i = 0; i < TICKS; i++) stage.tick()
      await until(() => stage.faults(1).length > 0, 'the fault')
      expect(stage.faults(1)).toEqual([
        expect.objectContaining({ code: 'plugin/hung', hard: true, tapeSeq: 1 }),
      ])
      for (let i = 0; i < TICKS; i++) stage.tick()
      expect(await stage.state(2, 'drain')).toEqual({
        'SIM:A': { count: 2 * TICKS },
        'SIM:B': { count: 0 },
      })
      expect(stage.intents).toEqual([])
      expect(stage.faults(2)).toEqual([])
    })
  }

  const elsewhere: readonly (readonly [name: string, code: string, fault: string])[] = [
    ['at the top level', codeOf('', 'for (;;) {}'), 'plugin/start'],
    [
      'in the microtasks of its top level',
      codeOf('', 'const again = () => Promise.resolve().then(again); again()'),
      'plugin/start',
    ],
    [
      'in what its top level throws',
      codeOf('', 'throw new Proxy({}, { getPrototypeOf() { for (;;) {} } })'),
      'plugin/start',
    ],
    [
      'in needs()',
      COUNTING.replace('needs: () => ({})', 'needs() { for (;;) {} }'),
      'plugin/start',
    ],
    [
      'in start()',
      COUNTING.replace('start: () => ({ count: 0 })', 'start() { for (;;) {} }'),
      'plugin/start',
    ],
    [
      'in a getter of its state',
      codeOf('onTick(context) { context.state = { get count() { for (;;) {} } } },'),
      'plugin/hung',
    ],
    ['in stop()', codeOf('stop() { for (;;) {} },'), 'plugin/hung'],
  ]
  for (const [name, code, fault] of elsewhere) {
    test(`${name} is ended as well`, async () => {
      stage.load(1, bundleOf(code))
      await until(
        () => stage.has(1, 'loaded') || stage.has(1, 'fault'),
        'the bundle to load or to fail',
      )
      if (stage.has(1, 'loaded')) {
        stage.begin(1)
        stage.tick()
        // Each of them reads the state, one way or the other.
        stage.writer.write(5, 1, 1, 0, 0)
        stage.carriers.touchAll()
        stage.carriers.wake()
      }
      await until(() => stage.has(1, 'fault'), 'the fault')
      expect(stage.faults(1)).toEqual([expect.objectContaining({ code: fault, hard: true })])
    })
  }
})

describe('a gap handler', () => {
  test('that does not return is ended', async () => {
    const code = codeOf('onGap() { for (;;) {} },')
    stage.load(1, bundleOf(code))
    await until(() => stage.has(1, 'loaded'), 'the load')
    const columns = { bars: [], indicators: {}, sessions: [] }
    const begin = {
      cursor: 9,
      columnsAt: 9,
      columns,
      positions: [],
      openOrders: [],
      nextRef: 1,
      gap: { from: 1, to: 9 },
    }
    stage.carriers.perform({ ask: 'begin', carrier: 1, begin })
    await until(() => stage.has(1, 'fault'), 'the fault')
    expect(stage.faults(1)[0]).toMatchObject({ code: 'plugin/hung', hard: true })
  })
})

describe('a busy machine', () => {
  // Where the system does not tell processor time, the wall is all there is to go by.
  test.skipIf(!existsSync('/proc/self/schedstat'))(
    'does not make a healthy strategy look hung',
    async () => {
      const spin = new Blob(['postMessage(1); for (;;) {}'])
      const address = URL.createObjectURL(spin)
      const spinners = Array.from({ length: 6 }, () => new Worker(address))
      try {
        await Promise.all(
          spinners.map((one) => new Promise((resolve) => (one.onmessage = resolve))),
        )
        // Each call takes a few milliseconds of processor time, and many times that by the clock on the wall.
        await stage.run(
          1,
          codeOf('onTick({ state }) { for (let i = 0; i < 2_000_000; i++) state.count += i % 2 },'),
        )
        for (let i = 0; i < 60; i++) stage.tick()
        await until(() => stage.carriers.seen('sample')?.cursor === 60, 'all ticks', 30_000)
        expect(stage.faults(1)).toEqual([])
      } finally {
        for (const one of spinners) one.terminate()
        URL.revokeObjectURL(address)
      }
    },
  )
})
