/**
 * The walls between rooms: answers every import with a sentence where it goes through one.
 *
 * In       the path of a file from the project root, and its source text
 * Out      one finding for each import, word or name that breaks a rule; none where the file keeps to the map
 * Touches  nothing
 */
import { posix } from 'node:path'

import { type ImportFound, readSource } from './read-source.ts'
import { earlierCoreRooms, findRoom, HOST_FOLDERS, LAB_EDGES, type Room, ROOMS } from './rooms.ts'

/** A file to check. `path` is relative to the project root, with forward slashes. */
export interface SourceFile {
  readonly path: string
  readonly source: string
}

/** One break of a rule: where, what, and the sentence that says why not. */
export interface Finding {
  readonly path: string
  readonly line: number
  readonly found: string
  readonly answer: string
}

/** An import with the file it means, from the project root; undefined for a package. */
interface Arrow extends ImportFound {
  readonly from: string
  readonly to: string | undefined
}

/** Checks one file of `host/` or `sdk/` against the map. Other folders have no walls of their own here. */
export function checkWalls({ path, source }: SourceFile): readonly Finding[] {
  const { imports, words } = readSource(source)
  const findings: Finding[] = []
  for (const found of imports) {
    const { specifier, line } = found
    const arrow = { ...found, from: path, to: resolveSpecifier(specifier, path) }
    const answer = answerTo(arrow)
    if (answer !== undefined) {
      findings.push({ path, line, found: specifier ?? 'a computed import', answer })
    }
  }
  if (path.startsWith('host/core/') && !isTest(path)) {
    for (const { word, line } of words) {
      const answer = WORDS_OF_THE_EDGE.get(word)
      if (answer !== undefined) findings.push({ path, line, found: word, answer })
    }
  }
  return findings
}

/** Checks that a file of `host/` stands in a room of the map, under a name that says something. */
export function checkPlace(path: string): string | undefined {
  const [top, folder = '', room = ''] = path.split('/')
  if (path.split('/').some((part) => EMPTY_NAMES.has(part.replace(/(\.test)?\.ts$/, '')))) {
    return 'a name says what is inside; this one fits anything'
  }
  if (top !== 'host' || folder.includes('.')) return undefined
  if (!HOST_FOLDERS.includes(folder)) return 'every folder of host/ is on the map'
  if (folder !== 'core' && folder !== 'edge') return undefined
  return findRoom(`${folder}/${room}`) === undefined
    ? 'every folder is a room on the map'
    : undefined
}

const EMPTY_NAMES = new Set([
  'utils',
  'util',
  'common',
  'helpers',
  'types',
  'manager',
  'service',
  'impl',
  'index',
])

const TIME = 'only edge/clock knows what time it is'
const WAIT = 'only edge/clock waits; ask for a time event'
const NEVER = 'the core never awaits'
const CHANCE = 'the core draws no lots; chance comes with a seed'
const TOUCH = 'the core touches nothing; answer with an effect'

/** Words that no file of the core uses, each with the sentence to read. */
const WORDS_OF_THE_EDGE: ReadonlyMap<string, string> = new Map([
  ...['await', 'async', 'Promise'].map((word) => [word, NEVER] as const),
  ...['Date', 'performance', 'Temporal.Now'].map((word) => [word, TIME] as const),
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'].map(
    (word) => [word, WAIT] as const,
  ),
  ...['Math.random', 'crypto'].map((word) => [word, CHANCE] as const),
  ...['fetch', 'process', 'Bun', 'console', 'globalThis', 'WebSocket'].map(
    (word) => [word, TOUCH] as const,
  ),
])

function resolveSpecifier(specifier: string | undefined, from: string): string | undefined {
  if (specifier === undefined) return undefined
  if (specifier === '#sdk') return 'sdk/sdk.ts'
  if (specifier.startsWith('#sdk/') || specifier.startsWith('#host/')) return specifier.slice(1)
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : undefined
}

function answerTo(arrow: Arrow): string | undefined {
  const { from, specifier = '' } = arrow
  if (specifier.split('/')[0] === 'awilix' && !/^host\/compose(\.test)?\.ts$/.test(from)) {
    return 'only compose.ts knows the container'
  }
  if (from.startsWith('sdk/')) return answerInSdk(arrow)
  if (!from.startsWith('host/')) return undefined
  if (isTest(from)) return answerInTest(arrow)
  if (arrow.to?.startsWith('sdk/testkit/')) return 'the testkit is for tests'
  if (arrow.to !== undefined && isTest(arrow.to)) return 'a fixture is for tests'
  const room = roomOf(from)
  if (room === undefined) return answerInEntry(arrow)
  return answerToForm(arrow) ?? answerInRoom(arrow, room)
}

/** Code is loaded while running by the entry points and by the carriers; nobody else needs to. */
function answerToForm({ from, form }: Arrow): string | undefined {
  if (from.startsWith('host/edge/plugin/')) return undefined
  if (form === 'dynamic') return 'only edge/plugin loads code while running'
  if (form === 'side-effect') return 'an import gives a name; nobody is imported for what it does'
  return undefined
}

function answerInSdk(arrow: Arrow): string | undefined {
  const { from, to, specifier = '' } = arrow
  const inTestkit = from.startsWith('sdk/testkit/')
  if (to === undefined) {
    if (isTest(from) || /^@sinclair\/typebox(\/|$)/.test(specifier)) return undefined
    return inTestkit && specifier === 'bun:test' ? undefined : 'the sdk points at nothing'
  }
  if (to.startsWith('sdk/testkit/')) {
    return inTestkit || isTest(from) ? undefined : 'the testkit is for tests'
  }
  // The testkit runs the real walk rather than a second imitation of it: the one arrow out of the sdk.
  if (inTestkit && to.startsWith('host/lab/')) return undefined
  if (to.startsWith('sdk/')) return isTest(from) ? undefined : answerToForm(arrow)
  return 'the sdk points at nothing'
}

function answerInTest({ from, to, form }: Arrow): string | undefined {
  if (to === undefined || !to.startsWith('host/')) return undefined
  const [own, other] = [roomOf(from), roomOf(to)]
  if (other === undefined) {
    return own === undefined || own.kind === 'lab' ? undefined : 'a room does not know who wires it'
  }
  if (other === own || isDoor(to) || form === 'type' || to.endsWith('.fixture.ts')) return undefined
  return 'a test knows another room by its door'
}

function answerInEntry({ to, form }: Arrow): string | undefined {
  if (to === undefined || roomOf(to) === undefined || isDoor(to) || form === 'type') {
    return undefined
  }
  return 'an entry point knows a room by its door'
}

function answerInRoom(arrow: Arrow, room: Room): string | undefined {
  const { to } = arrow
  const target = to === undefined ? undefined : roomOf(to)
  if (to?.startsWith('sdk/') || target === room) return undefined
  switch (room.kind) {
    case 'core':
      return answerInCore(arrow, { room, target })
    case 'edge':
      return answerInEdge(to, target)
    case 'lab':
      return answerInLab(arrow, target)
  }
}

function answerInCore(
  { to, form }: Arrow,
  { room, target }: { readonly room: Room; readonly target: Room | undefined },
): string | undefined {
  if (target === undefined) {
    const inHost = to?.startsWith('host/') === true
    return inHost ? WIRED : 'a core room imports the sdk and nothing else'
  }
  if (target.kind === 'edge') return 'a core room knows no edge'
  if (target.kind === 'lab') return WIRED
  if (form === 'inline') return 'write "import type": an import of inline types loads the file'
  if (form !== 'type') return 'between rooms only types travel; pipeline.ts hands over the values'
  if (!earlierCoreRooms(room).includes(target.name)) {
    return 'types flow with the walk, never against it'
  }
  return undefined
}

const WIRED = 'a room does not know who wires it'

function answerInEdge(to: string | undefined, target: Room | undefined): string | undefined {
  if (to === undefined) return undefined
  if (target !== undefined) return 'an edge room knows no other room'
  return to.startsWith('host/')
    ? WIRED
    : 'an edge room imports the sdk, packages and its own folder, nothing else'
}

function answerInLab({ to, form }: Arrow, target: Room | undefined): string | undefined {
  if (to === undefined) return undefined
  if (target === undefined) {
    const inHost = posix.dirname(to) === 'host'
    return inHost ? undefined : 'the lab imports the sdk, packages and the host, nothing else'
  }
  if (target.kind === 'edge' && !LAB_EDGES.includes(target.name)) {
    return 'the lab wires a feed, a broker and carriers, no other edge'
  }
  return isDoor(to) || form === 'type' ? undefined : 'the lab knows a room by its door'
}

/** The room that a file stands in; undefined for what stands directly in `host/`, and outside of it. */
function roomOf(path: string): Room | undefined {
  return ROOMS.find(({ name }) => path.startsWith(`host/${name}/`))
}

/**
 * A door has the name of its folder, as `core/risk/risk.ts` and `edge/feed/sim/sim.ts`. An edge is made of parts that are wired
 * one by one, and the lab is a bench of tools: what stands directly in theirs is a door too.
 */
function isDoor(path: string): boolean {
  const folder = posix.dirname(path)
  if (posix.basename(path) === `${posix.basename(folder)}.ts`) return true
  const room = findRoom(folder.replace('host/', ''))
  return room !== undefined && room.kind !== 'core'
}

function isTest(path: string): boolean {
  return /\.(test|bench|fixture)\.ts$/.test(path)
}
