/**
 * The desk's REST answers, as typed calls.
 *
 * In       an origin
 * Out      the shapes of `#sdk/view.ts`; a `Problem` for everything that is not an answer
 * Touches  the desk's HTTP port
 */
import type { Bar, Timeframe } from '#sdk/bar.ts'
import type {
  AccountView,
  FillView,
  InstrumentView,
  OrderView,
  PositionView,
  StrategyDetail,
  StrategyView,
} from '#sdk/view.ts'

/** What the desk answered where it did not do what was asked; the message is its own word on why. */
export class Problem extends Error {
  override readonly name = 'Problem'
  /** HTTP status; 0 where no answer came. */
  readonly status: number

  constructor(message: string, status: number) {
    super(message)
    this.status = status
  }
}

export const STRATEGY_VERBS = ['enable', 'disable', 'reload'] as const
export type StrategyVerb = (typeof STRATEGY_VERBS)[number]

/** Which rows are asked for; what is absent does not narrow. */
export interface RowFilter {
  readonly strategy?: string | undefined
  readonly instrument?: string | undefined
  readonly limit: number
}

export interface Rest {
  strategies(): Promise<StrategyView[]>
  strategy(id: string): Promise<StrategyDetail>
  orders(filter: RowFilter): Promise<OrderView[]>
  fills(filter: RowFilter): Promise<FillView[]>
  positions(): Promise<PositionView[]>
  account(): Promise<AccountView>
  instruments(): Promise<InstrumentView[]>
  bars(asked: {
    readonly instrument: string
    readonly timeframe: Timeframe
    readonly limit: number
  }): Promise<Bar[]>
  ask(strategy: string, verb: StrategyVerb): Promise<void>
  halt(reason: string): Promise<void>
  resume(reason: string): Promise<void>
}

export function createRest({ origin }: { readonly origin: string }): Rest {
  const read = <T>(path: string, query: Query = {}) => get<T>(origin, path + queryText(query))
  const write = (path: string, body: unknown) => post(origin, path, body)
  return {
    strategies: () => read('/strategies'),
    strategy: (id) => read(`/strategies/${encodeURIComponent(id)}`),
    orders: (filter) => read('/orders', { ...filter }),
    fills: (filter) => read('/fills', { ...filter }),
    positions: () => read('/positions'),
    account: () => read('/account'),
    instruments: () => read('/instruments'),
    bars: (asked) => read('/bars', { ...asked }),
    ask: (strategy, verb) => write(`/strategies/${encodeURIComponent(strategy)}/${verb}`, {}),
    halt: (reason) => write('/halt', { reason }),
    resume: (reason) => write('/resume', { reason }),
  }
}

type Query = Readonly<Record<string, string | number | undefined>>

function queryText(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  if (given.length === 0) return ''
  return `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`
}

async function get<T>(origin: string, path: string): Promise<T> {
  const response = await send(`${origin}/api/v1${path}`, {
    headers: { accept: 'application/json' },
  })
  return (await response.json()) as T
}

async function post(origin: string, path: string, body: unknown): Promise<void> {
  await send(`${origin}/api/v1${path}`, {
    method: 'POST',
    // The second header cannot be sent by a form of another site: it is how the desk tells its console from one.
    headers: { 'content-type': 'application/json', 'x-hotdesk': '1' },
    body: JSON.stringify(body),
  })
}

async function send(url: string, request: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...request, signal: AbortSignal.timeout(10_000) }).catch(
    () => undefined,
  )
  if (response === undefined) throw new Problem('The desk does not answer', 0)
  if (!response.ok) throw new Problem(await detailOf(response), response.status)
  return response
}

/** The `detail` of a problem document, or its title, or what the status says. */
async function detailOf(response: Response): Promise<string> {
  const fallback = `The desk answered ${response.status} ${response.statusText}`.trim()
  const document: unknown = await response.json().catch(() => undefined)
  if (typeof document !== 'object' || document === null) return fallback
  const { detail, title } = document as { readonly detail?: unknown; readonly title?: unknown }
  if (typeof detail === 'string' && detail !== '') return detail
  return typeof title === 'string' && title !== '' ? title : fallback
}
