import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/**
 * The host's configuration: defaults, then `hotdesk.config.json` (comments allowed), then the environment, then the flags; the later wins.
 *
 * In       the project root, the environment, flags by the path of their key ("sim.seed")
 * Out      a whole Config, or the first problem as one line that names the place, what is there and what is right
 * Refuses  config/unreadable, config/not-json, config/unknown-key, config/wrong-value
 * Touches  the file, once
 */
import type { TSchema } from '@sinclair/typebox'
import { Value, ValueErrorType } from '@sinclair/typebox/value'

import { ok, refuse, type Result } from '#sdk/assert.ts'

import { type Config, ConfigFile, defaultLimits, DEFAULTS, schemaAt } from './config-schema.ts'
import { describeRight, nearestKey, RESERVED_KEYS, showValue } from './config-words.ts'

export type {
  Config,
  LimitsConfig,
  PaperConfig,
  SimConfig,
  StrategyConfig,
} from './config-schema.ts'

/** Name of the optional file in the project root. */
export const CONFIG_FILE = 'hotdesk.config.json'

/** Environment variable that names another file; relative to the project root. */
export const CONFIG_VARIABLE = 'HOTDESK_CONFIG'

/** Why there is no configuration. `text` is the line for people. */
export interface ConfigProblem {
  readonly code:
    'config/unreadable' | 'config/not-json' | 'config/unknown-key' | 'config/wrong-value'
  /** Where it was said: the file's name, "the environment" or "the flags". */
  readonly source: string
  /** Keys from the top, joined by dots; empty for the whole. */
  readonly path: string
  readonly text: string
}

export interface ConfigSources {
  readonly root: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Values by the path of their key. Texts are read as numbers where a number belongs; undefined says nothing. */
  readonly flags?: Readonly<Record<string, string | number | boolean | undefined>>
}

/** Environment variables, and the keys that they set. */
export const ENVIRONMENT_KEYS = {
  DATABASE_URL: 'databaseUrl',
  HOTDESK_PORT: 'port',
  HOTDESK_HOME: 'home',
  HOTDESK_PLUGINS: 'pluginsFolder',
  LOG_LEVEL: 'logLevel',
} as const

type Checked = Result<ConfigFile, ConfigProblem>

/** Where a value stands, in the words of the person who wrote it. */
interface Place {
  readonly source: string
  /** "in hotdesk.config.json"; empty where the name of the value says it all. */
  readonly where: string
  readonly nameOf: (path: string) => string
}

/** Reads the configuration, or says what is wrong with it. */
export function loadConfig({
  root,
  environment,
  flags = {},
}: ConfigSources): Result<Config, ConfigProblem> {
  const layers: ConfigFile[] = []
  for (const read of [
    () => readFile(root, environment[CONFIG_VARIABLE]),
    () => readEnvironment(environment),
    () => readFlags(flags),
  ]) {
    const layer = read()
    if (!layer.ok) return layer
    layers.push(layer.value)
  }
  return ok(merge(layers))
}

function merge(layers: readonly ConfigFile[]): Config {
  const flat: ConfigFile = Object.assign({}, DEFAULTS, ...layers)
  const capital = flat.capital ?? DEFAULTS.capital
  return {
    ...DEFAULTS,
    ...flat,
    // A strategy may be called "constructor"; looking it up must not find an object's own.
    strategies: Object.assign(Object.create(null), flat.strategies),
    sim: Object.assign({}, DEFAULTS.sim, ...layers.map(({ sim }) => sim)),
    limits: Object.assign(defaultLimits(capital), ...layers.map(({ limits }) => limits)),
    paper: Object.assign({}, DEFAULTS.paper, ...layers.map(({ paper }) => paper)),
  }
}

function readFile(root: string, named: string | undefined): Checked {
  const file = named || CONFIG_FILE
  const place = { source: file, where: `in ${file}`, nameOf: quote }
  const fail = (code: ConfigProblem['code'], text: string) =>
    refuse({ code, source: file, path: '', text })
  let text = ''
  try {
    text = readFileSync(resolve(root, file), 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error
    if (code === 'ENOENT' && file === CONFIG_FILE) return ok({})
    if (code === 'ENOENT')
      return fail(
        'config/unreadable',
        `Cannot read ${file}: there is no such file; ${CONFIG_VARIABLE} names it`,
      )
    return fail('config/unreadable', `Cannot read ${file}: ${String(code)}`)
  }
  let value: unknown
  try {
    // Editors on Windows put a mark in front that JSON does not allow.
    value = Bun.JSONC.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^JSONC? Parse error: /, '') : ''
    return fail('config/not-json', `Cannot read ${file} as JSON: ${reason}`)
  }
  return check(value, place)
}

function readEnvironment(environment: ConfigSources['environment']): Checked {
  const names = new Map<string, string>()
  const values: Record<string, string> = {}
  for (const [name, path] of Object.entries(ENVIRONMENT_KEYS)) {
    const value = environment[name]
    // An empty variable is how shells say that there is none.
    if (value === undefined || value === '') continue
    values[path] = value
    names.set(path, name)
  }
  const nameOf = (path: string) => names.get(path) ?? path
  return checkNamed(values, { source: 'the environment', where: 'in the environment', nameOf })
}

function readFlags(flags: Required<ConfigSources>['flags']): Checked {
  return checkNamed(flags, { source: 'the flags', where: 'in the flags', nameOf: quote })
}

/** Values by path, as the object that the file would hold. Only keys that the schema knows are ever set. */
function checkNamed(values: Required<ConfigSources>['flags'], place: Place): Checked {
  const layer: Record<string, unknown> = {}
  for (const [path, value] of Object.entries(values)) {
    if (value === undefined) continue
    const keys = path.split('.')
    const schema = schemaAt(keys)
    // Strategies are written in the file alone; nothing else stands deeper than two keys.
    if (schema === undefined || keys.length > 2) return refuse(unknownKey(path, place))
    const [first = '', second] = keys
    const read = readText(value, schema)
    if (second === undefined) layer[first] = read
    else layer[first] = Object.assign(layer[first] ?? {}, { [second]: read })
  }
  return check(layer, place)
}

function readText(value: string | number | boolean, schema: TSchema): unknown {
  const type: unknown = schema['type']
  if (typeof value !== 'string') return value
  if (type !== 'integer' && type !== 'number') return value
  return value.trim() === '' || Number.isNaN(Number(value)) ? value : Number(value)
}

function check(value: unknown, place: Place): Checked {
  const reserved = reservedKey(value, [])
  if (reserved !== undefined) return refuse(unknownKey(reserved, place))
  const error = Value.Errors(ConfigFile, value).First()
  if (error !== undefined) {
    const path = pathOf(error.path)
    if (error.type === ValueErrorType.ObjectAdditionalProperties)
      return refuse(unknownKey(path, place))
    return refuse(wrongValue(path, { value: error.value, schema: error.schema, place }))
  }
  // The check above has the last word on the shape; the types cannot see it.
  const layer = Value.Decode(ConfigFile, value)
  return checkMoney(layer, place)
}

function reservedKey(value: unknown, path: readonly string[]): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, inner] of Object.entries(value)) {
    const below = [...path, key]
    const found = RESERVED_KEYS.includes(key) ? below.join('.') : reservedKey(inner, below)
    if (found !== undefined) return found
  }
  return undefined
}

/** Money is kept in 1e-4 of the currency; a finer amount would be rounded behind the person's back. */
function checkMoney(layer: ConfigFile, place: Place): Checked {
  const { capital, limits = {}, paper = {} } = layer
  const amounts = Object.entries({
    capital,
    ...prefixed('limits', limits),
    ...prefixed('paper', paper),
  })
  for (const [path, value] of amounts) {
    const schema = schemaAt(path.split('.'))
    if (value === undefined || schema?.['money'] !== true) continue
    const nearest = Math.round(value * 10_000) / 10_000
    if (nearest !== value) return refuse(wrongValue(path, { value, schema, place }))
  }
  return ok(layer)
}

function prefixed(
  prefix: string,
  values: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [`${prefix}.${key}`, value]),
  )
}

/** A JSON pointer as keys joined by dots. */
function pathOf(pointer: string): string {
  const keys = pointer.split('/').slice(1)
  return keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~')).join('.')
}

function unknownKey(path: string, { source, where }: Place): ConfigProblem {
  const advice = nearestKey(path)
  const text = `Unknown key ${quote(path)} ${where}; ${advice}`
  return { code: 'config/unknown-key', source, path, text }
}

function wrongValue(
  path: string,
  {
    value,
    schema,
    place,
  }: { readonly value: unknown; readonly schema: TSchema; readonly place: Place },
): ConfigProblem {
  const { source, where, nameOf } = place
  const name = path === '' ? source : `${nameOf(path)} ${where}`
  const text = `Cannot use ${name}: it is ${showValue(value)}, and must be ${describeRight(schema)}`
  return { code: 'config/wrong-value', source, path, text }
}

function quote(path: string): string {
  return `"${path}"`
}
