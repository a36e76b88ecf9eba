import { describe, expect, test } from 'bun:test'

import type { Static, TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

import type { Bar } from '#sdk/bar.ts'
import type {
  AccountView,
  ClientMessage,
  FillView,
  HealthView,
  InstrumentView,
  OrderView,
  PositionView,
  StrategyDetail,
  StrategyView,
} from '#sdk/view.ts'

import type { ChartMessage } from './request.ts'
import * as sample from './sample-desk.ts'
import * as answers from './schema.ts'

type Same<S extends TSchema, T> = [Static<S>] extends [T]
  ? [T] extends [Static<S>]
    ? true
    : never
  : never

/** Each line stops compiling when a schema and its view part. */
const same: readonly true[] = [
  true satisfies Same<typeof answers.Strategy, StrategyView>,
  true satisfies Same<typeof answers.StrategyWhole, StrategyDetail>,
  true satisfies Same<typeof answers.Order, OrderView>,
  true satisfies Same<typeof answers.FillRow, FillView>,
  true satisfies Same<typeof answers.Position, PositionView>,
  true satisfies Same<typeof answers.Account, AccountView>,
  true satisfies Same<typeof answers.InstrumentRow, InstrumentView>,
  true satisfies Same<typeof answers.BarRow, Bar>,
  true satisfies Same<typeof answers.Health, HealthView>,
  true satisfies Same<typeof ChartMessage, ClientMessage>,
]

describe('the schemas of the answers', () => {
  const cases: readonly (readonly [string, TSchema, object])[] = [
    ['strategy', answers.Strategy, sample.strategy],
    ['strategy whole', answers.StrategyWhole, sample.strategy],
    ['order', answers.Order, sample.order],
    ['fill', answers.FillRow, sample.fill],
    ['position', answers.Position, sample.position],
    ['account', answers.Account, sample.account],
    ['instrument', answers.InstrumentRow, sample.instrument],
    ['bar', answers.BarRow, sample.bar],
    ['health', answers.Health, sample.health],
  ]

  test('are the types of the views', () => {
    expect(same).not.toContain(false)
  })

  test.each(cases)('%s fits its view and nothing with a field less', (_, schema, view) => {
    expect([...Value.Errors(schema, view)]).toEqual([])
    for (const key of Object.keys(schema['properties'])) {
      const less = Object.fromEntries(Object.entries(view).filter(([name]) => name !== key))
      expect([key, Value.Check(schema, less)]).toEqual([key, false])
    }
  })

  test.each(cases)('every field of %s has a description and an example', (_, schema) => {
    for (const [name, field] of Object.entries<TSchema>(schema['properties'])) {
      expect([name, typeof field.description]).toEqual([name, 'string'])
      const shown = field.examples ?? field['items']?.examples ?? field['items']?.description
      expect([name, shown === undefined]).toEqual([name, false])
    }
  })
})
