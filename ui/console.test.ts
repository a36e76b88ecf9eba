/** The console in a real browser, in front of a desk of plain data. */
import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { join } from 'node:path'

import AxeBuilder from '@axe-core/playwright'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

import { buildConsole } from '#host/build-all.ts'

import { launchBrowser } from '../sandbox-tests/browser/browser.ts'
import { BOOK, EMPTY_BOOK, type FixtureBook, NOW } from './fixture-book.ts'
import { createFixtureDesk, type FixtureDesk } from './fixture-desk.ts'

// A test that runs out of time takes the browser with it: a wait inside it has to give up first.
setDefaultTimeout(60_000)
const WAIT_MILLIS = 10_000

const WIDE = { width: 1440, height: 900 }

let browser: Browser
const desks: FixtureDesk[] = []
/** Everything the browser complained about since the page was opened. */
const complaints: string[] = []

beforeAll(async () => {
  await buildConsole(join(import.meta.dir, '..'))
  browser = await launchBrowser()
}, 120_000)

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()))
  await Promise.all(desks.splice(0).map((desk) => desk.stop()))
  complaints.length = 0
})

afterAll(() => browser?.close())

async function open(
  book: FixtureBook = BOOK,
  options: BrowserContextOptions = {},
): Promise<{ readonly page: Page; readonly desk: FixtureDesk }> {
  const desk = createFixtureDesk({ book, now: NOW })
  desks.push(desk)
  const context = await browser.newContext({
    viewport: WIDE,
    colorScheme: 'dark',
    timezoneId: 'Asia/Kolkata',
    reducedMotion: 'reduce',
    ...options,
  })
  context.setDefaultTimeout(WAIT_MILLIS)
  const page = await context.newPage()
  page.on('console', (line) => line.type() === 'error' && complaints.push(line.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(desk.url)
  await page.getByText('Connected', { exact: true }).waitFor()
  if (book.orders.length > 0) await page.locator('[data-order]').first().waitFor()
  return { page, desk }
}

const rowOf = (page: Page, id: string) => page.locator(`[data-strategy="${id}"]`)

/** The cells of a board row by the words of its column's head. */
async function cellsOf(page: Page, id: string): Promise<Readonly<Record<string, string>>> {
  const heads = await page.locator('table:has([data-strategy]) thead th').allInnerTexts()
  const cells = await rowOf(page, id).locator('th, td').allInnerTexts()
  return Object.fromEntries(
    heads.map((head, at) => [head, (cells[at] ?? '').replace(/\s+/g, ' ').trim()]),
  )
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await what()); tries++) {
    if (tries > WAIT_MILLIS / 25) throw new Error(`Waited in vain for ${String(what)}`)
    await Bun.sleep(25)
  }
}

describe('the board', () => {
  test('shows every strategy with its state in words, its digest and its profit with a sign', async () => {
    const { page } = await open()
    expect(await page.locator('[data-strategy]').count()).toBe(BOOK.strategies.length)
    expect(await cellsOf(page, 'opening-range')).toMatchObject({
      Strategy: 'Opening range opening-range',
      State: 'Active',
      Version: '1.4.2',
      Digest: BOOK.strategies[0]?.digest.slice(0, 8) ?? '',
      'Profit today': '+8,412.50',
      Position: '2 × 4,12,351',
      Orders: '3',
      Fills: '14',
    })
    expect(await cellsOf(page, 'vwap-fade')).toMatchObject({ 'Profit today': '−2,310.05' })
    expect(await cellsOf(page, 'late-momentum')).toMatchObject({
      'Profit today': '0.00',
      Position: 'flat',
    })
    expect(complaints).toEqual([])
  })

  test('says why a strategy is not active, and that a newer file was refused', async () => {
    const { page } = await open()
    expect(await cellsOf(page, 'trend-hour')).toMatchObject({
      State: 'Needs approval Asks for a larger position (500, approved 200)',
      'Last tick': '–',
    })
    await page.getByText('Version 2.1.0 asks for SIM:FJORD, which nobody has approved').waitFor()
  })

  test('follows a change of state that comes over the WebSocket', async () => {
    const { page, desk } = await open()
    const strategies = BOOK.strategies.map((row) =>
      row.id === 'opening-range'
        ? { ...row, state: 'QUARANTINED' as const, reason: 'Crashed 5 times', profitToday: -1 }
        : row,
    )
    desk.say({ type: 'board', now: NOW, strategies, account: BOOK.account })
    await rowOf(page, 'opening-range').locator('td').getByText('Quarantined').waitFor()
    expect(await cellsOf(page, 'opening-range')).toMatchObject({
      State: 'Quarantined Crashed 5 times',
      'Profit today': '−1.00',
    })
  })

  test('asks the desk to disable a strategy, with the header that no other site can send', async () => {
    const { page, desk } = await open()
    await page.getByRole('button', { name: 'Disable Opening range' }).click()
    await page.getByText('Disable "opening-range": the desk has taken it').waitFor()
    expect(desk.posted).toEqual([
      {
        method: 'POST',
        path: '/api/v1/strategies/opening-range/disable',
        guard: '1',
        contentType: 'application/json',
        body: {},
      },
    ])
    expect(await page.locator('[aria-pressed="true"].name').count()).toBe(0)
  })

  test('shows the desk’s own words where it does not do what was asked', async () => {
    const { page, desk } = await open()
    desk.refuse('/api/v1/strategies/night-watch/enable', 'The day’s loss limit is reached')
    await page.getByRole('button', { name: 'Enable Night watch' }).click()
    const toast = page.getByRole('alert')
    await toast.getByText('Cannot enable "night-watch"').waitFor()
    await toast.getByText('The day’s loss limit is reached').waitFor()
    await toast.getByRole('button', { name: 'Close message' }).click()
    await toast.waitFor({ state: 'detached' })
  })

  test('says the next command where there is no strategy yet', async () => {
    const { page } = await open(EMPTY_BOOK)
    await page.getByText('npx bun desk new my-idea').waitFor()
    await page.getByText('npx bun desk build my-idea').waitFor()
    expect(complaints).toEqual([])
  })
})

describe('the chart', () => {
  /** Number of different colours that the chart's largest canvas shows. */
  const coloursOf = (page: Page) =>
    page.evaluate(() => {
      const canvases = [...document.querySelectorAll<HTMLCanvasElement>('figure canvas')]
      const [canvas] = canvases.toSorted((one, other) => other.width - one.width)
      const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data
      return pixels === undefined ? 0 : new Set(new Uint32Array(pixels.buffer)).size
    })

  test('draws candles, and asks to follow the instrument that it shows', async () => {
    const { page, desk } = await open()
    await until(async () => (await coloursOf(page)) > 8)
    expect(desk.heard).toEqual([{ type: 'chart', instrument: 'SIM:ALPHA', timeframe: '1m' }])
    await page.locator('#tv-attr-logo').waitFor()
  })

  test('moves its last bar as the desk does', async () => {
    const { page, desk } = await open()
    const market = page.getByRole('region', { name: 'Market' })
    await market.locator('canvas').first().waitFor()
    const time = Math.floor(NOW / 60e6) * 60e6
    const bar = {
      instrument: 'SIM:ALPHA',
      timeframe: '1m',
      time,
      open: 1,
      high: 1_234.5,
      low: 1,
      close: 1_234.5,
      volume: 77,
    } as const
    desk.say({ type: 'bar', bar })
    await market.getByText('1,234.50').first().waitFor()
    await market.getByText('77', { exact: true }).waitFor()
    desk.say({ type: 'bar', bar: { ...bar, time: time - 60e6, volume: 5 } })
    expect(await market.getByText('77', { exact: true }).count()).toBe(1)
    expect(complaints).toEqual([])
  })

  test('another instrument is found by a part of its name', async () => {
    const { page, desk } = await open()
    await page.keyboard.press('/')
    await page.keyboard.type('ember')
    expect(await page.getByRole('option').count()).toBe(1)
    await page.keyboard.press('Enter')
    await until(() => desk.heard.length === 2)
    expect(desk.heard.at(-1)).toEqual({ type: 'chart', instrument: 'SIM:EMBER', timeframe: '1m' })
    expect(await page.getByRole('combobox').inputValue()).toBe('SIM:EMBER')
  })
})

describe('the blotter', () => {
  test('puts a new order on top and follows its phase', async () => {
    const { page, desk } = await open()
    const top = page.locator('[data-order]').first()
    const [order] = BOOK.orders
    if (order === undefined) throw new Error('The book has no order')
    const fresh = {
      ...order,
      clientId: 'HDNEW',
      strategy: 'fresh-one',
      updatedAt: NOW + 1,
      pending: null,
    }
    desk.say({ type: 'order', order: fresh })
    await top.getByText('fresh-one').waitFor()
    const why = 'Above the upper circuit limit'
    desk.say({
      type: 'order',
      order: { ...fresh, updatedAt: NOW + 2, phase: 'REJECTED', reason: why },
    })
    await top.getByText('Rejected').waitFor()
    expect(await top.innerText()).toContain(why)
    desk.say({ type: 'order', order: { ...fresh, updatedAt: NOW, phase: 'WORKING' } })
    expect(await top.getByText('Rejected').count()).toBe(1)
  })

  test('never holds more than 200 orders', async () => {
    const { page, desk } = await open()
    const [order] = BOOK.orders
    if (order === undefined) throw new Error('The book has no order')
    for (let at = 0; at < 260; at++)
      desk.say({ type: 'order', order: { ...order, clientId: `HD${at}` } })
    await page.locator('[data-order="HD259"]').waitFor()
    expect(await page.locator('[data-order]').count()).toBe(200)
  })

  test('narrows to the strategy that is chosen', async () => {
    const { page } = await open()
    await page.getByRole('button', { name: 'VWAP fade', exact: true }).click()
    const own = BOOK.orders.filter(({ strategy }) => strategy === 'vwap-fade').length
    await until(async () => (await page.locator('[data-order]').count()) === own)
    await page.getByRole('tab', { name: /positions/i }).click()
    expect(await page.getByRole('tabpanel').locator('tbody tr').count()).toBe(1)
    await page.keyboard.press('Escape')
    await until(async () => (await page.getByRole('tabpanel').locator('tbody tr').count()) === 4)
  })
})

describe('the gate', () => {
  test('entries are halted only with a reason', async () => {
    const { page, desk } = await open()
    await page.getByRole('button', { name: 'Halt entries' }).click()
    const dialog = page.getByRole('dialog')
    const halt = dialog.getByRole('button', { name: 'Halt entries' })
    expect(await halt.isDisabled()).toBe(true)
    await dialog.getByRole('textbox').fill('Odd prices')
    await halt.click()
    await dialog.waitFor({ state: 'detached' })
    expect(desk.posted.map(({ path, body }) => [path, body])).toEqual([
      ['/api/v1/halt', { reason: 'Odd prices' }],
    ])
  })

  test('a halted live desk says so in a banner, and offers to resume', async () => {
    const account = {
      ...BOOK.account,
      mode: 'live',
      halted: true,
      haltReason: 'Odd prices',
    } as const
    const { page } = await open({ ...BOOK, account })
    await page.getByText('LIVE', { exact: true }).waitFor()
    expect(await page.getByRole('alert').innerText()).toContain('Entries are halted. Odd prices')
    await page.getByRole('button', { name: 'Resume entries' }).click()
    await page.getByRole('dialog').getByRole('textbox').waitFor()
  })
})

describe('the link', () => {
  test('a desk that went away is said, and read anew when it is back', async () => {
    const { page, desk } = await open()
    desk.leave(true)
    await page.getByText(/Disconnected since \d\d:\d\d:\d\d\s+UTC/).waitFor()
    desk.leave(false)
    await page.getByText('Connected', { exact: true }).waitFor()
    expect(await page.getByText(/Disconnected since/).count()).toBe(0)
    await until(() => desk.heard.length === 2)
  })
})

describe('keys', () => {
  test('move the choice and the timeframe', async () => {
    const { page } = await open()
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('k')
    await page.keyboard.press('4')
    expect(await page.locator('.name[aria-pressed="true"]').innerText()).toBe('Opening range')
    const pressed = page.getByRole('group', { name: 'Timeframe' }).locator('[aria-pressed="true"]')
    expect(await pressed.innerText()).toBe('5m')
    await page.keyboard.press('?')
    await page.getByRole('dialog').getByRole('heading', { name: 'Keys' }).waitFor()
  })

  test('never ask anything of the desk', async () => {
    const { page, desk } = await open()
    const keys = [
      ...'abcdefghijklmnopqrstuvwxyz0123456789 ,.-+*#',
      'Enter',
      'Delete',
      'Backspace',
      'Escape',
    ]
    for (const key of keys) await page.keyboard.press(key)
    await page.keyboard.press('j')
    for (const key of keys) await page.keyboard.press(key)
    expect(desk.posted).toEqual([])
  })
})

describe('everybody', () => {
  const seriousOf = async (page: Page) => {
    const { violations } = await new AxeBuilder({ page }).analyze()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map(({ html, failureSummary }) => html + failureSummary).join(' | ')}`,
      )
  }

  test.each(['dark', 'light'] as const)(
    'finds nothing serious in the way, %s',
    async (colorScheme) => {
      const { page } = await open(BOOK, { colorScheme })
      await page.locator('figure canvas').first().waitFor()
      await page.keyboard.press('j')
      expect(await seriousOf(page)).toEqual([])
      for (const tab of [/fills/i, /positions/i, /^strategy/i]) {
        await page.getByRole('tab', { name: tab }).click()
        expect(await seriousOf(page)).toEqual([])
      }
      await page.getByRole('button', { name: 'Halt entries' }).click()
      expect(await seriousOf(page)).toEqual([])
      expect(complaints).toEqual([])
    },
  )

  test('sees the whole desk on 1440 x 900 without scrolling', async () => {
    const { page } = await open()
    await page.locator('figure canvas').first().waitFor()
    const size = await page.evaluate(() => {
      const { scrollWidth, scrollHeight } = document.documentElement
      return { width: scrollWidth, height: scrollHeight }
    })
    expect(size).toEqual(WIDE)
  })

  test.each([1024, 390])('never scrolls the page sideways at %d pixels', async (width) => {
    const { page } = await open(BOOK, { viewport: { width, height: 768 } })
    await page.locator('figure canvas').first().waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    expect(await rowOf(page, 'vwap-fade').getByText('−2,310.05').isVisible()).toBe(true)
    expect(await page.getByRole('button', { name: 'Disable VWAP fade' }).isVisible()).toBe(true)
  })
})
