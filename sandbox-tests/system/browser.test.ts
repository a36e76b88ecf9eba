/** The console of a real desk in a real browser: what a person sees and presses in the first minute. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { join } from 'node:path'

import type { Browser, Page } from 'playwright-core'

import { strategyFolders } from '#host/build-all.ts'
import { buildBundle } from '#host/edge/plugin/build.ts'
import type { StrategyView } from '#sdk/view.ts'

import { launchBrowser } from '../browser/browser.ts'
import { churnSource, WIDE_LIMITS, writeStrategy } from './churn.fixture.ts'
import {
  clearPlace,
  createPlace,
  type DeskProcess,
  type Place,
  ROOT,
  startDesk,
  until,
} from './desk-process.fixture.ts'

// A test that runs out of time takes the browser with it: a wait inside it has to give up first.
setDefaultTimeout(90_000)
const WAIT_MILLIS = 15_000

/** Trades within seconds, where the samples wait for the close of a minute. */
const EAGER = 'churn-a'
const SAMPLES = strategyFolders(join(ROOT, 'plugins'))

let place: Place
let desk: DeskProcess
let browser: Browser
let page: Page
const complaints: string[] = []

// The tests are one visit, told in order.
beforeAll(async () => {
  place = createPlace(WIDE_LIMITS)
  for (const id of SAMPLES) await buildBundle(join(ROOT, 'plugins', id), place.plugins)
  writeStrategy(place, EAGER, churnSource(EAGER))
  desk = await startDesk(place, { args: ['--instruments', '12', '--ticks', '240'] })
  browser = await launchBrowser()
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  page.setDefaultTimeout(WAIT_MILLIS)
  page.on('console', (line) => line.type() === 'error' && complaints.push(line.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(desk.url)
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await clearPlace(place)
})

/** Number of different colours of the chart's largest canvas. A text, because it is the browser that runs it. */
const COLOURS = `
  const canvases = [...document.querySelectorAll('figure canvas')].toSorted((one, other) => other.width - one.width)
  const { width, height } = canvases[0]
  new Set(new Uint32Array(canvases[0].getContext('2d').getImageData(0, 0, width, height).data.buffer)).size`

const rowOf = (id: string) => page.locator(`[data-strategy="${id}"]`)
const stateOf = (id: string, word: string) =>
  rowOf(id).locator('td').getByText(word, { exact: true })
const strategyOf = async (id: string) =>
  (await desk.get<StrategyView[]>('/api/v1/strategies')).find((one) => one.id === id)

/** The words of a row's cell under this head of the board. */
async function cellOf(id: string, head: string): Promise<string> {
  const heads = await page.locator('table:has([data-strategy]) thead th').allInnerTexts()
  const cells = await rowOf(id).locator('th, td').allInnerTexts()
  return (cells[heads.indexOf(head)] ?? '').trim()
}

describe('the console of a running desk', () => {
  test('says that it trades on paper, and shows every strategy as active', async () => {
    await page.getByText('Connected', { exact: true }).waitFor()
    await page.getByText('PAPER', { exact: true }).waitFor()
    expect(SAMPLES.length).toBeGreaterThan(0)
    for (const id of [...SAMPLES, EAGER]) await stateOf(id, 'Active').waitFor()
    expect(await page.locator('[data-strategy]').count()).toBe(SAMPLES.length + 1)
  })

  test('shows fills as they arrive, on the board and in the blotter', async () => {
    const fills = async () => Number((await cellOf(EAGER, 'Fills')).replaceAll(',', ''))
    const before = await fills()
    await until('the board counts another fill', async () => (await fills()) > before)
    await page.getByRole('tab', { name: /fills/i }).click()
    const rows = page.getByRole('tabpanel').locator('tbody tr')
    await rows.first().waitFor()
    const newest = () => rows.first().locator('td').first().getAttribute('title')
    const seen = await newest()
    await until('a newer fill stands above it', async () => (await newest()) !== seen)
    expect(await rows.first().innerText()).toContain(EAGER)
    expect(await rows.first().innerText()).toMatch(/BUY|SELL/)
  })

  test('draws the candles of the past hour', async () => {
    const market = page.getByRole('region', { name: 'Market' })
    await market.locator('canvas').first().waitFor()
    const colours = () => page.evaluate<number>(COLOURS)
    // Grid, text and two colours of candles with their edges; an empty chart has far fewer.
    await until('candles are drawn', async () => (await colours()) > 8)
    const bars = await desk.get<unknown[]>(
      '/api/v1/bars?instrument=SIM:ASHVANSTEEL&timeframe=1m&limit=100',
    )
    expect(bars.length).toBeGreaterThan(50)
  })

  test('disables a strategy by its button, and enables it again', async () => {
    const { name = '' } = (await strategyOf(EAGER)) ?? {}
    await rowOf(EAGER)
      .getByRole('button', { name: `Disable ${name}` })
      .click()
    await stateOf(EAGER, 'Disabled').waitFor()
    expect(await strategyOf(EAGER)).toMatchObject({ state: 'DISABLED', enabled: false })
    for (const id of SAMPLES) expect(await stateOf(id, 'Active').count()).toBe(1)

    await rowOf(EAGER)
      .getByRole('button', { name: `Enable ${name}` })
      .click()
    await stateOf(EAGER, 'Active').waitFor()
    expect(await strategyOf(EAGER)).toMatchObject({ state: 'ACTIVE', enabled: true })
  })

  test('reloads a strategy by its button', async () => {
    const before = await strategyOf(EAGER)
    await rowOf(EAGER)
      .getByRole('button', { name: /^Reload/ })
      .click()
    await until('it was loaded anew', async () => {
      const now = await strategyOf(EAGER)
      return now?.state === 'ACTIVE' && now.loadedAt !== before?.loadedAt
    })
    await stateOf(EAGER, 'Active').waitFor()
  })

  test('says that the desk is away when it is killed, and is back when it is', async () => {
    const { port } = desk
    desk.signal('SIGKILL')
    expect(await desk.ended).toBe('SIGKILL')
    await page.getByText('Connected', { exact: true }).waitFor({ state: 'hidden' })
    const complained = complaints.splice(0)
    expect(
      complained.filter((text) => !/WebSocket|ERR_CONNECTION|Failed to load/.test(text)),
    ).toEqual([])
    desk = await startDesk(place, { args: ['--instruments', '12', '--ticks', '240'], port })
    await page.getByText('Connected', { exact: true }).waitFor()
    await stateOf(EAGER, 'Active').waitFor()
  })
})
