/**
 * The console's REST routes: questions answered from the desk's views, commands handed to the host.
 *
 * In       requests that the gate let through
 * Out      answers as schema.ts describes them, problem documents
 * Refuses  what request.ts does not allow (400), unknown names with near matches (404), what the host refuses (409)
 * Source   answers are held to their schemas by the compiler and by routes.test.ts, not on the trading thread
 */
import type { TSchema } from '@sinclair/typebox'
import { Elysia, NotFoundError, ParseError, t, ValidationError } from 'elysia'

import type { DeskViews } from '#sdk/view.ts'

import type { ConsoleMetrics } from './metrics.ts'
import { nearMatches, nearText } from './near-matches.ts'
import { invalidRequest, Problem, problemResponse } from './problem.ts'
import {
  BarsQuery,
  FillsQuery,
  NoBody,
  NoQuery,
  OrdersQuery,
  readNumbers,
  ReasonBody,
  StrategyPath,
} from './request.ts'
import * as answers from './schema.ts'

/** What a person asks of the desk through the console. */
export type ConsoleCommand =
  | { readonly ask: 'enable' | 'disable' | 'reload'; readonly strategy: string }
  | { readonly ask: 'halt' | 'resume'; readonly reason: string }

/** What the host answers at once. */
export type CommandAnswer =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly code: string; readonly text: string }

/** Where the console writes what an operator of the host must know. pino fits. */
export interface ConsoleLog {
  info(details: object, text: string): void
  warn(details: object, text: string): void
  error(details: object, text: string): void
}

/** What the routes are made of. */
export interface RoutesParts {
  readonly views: DeskViews
  readonly command: (request: ConsoleCommand) => CommandAnswer
  readonly log: ConsoleLog
  readonly version: string
  readonly metrics: Pick<ConsoleMetrics, 'text' | 'contentType'>
}

/** All REST routes, without the gate and without the UI. */
export function createRoutes({ views, command, log, version, metrics }: RoutesParts) {
  return new Elysia({ normalize: false })
    .onTransform(({ query }) => readNumbers(query))
    .onError(({ error }) => problemResponse(problemOf(error, log)))
    .use(strategyRoutes({ views, command }))
    .use(bookRoutes(views))
    .use(marketRoutes(views))
    .use(haltRoutes(command))
    .use(healthRoutes({ views, version, metrics }))
}

/** The console's API, for a typed client. */
export type ConsoleApi = ReturnType<typeof createRoutes>

function strategyRoutes({ views, command }: Pick<RoutesParts, 'views' | 'command'>) {
  const run = (ask: 'enable' | 'disable' | 'reload', id: string) => {
    known(views, id)
    return done(command({ ask, strategy: id }))
  }
  const detail = (summary: string) => ({ summary, tags: ['Strategies'] })
  const order = { parse: 'json', params: StrategyPath, query: NoQuery, body: NoBody } as const
  const response = { 200: shown(answers.Done), ...refusals(400, 403, 404, 409) }
  return new Elysia({ normalize: false })
    .get('/api/v1/strategies', () => views.strategies(), {
      query: NoQuery,
      response: { 200: shown(answers.list(answers.Strategy)), ...refusals(400) },
      detail: detail('All strategies, as the board shows them'),
    })
    .get('/api/v1/strategies/:id', ({ params }) => known(views, params.id), {
      params: StrategyPath,
      query: NoQuery,
      response: { 200: shown(answers.StrategyWhole), ...refusals(400, 404) },
      detail: detail('One strategy whole'),
    })
    .post('/api/v1/strategies/:id/enable', ({ params }) => run('enable', params.id), {
      ...order,
      response,
      detail: detail('Let it run'),
    })
    .post('/api/v1/strategies/:id/disable', ({ params }) => run('disable', params.id), {
      ...order,
      response,
      detail: detail('Stop it; its protective orders are kept'),
    })
    .post('/api/v1/strategies/:id/reload', ({ params }) => run('reload', params.id), {
      ...order,
      response,
      detail: detail('Read its file again and switch over'),
    })
}

function bookRoutes(views: DeskViews) {
  const detail = (summary: string) => ({ summary, tags: ['Books'] })
  return new Elysia({ normalize: false })
    .get(
      '/api/v1/orders',
      ({ query: { open, ...filter } }) => {
        const orders = views.orders(
          open === undefined ? filter : { ...filter, open: open === 'true' },
        )
        if (orders.length === 0) knownFilter(views, filter)
        return orders
      },
      {
        query: OrdersQuery,
        response: { 200: shown(answers.list(answers.Order)), ...refusals(400, 404) },
        detail: detail('Orders, newest first'),
      },
    )
    .get(
      '/api/v1/fills',
      ({ query }) => {
        const fills = views.fills(query)
        if (fills.length === 0) knownFilter(views, query)
        return fills
      },
      {
        query: FillsQuery,
        response: { 200: shown(answers.list(answers.FillRow)), ...refusals(400, 404) },
        detail: detail('Fills, newest first'),
      },
    )
    .get('/api/v1/positions', () => views.positions(), {
      query: NoQuery,
      response: { 200: shown(answers.list(answers.Position)), ...refusals(400) },
      detail: detail('Positions of every strategy'),
    })
    .get('/api/v1/account', () => views.account(), {
      query: NoQuery,
      response: { 200: shown(answers.Account), ...refusals(400) },
      detail: detail('The account'),
    })
}

function marketRoutes(views: DeskViews) {
  const detail = (summary: string) => ({ summary, tags: ['Market'] })
  return new Elysia({ normalize: false })
    .get('/api/v1/instruments', () => views.instruments(), {
      query: NoQuery,
      response: { 200: shown(answers.list(answers.InstrumentRow)), ...refusals(400) },
      detail: detail('All instruments and their last prices'),
    })
    .get(
      '/api/v1/bars',
      ({ query: { instrument, timeframe, limit } }) => {
        const bars = views.bars(instrument, timeframe, limit)
        if (bars === undefined) throw unknownInstrument(views, instrument)
        return bars
      },
      {
        query: BarsQuery,
        response: { 200: shown(answers.list(answers.BarRow)), ...refusals(400, 404) },
        detail: detail('Bars of one instrument, oldest first, the open one last'),
      },
    )
}

function haltRoutes(command: RoutesParts['command']) {
  const detail = (summary: string) => ({ summary, tags: ['Desk'] })
  const order = { parse: 'json', query: NoQuery, body: ReasonBody } as const
  const response = { 200: shown(answers.Done), ...refusals(400, 403, 409) }
  return new Elysia({ normalize: false })
    .post('/api/v1/halt', ({ body }) => done(command({ ask: 'halt', reason: body.reason })), {
      ...order,
      response,
      detail: detail('Refuse all new risk; exits and cancels still pass'),
    })
    .post('/api/v1/resume', ({ body }) => done(command({ ask: 'resume', reason: body.reason })), {
      ...order,
      response,
      detail: detail('Take new risk again'),
    })
}

function healthRoutes({
  views,
  version,
  metrics,
}: Pick<RoutesParts, 'views' | 'version' | 'metrics'>) {
  const detail = (summary: string) => ({ summary, tags: ['Health'] })
  return new Elysia({ normalize: false })
    .get('/api/v1/health', () => views.health(), {
      query: NoQuery,
      response: { 200: shown(answers.Health), ...refusals(400) },
      detail: detail('How every part of the desk is'),
    })
    .get('/healthz', () => ({ alive: true as const, version }), {
      response: { 200: shown(answers.Alive) },
      detail: detail('The process answers'),
    })
    .get(
      '/readyz',
      ({ status }) => {
        const { ready, parts } = views.health()
        const reasons = parts
          .filter(({ ok }) => !ok)
          .map(({ name, detail }) => `${name}: ${detail}`)
        return ready ? { ready, reasons } : status(503, { ready, reasons })
      },
      {
        response: { 200: shown(answers.Ready), 503: shown(answers.Ready) },
        detail: detail('May the desk trade, and why not'),
      },
    )
    .get(
      '/metrics',
      ({ set }) => {
        set.headers['content-type'] = metrics.contentType
        return metrics.text()
      },
      {
        response: {
          200: shown(t.String({ description: 'Prometheus text', examples: ['hotdesk_ticks 1'] })),
        },
        detail: detail('Metrics of the process and the desk'),
      },
    )
}

/** An answer's schema that is shown and typed, and not checked again at run time. */
function shown<T extends TSchema>(schema: T): T {
  return t.NoValidate({ ...schema })
}

type Refused = 400 | 403 | 404 | 409

function refusals<S extends Refused>(...statuses: readonly S[]) {
  const entries = statuses.map((status) => [status, shown(answers.ProblemDocument)] as const)
  return Object.fromEntries(entries) as Record<S, typeof answers.ProblemDocument>
}

function known(views: DeskViews, id: string) {
  const strategy = views.strategy(id)
  if (strategy === undefined) throw unknownStrategy(views, id)
  return strategy
}

/** An empty list may be the answer for a name that nobody has: then say so. */
function knownFilter(
  views: DeskViews,
  { strategy, instrument }: { readonly strategy?: string; readonly instrument?: string },
): void {
  if (strategy !== undefined) known(views, strategy)
  if (instrument === undefined) return
  if (!views.instruments().some(({ id }) => id === instrument)) {
    throw unknownInstrument(views, instrument)
  }
}

function unknownStrategy(views: DeskViews, id: string): Problem {
  const ids = views.strategies().map((strategy) => strategy.id)
  const text = `Strategy "${id}" is unknown: ${nearText(id, ids)}`
  return new Problem('unknown-strategy', text, { near: nearMatches(id, ids) })
}

function unknownInstrument(views: DeskViews, id: string): Problem {
  const ids = views.instruments().map((instrument) => instrument.id)
  const text = `Instrument "${id}" is unknown: ${nearText(id, ids)}`
  return new Problem('unknown-instrument', text, { near: nearMatches(id, ids) })
}

function done(answer: CommandAnswer): { ok: true; text: string } {
  if (!answer.ok) throw new Problem('conflict', answer.text, { code: answer.code })
  return { ok: true, text: answer.text }
}

const PLACES = { query: 'query', params: 'path', body: 'body' } as const

/** The problem that an error of a route stands for; what nobody expected is logged and said in general words. */
function problemOf(error: unknown, log: ConsoleLog): Problem {
  if (error instanceof Problem) return error
  if (error instanceof NotFoundError) return new Problem('unknown-route', 'No route has this path')
  if (error instanceof ParseError) return new Problem('bad-request', 'The body is not JSON')
  if (error instanceof ValidationError) {
    const { type, all } = error
    if (type in PLACES) {
      return invalidRequest(PLACES[type as keyof typeof PLACES], all)
    }
  }
  log.error({ error }, 'A console route failed')
  return new Problem('internal', 'The console failed at this request; the host’s log says why')
}
