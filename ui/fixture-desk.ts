/**
 * A desk of plain data for the console's tests: the routes and the WebSocket of the contract, the built page, nothing else.
 *
 * Out      a server on a free port of the loopback; what it was asked; a way to say anything over the WebSocket
 */
import { join } from 'node:path'

import { type Bar, type Timeframe, TIMEFRAME_MICROS, timeframeIndex } from '#sdk/bar.ts'
import type { ServerMessage } from '#sdk/view.ts'

import { type FixtureBook, rising } from './fixture-book.ts'

/** The policy that the host sends with the page. */
const POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self' ws://127.0.0.1:*",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export interface Asked {
  readonly method: string
  readonly path: string
  readonly guard: string | null
  readonly contentType: string | null
  readonly body: unknown
}

export interface FixtureDesk {
  readonly url: string
  /** What was posted, oldest first. */
  readonly posted: readonly Asked[]
  /** Every message of the clients. */
  readonly heard: readonly unknown[]
  say(message: ServerMessage): void
  /** Answers posts to this path with a problem document from now on. */
  refuse(path: string, detail: string): void
  /** Ends every WebSocket, and refuses new ones while `isAway`. */
  leave(isAway: boolean): void
  stop(): Promise<void>
}

export function createFixtureDesk({
  book,
  now,
}: {
  readonly book: FixtureBook
  readonly now: number
}): FixtureDesk {
  const posted: Asked[] = []
  const heard: unknown[] = []
  const refused = new Map<string, string>()
  const sockets = new Set<Bun.ServerWebSocket<undefined>>()
  let isAway = false

  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request, serving) {
      const { pathname, searchParams } = new URL(request.url)
      if (pathname === '/ws') {
        if (!isAway && serving.upgrade(request, { data: undefined })) return undefined
        return new Response('away', { status: 503 })
      }
      if (request.method === 'POST') return post(request, pathname)
      if (pathname.startsWith('/api/v1/'))
        return read(pathname.slice('/api/v1/'.length), searchParams)
      return page(pathname)
    },
    websocket: {
      open(socket) {
        sockets.add(socket)
        socket.send(
          JSON.stringify({ type: 'hello', version: '0.1.0', mode: book.account.mode, now }),
        )
        socket.send(JSON.stringify({ type: 'board', now, ...book }))
      },
      message(_, text) {
        heard.push(JSON.parse(String(text)))
      },
      close(socket) {
        sockets.delete(socket)
      },
    },
  })

  async function post(request: Request, path: string) {
    posted.push({
      method: request.method,
      path,
      guard: request.headers.get('x-hotdesk'),
      contentType: request.headers.get('content-type'),
      body: await request.json(),
    })
    const detail = refused.get(path)
    if (detail === undefined) return Response.json({}, { status: 202 })
    return Response.json(
      { type: 'about:blank', title: 'Conflict', status: 409, detail },
      { status: 409, headers: { 'content-type': 'application/problem+json' } },
    )
  }

  function read(path: string, query: URLSearchParams) {
    const rows = <T extends { readonly strategy: string; readonly instrument: string }>(
      all: readonly T[],
    ) =>
      all.filter(
        (row) =>
          row.strategy === (query.get('strategy') ?? row.strategy) &&
          row.instrument === (query.get('instrument') ?? row.instrument),
      )
    switch (path) {
      case 'strategies':
        return Response.json(book.strategies)
      case 'account':
        return Response.json(book.account)
      case 'instruments':
        return Response.json(book.instruments)
      case 'orders':
        return Response.json(rows(book.orders))
      case 'fills':
        return Response.json(rows(book.fills))
      case 'positions':
        return Response.json(book.positions)
      case 'bars':
        return Response.json(barsOf(query))
      default:
        return detailOf(path)
    }
  }

  function barsOf(query: URLSearchParams): readonly Bar[] {
    const timeframe = (query.get('timeframe') ?? '1m') as Timeframe
    const step = TIMEFRAME_MICROS[timeframeIndex(timeframe)] ?? 0
    const count = Math.min(Number(query.get('limit')), 300)
    const last = Math.floor(now / step) * step
    return rising({ instrument: query.get('instrument') ?? '', timeframe, last, step }).slice(
      -count,
    )
  }

  function detailOf(path: string) {
    const found = book.strategies.find(({ id }) => path === `strategies/${id}`)
    if (found === undefined) return new Response('not here', { status: 404 })
    return Response.json({
      ...found,
      params: { minutes: 15 },
      paramsSchema: {},
      grants: {},
      log: book.log,
    })
  }

  return {
    url: server.url.href,
    posted,
    heard,
    say(message) {
      for (const socket of sockets) socket.send(JSON.stringify(message))
    },
    refuse: (path, detail) => void refused.set(path, detail),
    leave(away) {
      isAway = away
      if (away) for (const socket of sockets) socket.close()
    },
    stop: () => server.stop(true),
  }
}

async function page(path: string): Promise<Response> {
  const file = Bun.file(join(import.meta.dir, 'dist', path === '/' ? 'index.html' : path))
  if (!(await file.exists())) return new Response('not here', { status: 404 })
  return new Response(file, { headers: { 'content-security-policy': POLICY } })
}
