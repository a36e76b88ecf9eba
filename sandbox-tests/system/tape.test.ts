/** Recorded markets: a backtest is the same each time, and a desk plays a tape through the walk that trades live. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { buildBundle } from '#host/edge/plugin/build.ts'
import type { BacktestResult } from '#host/lab/backtest.ts'
import type { FillView, HealthView } from '#sdk/view.ts'

import { netOf } from './books.fixture.ts'
import {
  clearPlace,
  createPlace,
  type Place,
  RECORDED,
  ROOT,
  runDesk,
  startDesk,
  until,
} from './desk-process.fixture.ts'
import { writeTape } from './tape.fixture.ts'

setDefaultTimeout(120_000)

const ID = 'ema-cross'
const MINUTES = 60
const PARAMS = { fast: 2, slow: 4 }
/** Every field that a script may count on. */
const FIELDS = [
  'events',
  'bars',
  'orders',
  'fills',
  'trades',
  'netProfit',
  'charges',
  'maxDrawdown',
  'wallMs',
  'digest',
]

let place: Place
let tape = ''

beforeAll(async () => {
  place = createPlace({ strategies: { [ID]: { params: PARAMS } } })
  tape = writeTape(place, { minutes: MINUTES })
  await buildBundle(join(ROOT, 'plugins', ID), place.plugins)
})
afterAll(() => clearPlace(place))

/** What a backtest printed for a program: one JSON object, and not a word besides. */
async function backtest(...args: string[]): Promise<BacktestResult> {
  const { code, stdout, stderr } = await runDesk(place, ['backtest', ID, ...args, '--json'])
  expect({ code, stderr, lines: stdout.trim().split('\n').length }).toEqual({
    code: 0,
    stderr: '',
    lines: 1,
  })
  return JSON.parse(stdout) as BacktestResult
}

describe('a backtest', () => {
  test('says the same of the same tape each time, in every field but its own time', async () => {
    const first = await backtest('--data', tape)
    expect(FIELDS.filter((field) => !(field in first))).toEqual([])
    expect(first).toMatchObject({ events: MINUTES * 240, faults: 0, quarantined: 0 })
    expect(first.trades).toBeGreaterThan(0)
    expect(first.fills).toBeGreaterThanOrEqual(2 * first.trades)
    expect(first.charges).toBeGreaterThan(0)
    const second = await backtest('--data', tape)
    expect({ ...second, wallMs: 0 }).toEqual({ ...first, wallMs: 0 })
  })

  test('says another thing of other parameters, and of other charges the same fills at another profit', async () => {
    const [usual, slower, free] = [
      await backtest('--data', tape),
      await backtest('--data', tape, '--params', '{"fast":3,"slow":9}'),
      await backtest('--data', tape, '--charges', '0'),
    ]
    expect(slower.digest).not.toBe(usual.digest)
    expect(free).toMatchObject({ charges: 0, fills: usual.fills, grossProfit: usual.grossProfit })
    expect(free.netProfit).toBeCloseTo(usual.netProfit + usual.charges, 4)
  })

  test('prints its table on standard output and its progress on standard error', async () => {
    const { code, stdout, stderr } = await runDesk(place, ['backtest', ID, '--data', tape])
    expect(code).toBe(0)
    for (const word of [`${ID} `, 'Net profit', 'Trades', 'Largest drawdown', 'Digest'])
      expect(stdout).toContain(word)
    expect(stderr).toContain('Reading tape.csv')
    expect(stderr).not.toContain('Net profit')
    expect(stdout).not.toContain('Reading')
  })

  test('of a bundle by its path is that of the strategy by its id', async () => {
    const file = join(place.plugins, `${ID}.strategy.js`)
    const { code, stdout } = await runDesk(place, ['backtest', file, '--data', tape, '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ digest: (await backtest('--data', tape)).digest })
  })

  const spy =
    RECORDED === undefined ? '' : join(RECORDED, 'lean/equity/usa/tick/spy/20131007_trade.zip')
  if (!existsSync(spy)) console.log('Skipped: the recorded day of SPY is not on this machine')
  test.skipIf(!existsSync(spy))(
    'of a recorded day of SPY is the same twice, and takes every trade of it',
    async () => {
      const [first, second] = [await backtest('--data', spy), await backtest('--data', spy)]
      expect(second.digest).toBe(first.digest)
      expect(first.events).toBeGreaterThan(200_000)
      expect(first.trades).toBeGreaterThan(0)
      console.log(
        `SPY, one day: ${first.events} events in ${first.wallMs} ms, ${first.trades} trades`,
      )
    },
  )
})

describe('a desk on a tape', () => {
  test('plays it through the live walk at the pace that was asked, says when it ends, and leaves no books', async () => {
    const desk = await startDesk(place, { args: ['--tape', tape, '--speed', '1000'] })
    expect(desk.ready).toMatchObject({
      instruments: 2,
      feed: expect.stringContaining('tape.csv at 1000 times'),
    })
    await until('it says that the tape is at its end', () =>
      desk.stderr().includes('The tape is at its end'),
    )
    const { ticks, parts } = await desk.get<HealthView>('/api/v1/health')
    expect(ticks).toBe(MINUTES * 240)
    expect(parts).toContainEqual({ name: 'feed', ok: false, detail: 'the tape is at its end' })
    const fills = await desk.get<FillView[]>('/api/v1/fills')
    expect(fills.length).toBeGreaterThan(0)
    const moved = fills.map(({ instrument, side, quantity }) => ({
      instrument,
      quantity: side === 'BUY' ? quantity : -quantity,
    }))
    const positions =
      await desk.get<{ instrument: string; quantity: number }[]>('/api/v1/positions')
    expect(netOf(positions)).toEqual(netOf(moved))
    desk.signal('SIGINT')
    expect(await desk.ended).toBe(0)
    expect(readdirSync(join(place.home, 'tape'))).toEqual([])
    expect(readFileSync(join(place.home, 'desk.log'), 'utf8')).toContain('The tape is at its end')
  })

  test.each(['0', '-1', 'fast', '1e9'])('refuses the speed %p', async (speed) => {
    const { code, stderr } = await runDesk(place, [
      'up',
      'paper',
      '--tape',
      tape,
      `--speed=${speed}`,
      '--json',
    ])
    expect(code).toBe(2)
    expect(stderr).toContain(`The speed "${speed}"`)
  })
})
