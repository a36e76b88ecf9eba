/** What the command line refuses: the exit code is 2, and one line on standard error says what is wrong and what to do. */
import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { existsSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { churnSource, writeStrategy } from './churn.fixture.ts'
import {
  clearPlace,
  createPlace,
  databaseOf,
  databasePid,
  type Place,
  type Ran,
  runDesk,
  startDesk,
} from './desk-process.fixture.ts'
import { writeTape } from './tape.fixture.ts'

setDefaultTimeout(90_000)

const UP = ['up', 'paper', '--port', '0', '--json', '--instruments', '2', '--ticks', '10'] as const
const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
const places: Place[] = []

afterEach(async () => {
  for (const place of places.splice(0)) await clearPlace(place)
})

function newPlace(config: object = {}): Place {
  const place = createPlace(config)
  places.push(place)
  return place
}

/** Exit code 2 and one line, which holds every one of `words`. Nothing was printed for a program to read. */
function expectRefusal({ code, stdout, stderr }: Ran, words: readonly string[]): void {
  const lines = stderr.trim().split('\n')
  expect({ code, stdout, lines: lines.length, stderr }).toEqual({
    code: 2,
    stdout: '',
    lines: 1,
    stderr,
  })
  expect(stderr).toStartWith('desk: ')
  for (const word of words) expect(stderr).toContain(word)
}

describe('desk up', () => {
  test('refuses a port in use, says how to choose another, and leaves no database behind', async () => {
    const place = newPlace()
    using other = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('taken') })
    const args = UP.map((word) => (word === '0' ? String(other.port) : word))
    expectRefusal(await runDesk(place, args), [`port ${other.port} is in use`, '--port N'])
    expect(databasePid(place)).toBeUndefined()
  })

  test.each([
    [
      'is no database',
      (file: string) => writeFileSync(file, 'these are not the books you look for\n'.repeat(200)),
      'not an SQLite file',
    ],
    ['was cut short', (file: string) => truncateSync(file, 4096), 'journal.sqlite'],
  ] as const)('refuses a journal that %s, and leaves it as it is', async (_, damage, word) => {
    const place = newPlace()
    const file = join(place.home, 'journal.sqlite')
    const desk = await startDesk(place, { args: UP.slice(5) })
    desk.signal('SIGTERM')
    expect(await desk.ended).toBe(0)
    damage(file)
    const before = Bun.file(file).size
    expectRefusal(await runDesk(place, UP), [file, word, 'backup'])
    expect(Bun.file(file).size).toBe(before)
    expect(databasePid(place)).toBeUndefined()
  })

  test('refuses a damaged database folder and says that it can be moved away; then it is made again', async () => {
    const place = newPlace()
    const desk = await startDesk(place, { args: UP.slice(5) })
    desk.signal('SIGTERM')
    expect(await desk.ended).toBe(0)
    const { data } = databaseOf(place)
    truncateSync(join(data, 'global', 'pg_control'), 10)
    expectRefusal(await runDesk(place, UP), [
      data,
      'move the folder away',
      'rebuilt from the journal',
    ])
    expect(Bun.spawnSync(['mv', data, `${data}.damaged`]).exitCode).toBe(0)
    const again = await startDesk(place, { args: UP.slice(5) })
    again.signal('SIGTERM')
    expect(await again.ended).toBe(0)
  })

  test.each([
    [
      'does not answer',
      'postgres://desk:secret@127.0.0.1:1/desk',
      ['127.0.0.1:1/desk', 'nothing listens there'],
    ],
    ['is not an address', 'my-database', ['DATABASE_URL', 'postgres://']],
  ] as const)('refuses a DATABASE_URL that %s, without its password', async (_, address, words) => {
    const answer = await runDesk(newPlace(), UP, { DATABASE_URL: address })
    expectRefusal(answer, words)
    expect(answer.stderr).not.toContain('secret')
  })

  test.each([
    ['an unknown key', { capitl: 5 }, ['Unknown key "capitl"', 'did you mean "capital"?']],
    [
      'a value out of range',
      { sim: { instruments: 5_000 } },
      ['sim.instruments', '5000', 'from 1 to 500'],
    ],
  ] as const)('refuses %s in the configuration', async (_, config, words) => {
    const place = newPlace(config)
    expectRefusal(await runDesk(place, UP), [...words, 'config.json'])
  })

  test('refuses a configuration file that is named and not there', async () => {
    const place = newPlace()
    const file = join(place.folder, 'elsewhere.json')
    expectRefusal(await runDesk(place, UP, { HOTDESK_CONFIG: file }), [
      file,
      'there is no such file',
    ])
  })

  test('refuses live trading without a broker, and says what can be done instead', async () => {
    const place = newPlace()
    expectRefusal(await runDesk(place, ['up', 'live']), [
      'broker',
      'Nothing was started',
      'desk up paper',
    ])
    expect(existsSync(place.home)).toBe(false)
  })

  test('refuses a second desk on the same home, and names the process that has it', async () => {
    const place = newPlace()
    const first = await startDesk(place, { args: UP.slice(5) })
    expectRefusal(await runDesk(place, UP), [
      join(place.home, 'journal.sqlite'),
      `process ${first.pid}`,
      'stop it first',
    ])
    expect(databasePid(place)).toBeDefined()
    first.signal('SIGTERM')
    expect(await first.ended).toBe(0)
  })
})

describe('a recorded file', () => {
  let place: Place
  let strategy = ''

  beforeAll(async () => {
    place = createPlace()
    writeStrategy(place, 'churn-a', churnSource('churn-a').replace("'SIM:*'", "'*'"))
    const built = await runDesk(place, ['build', '--json'])
    expect({ code: built.code, stderr: built.stderr }).toEqual({ code: 0, stderr: '' })
    strategy = 'churn-a'
  })
  afterAll(() => clearPlace(place))

  const contents: readonly (readonly [
    string,
    string,
    string | Uint8Array | undefined,
    readonly string[],
  ])[] = [
    ['that is not there', 'absent.csv', undefined, ['there is no such file']],
    ['that is a picture', 'picture.png', PNG, ['its format is not known', 'CSV with a header']],
    ['that is a zip cut short', '20131007_trade.zip', zipStart(), ['20131007_trade.zip']],
    [
      'without a price',
      'columns.csv',
      'time,volume\n2026-01-05T10:00:00Z,5\n',
      ['columns.csv', 'price'],
    ],
    [
      'with a row that is no trade',
      'row.csv',
      'time,price,quantity\n2026-01-05T10:00:00Z,abc,5\n',
      ['row.csv', 'row 2'],
    ],
    ['with nothing in it', 'empty.csv', '', ['it is empty']],
  ]

  test.each(contents)(
    '%s is refused by a backtest and by a desk alike',
    async (_, name, content, words) => {
      const file = join(place.folder, name)
      if (content !== undefined) writeFileSync(file, content)
      expectRefusal(await runDesk(place, ['backtest', strategy, '--data', file, '--json']), [
        file,
        ...words,
      ])
      expectRefusal(
        await runDesk(place, ['up', 'paper', '--port', '0', '--json', '--tape', file]),
        [file, ...words],
      )
      // Nothing of a desk that never came up is left.
      expect(
        existsSync(join(place.home, 'tape')) ? readdirSync(join(place.home, 'tape')) : [],
      ).toEqual([])
    },
  )
})

describe('desk backtest', () => {
  let place: Place
  let tape = ''

  beforeAll(() => {
    place = createPlace()
    tape = writeTape(place, { minutes: 3 })
    writeStrategy(place, 'careful', careful())
  })
  afterAll(() => clearPlace(place))

  const backtest = (...args: string[]) =>
    runDesk(place, ['backtest', ...args, '--data', tape, '--json'])

  test('refuses a strategy that is not there, and names those that are', async () => {
    expectRefusal(await backtest('carefull'), [
      'There is no strategy "carefull"',
      'careful',
      'desk new carefull',
    ])
  })

  test.each(['{fast:5}', '[1]', '5', ''])(
    'refuses the parameters %p with an example',
    async (params) => {
      expectRefusal(await backtest('careful', '--params', params), [
        '--params is not a JSON object',
        '{"fast":5}',
      ])
    },
  )

  test.each([
    ['out of range', '{"size":0}', 'size'],
    ['of another kind', '{"size":"many"}', 'size'],
    ['that nobody declared', '{"sise":1}', 'sise'],
  ])('refuses a parameter %s', async (_, params, name) => {
    expectRefusal(await backtest('careful', '--params', params), [
      'Parameters of "careful" do not fit',
      name,
    ])
  })

  test('refuses charges that are no number', async () => {
    expectRefusal(await backtest('careful', '--charges', 'cheap'), ['paper.chargesBps', 'cheap'])
  })
})

describe('the words of the command line', () => {
  test.each([
    [['bakctest'], 'backtest'],
    [['up', 'paper', '--prot', '1'], '--port'],
  ])('%p is refused with the one that was meant', async (args, meant) => {
    const { code, stdout, stderr } = await runDesk(newPlace(), args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(`Did you mean ${meant}?`)
  })

  test('a mode that there is not is refused with those that there are', async () => {
    const { code, stderr } = await runDesk(newPlace(), ['up', 'papre'])
    expect(code).toBe(2)
    expect(stderr).toContain('paper, live')
  })

  test('a desk that is asked and does not run is exit code 3, and said how to start', async () => {
    const { code, stdout, stderr } = await runDesk(newPlace(), ['list', '--port', '1'])
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(stderr.trim()).toBe(
      'desk: No desk answers at http://127.0.0.1:1; start one with "desk up paper", or say --port',
    )
  })

  test.each([
    ['My Idea', 'small letters, digits and dashes'],
    ['../outside', 'small letters, digits and dashes'],
  ])('a strategy cannot be called %p', async (id, word) => {
    const place = newPlace()
    expectRefusal(await runDesk(place, ['new', id]), [word])
    expect(readdirSync(place.plugins)).toEqual([])
  })

  test('an unknown strategy cannot be built or watched', async () => {
    const place = newPlace()
    mkdirSync(join(place.plugins, 'empty-folder'))
    expectRefusal(await runDesk(place, ['build', 'my-idea']), [
      'There is no strategy "my-idea"',
      'desk new my-idea',
    ])
    expectRefusal(await runDesk(place, ['dev', 'my-idea']), ['There is no strategy "my-idea"'])
  })
})

/** The first bytes of a zip whose end is missing. */
function zipStart(): Uint8Array {
  const bytes = new Uint8Array(2_000)
  bytes.set([0x50, 0x4b, 0x03, 0x04, 0x14, 0x00])
  return bytes
}

function careful(): string {
  return `import { defineStrategy, Type } from '#sdk'

export default defineStrategy({
  id: 'careful',
  version: '1.0.0',
  params: Type.Object({ size: Type.Integer({ default: 1, minimum: 1, maximum: 10 }) }, { additionalProperties: false }),
  state: Type.Object({}),
  grants: { instruments: ['*'], kinds: ['MARKET'], maxOrderQuantity: 10, maxPosition: 10 },
  needs: () => ({}),
  start: () => ({}),
})
`
}
