import { describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

import { mayImport, renderRooms, ROOMS } from './rooms.ts'
import { checkPlace, checkWalls } from './walls.ts'

const root = join(import.meta.dir, '..')

function sourcesOf(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
}

function sentencesFor(path: string): string[] {
  const findings = checkWalls({ path, source: readFileSync(join(root, path), 'utf8') })
  return findings.map(({ line, found, answer }) => `${path}:${line} -> ${found}: ${answer}`)
}

describe('the tree', () => {
  test('keeps every import of the host to the map', () => {
    expect(sourcesOf('host').flatMap(sentencesFor)).toEqual([])
  })

  test('keeps the sdk pointing at nothing', () => {
    expect(sourcesOf('sdk').flatMap(sentencesFor)).toEqual([])
  })

  test('has no folder that is not a room on the map, and no name that fits anything', () => {
    const paths = [...sourcesOf('host'), ...sourcesOf('sdk')]
    expect(paths.filter((path) => checkPlace(path) !== undefined)).toEqual([])
  })

  test('has every room of the map as a folder', () => {
    const missing = ROOMS.filter(({ name }) => !existsSync(join(root, 'host', name)))
    expect(missing.map(({ name }) => name)).toEqual([])
  })
})

/** The sentence for one line of source in one file; undefined where it is let through. */
function answer(path: string, source: string): string | undefined {
  return checkWalls({ path, source })[0]?.answer
}

const broken: readonly (readonly [path: string, source: string, sentence: string])[] = [
  [
    'host/core/risk/bad.ts',
    "import { createClock } from '../../edge/clock/clock.ts'",
    'a core room knows no edge',
  ],
  [
    'host/core/risk/bad.ts',
    "import type { Clock } from '#host/edge/clock/clock.ts'",
    'a core room knows no edge',
  ],
  [
    'host/core/order/bad.ts',
    "import { checkIntent } from '../risk/risk.ts'",
    'between rooms only types travel; pipeline.ts hands over the values',
  ],
  [
    'host/core/order/bad.ts',
    "export { checkIntent } from '../risk/risk.ts'",
    'between rooms only types travel; pipeline.ts hands over the values',
  ],
  [
    'host/core/order/bad.ts',
    "import { type Approved } from '../risk/risk.ts'",
    'write "import type": an import of inline types loads the file',
  ],
  [
    'host/core/risk/bad.ts',
    "import type { OpenOrder } from '../order/order.ts'",
    'types flow with the walk, never against it',
  ],
  [
    'host/core/risk/bad.ts',
    "let order: import('../order/order.ts').OpenOrder",
    'types flow with the walk, never against it',
  ],
  [
    'host/core/risk/bad.ts',
    "import { asValue } from 'awilix'",
    'only compose.ts knows the container',
  ],
  ['host/cli.ts', "import { asValue } from 'awilix'", 'only compose.ts knows the container'],
  [
    'host/core/risk/bad.ts',
    "import { readFileSync } from 'node:fs'",
    'a core room imports the sdk and nothing else',
  ],
  [
    'host/core/risk/bad.ts',
    "import { Value } from '@sinclair/typebox/value'",
    'a core room imports the sdk and nothing else',
  ],
  [
    'host/core/risk/bad.ts',
    "import { step } from '../../pipeline.ts'",
    'a room does not know who wires it',
  ],
  [
    'host/core/risk/bad.ts',
    "const fs = import('node:fs')",
    'only edge/plugin loads code while running',
  ],
  [
    'host/core/risk/bad.ts',
    "import '#sdk/money.ts'",
    'an import gives a name; nobody is imported for what it does',
  ],
  [
    'host/core/risk/bad.ts',
    "import { run } from '#sdk/testkit/testkit.ts'",
    'the testkit is for tests',
  ],
  [
    'host/edge/feed/bad.ts',
    "import { checkIntent } from '../../core/risk/risk.ts'",
    'an edge room knows no other room',
  ],
  [
    'host/edge/feed/bad.ts',
    "import type { Broker } from '../broker/broker.ts'",
    'an edge room knows no other room',
  ],
  [
    'host/edge/console/bad.ts',
    "import { load } from '../../config.ts'",
    'a room does not know who wires it',
  ],
  [
    'host/edge/console/bad.ts',
    "import page from '../../../ui/page.ts'",
    'an edge room imports the sdk, packages and its own folder, nothing else',
  ],
  [
    'host/edge/feed/bad.ts',
    'const code = await import(name)',
    'only edge/plugin loads code while running',
  ],
  [
    'host/edge/feed/bad.ts',
    "import 'ses'",
    'an import gives a name; nobody is imported for what it does',
  ],
  [
    'host/lab/bad.ts',
    "import { createStore } from '../edge/store/store.ts'",
    'the lab wires a feed, a broker and carriers, no other edge',
  ],
  [
    'host/lab/bad.ts',
    "import { decode } from '../edge/feed/tape/decode.ts'",
    'the lab knows a room by its door',
  ],
  [
    'host/lab/bad.ts',
    "import { checkIntent } from '../core/risk/check-intent.ts'",
    'the lab knows a room by its door',
  ],
  [
    'host/desk.ts',
    "import { checkIntent } from './core/risk/check-intent.ts'",
    'an entry point knows a room by its door',
  ],
  [
    'host/core/risk/risk.test.ts',
    "import { submit } from '../order/submit.ts'",
    'a test knows another room by its door',
  ],
  [
    'host/core/risk/risk.test.ts',
    "import { step } from '#host/pipeline.ts'",
    'a room does not know who wires it',
  ],
  [
    'host/core/risk/bad.ts',
    "import { intents } from './risk.fixture.ts'",
    'a fixture is for tests',
  ],
  ['sdk/tick.ts', "import { step } from '#host/pipeline.ts'", 'the sdk points at nothing'],
  ['sdk/tick.ts', "import { join } from 'node:path'", 'the sdk points at nothing'],
  ['sdk/tick.ts', "import { backtest } from '#host/lab/backtest.ts'", 'the sdk points at nothing'],
  ['sdk/tick.ts', "import { run } from './testkit/testkit.ts'", 'the testkit is for tests'],
  ['sdk/testkit/run.ts', "import { step } from '#host/pipeline.ts'", 'the sdk points at nothing'],
  ['sdk/tick.test.ts', "import { step } from '#host/pipeline.ts'", 'the sdk points at nothing'],
]

const kept: readonly (readonly [path: string, source: string])[] = [
  ['host/core/order/good.ts', "import type { Approved } from '../risk/risk.ts'"],
  ['host/core/order/good.ts', "import { money } from '#sdk/money.ts'"],
  ['host/core/order/good.ts', "import { submit } from './submit.ts'"],
  ['host/core/order/good.ts', "// import { readFileSync } from 'node:fs'"],
  ['host/core/order/good.ts', 'const text = "import { x } from \'node:fs\'"'],
  ['host/core/order/good.test.ts', "import { expect } from 'bun:test'"],
  ['host/core/order/good.test.ts', "import { intents } from '../risk/risk.fixture.ts'"],
  ['host/edge/plugin/good.ts', "import 'ses'"],
  ['host/edge/plugin/good.ts', 'const code = import(file)'],
  ['host/edge/store/good.ts', "import postgres from 'postgres'"],
  ['host/compose.ts', "import { asFunction } from 'awilix'"],
  ['host/compose.ts', "import { createRisk } from './core/risk/risk.ts'"],
  ['host/compose.ts', "import { createSimulator } from './edge/feed/sim/sim.ts'"],
  ['host/lab/good.ts', "import { step } from '../pipeline.ts'"],
  ['host/lab/good.ts', "import { createMarket } from '../core/market/market.ts'"],
  ['host/lab/good.ts', "import { createCarriers } from '../edge/plugin/carriers.ts'"],
  ['host/lab/good.ts', "import { createTape } from '../edge/feed/tape/tape.ts'"],
  ['sdk/good.ts', "import { Type } from '@sinclair/typebox'"],
  ['sdk/testkit/good.ts', "import { backtest } from '#host/lab/backtest.ts'"],
  ['sdk/testkit/good.ts', "import { test } from 'bun:test'"],
]

describe('a wall, broken on purpose,', () => {
  test.each(broken)('in %s by %s answers: %s', (path, source, sentence) => {
    expect(answer(path, source)).toBe(sentence)
  })

  test.each(kept)('lets %s have %s', (path, source) => {
    expect(answer(path, source)).toBeUndefined()
  })

  test('is found at the line of the import', () => {
    const source = "// one\n/* two */\nimport {\n  a,\n} from 'node:fs'\n"
    expect(checkWalls({ path: 'host/core/risk/bad.ts', source })[0]?.line).toBe(3)
  })
})

describe('the core', () => {
  test.each([
    ['async function decide() {}', 'the core never awaits'],
    ['const answer = await decide()', 'the core never awaits'],
    ['for await (const answer of answers) {}', 'the core never awaits'],
    ['const later: Promise<number> = 1', 'the core never awaits'],
    ['const now = Date.now()', 'only edge/clock knows what time it is'],
    ['const now = new Date()', 'only edge/clock knows what time it is'],
    ['const now = performance.now()', 'only edge/clock knows what time it is'],
    ['const now = Temporal.Now.instant()', 'only edge/clock knows what time it is'],
    ['setTimeout(decide, 10)', 'only edge/clock waits; ask for a time event'],
    ['const lot = Math.random()', 'the core draws no lots; chance comes with a seed'],
    ["const lot = Math['random']()", 'the core draws no lots; chance comes with a seed'],
    ['const { random } = Math', 'the core draws no lots; chance comes with a seed'],
    ['globalThis.Date', 'the core touches nothing; answer with an effect'],
    ["console.log('tick')", 'the core touches nothing; answer with an effect'],
    ['const text = `at ${Date.now()}`', 'only edge/clock knows what time it is'],
  ])('refuses %s: %s', (source, sentence) => {
    expect(answer('host/core/market/bad.ts', source)).toBe(sentence)
  })

  test.each([
    '// never await, never Date.now()',
    "const text = 'Date and await'",
    'const wait = /setTimeout/',
    'const size = Math.max(1, 2)',
    'const day = Temporal.PlainDate.from(text)',
    'const value = strategy.performance',
    'const row = { process: 1 }',
  ])('lets %s stand', (source) => {
    expect(answer('host/core/market/good.ts', source)).toBeUndefined()
  })

  test('may wait and look at the clock in a test', () => {
    expect(answer('host/core/market/good.test.ts', 'await read(Date.now())')).toBeUndefined()
  })
})

describe('the map', () => {
  test.each([
    'host/core/helpers/x.ts',
    'host/edge/mail/mail.ts',
    'host/tools/x.ts',
    'host/core/risk/utils.ts',
    'sdk/types.ts',
    'host/edge/feed/kite/index.ts',
  ])('has no place for %s', (path) => {
    expect(checkPlace(path)).toBeDefined()
  })

  test.each(['host/cli.ts', 'host/lab/sweep/sweep.ts', 'host/core/risk/risk.ts', 'sdk/order.ts'])(
    'has a place for %s',
    (path) => {
      expect(checkPlace(path)).toBeUndefined()
    },
  )

  test('names each room once', () => {
    expect(new Set(ROOMS.map(({ name }) => name)).size).toBe(ROOMS.length)
  })

  test('gives a later core room the types of the earlier ones', () => {
    const order = ROOMS.find(({ name }) => name === 'core/order')
    expect(order && mayImport(order)).toBe('sdk; types of market, strategy, risk')
  })

  test('prints one row a room, five columns each', () => {
    const rows = renderRooms().trimEnd().split('\n')
    expect(rows).toHaveLength(ROOMS.length + 2)
    expect(rows.filter((row) => row.split(' | ').length !== 5)).toEqual([])
  })

  test('stands in ARCHITECTURE.md as it is printed', () => {
    const file = join(root, 'ARCHITECTURE.md')
    if (!existsSync(file)) return console.log('Skipped: there is no ARCHITECTURE.md yet')
    const squeeze = (text: string) => text.replace(/ {2,}/g, ' ').replace(/-{3,}/g, '---')
    expect(squeeze(readFileSync(file, 'utf8'))).toContain(squeeze(renderRooms()))
  })
})
