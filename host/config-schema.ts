/**
 * What the host's configuration may hold: every key, its range and its default.
 *
 * Units    capital, order, position, exposure and loss limits are decimals of the currency; times are as their names say
 * Source   trading-safety: defaults for one person with capital E; R10, R11, R14, R17, R18, R24, R35, R36
 */
import { type Static, type TSchema, Type } from '@sinclair/typebox'

import { ID_PATTERN } from '#sdk/manifest.ts'

const closed = { additionalProperties: false } as const

/** How much the log says, most first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

const integer = (minimum: number, maximum: number) => Type.Integer({ minimum, maximum })
const decimal = (minimum: number, maximum: number) => Type.Number({ minimum, maximum })
const text = (pattern: string, description: string) => Type.String({ pattern, description })

/** Money is a safe integer of 1e-4 inside; a tenth of that range leaves room for sums. */
const MONEY_MAX = 1e10
const money = Type.Number({
  minimum: 0,
  maximum: MONEY_MAX,
  description: `a decimal from 0 to ${MONEY_MAX}, no finer than 0.0001`,
  money: true,
})

const Sim = Type.Object(
  {
    instruments: integer(1, 500),
    ticksPerSecond: decimal(0.1, 100_000),
    seed: integer(0, 4_294_967_295),
    sessionMinutes: integer(1, 1440),
  },
  closed,
)

const Limits = Type.Object(
  {
    orderQuantityMax: integer(1, 1_000_000_000),
    orderValueMax: money,
    priceCollarPercent: decimal(0.01, 100),
    positionValueMax: money,
    exposureMax: money,
    ordersPerSecond: decimal(0.1, 10_000),
    dailyLossStrategy: money,
    dailyLossAccount: money,
    staleSeconds: decimal(0.1, 86_400),
  },
  closed,
)

const Paper = Type.Object(
  { latencyMs: decimal(0, 60_000), chargesBps: decimal(0, 1000), chargesPerOrder: money },
  closed,
)

const Strategy = Type.Partial(
  Type.Object({
    enabled: Type.Boolean(),
    params: Type.Record(Type.String(), Type.Unknown()),
    instruments: Type.Array(text('^[A-Z0-9]+:\\S+$', 'an instrument like "NSE:INFY"'), {
      minItems: 1,
      maxItems: 500,
    }),
  }),
  closed,
)

const Strategies = Type.Record(Type.String({ pattern: ID_PATTERN }), Strategy, closed)

/** What the file may say, and the environment and the flags after it: any part of it. */
export const ConfigFile = Type.Partial(
  Type.Object({
    port: integer(0, 65_535),
    home: text('\\S', 'a folder'),
    pluginsFolder: text('\\S', 'a folder'),
    databaseUrl: text('^postgres(ql)?://', 'an address that begins with postgres://'),
    capital: Type.Number({
      minimum: 1,
      maximum: MONEY_MAX,
      description: `a decimal from 1 to ${MONEY_MAX}, no finer than 0.0001`,
      money: true,
    }),
    currency: text('^[A-Z]{3,5}$', 'a currency like "INR"'),
    logLevel: Type.Union(
      LOG_LEVELS.map((level) => Type.Literal(level)),
      { description: `one of ${LOG_LEVELS.join(', ')}` },
    ),
    sim: Type.Partial(Sim, closed),
    strategies: Strategies,
    limits: Type.Partial(Limits, closed),
    paper: Type.Partial(Paper, closed),
  }),
  closed,
)
export type ConfigFile = Static<typeof ConfigFile>

export type SimConfig = Readonly<Static<typeof Sim>>
export type LimitsConfig = Readonly<Static<typeof Limits>>
export type PaperConfig = Readonly<Static<typeof Paper>>
export type StrategyConfig = Readonly<Static<typeof Strategy>>

/** The configuration of the host, whole. Folders are relative to the project root, as they were written. */
export interface Config {
  readonly port: number
  readonly home: string
  readonly pluginsFolder: string
  /** An outside PostgreSQL; where it is absent the host starts one of its own. */
  readonly databaseUrl?: string
  readonly capital: number
  readonly currency: string
  readonly logLevel: LogLevel
  readonly sim: SimConfig
  readonly strategies: Readonly<Record<string, StrategyConfig>>
  readonly limits: LimitsConfig
  readonly paper: PaperConfig
}

/** What holds where nobody says otherwise; the limits follow from the capital. */
export const DEFAULTS = {
  port: 4400,
  home: '.hotdesk',
  pluginsFolder: 'plugins',
  capital: 1_000_000,
  currency: 'INR',
  logLevel: 'info',
  sim: { instruments: 50, ticksPerSecond: 500, seed: 1, sessionMinutes: 60 },
  strategies: {},
  paper: { latencyMs: 1, chargesBps: 1, chargesPerOrder: 0 },
} as const satisfies ConfigFile

/** Limits that let one person with so much capital trade, and no more than that. */
export function defaultLimits(capital: number): LimitsConfig {
  const share = (percent: number) => Math.round(capital * percent * 100) / 10_000
  return {
    orderQuantityMax: 100_000,
    orderValueMax: share(10),
    priceCollarPercent: 3,
    positionValueMax: share(20),
    exposureMax: share(150),
    ordersPerSecond: 100,
    dailyLossStrategy: share(1),
    dailyLossAccount: share(3),
    staleSeconds: 15,
  }
}

/** The schema below a path of keys; undefined where there is none. */
export function schemaAt(path: readonly string[]): TSchema | undefined {
  let schema: TSchema | undefined = ConfigFile
  for (const key of path) schema = schema === undefined ? undefined : schemaOf(schema, key)
  return schema
}

function schemaOf(schema: TSchema, key: string): TSchema | undefined {
  const { properties, patternProperties } = schema
  if (isSchemas(properties)) return Object.hasOwn(properties, key) ? properties[key] : undefined
  if (!isSchemas(patternProperties)) return undefined
  return Object.entries(patternProperties).find(([pattern]) => new RegExp(pattern).test(key))?.[1]
}

/** The keys that an object of this schema may have; none where they are free. */
export function keysOf(schema: TSchema): readonly string[] {
  const properties: unknown = schema['properties']
  return isSchemas(properties) ? Object.keys(properties) : []
}

function isSchemas(value: unknown): value is Readonly<Record<string, TSchema>> {
  return typeof value === 'object' && value !== null
}
