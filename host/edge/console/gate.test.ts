import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import net from 'node:net'
import { networkInterfaces } from 'node:os'

import { checkSocket, loopbackNames } from './gate.ts'
import { type Sample, sendBytes, startSample, write } from './sample-desk.ts'

let console: Sample
beforeAll(async () => {
  console = await startSample()
})
afterAll(() => console.app.stop())

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36'
const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13'
const UPGRADE = `Connection: Upgrade\r\nUpgrade: websocket\r\n${KEY}`

/** PORT in a case stands for the console's own. */
const filled = (text: string) => text.replaceAll('PORT', String(console.port))
const status = async (bytes: string) =>
  Number((await sendBytes(console.port, filled(bytes))).split(' ')[1] ?? 0)

describe('X01 a page of another site cannot open the WebSocket', () => {
  const open = (origin: string | undefined, userAgent = BROWSER) =>
    status(
      `GET /ws HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n${UPGRADE}\r\nUser-Agent: ${userAgent}\r\n` +
        (origin === undefined ? '\r\n' : `Origin: ${origin}\r\n\r\n`),
    )

  test.each([
    'null',
    'file://',
    'https://127.0.0.1:PORT',
    'ws://127.0.0.1:PORT',
    'http://evil.example',
    'http://127.0.0.1',
    'http://127.0.0.1:1',
    'http://127.0.0.1:PORT0',
    'http://127.0.0.1:PORT.evil.example',
    'http://127.0.0.1.evil.example:PORT',
    'http://evil.example#http://127.0.0.1:PORT',
    'http://evil.example/?http://127.0.0.1:PORT',
    'http://127.0.0.1:PORT@evil.example',
    'http://evil.example:PORT',
    'http://localhost.evil.example:PORT',
    'http://notlocalhost:PORT',
    'http://LOCALHOST:PORT',
    'http://127.0.0.1:PORT/',
    'http://127.0.0.1:PORT, http://evil.example',
    'http://127.0.0.2:PORT',
    'http://0.0.0.0:PORT',
    'http://[::]:PORT',
    'http://2130706433:PORT',
    'http://127.1:PORT',
    'chrome-extension://abcdef',
    '',
  ])('Origin "%s" is refused', async (origin) => {
    expect(await open(origin)).toBe(403)
  })

  test('a browser that hides its Origin is refused', async () => {
    expect(await open(undefined)).toBe(403)
  })

  test('what sends Sec-Fetch-Site is a browser, whatever it calls itself', () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'user-agent': 'script' }
    const request = new Request('http://127.0.0.1:1/ws', { headers })
    expect(checkSocket(request, loopbackNames(1))?.kind).toBe('wrong-origin')
  })

  test.each(['http://127.0.0.1:PORT', 'http://localhost:PORT', 'http://[::1]:PORT'])(
    'our own page at %s is let in',
    async (origin) => {
      expect(await open(origin)).toBe(101)
    },
  )

  test('a script without an Origin is let in', async () => {
    expect(await open(undefined, 'curl/8.5.0')).toBe(101)
  })
})

describe('X02 a name that was bent to the loopback reaches nothing', () => {
  const PATHS = [
    '/',
    '/api/v1/account',
    '/ws',
    '/docs',
    '/metrics',
    '/healthz',
    '/assets/app.js',
  ] as const

  test.each([
    'evil.com',
    'evil.com:PORT',
    '127.0.0.1',
    'localhost',
    '127.0.0.1:1',
    '127.0.0.1:PORT.',
    '127.0.0.1.:PORT',
    'localhost.:PORT',
    'LOCALHOST:PORT',
    'Localhost:PORT',
    '127.1:PORT',
    '2130706433:PORT',
    '0.0.0.0:PORT',
    '[::]:PORT',
    '[0:0:0:0:0:0:0:1]:PORT',
    '[::ffff:127.0.0.1]:PORT',
    '::1:PORT',
    'user@127.0.0.1:PORT',
    '127.0.0.1:PORT, evil.com',
    '127.0.0.1:PORT\r\nHost: evil.com',
    '127.0.0.1:PORT/evil',
    '',
  ])('Host %j is refused', async (host) => {
    for (const path of PATHS) {
      const answer = await status(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${UPGRADE}\r\n\r\n`)
      expect([path, answer]).toEqual([path, 421])
    }
  })

  test('an absolute target does not stand in for the Host', async () => {
    const to = (host: string) =>
      status(`GET http://127.0.0.1:PORT/healthz HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    expect(await to('evil.com')).toBe(421)
    expect(await to('127.0.0.1:PORT')).toBe(200)
  })

  test('a request without any Host is refused', async () => {
    expect(await status('GET / HTTP/1.0\r\n\r\n')).toBe(421)
    expect(await status('GET / HTTP/1.1\r\n\r\n')).toBe(400)
  })

  test.each(['127.0.0.1:PORT', 'localhost:PORT', '[::1]:PORT'])('Host %s is ours', async (host) => {
    expect(await status(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).toBe(200)
  })

  test('port 80 may be left out, and no other', () => {
    expect(loopbackNames(80).hosts.has('localhost')).toBe(true)
    expect(loopbackNames(80).origins.has('http://[::1]')).toBe(true)
    expect(loopbackNames(4400).hosts.has('localhost')).toBe(false)
  })
})

describe('X03 nothing but the loopback is bound', () => {
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, scopeid }) => !internal && !scopeid)
    .map(({ address }) => address)
  if (outside.length === 0)
    process.stdout.write('No outside network address here: X03 is not tried from one\n')

  test.each(outside)('%s answers nobody', async (host) => {
    const connected = await new Promise<boolean>((resolve) => {
      const socket = net.connect(console.port, host, () => resolve(true))
      socket.on('error', () => resolve(false))
      socket.on('close', () => socket.destroy())
    })
    expect(connected).toBe(false)
  })

  test.each(['0.0.0.0', '::', '', '192.0.2.1', 'example.com', '127.0.0.1.evil.example'])(
    'the console does not start on "%s"',
    async (hostname) => {
      await expect(startSample({ hostname })).rejects.toThrow(`Cannot listen on "${hostname}"`)
    },
  )
})

describe('X04 a page of another site cannot write', () => {
  const url = () => `${console.url}/api/v1/halt`
  const form = new FormData()
  form.set('reason', 'x')

  test.each<readonly [string, number, Record<string, string>]>([
    ['Origin of another site', 403, { origin: 'http://evil.example' }],
    ['Origin null', 403, { origin: 'null' }],
    ['Sec-Fetch-Site cross-site', 403, { 'sec-fetch-site': 'cross-site' }],
    ['Sec-Fetch-Site same-site', 403, { 'sec-fetch-site': 'same-site' }],
    ['Sec-Fetch-Site that nobody knows', 403, { 'sec-fetch-site': 'Same-Origin' }],
    ['no x-hotdesk', 403, { 'x-hotdesk': '' }],
    ['x-hotdesk 0', 403, { 'x-hotdesk': '0' }],
    ['text/plain', 415, { 'content-type': 'text/plain' }],
    ['a form', 415, { 'content-type': 'application/x-www-form-urlencoded' }],
    ['JSON in a parameter', 415, { 'content-type': 'text/plain; application/json' }],
    ['JSON with a tail', 415, { 'content-type': 'application/json-patch' }],
    ['no content type', 415, { 'content-type': '' }],
  ])('%s is refused', async (_, expected, headers) => {
    const before = console.desk.commands.length
    const response = await write(url(), { headers })
    expect([response.status, response.headers.get('content-type')]).toEqual([
      expected,
      'application/problem+json',
    ])
    expect(console.desk.commands.length).toBe(before)
  })

  test('a multipart form is refused', async () => {
    const response = await fetch(url(), {
      method: 'POST',
      headers: { 'x-hotdesk': '1' },
      body: form,
    })
    expect(response.status).toBe(415)
  })

  test('no GET changes anything, whatever it says of its method', async () => {
    const before = console.desk.commands.length
    for (const path of [
      '/api/v1/halt',
      '/api/v1/halt?_method=POST',
      '/api/v1/strategies/opening-range/enable',
    ]) {
      for (const method of ['GET', 'HEAD']) {
        const headers = { 'x-http-method-override': 'POST', 'x-hotdesk': '1' }
        const response = await fetch(console.url + path, { method, headers })
        expect([path, method, response.status]).toEqual([path, method, 405])
      }
    }
    expect(console.desk.commands.length).toBe(before)
  })

  test('nobody is told that another site may ask', async () => {
    const headers = { origin: 'http://evil.example', 'access-control-request-method': 'POST' }
    const response = await fetch(url(), { method: 'OPTIONS', headers })
    expect(response.status).toBe(405)
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })

  test.each<readonly [string, Record<string, string>]>([
    ['a script', {}],
    ['our page', { origin: 'own', 'sec-fetch-site': 'same-origin' }],
    ['a typed address', { 'sec-fetch-site': 'none' }],
    ['JSON with a charset', { 'content-type': 'application/json; charset=utf-8' }],
  ])('%s may write', async (_, { origin, ...headers }) => {
    const own = origin === undefined ? headers : { ...headers, origin: console.url }
    expect((await write(url(), { headers: own })).status).toBe(200)
    expect(console.desk.commands.at(-1)).toEqual({ ask: 'halt', reason: 'lunch' })
  })
})

describe('X07, X08 every answer keeps strange content inert', () => {
  test.each([
    ['/', 503],
    ['/api/v1/strategies', 200],
    ['/api/v1/nowhere', 404],
    ['/api/v1/orders?limit=0', 400],
    ['/api/v1/bars?instrument=NSE:TCS&timeframe=1m', 500],
    ['/docs', 200],
    ['/docs/json', 200],
    ['/metrics', 200],
    ['/healthz', 200],
    ['/missing.js', 404],
  ])('%s carries the policy', async (path, expected) => {
    const { headers, status } = await fetch(console.url + path)
    expect(status).toBe(expected)
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toStartWith("default-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('script-src')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
  })

  test('a script in a plug-in’s text stays JSON', async () => {
    const response = await fetch(`${console.url}/api/v1/strategies`)
    expect(response.headers.get('content-type')).toStartWith('application/json')
    expect(await response.text()).toContain('<script>')
  })

  test('a script in a path comes back as JSON, never as a page', async () => {
    const response = await fetch(
      `${console.url}/api/v1/strategies/${encodeURIComponent('<script>')}`,
    )
    expect([response.status, response.headers.get('content-type')]).toEqual([
      404,
      'application/problem+json',
    ])
  })
})

describe('X13, X14, X19 a body is small, and has the fields that it may have', () => {
  const url = () => `${console.url}/api/v1/halt`

  test.each([
    ['a prototype', '{"reason":"x","__proto__":{"halted":false}}', 400],
    ['a constructor', '{"reason":"x","constructor":{"prototype":{"a":1}}}', 400],
    ['one field more', '{"reason":"x","strategy":"y"}', 400],
    ['a list', '["x"]', 400],
    ['null', 'null', 400],
    ['a number', '5', 400],
    ['a reason that is an object', '{"reason":{"toJSON":1}}', 400],
    ['a reason of spaces', '{"reason":"   "}', 400],
    ['no reason', '{}', 400],
    ['an empty body', '', 400],
    ['half of a JSON', '{"reason":', 400],
    ['30,000 open brackets', '['.repeat(30_000), 400],
    ['a reason of 401 letters', JSON.stringify({ reason: 'x'.repeat(401) }), 400],
    ['64 KiB and one byte', `{"reason":"${'x'.repeat(64 * 1024 - 12)}"}`, 413],
    ['64 KiB', `{"reason":"${'x'.repeat(64 * 1024 - 13)}"}`, 400],
    ['2 MiB', `{"reason":"${'x'.repeat(2 * 1024 * 1024)}"}`, 413],
  ])('%s is refused', async (_, body, expected) => {
    const before = console.desk.commands.length
    expect((await write(url(), { body })).status).toBe(expected)
    expect(console.desk.commands.length).toBe(before)
  })

  test('nothing of it reaches the prototype of all objects', () => {
    expect('halted' in {}).toBe(false)
  })

  test('a body of unknown length is refused', async () => {
    const head =
      'POST /api/v1/halt HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Type: application/json\r\nx-hotdesk: 1\r\n'
    expect(await status(`${head}Transfer-Encoding: chunked\r\n\r\n5\r\n{"rea\r\n`)).toBe(411)
    expect(await status(`${head}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n`)).toBe(400)
    expect(await status(`${head}Content-Length: -1\r\n\r\n`)).toBe(400)
  })

  test('a compressed body is not unpacked', async () => {
    const body = Bun.gzipSync(JSON.stringify({ reason: 'x'.repeat(300) }))
    expect((await write(url(), { body, headers: { 'content-encoding': 'gzip' } })).status).toBe(400)
  })

  test('a refusal is counted', async () => {
    const text = await (await fetch(`${console.url}/metrics`)).text()
    expect(text).toMatch(/hotdesk_console_refused_total\{problem="wrong-host"\} [1-9]/)
    expect(text).toMatch(/hotdesk_console_refused_total\{problem="wrong-origin"\} [1-9]/)
  })
})
