/**
 * The wire of the console: a schema for every answer and every question, for the OpenAPI page and for checking requests.
 * The types of `#sdk/view.ts` are the truth; schema.test.ts holds every schema to its type.
 *
 * Units    prices and money are decimals of the currency, quantities whole steps, times microseconds since the epoch
 */
import {
  Kind,
  type Static,
  type TProperties,
  type TSchema,
  Type,
  TypeRegistry,
} from '@sinclair/typebox'

import { TIMEFRAMES } from '#sdk/bar.ts'
import type { InstrumentKind } from '#sdk/instrument.ts'
import { ORDER_KINDS, type OrderPhase, SIDES, TIMES_IN_FORCE } from '#sdk/order.ts'
import { STRATEGY_STATES } from '#sdk/record.ts'

// A kind of our own: of a union of literals the OpenAPI document would lose the description.
TypeRegistry.Set<{ readonly enum: readonly unknown[] }>('Words', (schema, value) =>
  schema.enum.includes(value),
)

/** A closed list of words. */
export function oneOf<T extends string>(values: readonly T[], options: object = {}) {
  const words = { [Kind]: 'Words', type: 'string', enum: [...values] }
  return Type.Unsafe<T>({ ...words, examples: values.slice(0, 1), ...options })
}

function list<T extends TSchema>(item: T, options: object = {}) {
  return Type.Unsafe<readonly Static<T>[]>(Type.Array(item, options))
}

/** Answers may grow fields; a reader passes over what it does not know. */
function answer<T extends TProperties>(properties: T, description: string) {
  return Type.Object(properties, { description, additionalProperties: true })
}

const text = (description: string, example: string) =>
  Type.String({ description, examples: [example] })
const number = (description: string, example: number) =>
  Type.Number({ description, examples: [example] })
const integer = (description: string, example: number) =>
  Type.Integer({ description, examples: [example] })
const flag = (description: string) => Type.Boolean({ description, examples: [true] })
const orNull = <T extends TSchema>(schema: T) =>
  Type.Union([schema, Type.Null()], { description: schema.description ?? '', examples: [null] })

const ORDER_PHASES = [
  'SUBMITTING',
  'UNKNOWN',
  'WORKING',
  'TRIGGERED',
  'FILLED',
  'CANCELLED',
  'REJECTED',
  'EXPIRED',
  'NEVER_SENT',
  'ABSENT_PROVEN',
] as const satisfies readonly OrderPhase[]
const INSTRUMENT_KINDS = [
  'equity',
  'index',
  'future',
  'option',
  'currency',
  'crypto',
] as const satisfies readonly InstrumentKind[]

const MICROS = 1_763_800_000_000_000
const strategyId = text('Id of the strategy', 'opening-range')
const version = text('Version of the bundle', '1.0.0')
const digest = text('sha-256 of the bundle, hex', '9f86d081884c7d65')
const instrumentId = text('EXCHANGE:SYMBOL', 'NSE:INFY')
const side = oneOf(SIDES, { description: 'Side' })
const mode = oneOf(['paper', 'live'] as const, { description: 'Is the money real?' })

const strategyFields = {
  id: strategyId,
  name: text('Name for people', 'Opening range'),
  description: text('What it does', 'Buys the first close above the opening range'),
  state: oneOf(STRATEGY_STATES, {
    description: 'Where it stands in its life',
    examples: ['ACTIVE'],
  }),
  reason: text('Why it is in that state', 'Enabled by the operator'),
  enabled: flag('Does the operator want it to run?'),
  version,
  digest,
  loadedAt: orNull(integer('When this version was loaded, microseconds', MICROS)),
  instruments: list(instrumentId, { description: 'Instruments it may trade' }),
  profitToday: number('Profit since the start of the trading day', 1250.5),
  profit: number('Profit since its first fill', 8400.25),
  openPositions: integer('Instruments with an open position', 2),
  exposure: number('Value of the open positions at the mark', 150_000),
  openOrders: integer('Open orders', 1),
  fills: integer('Fills so far', 42),
  lastTickAt: orNull(integer('Time of the last tick it consumed, microseconds', MICROS)),
  lag: integer('Tape records it is behind', 0),
  faults: integer('Faults so far', 0),
  lastFault: orNull(text('The last fault, in words', 'plugin/threw: x is not a function')),
  refused: Type.Union(
    [
      Type.Object({
        file: text('File that was refused', 'opening-range.strategy.js'),
        code: text('Code of the refusal', 'plugin/manifest'),
        reason: text('Why', 'Manifest has no "api"'),
      }),
      Type.Null(),
    ],
    { description: 'A newer file that was refused while this version trades on', examples: [null] },
  ),
}

/** `StrategyView`. */
export const Strategy = answer(strategyFields, 'One strategy as the board shows it')

const LogLine = answer(
  {
    time: integer('Microseconds', MICROS),
    level: oneOf(['info', 'warn', 'error'] as const, { description: 'How bad it is' }),
    text: text('What the strategy wrote', 'range is 1500 to 1512'),
  },
  'One line of a strategy’s log',
)

/** `StrategyDetail`. */
export const StrategyWhole = answer(
  {
    ...strategyFields,
    params: Type.Unknown({ description: 'Parameters in force', examples: [{ minutes: 15 }] }),
    paramsSchema: Type.Unknown({ description: 'JSON Schema of the parameters', examples: [{}] }),
    grants: Type.Unknown({ description: 'What the manifest asks for', examples: [{}] }),
    log: list(LogLine, { description: 'Last lines of its log, oldest first' }),
  },
  'One strategy whole: the board’s row and what its manifest says',
)

/** `OrderView`. */
export const Order = answer(
  {
    clientId: text('The host’s id of the order', 'HDAAAAAAAAAAAAAB'),
    strategy: strategyId,
    version,
    digest,
    instrument: instrumentId,
    side,
    kind: oneOf(ORDER_KINDS, { description: 'Kind', examples: ['LIMIT'] }),
    timeInForce: oneOf(TIMES_IN_FORCE, { description: 'How long it stands' }),
    quantity: integer('Steps ordered', 10),
    limit: orNull(number('Limit price', 1500.5)),
    stop: orNull(number('Stop price', 1490)),
    filled: integer('Steps filled', 0),
    averagePrice: orNull(number('Average price of the fills', 1500.25)),
    phase: oneOf(ORDER_PHASES, { description: 'Where it stands', examples: ['WORKING'] }),
    pending: Type.Union([Type.Literal('cancel'), Type.Literal('replace'), Type.Null()], {
      description: 'What was asked of the venue and is not answered',
      examples: [null],
    }),
    reason: orNull(text('Why it was rejected or cancelled', 'market closed')),
    createdAt: integer('Microseconds', MICROS),
    updatedAt: integer('Microseconds', MICROS),
  },
  'One order',
)

/** `FillView`. */
export const FillRow = answer(
  {
    executionId: text('The venue’s id of the execution', 'E1'),
    clientId: text('Order that it fills', 'HDAAAAAAAAAAAAAB'),
    strategy: strategyId,
    version,
    digest,
    instrument: instrumentId,
    side,
    quantity: integer('Steps', 10),
    price: number('Price', 1500.5),
    charges: number('Charges', 20),
    time: integer('Venue time, microseconds', MICROS),
  },
  'One fill',
)

/** `PositionView`. */
export const Position = answer(
  {
    strategy: text('Id of the strategy, or "unattributed"', 'opening-range'),
    instrument: instrumentId,
    quantity: integer('Steps held; below 0 short', 10),
    averagePrice: orNull(number('Average price of what is held', 1500.5)),
    mark: orNull(number('Last price', 1510)),
    realised: number('Realised profit', 0),
    unrealised: number('Unrealised profit', 95),
    charges: number('Charges', 20),
  },
  'The book of one strategy in one instrument',
)

/** `AccountView`. */
export const Account = answer(
  {
    mode,
    currency: text('Currency of the account', 'INR'),
    capital: number('Capital at start', 1_000_000),
    equity: number('Capital and profit', 1_001_250.5),
    profitToday: number('Profit since the start of the trading day', 1250.5),
    realised: number('Realised profit', 1000),
    unrealised: number('Unrealised profit', 300),
    charges: number('Charges', 49.5),
    halted: flag('Is every new risk refused?'),
    haltReason: orNull(text('Why it is halted', 'daily loss')),
    gate: oneOf(['OPEN', 'REDUCE', 'CLOSED'] as const, { description: 'May orders leave?' }),
    gateReason: text('Why the gate stands so', 'Books agree with the broker'),
  },
  'The account',
)

/** `InstrumentView`. */
export const InstrumentRow = answer(
  {
    id: instrumentId,
    name: text('Name for people', 'Infosys'),
    kind: oneOf(INSTRUMENT_KINDS, { description: 'Kind' }),
    currency: text('Currency', 'INR'),
    tickSize: number('Smallest price move', 0.05),
    priceDigits: integer('Decimals a price is shown with', 2),
    lot: integer('Orders are multiples of this many steps', 1),
    last: orNull(number('Last traded price', 1510)),
    bid: orNull(number('Best bid', 1509.95)),
    ask: orNull(number('Best ask', 1510.05)),
    volume: number('Volume of the session', 120_000),
    lastTickAt: orNull(integer('Microseconds', MICROS)),
  },
  'One instrument and its last prices',
)

/** `Bar`. */
export const BarRow = answer(
  {
    instrument: instrumentId,
    timeframe: oneOf(TIMEFRAMES, { description: 'Length of the bar', examples: ['1m'] }),
    time: integer('Start of the bar, microseconds', MICROS),
    open: number('Open', 1500),
    high: number('High', 1512),
    low: number('Low', 1499),
    close: number('Close', 1510),
    volume: number('Volume', 4_200),
  },
  'One bar; the last of a list is the one still open',
)

/** `HealthView`. */
export const Health = answer(
  {
    ready: flag('Can the desk trade?'),
    parts: list(
      answer(
        {
          name: text('Part of the desk', 'feed'),
          ok: flag('Does it work?'),
          detail: text('What is wrong, where something is', 'sim'),
        },
        'One part',
      ),
      { description: 'What the desk needs' },
    ),
    version,
    mode,
    startedAt: integer('Microseconds', MICROS),
    now: integer('Desk time, microseconds', MICROS),
    ticks: integer('Ticks taken since start', 1_000_000),
    tapeSeq: integer('Records on the tape', 1_200_000),
  },
  'How the desk is',
)

/** Alive: the process answers. */
export const Alive = answer({ alive: Type.Literal(true), version }, 'The process answers')

/** Ready, or why not. */
export const Ready = answer(
  {
    ready: flag('Can the desk trade?'),
    reasons: list(text('Part and what is wrong with it', 'feed: no tick for 5 s'), {
      description: 'Empty where it is ready',
    }),
  },
  'Ready, or the reasons why not',
)

/** A command was taken. */
export const Done = answer(
  { ok: Type.Literal(true), text: text('What was done', 'Halted: lunch') },
  'The command was taken',
)

/** A problem document. */
export const ProblemDocument = answer(
  {
    type: text('Link to the sort of problem', '/docs#unknown-strategy'),
    title: text('The sort of problem', 'No such strategy'),
    status: integer('HTTP status', 404),
    detail: text('What is wrong with this request', 'Strategy "openin-range" is unknown'),
  },
  'A refusal: application/problem+json (RFC 9457)',
)

export { list }
