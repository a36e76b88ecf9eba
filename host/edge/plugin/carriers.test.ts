import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'

import { bundleOf, codeOf, COUNTING, until } from './bundle.fixture.ts'
import { MOST_CARRIERS } from './carriers.ts'
import { createWorkerStage, type WorkerStage } from './worker-stage.fixture.ts'

setDefaultTimeout(60_000)

let stage: WorkerStage
beforeEach(() => {
  stage = createWorkerStage()
})
afterEach(() => stage.stop())

const BUYING = codeOf(
  'onTick({ orders, tick }) { orders.buy({ quantity: 1, limit: tick.price }) },',
)

describe('a worker carrier', () => {
  test('loads, begins, runs, hands over its state and stops', async () => {
    await stage.run(1, COUNTING)
    for (let i = 0; i < 500; i++) stage.tick(1000, i % 2)
    expect(await stage.state(1, 'drain')).toEqual({
      'SIM:A': { count: 250 },
      'SIM:B': { count: 250 },
    })
    await until(() => stage.has(1, 'stopped'), 'the end')
    expect(stage.events.map(({ what }) => what)).toEqual([
      'loaded',
      'started',
      'snapshot',
      'stopped',
    ])
  })

  test('asks for orders under the name that the host gave it, in its own order', async () => {
    await stage.run(1, BUYING, 'alpha')
    await stage.run(2, BUYING, 'beta')
    for (let i = 0; i < 3; i++) stage.tick(1000 + i)
    await until(() => stage.intents.length === 6, 'six intents')
    for (const strategy of ['alpha', 'beta']) {
      const own = stage.intents.filter((intent) => intent.strategy === strategy)
      expect(own).toEqual(
        [1, 2, 3].map((n) => ({
          kind: 'intent',
          ask: 'place',
          strategy,
          instrument: 0,
          ref: n,
          decidedAt: n,
          side: 'BUY',
          order: 'LIMIT',
          timeInForce: 'DAY',
          quantity: 1,
          limit: 999 + n,
        })),
      )
    }
  })

  test('goes on after a handler that throws, which is counted and asks for nothing', async () => {
    const code = codeOf(
      'onTick({ state, orders }) { state.count++; orders.buy({ quantity: 1 }); if (state.count % 2) throw new Error("odd") },',
    )
    await stage.run(1, code)
    for (let i = 0; i < 4; i++) stage.tick()
    await stage.state(1)
    expect(
      stage
        .faults(1)
        .map(({ code: fault, hard, message, tapeSeq }) => [fault, hard, message, tapeSeq]),
    ).toEqual([
      ['plugin/threw', false, 'Error: odd', 1],
      ['plugin/threw', false, 'Error: odd', 3],
    ])
    expect(stage.intents.map(({ ref, decidedAt }) => [ref, decidedAt])).toEqual([
      [1, 2],
      [2, 4],
    ])
  })

  test('reports the intents of a record before what it says after it', async () => {
    await stage.run(1, BUYING)
    stage.tick()
    await stage.state(1)
    expect(stage.intents).toHaveLength(1)
  })

  test('is gone once it is killed, and nothing of it is heard again', async () => {
    await stage.run(1, BUYING)
    stage.carriers.perform({ ask: 'kill', carrier: 1 })
    for (let i = 0; i < 10; i++) stage.tick()
    await Bun.sleep(150)
    stage.carriers.drain()
    expect(stage.intents).toEqual([])
    expect(stage.events.map(({ what }) => what)).toEqual(['loaded', 'started'])
    expect(stage.carriers.seen('sample')).toBeUndefined()
  })

  test('that sleeps through records of others still keeps up with the tape', async () => {
    await stage.run(1, COUNTING)
    for (let i = 0; i < 1000; i++) stage.writer.write(4, 99, 0, 0, 0)
    await until(() => stage.carriers.seen('sample')?.cursor === 1000, 'the cursor')
  })

  test('that falls behind the tape is told so, never silently', async () => {
    const code = codeOf(
      'onTick({ state, random }) { state.count++; for (let i = 0; i < 30_000; i++) random() },',
    )
    await stage.run(1, code)
    for (let i = 0; i < 400_000; i++) stage.writer.write(1, 0, 0, 0, 0, 1000)
    stage.carriers.touchAll()
    stage.carriers.wake()
    await until(() => stage.faults(1).length > 0, 'the fault')
    expect(stage.faults(1)[0]).toMatchObject({ code: 'plugin/lagged', hard: true })
  })
})

describe('a bundle that cannot be loaded', () => {
  const broken: readonly (readonly [name: string, code: string, text: string])[] = [
    ['a syntax error', 'const = 1', 'SyntaxError'],
    ['a throw at its top level', 'throw new Error("not today")', 'Error: not today'],
    ['no strategy', 'module.exports = 5', 'exports no strategy'],
    ['a dynamic import', 'module.exports = import("node:fs")', 'import expression'],
    [
      'a require of something else',
      'require("node:fs")',
      'A bundle can require "#sdk" only, not "node:fs"',
    ],
    [
      'needs that throw',
      COUNTING.replace('needs: () => ({})', 'needs() { throw new Error("no") }'),
      'Error: no',
    ],
  ]
  for (const [name, code, text] of broken) {
    test(`with ${name} is one hard fault with its text`, async () => {
      stage.load(1, bundleOf(code))
      await until(() => stage.faults(1).length > 0, 'the fault')
      expect(stage.faults(1)).toEqual([
        expect.objectContaining({
          code: 'plugin/eval',
          hard: true,
          message: expect.stringContaining(text),
        }),
      ])
    })
  }

  test('because there are too many carriers is a fault as well', () => {
    const inline = createWorkerStage()
    try {
      for (let i = 1; i <= MOST_CARRIERS; i++) inline.load(i, bundleOf('throw 1'))
      inline.load(1000)
      expect(inline.faults(1000)[0]).toMatchObject({
        code: 'plugin/start',
        message: expect.stringContaining('128 carriers are already running'),
      })
    } finally {
      void inline.stop()
    }
  })
})
