import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import fc from 'fast-check'

import { defaultLimits, DEFAULTS } from './config-schema.ts'
import { distanceOf } from './config-words.ts'
import { type Config, CONFIG_FILE, type ConfigSources, loadConfig } from './config.ts'

let root = ''

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hotdesk-config-'))
})

afterEach(() => {
  rmSync(root, { recursive: true, force: true })
})

interface Said {
  readonly file?: string | object
  readonly environment?: ConfigSources['environment']
  readonly flags?: NonNullable<ConfigSources['flags']>
}

function load({ file, environment = {}, flags = {} }: Said = {}) {
  if (file !== undefined) {
    const text = typeof file === 'string' ? file : JSON.stringify(file)
    writeFileSync(join(root, CONFIG_FILE), text)
  }
  return loadConfig({ root, environment, flags })
}

function configOf(said?: Said): Config {
  const answer = load(said)
  if (!answer.ok) throw new Error(answer.refusal.text)
  return answer.value
}

function problemOf(said: Said): string {
  const answer = load(said)
  return answer.ok ? 'no problem' : answer.refusal.text
}

describe('a configuration', () => {
  test('is whole where nobody says anything', () => {
    expect(configOf()).toEqual({ ...DEFAULTS, limits: defaultLimits(1_000_000) })
  })

  test('takes the flag over the environment, that over the file, that over the default', () => {
    const file = { port: 1, home: 'file', logLevel: 'warn', currency: 'USD' }
    const environment = { HOTDESK_PORT: '2', HOTDESK_HOME: 'environment' }
    const config = configOf({ file, environment, flags: { port: '3' } })
    expect(config).toMatchObject({
      port: 3,
      home: 'environment',
      logLevel: 'warn',
      currency: 'USD',
    })
  })

  test('takes its drop folder and its file from where the environment says', () => {
    writeFileSync(join(root, 'other.json'), '{ "port": 9, "currency": "USD" }')
    const environment = { HOTDESK_PLUGINS: '/elsewhere', HOTDESK_CONFIG: 'other.json' }
    const config = configOf({ file: { port: 1, capital: 5 }, environment })
    expect(config).toMatchObject({ pluginsFolder: '/elsewhere', port: 9, currency: 'USD' })
    expect(config.capital).toBe(DEFAULTS.capital)
  })

  test('keeps the rest of a group of which one key is said', () => {
    const config = configOf({ file: { sim: { seed: 7 } }, flags: { 'sim.instruments': '12' } })
    expect(config.sim).toEqual({ ...DEFAULTS.sim, seed: 7, instruments: 12 })
  })

  test('has limits in proportion to the capital, but for those that are said', () => {
    const { limits } = configOf({ file: { capital: 200_000, limits: { exposureMax: 50_000 } } })
    expect(limits).toEqual({ ...defaultLimits(200_000), exposureMax: 50_000 })
    expect(limits.dailyLossStrategy).toBe(2_000)
  })

  test('has limits for the capital that the flags say', () => {
    expect(configOf({ file: { capital: 1 }, flags: { capital: 5_000 } }).limits.orderValueMax).toBe(
      500,
    )
  })

  test('takes an empty variable for none', () => {
    expect(configOf({ environment: { DATABASE_URL: '', HOTDESK_PORT: '' } })).not.toHaveProperty(
      'databaseUrl',
    )
  })

  test('names the outside database where there is one', () => {
    const databaseUrl = 'postgres://me@localhost/desk'
    expect(configOf({ environment: { DATABASE_URL: databaseUrl } }).databaseUrl).toBe(databaseUrl)
  })

  test('takes parameters of a strategy as they are', () => {
    const strategies = {
      'opening-range': { enabled: false, params: { minutes: [1, { a: null }] } },
    }
    expect(configOf({ file: { strategies } }).strategies).toEqual(strategies)
  })

  test('says nothing of a strategy that it does not name, whatever the name', () => {
    expect(configOf().strategies['constructor']).toBeUndefined()
  })

  test('may have comments, a comma too many, and the mark of a Windows editor', () => {
    expect(configOf({ file: '\uFEFF{ "port": 5, // mine\n}' }).port).toBe(5)
  })
})

describe('a problem', () => {
  test.each<[Said, string]>([
    [{ file: { plots: 1 } }, 'Unknown key "plots" in hotdesk.config.json; did you mean "port"?'],
    [
      { file: { sim: { sed: 1 } } },
      'Unknown key "sim.sed" in hotdesk.config.json; did you mean "sim.seed"?',
    ],
    [{ file: { seed: 1 } }, 'Unknown key "seed" in hotdesk.config.json; did you mean "sim.seed"?'],
    [
      { file: { strategies: { ema: { enable: true } } } },
      'Unknown key "strategies.ema.enable" in hotdesk.config.json; did you mean "strategies.ema.enabled"?',
    ],
    [
      { file: { strategies: { 'My EMA': {} } } },
      'Unknown key "strategies.My EMA" in hotdesk.config.json; a strategy id is small letters, digits and hyphens, like "opening-range"',
    ],
    [
      { file: { sim: { xxxxxxxxxx: 1 } } },
      'Unknown key "sim.xxxxxxxxxx" in hotdesk.config.json; known are instruments, ticksPerSecond, seed, sessionMinutes',
    ],
    [{ flags: { prot: '1' } }, 'Unknown key "prot" in the flags; did you mean "port"?'],
    [
      { file: { port: 'abc' } },
      'Cannot use "port" in hotdesk.config.json: it is "abc", and must be a whole number from 0 to 65535',
    ],
    [
      { file: { port: 65_536 } },
      'Cannot use "port" in hotdesk.config.json: it is 65536, and must be a whole number from 0 to 65535',
    ],
    [
      { file: { logLevel: 'loud' } },
      'Cannot use "logLevel" in hotdesk.config.json: it is "loud", and must be one of trace, debug, info, warn, error, fatal, silent',
    ],
    [
      { file: { limits: { orderValueMax: 0.00001 } } },
      'Cannot use "limits.orderValueMax" in hotdesk.config.json: it is 0.00001, and must be a decimal from 0 to 10000000000, no finer than 0.0001',
    ],
    [
      { file: { strategies: { ema: { instruments: ['INFY'] } } } },
      'Cannot use "strategies.ema.instruments.0" in hotdesk.config.json: it is "INFY", and must be an instrument like "NSE:INFY"',
    ],
    [
      { file: '[]' },
      'Cannot use hotdesk.config.json: it is [], and must be an object like { "key": value }',
    ],
    [
      { environment: { HOTDESK_PORT: 'x' } },
      'Cannot use HOTDESK_PORT in the environment: it is "x", and must be a whole number from 0 to 65535',
    ],
    [
      { flags: { 'sim.seed': '' } },
      'Cannot use "sim.seed" in the flags: it is "", and must be a whole number from 0 to 4294967295',
    ],
    [
      { file: '{ "port" 1 }' },
      'Cannot read hotdesk.config.json as JSON: Expected ":" but found "1"',
    ],
  ])('of %j reads: %s', (said, text) => {
    expect(problemOf(said)).toBe(text)
  })

  test('never shows the password of a database', () => {
    const text = problemOf({ environment: { DATABASE_URL: 'mysql://me:secret@host/desk' } })
    expect(text).toContain('mysql://***@host/desk')
    expect(text).not.toContain('secret')
  })

  test('refuses a file that the environment names and that is not there', () => {
    const text = problemOf({ environment: { HOTDESK_CONFIG: 'other.json' } })
    expect(text).toBe('Cannot read other.json: there is no such file; HOTDESK_CONFIG names it')
  })

  test('tells a file that cannot be read from one that is not there', () => {
    mkdirSync(join(root, CONFIG_FILE))
    expect(problemOf({})).toStartWith('Cannot read hotdesk.config.json: EISDIR')
  })
})

describe('a hostile file', () => {
  test.each([
    '{"__proto__": {"port": 1}}',
    '{"sim": {"__proto__": {"seed": 1}}}',
    '{"strategies": {"ema": {"params": {"a": [{"__proto__": {"admin": true}}]}}}}',
    '{"strategies": {"constructor": {}}}',
  ])('is refused: %s', (file) => {
    expect(problemOf({ file })).toEndWith('that name is never allowed')
  })

  test('never throws, never changes what objects have, and never gives half a configuration', () => {
    const keys = fc.constantFrom('port', 'sim', 'limits', 'strategies', 'paper', '__proto__', 'x')
    const file = fc.oneof(
      fc.json(),
      fc.dictionary(keys, fc.jsonValue()).map((value) => JSON.stringify(value)),
    )
    const known = Object.keys(configOf()).sort()
    fc.assert(
      fc.property(file, (text) => {
        const answer = load({ file: text })
        if (answer.ok) expect(Object.keys(answer.value).sort()).toEqual(known)
        expect(Object.keys(Object.prototype)).toEqual([])
      }),
    )
  })

  test.each(['__proto__.port', 'sim.__proto__', 'strategies.constructor', 'sim.seed.x'])(
    'has no way in by the flag %s',
    (flag) => {
      expect(problemOf({ flags: { [flag]: '1' } })).toStartWith(
        `Unknown key "${flag}" in the flags`,
      )
    },
  )
})

describe('the distance of two words', () => {
  const word = fc.string({ maxLength: 8 })

  test('counts letters changed, added and dropped', () => {
    expect(distanceOf('plots', 'port')).toBe(3)
    expect(distanceOf('Port', 'port')).toBe(0)
  })

  test('is always the same both ways, and never more than the longer word', () => {
    fc.assert(
      fc.property(word, word, (one, other) => {
        const distance = distanceOf(one, other)
        return (
          distance === distanceOf(other, one) &&
          distance <= Math.max(one.toLowerCase().length, other.toLowerCase().length)
        )
      }),
    )
  })
})
