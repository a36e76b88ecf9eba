/** The manifest: what a bundle says of itself, in the leading comment of its file. */
import { type Static, Type } from '@sinclair/typebox'

import type { Timeframe } from './bar.ts'
import { ORDER_KINDS, SIDES, TIMES_IN_FORCE } from './order.ts'

/** The SDK's version; a bundle asks for a range that pins the major. */
export const SDK_VERSION = '0.1.0'

const closed = { additionalProperties: false } as const
const literals = <T extends string>(values: readonly T[]) =>
  Type.Unsafe<T>(Type.Union(values.map((value) => Type.Literal(value))))

export const ID_PATTERN = '^[a-z][a-z0-9-]{1,40}$'
export const VERSION_PATTERN = '^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)$'

export const Grants = Type.Object(
  {
    /** Patterns of "EXCHANGE:SYMBOL"; `*` stands for any run of characters. */
    instruments: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
      minItems: 1,
      maxItems: 500,
    }),
    kinds: Type.Array(literals(ORDER_KINDS), { minItems: 1 }),
    sides: Type.Optional(Type.Array(literals(SIDES), { minItems: 1 })),
    timesInForce: Type.Optional(Type.Array(literals(TIMES_IN_FORCE), { minItems: 1 })),
    /** Largest order and largest position of one instrument, in steps. */
    maxOrderQuantity: Type.Integer({ minimum: 1, maximum: 1e9 }),
    maxPosition: Type.Integer({ minimum: 1, maximum: 1e9 }),
    maxOpenOrders: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    maxOrdersPerSecond: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1000 })),
  },
  closed,
)
export type Grants = Static<typeof Grants>

/** What the host does with a strategy's orders and position when it faults. Protective orders are always kept. */
export const ON_FAULT = ['cancel-entries', 'cancel-all', 'flatten', 'hold'] as const

export const Manifest = Type.Object(
  {
    manifestVersion: Type.Literal(1),
    id: Type.String({ pattern: ID_PATTERN }),
    version: Type.String({ pattern: VERSION_PATTERN, maxLength: 32 }),
    name: Type.String({ maxLength: 80 }),
    description: Type.String({ maxLength: 400 }),
    /** Range of SDK versions: "^0.1.0". */
    api: Type.String({ maxLength: 32 }),
    scope: literals(['instrument', 'strategy'] as const),
    /** JSON Schemas. */
    params: Type.Record(Type.String(), Type.Unknown()),
    state: Type.Record(Type.String(), Type.Unknown()),
    stateVersion: Type.Integer({ minimum: 1 }),
    grants: Grants,
    onFault: literals(ON_FAULT),
    build: Type.Object({ esbuild: Type.String(), bun: Type.String() }, closed),
  },
  closed,
)
export type Manifest = Static<typeof Manifest>

/** One declared indicator, resolved: what to compute, on what. `key` is the same for the same computation. */
export interface IndicatorNeed {
  readonly name: string
  readonly params: Readonly<Record<string, number>>
  readonly on: Timeframe
}

/** What a strategy needs of the market, as its carrier reports it after `needs` was called. */
export interface ResolvedNeeds {
  readonly ticks: boolean
  readonly bars: readonly Timeframe[]
  /** Under the author's own names. */
  readonly indicators: Readonly<Record<string, IndicatorNeed>>
  /** Closed bars of each needed timeframe that must be there before the first handler. */
  readonly warmUpBars: number
  /** Seconds between timer calls; 0 for none. */
  readonly timerSeconds: number
}

/** True where "EXCHANGE:SYMBOL" fits one of the patterns. */
export function matchesInstrument(patterns: readonly string[], id: string): boolean {
  return patterns.some((pattern) => fits(pattern, id))
}

/** Glob with `*` only, without a regular expression: linear, and no author's pattern is ever compiled. */
function fits(pattern: string, text: string): boolean {
  const parts = pattern.split('*')
  if (parts.length === 1) return pattern === text
  const first = parts[0] ?? ''
  const last = parts.at(-1) ?? ''
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last))
    return false
  let at = first.length
  const end = text.length - last.length
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at)
    if (found < 0 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}
