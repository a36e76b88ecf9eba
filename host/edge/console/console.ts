/**
 * The console: the desk on one loopback port, for its own page, for scripts and for Prometheus.
 *
 * In       the desk's views, a function that takes commands, gauges
 * Out      GET  /api/v1/strategies, strategies/:id, orders, fills, positions, account, instruments, bars, health
 *          POST /api/v1/strategies/:id/{enable,disable,reload}, /api/v1/{halt,resume}
 *          GET  /healthz (alive), /readyz (200, or 503 and why), /metrics, /docs, /docs/json
 *          WS   /ws: ServerMessage and ClientMessage of #sdk/view.ts
 *          GET  everything else: the built user interface
 * Units    as #sdk/view.ts: decimals, whole steps, microseconds
 * Refuses  see gate.ts, before any route; request.ts, for each route; always a problem document. No GET changes anything
 * Touches  one TCP port of the loopback, and the user interface's folder
 */
import type { Server } from 'bun'

import type { DeskViews, ServerMessage } from '#sdk/view.ts'

import type { Client } from './audience.ts'
import { describeApi, renderApi } from './docs.ts'
import {
  BODY_BYTES_MAX,
  checkHost,
  checkSocket,
  checkWrite,
  loopbackNames,
  type Names,
  withSecurityHeaders,
} from './gate.ts'
import { createMetrics, type DeskGauges } from './metrics.ts'
import { Problem, problemResponse } from './problem.ts'
import { allowedMethods } from './route-methods.ts'
import { type CommandAnswer, type ConsoleCommand, type ConsoleLog, createRoutes } from './routes.ts'
import { CLIENTS_MAX, createClient, createSockets } from './sockets.ts'
import { serveUserInterface } from './user-interface.ts'

export type { DeskGauge, DeskGauges } from './metrics.ts'
export type { CommandAnswer, ConsoleApi, ConsoleCommand, ConsoleLog } from './routes.ts'

/** What the console is made of. */
export interface ConsoleOptions {
  readonly views: DeskViews
  /** Does what a person asks, or says why not, before it returns. */
  readonly command: (request: ConsoleCommand) => CommandAnswer
  /** 0 for any free one. */
  readonly port: number
  /** 127.0.0.1, localhost or ::1. */
  readonly hostname?: string
  /** Folder of the built user interface; it may be missing. */
  readonly uiFolder: string
  /** The desk's gauges, asked for at each scrape: `{ ticks: 12, lag: { label: 'strategy', values: { ema: 3 } } }`. */
  readonly metrics: () => DeskGauges
  readonly log: ConsoleLog
  readonly version: string
}

/** One console. `publish` tells every open page; it never waits and never throws for a client's sake. */
export interface Console {
  start(): Promise<{ readonly url: string; readonly port: number }>
  stop(): Promise<void>
  publish(message: ServerMessage): void
}

/** The console cannot start. The message is the whole story, in one line. */
export class ConsoleError extends Error {
  override readonly name = 'ConsoleError'
}

/** Room for a body that is too large to be answered with a problem, instead of a closed connection. */
const RECEIVED_BYTES_MAX = 16 * BODY_BYTES_MAX
const IDLE_SECONDS = 30

/** A console that listens nowhere yet. */
export function createConsole(options: ConsoleOptions): Console {
  const { port, hostname = '127.0.0.1', log } = options
  const parts = createParts(options)
  let server: Server<Client> | undefined

  return {
    async start() {
      const address = loopbackAddress(hostname)
      server = listen({ address, port, parts, log })
      const bound = server.port ?? port
      const url = `http://${address === '::1' ? '[::1]' : address}:${bound}`
      log.info({ url }, 'The console listens')
      return { url, port: bound }
    },
    async stop() {
      parts.sockets.stop()
      await server?.stop(true)
      server = undefined
    },
    publish: parts.sockets.publish,
  }
}

type Parts = ReturnType<typeof createParts>

function createParts({ views, command, uiFolder, metrics: gauges, log, version }: ConsoleOptions) {
  const metrics = createMetrics({ gauges, clients: () => sockets.count })
  const sockets = createSockets({ views, version, log, dropped: metrics.dropped })
  const routes = createRoutes({ views, command, log, version, metrics })
  const document = describeApi(routes, version)
  const pages: ReadonlyMap<string, readonly [string, string]> = new Map([
    ['/docs', ['text/html;charset=utf-8', renderApi(document)]],
    ['/docs/json', ['application/json', JSON.stringify(document)]],
  ])
  return { metrics, sockets, routes, pages, uiFolder }
}

interface Listening {
  readonly address: string
  readonly port: number
  readonly parts: Parts
  readonly log: ConsoleLog
}

function listen({ address, port, parts, log }: Listening): Server<Client> {
  let names: Names | undefined
  try {
    return Bun.serve<Client>({
      hostname: address,
      port,
      development: false,
      // Said aloud: without development Bun 1.4.5 shares a port, and a second desk would answer half of the requests.
      reusePort: false,
      idleTimeout: IDLE_SECONDS,
      maxRequestBodySize: RECEIVED_BYTES_MAX,
      websocket: parts.sockets.handler,
      async fetch(request, server) {
        names ??= loopbackNames(server.port ?? port)
        const response = await answer(request, { server, names, parts })
        return response && withSecurityHeaders(response)
      },
      error(error) {
        log.error({ error }, 'The console failed')
        return withSecurityHeaders(problemResponse(new Problem('internal', 'The console failed')))
      },
    })
  } catch (error) {
    throw new ConsoleError(whyNot(error, { address, port }))
  }
}

interface Asked {
  readonly server: Server<Client>
  readonly names: Names
  readonly parts: Parts
}

/** One request: gate, then WebSocket, routes, pages or the user interface. Undefined where it became a socket. */
async function answer(request: Request, asked: Asked): Promise<Response | undefined> {
  const { names, parts } = asked
  const refuse = (problem: Problem) => {
    parts.metrics.refused(problem.kind)
    return problemResponse(problem)
  }
  // Host first: only then is the URL known to be one.
  const foreign = checkHost(request, names)
  if (foreign) return refuse(foreign)
  const path = new URL(request.url).pathname
  if (path === '/ws') {
    const problem = openSocket(request, asked)
    return problem && refuse(problem)
  }
  const methods = allowedMethods(parts.routes, path)
  const answered = methods ?? (path.startsWith('/api/') ? [] : READING)
  if (answered.length === 0)
    return refuse(new Problem('unknown-route', `Nothing is at "${path.slice(0, 80)}"`))
  if (!answered.includes(request.method)) return refuse(wrongMethod(request.method, answered))
  const unsafe = READING.includes(request.method) ? undefined : checkWrite(request, names)
  if (unsafe) return refuse(unsafe)
  if (methods) return parts.routes.handle(await withBody(request))
  const page = parts.pages.get(path)
  if (page) return new Response(page[1], { headers: { 'content-type': page[0] } })
  return serveUserInterface(parts.uiFolder, path)
}

const READING: readonly string[] = ['GET', 'HEAD']

/** An empty body stands for `{}`, so that one schema checks both. */
async function withBody(request: Request): Promise<Request> {
  if (READING.includes(request.method)) return request
  const text = await request.text()
  const { url, method, headers } = request
  return new Request(url, { method, headers, body: text === '' ? '{}' : text })
}

function openSocket(request: Request, { server, names, parts }: Asked): Problem | undefined {
  if (request.method !== 'GET') return wrongMethod(request.method, ['GET'])
  const problem = checkSocket(request, names)
  if (problem) return problem
  if (parts.sockets.count >= CLIENTS_MAX) {
    return new Problem('too-many-clients', `${CLIENTS_MAX} clients are connected; close one`)
  }
  if (server.upgrade(request, { data: createClient() })) return undefined
  return new Problem('upgrade-required', 'Open /ws with a WebSocket')
}

function wrongMethod(method: string, answered: readonly string[]): Problem {
  const allow = answered.join(', ')
  return new Problem('wrong-method', `Method is ${method}; allowed is ${allow}`, { allow })
}

/** The address to bind. Anything but the loopback would put the desk on a network without a lock on the door. */
function loopbackAddress(hostname: string): string {
  if (hostname === 'localhost' || hostname === '127.0.0.1') return '127.0.0.1'
  if (hostname === '::1' || hostname === '[::1]') return '::1'
  throw new ConsoleError(
    `Cannot listen on "${hostname}": the console is for this machine alone, use 127.0.0.1, localhost or ::1`,
  )
}

function whyNot(
  error: unknown,
  { address, port }: { readonly address: string; readonly port: number },
): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  if (code === 'EADDRINUSE') {
    return `Cannot listen on ${address}:${port}: port ${port} is in use; stop what uses it, or choose another with \`--port N\``
  }
  if (code === 'EACCES') {
    return `Cannot listen on ${address}:${port}: port ${port} needs more rights; choose one above 1023 with \`--port N\``
  }
  return `Cannot listen on ${address}:${port}: ${code}; choose another port with \`--port N\``
}
