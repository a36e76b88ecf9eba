/**
 * What a caller may ask of the console: paths, queries and bodies, each closed: a field that is not named here is refused.
 *
 * Refuses  text longer than a name can be, counts outside 1 to 1000, unknown fields (`__proto__` among them)
 */
import { Type } from '@sinclair/typebox'

import { TIMEFRAMES } from '#sdk/bar.ts'

import { oneOf } from './schema.ts'

const closed = { additionalProperties: false } as const
const NAME_LENGTH_MAX = 64

const name = (description: string, example: string) =>
  Type.String({ minLength: 1, maxLength: NAME_LENGTH_MAX, description, examples: [example] })

const limit = Type.Integer({
  minimum: 1,
  maximum: 1000,
  default: 100,
  description: 'How many at most',
  examples: [100],
})
const strategy = Type.Optional(name('Only of this strategy', 'opening-range'))

/** Path of one strategy. */
export const StrategyPath = Type.Object({ id: name('Id of the strategy', 'opening-range') }, closed)

/** A route without a query. */
export const NoQuery = Type.Object({}, closed)

/** Orders, newest first. */
export const OrdersQuery = Type.Object(
  {
    strategy,
    open: Type.Optional(
      oneOf(['true', 'false'] as const, { description: 'Only open orders, or only closed ones' }),
    ),
    limit,
  },
  closed,
)

/** Fills, newest first. */
export const FillsQuery = Type.Object(
  { strategy, instrument: Type.Optional(name('Only of this instrument', 'NSE:INFY')), limit },
  closed,
)

/** Bars, oldest first. */
export const BarsQuery = Type.Object(
  {
    instrument: name('EXCHANGE:SYMBOL', 'NSE:INFY'),
    timeframe: oneOf(TIMEFRAMES, { description: 'Length of a bar', examples: ['1m'] }),
    limit,
  },
  closed,
)

/** A command that says nothing more than its path. */
export const NoBody = Type.Object({}, { ...closed, description: 'Empty, or {}', examples: [{}] })

/** A command that a person answers for. */
export const ReasonBody = Type.Object(
  {
    reason: Type.String({
      minLength: 1,
      maxLength: 400,
      pattern: '\\S',
      description: 'Why; it is journaled with the command',
      examples: ['Odd prices on the feed'],
    }),
  },
  { ...closed, description: 'Why', examples: [{ reason: 'Odd prices on the feed' }] },
)

/** What a WebSocket client may say: which chart it wants to follow. */
export const ChartMessage = Type.Object(
  {
    type: Type.Literal('chart'),
    instrument: name('EXCHANGE:SYMBOL', 'NSE:INFY'),
    timeframe: oneOf(TIMEFRAMES),
  },
  closed,
)

/** A query's whole numbers come as text: the number where it is one, else the text for its schema to refuse. */
export function readNumbers(query: Record<string, unknown>): void {
  const asked = query['limit']
  if (typeof asked === 'string' && /^\d{1,9}$/.test(asked)) query['limit'] = Number(asked)
}
