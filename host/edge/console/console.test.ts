import { afterEach, describe, expect, test } from 'bun:test'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { ConsoleOptions } from './console.ts'
import { type Sample, sendBytes, startSample } from './sample-desk.ts'

const running: Sample[] = []
const folders: string[] = []
async function start(options: Partial<ConsoleOptions> = {}): Promise<Sample> {
  const console = await startSample(options)
  running.push(console)
  return console
}

afterEach(async () => {
  for (const { app } of running.splice(0)) await app.stop()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

describe('starting and stopping', () => {
  test('a port in use is one line that says which and what to do', async () => {
    const { port } = await start()
    const failed = await startSample({ port }).then(
      () => 'started',
      (error: unknown) => String(error),
    )
    expect(failed).toBe(
      `ConsoleError: Cannot listen on 127.0.0.1:${port}: port ${port} is in use; stop what uses it, or choose another with \`--port N\``,
    )
  })

  test('after a stop nobody answers, and the port is free again', async () => {
    const first = await start()
    await first.app.stop()
    await expect(fetch(`${first.url}/healthz`)).rejects.toThrow()
    const second = await start({ port: first.port })
    expect((await fetch(`${second.url}/healthz`)).status).toBe(200)
  })

  test('a stop before the start and a second stop do nothing', async () => {
    const console = await start()
    await console.app.stop()
    await console.app.stop()
  })

  test.each(['localhost', '127.0.0.1'])('%s is the loopback of IPv4', async (hostname) => {
    const { url, port } = await start({ hostname })
    expect(url).toBe(`http://127.0.0.1:${port}`)
  })
})

describe('the user interface', () => {
  async function built(): Promise<Sample> {
    const folder = await mkdtemp(join(tmpdir(), 'hotdesk-console-'))
    folders.push(folder)
    const root = join(folder, 'ui')
    await mkdir(join(root, 'assets'), { recursive: true })
    await writeFile(join(root, 'index.html'), '<!doctype html><title>desk</title>')
    await writeFile(join(root, 'assets', 'app-1a2b.js'), 'export {}')
    await writeFile(join(root, '.env'), 'secret')
    await writeFile(join(folder, 'outside.txt'), 'secret')
    await symlink(join(folder, 'outside.txt'), join(root, 'link.txt'))
    return start({ uiFolder: root })
  }

  test('is told how to be built where it is not', async () => {
    const { url } = await start()
    for (const path of ['/', '/strategies']) {
      const response = await fetch(url + path)
      expect(response.status).toBe(503)
      expect(response.headers.get('content-type')).toStartWith('text/html')
      expect(await response.text()).toContain('npm run build:ui')
    }
  })

  test('is served with its types, and its assets are kept by the browser', async () => {
    const { url } = await built()
    const page = await fetch(`${url}/`)
    expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'no-cache'])
    expect(page.headers.get('content-type')).toStartWith('text/html')
    const script = await fetch(`${url}/assets/app-1a2b.js`)
    expect(script.headers.get('content-type')).toStartWith('text/javascript')
    expect(script.headers.get('cache-control')).toContain('immutable')
    expect(await script.text()).toBe('export {}')
  })

  test('keeps its place: a path without an ending is the index', async () => {
    const { url } = await built()
    for (const path of ['/strategies', '/strategies/opening-range', '/orders/']) {
      expect([path, await (await fetch(url + path)).text()]).toEqual([
        path,
        '<!doctype html><title>desk</title>',
      ])
    }
    expect((await fetch(`${url}/assets/gone.js`)).status).toBe(404)
  })

  test.each([
    '/.env',
    '/link.txt',
    '/../outside.txt',
    '/%2e%2e/outside.txt',
    '/..%2foutside.txt',
    '/%2e%2e%2foutside.txt',
    '/assets/..%2f..%2foutside.txt',
    '/..%5coutside.txt',
    '//outside.txt',
    '/%2foutside.txt',
    '/index.html%00.txt',
    '/%c0%ae%c0%ae/outside.txt',
    '/%zz.txt',
    `/${'a'.repeat(300)}.txt`,
  ])('%s is nothing that can be had', async (path) => {
    const { port } = await built()
    const answer = await sendBytes(port, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
    expect(answer).toStartWith('HTTP/1.1 404')
    expect(answer).not.toContain('secret')
  })
})

describe('the API’s own page', () => {
  test('names every route, and loads nothing from anywhere', async () => {
    const { url } = await start()
    const page = await (await fetch(`${url}/docs`)).text()
    for (const path of [
      '/api/v1/strategies/{id}/enable',
      '/api/v1/bars',
      '/readyz',
      '/ws',
      'id="unknown-strategy"',
    ]) {
      expect(page).toContain(path)
    }
    expect(page).not.toContain('<script')
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//)
  })

  test('as JSON every route has a summary, described answers and, for a write, a body', async () => {
    const { url } = await start()
    const document = (await (await fetch(`${url}/docs/json`)).json()) as {
      openapi: string
      paths: Record<
        string,
        Record<string, { summary?: string; responses?: object; requestBody?: object }>
      >
    }
    expect(document.openapi).toStartWith('3.1')
    expect(Object.keys(document.paths)).toHaveLength(17)
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const has = [operation.summary !== undefined, '200' in (operation.responses ?? {})]
        expect([path, method, ...has]).toEqual([path, method, true, true])
        expect([path, operation.requestBody !== undefined]).toEqual([path, method === 'post'])
      }
    }
    const text = JSON.stringify(document)
    expect(text).not.toContain('noValidate')
    expect(text).toContain('"name":"limit","in":"query","required":false')
    expect(text).toContain('"name":"instrument","in":"query","required":true')
    // A list of words keeps its description.
    expect(text).toContain('Only open orders, or only closed ones')
  })
})

describe('metrics', () => {
  const scrape = async ({ url }: Sample) => (await fetch(`${url}/metrics`)).text()

  test('show the process, the console and the desk', async () => {
    const text = await scrape(await start())
    expect(text).toContain('hotdesk_ticks 10\n')
    expect(text).toContain('hotdesk_lag{strategy="opening-range"} 3\n')
    expect(text).toContain('hotdesk_console_clients 0\n')
    expect(text).toMatch(/process_resident_memory_bytes [1-9]\d{6,}/)
    expect(text).toMatch(/process_start_time_seconds 1[78]\d{8}\n/)
  })

  test('forget a label that is gone', async () => {
    let values: Record<string, number> = { ema: 1 }
    const console = await start({ metrics: () => ({ lag: { label: 'strategy', values } }) })
    expect(await scrape(console)).toContain('strategy="ema"')
    values = { sma: 2 }
    const text = await scrape(console)
    expect(text).not.toContain('strategy="ema"')
    expect(text).toContain('hotdesk_lag{strategy="sma"} 2\n')
  })

  test('have a content type that Prometheus reads', async () => {
    const { url } = await start()
    expect((await fetch(`${url}/metrics`)).headers.get('content-type')).toStartWith(
      'text/plain; version=0.0.4',
    )
  })
})
