import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'

import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

import * as sample from './sample-desk.ts'
import { type Sample, startSample, write } from './sample-desk.ts'
import * as answers from './schema.ts'

let console: Sample
beforeAll(async () => {
  console = await startSample()
})
beforeEach(() => {
  console.desk.asked.length = 0
  console.desk.commands.length = 0
  console.desk.errors.length = 0
  console.desk.health = sample.health
})
afterAll(() => console.app.stop())

interface Document {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly errors?: readonly { readonly field: string; readonly allowed: string }[]
  readonly near?: readonly string[]
  readonly code?: string
}

async function read(path: string): Promise<unknown> {
  const response = await fetch(console.url + path)
  expect([path, response.status]).toEqual([path, 200])
  return response.json()
}

async function refusal(response: Response): Promise<Document> {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const document = (await response.json()) as Document
  expect([...Value.Errors(answers.ProblemDocument, document)]).toEqual([])
  expect(document.status).toBe(response.status)
  return document
}

describe('questions', () => {
  const list = (schema: TSchema) => answers.list(schema)
  test.each<readonly [string, TSchema, unknown]>([
    ['strategies/opening-range', answers.StrategyWhole, sample.strategy],
    ['orders?strategy=opening-range', list(answers.Order), [sample.order]],
    ['fills', list(answers.FillRow), [sample.fill]],
    ['positions', list(answers.Position), [sample.position]],
    ['account', answers.Account, sample.account],
    ['bars?instrument=NSE:INFY&timeframe=1m', list(answers.BarRow), [sample.bar]],
    ['health', answers.Health, sample.health],
  ])('%s is answered with the view, as its schema says', async (path, schema, view) => {
    const answer = await read(`/api/v1/${path}`)
    expect(answer).toEqual(view)
    expect([...Value.Errors(schema, answer)]).toEqual([])
  })

  test('strategies and instruments are listed whole', async () => {
    const ids = (rows: unknown) => (rows as { id: string }[]).map(({ id }) => id)
    expect(ids(await read('/api/v1/strategies'))).toEqual(['opening-range', 'mean-reversion'])
    expect(ids(await read('/api/v1/instruments'))).toEqual(['NSE:INFY', 'NSE:TCS'])
  })

  test.each([
    ['orders', { limit: 100 }],
    ['orders?limit=1', { limit: 1 }],
    ['orders?limit=1000', { limit: 1000 }],
    [
      'orders?open=true&strategy=opening-range',
      { limit: 100, open: true, strategy: 'opening-range' },
    ],
    ['orders?open=false', { limit: 100, open: false }],
    [
      'fills?instrument=NSE:INFY&strategy=opening-range&limit=7',
      { limit: 7, instrument: 'NSE:INFY', strategy: 'opening-range' },
    ],
    [
      'bars?instrument=NSE:INFY&timeframe=5m&limit=3',
      { id: 'NSE:INFY', timeframe: '5m', limit: 3 },
    ],
  ])('%s asks the desk for exactly that', async (path, filter) => {
    await read(`/api/v1/${path}`)
    expect(console.desk.asked[0]?.filter).toEqual(filter)
  })

  test('a HEAD is answered like a GET, without the body', async () => {
    const response = await fetch(`${console.url}/api/v1/account`, { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
  })
})

describe('a query that is not allowed', () => {
  const WHOLE = 'an integer from 1 to 1000'
  test.each([
    ['orders?limit=0', 'limit', WHOLE],
    ['orders?limit=1001', 'limit', WHOLE],
    ['orders?limit=-1', 'limit', WHOLE],
    ['orders?limit=1.5', 'limit', WHOLE],
    ['orders?limit=1e2', 'limit', WHOLE],
    ['orders?limit=0x10', 'limit', WHOLE],
    ['orders?limit=', 'limit', WHOLE],
    ['orders?limit=many', 'limit', WHOLE],
    ['orders?limit=NaN', 'limit', WHOLE],
    ['orders?limit=99999999999999999999', 'limit', WHOLE],
    ['orders?open=maybe', 'open', 'one of true, false'],
    ['orders?strategy=', 'strategy', 'text of 1 to 64 characters'],
    [`orders?strategy=${'x'.repeat(65)}`, 'strategy', 'text of 1 to 64 characters'],
    ['orders?limt=5', 'limt', 'an object with "strategy", "open", "limit"'],
    ['orders?__proto__=5', '__proto__', 'an object with "strategy", "open", "limit"'],
    ['account?limit=5', 'limit', 'an empty object'],
    ['bars?timeframe=1m', 'instrument', 'text of 1 to 64 characters'],
    ['bars?instrument=NSE:INFY', 'timeframe', 'one of 1s, 5s, 1m, 5m, 15m, 1h, 1d'],
    ['bars?instrument=NSE:INFY&timeframe=2m', 'timeframe', 'one of 1s, 5s, 1m, 5m, 15m, 1h, 1d'],
  ])('%s names the field and what it may be', async (path, field, allowed) => {
    const response = await fetch(`${console.url}/api/v1/${path}`)
    const { status, detail, errors } = await refusal(response)
    expect([status, errors]).toEqual([400, [{ field, allowed }]])
    expect(detail).toContain(field)
    expect(console.desk.asked).toEqual([])
  })

  test('everything that is wrong is said at once', async () => {
    const { detail } = await refusal(await fetch(`${console.url}/api/v1/bars?timeframe=2m&limit=0`))
    expect(detail).toContain('"instrument" is missing')
    expect(detail).toContain('"timeframe" is "2m"')
    expect(detail).toContain('"limit" is 0')
  })
})

describe('a name that nobody has', () => {
  test.each([
    ['strategies/opening-rang', 'unknown-strategy', ['opening-range']],
    ['strategies/OPENING-RANGE', 'unknown-strategy', ['opening-range']],
    ['strategies/zzz', 'unknown-strategy', []],
    ['strategies/..%2f..%2fetc', 'unknown-strategy', []],
    ['orders?strategy=mean-reversio', 'unknown-strategy', ['mean-reversion']],
    ['bars?instrument=NSE:INFI&timeframe=1m', 'unknown-instrument', ['NSE:INFY']],
    ['bars?instrument=infy&timeframe=1m', 'unknown-instrument', ['NSE:INFY']],
    ['fills?instrument=TCS', 'unknown-instrument', ['NSE:TCS']],
  ])('%s is answered with the names that are near', async (path, kind, near) => {
    const document = await refusal(await fetch(`${console.url}/api/v1/${path}`))
    expect([document.status, document.type, document.near]).toEqual([404, `/docs#${kind}`, near])
    for (const name of near) expect(document.detail).toContain(`"${name}"`)
  })

  test('a strategy without orders is not an unknown one', async () => {
    expect(await read('/api/v1/orders?strategy=mean-reversion')).toEqual([])
  })
})

describe('commands', () => {
  test.each(['enable', 'disable'] as const)(
    '%s reaches the desk once, with an empty body or {}',
    async (ask) => {
      for (const body of ['', '{}']) {
        const response = await write(`${console.url}/api/v1/strategies/opening-range/${ask}`, {
          body,
        })
        expect([response.status, await response.json()]).toEqual([
          200,
          { ok: true, text: `Done: ${ask}` },
        ])
      }
      const command = { ask, strategy: 'opening-range' }
      expect(console.desk.commands).toEqual([command, command])
    },
  )

  test.each(['halt', 'resume'] as const)('%s carries its reason', async (ask) => {
    const response = await write(`${console.url}/api/v1/${ask}`, {
      body: '{"reason":"odd prices"}',
    })
    expect(response.status).toBe(200)
    expect(console.desk.commands).toEqual([{ ask, reason: 'odd prices' }])
  })

  test('one that the desk refuses is a conflict, in the desk’s words', async () => {
    const response = await write(`${console.url}/api/v1/strategies/opening-range/reload`, {
      body: '{}',
    })
    const { status, detail, code } = await refusal(response)
    expect([status, detail, code]).toEqual([409, 'It is draining', 'strategy/draining'])
  })

  test('one for an unknown strategy never reaches the desk', async () => {
    const response = await write(`${console.url}/api/v1/strategies/opening-rang/enable`, {
      body: '{}',
    })
    expect((await refusal(response)).near).toEqual(['opening-range'])
    expect(console.desk.commands).toEqual([])
  })

  test.each(['{"force":true}', 'null', '[]', '{'])(
    'enable with the body %s is refused',
    async (body) => {
      const response = await write(`${console.url}/api/v1/strategies/opening-range/enable`, {
        body,
      })
      expect((await refusal(response)).status).toBe(400)
      expect(console.desk.commands).toEqual([])
    },
  )
})

describe('paths and methods', () => {
  test.each([
    '/api',
    '/api/v1/nowhere',
    '/api/v1/strategies/a/b/c',
    '/api/v2/orders',
    '/api/v1/strategies//enable',
  ])('%s is not there', async (path) => {
    const response = await fetch(console.url + path)
    if (path === '/api') return expect(response.status).toBe(503)
    expect((await refusal(response)).type).toBe('/docs#unknown-route')
  })

  test.each([
    ['POST', '/api/v1/orders', 'GET, HEAD'],
    ['DELETE', '/api/v1/orders', 'GET, HEAD'],
    ['PUT', '/api/v1/halt', 'POST'],
    ['GET', '/api/v1/halt', 'POST'],
    ['PATCH', '/healthz', 'GET, HEAD'],
    ['POST', '/', 'GET, HEAD'],
    ['POST', '/docs', 'GET, HEAD'],
    ['POST', '/ws', 'GET'],
  ])('%s %s is told which methods there are', async (method, path, allow) => {
    const response = await fetch(console.url + path, { method })
    expect(response.headers.get('allow')).toBe(allow)
    expect((await refusal(response)).status).toBe(405)
  })
})

describe('what nobody expected', () => {
  test('is a general answer outside and the whole story in the log', async () => {
    const response = await fetch(`${console.url}/api/v1/bars?instrument=NSE:TCS&timeframe=1m`)
    const text = await response.clone().text()
    expect((await refusal(response)).status).toBe(500)
    expect(text).not.toContain('secret')
    expect(text).not.toContain('.ts')
    expect(console.desk.errors.join()).toContain('secret of the inside')
  })
})

describe('health', () => {
  test('alive is said whatever the desk’s parts do', async () => {
    console.desk.health = { ...sample.health, ready: false }
    expect(await read('/healthz')).toEqual({ alive: true, version: '0.1.0' })
  })

  test('ready is 200, not ready is 503 with every reason', async () => {
    expect(await read('/readyz')).toEqual({ ready: true, reasons: [] })
    const parts = [...sample.health.parts, { name: 'store', ok: false, detail: 'no connection' }]
    console.desk.health = { ...sample.health, ready: false, parts }
    const response = await fetch(`${console.url}/readyz`)
    expect([response.status, await response.json()]).toEqual([
      503,
      { ready: false, reasons: ['store: no connection'] },
    ])
  })
})
