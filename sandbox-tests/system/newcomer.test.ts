/** The first hour with a desk: make a strategy, test it, build it, watch it trade, change it, break it, take it away. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { readBundle, renderBundle } from '#host/edge/plugin/bundle-file.ts'
import type { StrategyDetail } from '#sdk/view.ts'

import {
  clearPlace,
  createPlace,
  type DeskProcess,
  linkProject,
  type Place,
  runDesk,
  spawnDesk,
  startDesk,
  until,
} from './desk-process.fixture.ts'

setDefaultTimeout(90_000)

const ID = 'my-idea'
/** Ticks between two lines of its log. */
const EVERY = 10

let place: Place
let desk: DeskProcess

// The tests are one story, told in order.
beforeAll(async () => {
  place = createPlace()
  linkProject(place)
  desk = await startDesk(place, { args: ['--instruments', '1', '--ticks', '50'] })
})
afterAll(() => clearPlace(place))

const source = () => join(place.plugins, ID, 'strategy.ts')
const bundle = () => join(place.plugins, `${ID}.strategy.js`)
const view = () => desk.get<StrategyDetail>(`/api/v1/strategies/${ID}`)
const run = (...args: string[]) => runDesk(place, args, { HOTDESK_PORT: String(desk.port) })

/** Waits until the desk shows what is asked of the strategy. */
function shows(what: Partial<StrategyDetail>, millis?: number): Promise<StrategyDetail> {
  return until(
    `"${ID}" is shown as ${JSON.stringify(what)}`,
    async () => {
      const strategies = await desk.get<StrategyDetail[]>('/api/v1/strategies')
      if (!strategies.some(({ id }) => id === ID)) return undefined
      const now = await view()
      return (
        Object.entries(what).every(([key, value]) => now[key as keyof StrategyDetail] === value) &&
        now
      )
    },
    millis,
  )
}

/** Builds by the command line; the digest that it names. */
async function build(): Promise<string> {
  const { code, stdout, stderr } = await run('build', ID, '--json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const [{ digest } = { digest: '' }] = JSON.parse(stdout) as { digest: string }[]
  return digest
}

/** The strategy of the template, made to count its ticks and to say so. */
function edit(version: string): void {
  const text = template.replace("version: '0.1.0'", `version: '${version}'`)
  const counting = `onTick({ state, log }) {
    state.entries++
    if (state.entries % ${EVERY} === 0) log('counted ' + state.entries + ' by ${version}')
  },

  start: () =>`
  writeFileSync(source(), text.replace('start: () =>', counting))
}

let template = ''

/** What it has counted so far, oldest first, and which version said so. */
async function counted(): Promise<{ readonly count: number; readonly version: string }[]> {
  const { log } = await view()
  return log.flatMap(({ text }) => {
    const [, count, version] = /^counted (\d+) by (\S+)$/.exec(text) ?? []
    return count === undefined || version === undefined ? [] : [{ count: Number(count), version }]
  })
}

/** Waits for the first line of a version; not a tick is missing or counted twice before it. */
async function countsOn(version: string): Promise<void> {
  const lines = await until(`version ${version} counts on`, async () => {
    const all = await counted()
    return all.some((line) => line.version === version) && all
  })
  const [first] = lines
  expect(lines.map(({ count }) => count)).toEqual(
    lines.map((_, at) => (first?.count ?? 0) + at * EVERY),
  )
}

describe('a newcomer', () => {
  test('makes a strategy, and its test passes as it is', async () => {
    const { code, stdout, stderr } = await run('new', ID)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const next of ['bun test', `desk build ${ID}`, `desk dev ${ID}`])
      expect(stdout).toContain(next)
    const tested = Bun.spawnSync([process.execPath, 'test', `./plugins/${ID}`], {
      cwd: place.folder,
      env: { ...process.env, NO_COLOR: '1' },
      stdout: 'pipe',
      stderr: 'pipe',
    })
    expect({ code: tested.exitCode, said: tested.stderr.toString() }).toEqual({
      code: 0,
      said: expect.stringMatching(/ 0 fail/),
    })
    template = readFileSync(source(), 'utf8')
  })

  test('cannot make it again over what is there', async () => {
    const { code, stderr } = await run('new', ID)
    expect(code).toBe(2)
    expect(stderr).toContain('already')
    expect(readFileSync(source(), 'utf8')).toBe(template)
  })

  test('builds it, and the running desk has it within a second', async () => {
    const digest = await build()
    const { version } = await shows({ digest }, 1_000)
    expect(version).toBe('0.1.0')
    await shows({ state: 'ACTIVE', digest })
    const { code, stdout } = await run('list', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject([{ id: ID, state: 'ACTIVE', version: '0.1.0' }])
    const table = await run('list')
    for (const word of [ID, 'ACTIVE', '0.1.0']) expect(table.stdout).toContain(word)
  })

  test('edits it, and the next version trades on with the state of the last, no tick lost or doubled', async () => {
    edit('0.2.0')
    await shows({ version: '0.2.0', state: 'ACTIVE', digest: await build() })
    await until('it has counted some ticks', async () => (await counted()).length >= 3)
    edit('0.3.0')
    await shows({ version: '0.3.0', state: 'ACTIVE', digest: await build() })
    expect((await counted()).some(({ version }) => version === '0.2.0')).toBe(true)
    await countsOn('0.3.0')
  })

  test('disables it, enables it and reloads it by the command line; it goes on from its state', async () => {
    const last = async () => (await counted()).at(-1)?.count ?? 0
    expect((await run('disable', ID)).stdout).toContain(`"${ID}" is being disabled`)
    await shows({ state: 'DISABLED', enabled: false })
    const before = await last()
    expect((await run('reload', ID)).code).not.toBe(0)
    expect((await run('enable', ID)).stdout).toContain(`"${ID}" is being enabled`)
    await shows({ state: 'ACTIVE', enabled: true })
    await until('it counts on', async () => (await last()) > before)
    expect((await counted()).find(({ count }) => count > before)?.count).toBe(before + EVERY)

    const { loadedAt } = await view()
    expect((await run('reload', ID)).stdout).toContain(`"${ID}" is being reloaded`)
    await until('it was loaded anew', async () => {
      const now = await view()
      return now.state === 'ACTIVE' && now.loadedAt !== loadedAt
    })
    await countsOn('0.3.0')
  })

  test('asks for one that there is not, and is told which there is', async () => {
    const { code, stderr } = await run('disable', 'my-ide')
    expect(code).toBe(2)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toContain(ID)
  })
})

describe('a bundle that was put into the drop folder by hand', () => {
  const good = () => readBundle(`${ID}.strategy.js`, kept)
  let kept: Uint8Array = new Uint8Array()

  beforeAll(() => {
    kept = readFileSync(bundle())
  })

  /** A whole bundle of other code, as an author's own tools could make it. */
  function withCode(code: string, different: object = {}): string {
    const answer = good()
    if (!answer.ok) throw new Error(answer.refusal.reason)
    return renderBundle({ ...answer.value.manifest, ...different }, code)
  }

  const broken: readonly (readonly [string, () => string | Uint8Array, string])[] = [
    ['is half written', () => kept.subarray(0, Math.floor(kept.length / 2)), 'bundle/incomplete'],
    ['is nothing yet', () => '', 'bundle/manifest'],
    ['ends inside its manifest', () => kept.subarray(0, 120), 'bundle/incomplete'],
    ['has a syntax error', () => withCode('module.exports = {{'), 'plugin/eval'],
    [
      'has a manifest that does not fit',
      () => withCode('', { version: 'next' }),
      'bundle/manifest',
    ],
    ['belongs to another id', () => withCode('', { id: 'other-idea' }), 'bundle/id'],
    ['was built for another SDK', () => withCode('', { api: '^9.0.0' }), 'bundle/api'],
  ]

  test.each(broken)(
    'and %s is refused with the reason, while the running version trades on',
    async (_, content, code) => {
      const { digest, lastTickAt } = await view()
      writeFileSync(bundle(), content())
      const { refused } = await until('it is refused', async () => {
        const now = await view()
        return now.refused !== null && now
      })
      expect(refused).toMatchObject({ code, file: `${ID}.strategy.js` })
      expect(refused?.reason.length).toBeGreaterThan(10)
      await until('the running version reads on', async () => {
        const now = await view()
        expect(now).toMatchObject({ state: 'ACTIVE', version: '0.3.0', digest })
        return (now.lastTickAt ?? 0) > (lastTickAt ?? 0)
      })
      writeFileSync(bundle(), kept)
      await shows({ refused: null, state: 'ACTIVE', digest })
    },
  )

  test('and taken away stops the strategy, and comes back with its state', async () => {
    const before = (await counted()).at(-1)?.count ?? 0
    rmSync(bundle())
    const { reason } = await shows({ state: 'STOPPED' })
    expect(reason).toContain('removed')
    writeFileSync(bundle(), kept)
    await shows({ state: 'ACTIVE' })
    await until('it counts on', async () => ((await counted()).at(-1)?.count ?? 0) > before)
    await countsOn('0.3.0')
  })
})

describe('desk dev', () => {
  test('builds at each save, says what is wrong with a bad one, and the desk follows', async () => {
    const child = spawnDesk(place, { args: ['dev', ID] })
    let said = ''
    const reading = (async () => {
      for await (const chunk of child.stdout) said += new TextDecoder().decode(chunk)
    })()
    await until('it watches', () => said.includes('Watching') && said.includes(`${ID} 0.3.0`))
    edit('0.4.0')
    await shows({ version: '0.4.0', state: 'ACTIVE' })
    await until('it says so', () => said.includes(`${ID} 0.4.0`))
    writeFileSync(source(), `${readFileSync(source(), 'utf8')}\n}}} not a program`)
    await until('it says what is wrong', () => /not built.*strategy\.ts:\d+:\d+/s.test(said))
    expect(await view()).toMatchObject({ version: '0.4.0', state: 'ACTIVE', refused: null })
    edit('0.5.0')
    await shows({ version: '0.5.0', state: 'ACTIVE' })
    await countsOn('0.5.0')
    child.kill('SIGINT')
    expect(await child.exited).toBe(0)
    await reading
  })
})

describe('a folder of strategies with one that cannot be built', () => {
  test('does not keep a desk from starting with the others, and says which is left out', async () => {
    const other = createPlace()
    try {
      for (const [id, text] of [
        ['fine', template.replace("id: 'my-idea'", "id: 'fine'")],
        ['wrong', 'export default {{'],
      ] as const) {
        mkdirSync(join(other.plugins, id), { recursive: true })
        writeFileSync(join(other.plugins, id, 'strategy.ts'), text)
      }
      const { code, stderr } = await runDesk(other, ['build'])
      expect(code).toBe(2)
      expect(stderr).toContain('strategy.ts')
      const up = await startDesk(other, { args: ['--instruments', '1', '--ticks', '10'] })
      const strategies = await up.get<StrategyDetail[]>('/api/v1/strategies')
      expect(strategies.map(({ id }) => id)).toEqual(['fine'])
      up.signal('SIGTERM')
      expect(await up.ended).toBe(0)
      expect(readFileSync(join(other.home, 'desk.log'), 'utf8')).toContain('"strategy":"wrong"')
    } finally {
      await clearPlace(other)
    }
  })
})
