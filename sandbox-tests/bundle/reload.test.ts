/** Hot reload: thirty new versions while the market moves, and not a tick, an order or a fill less for it. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'

import { bundleOf, codeOf } from '#host/edge/plugin/bundle.fixture.ts'
import type { OrderRow } from '#sdk/order.ts'

import { startDesk, type WholeDesk } from './desk.fixture.ts'

setDefaultTimeout(120_000)

const RELOADS = 30
const ID = 'counter'

/** Counts what it is told, keeps one order resting far below the market, and trades one step to and fro. */
const BODY = `
  scope: 'strategy',
  onTick({ tick, state, orders, position, instrument }) {
    state.ticks++
    state.sum += tick.time % 1000
    if (instrument.id !== state.traded) {
      if (state.traded === '' && tick.price > 0) state.traded = instrument.id
      return
    }
    if (state.ticks % 2000 < 4 && position.quantity === 0 && orders.open.every(({ kind }) => kind === 'LIMIT')) orders.buy({ quantity: 1 })
    else if (state.ticks % 2000 > 1000 && position.quantity > 0 && orders.open.every(({ kind }) => kind === 'LIMIT')) orders.sell({ quantity: position.quantity })
    if (!orders.open.some(({ kind }) => kind === 'LIMIT')) state.resting = orders.buy({ quantity: 1, limit: instrument.roundPrice(tick.price * 0.97, 'down') })
  },
  onFill({ fill, state, position }) {
    state.fills++
    state.steps += fill.side === 'BUY' ? fill.quantity : -fill.quantity
    if (state.steps !== position.quantity) state.wrong++
  },
  onOrder({ report, state }) { if (report.status === 'accepted') state.accepted++; if (report.status === 'denied') state.denied++ },
  onGap({ state }) { state.gaps++ },
`
const FIELDS = [
  'ticks',
  'sum',
  'fills',
  'steps',
  'accepted',
  'denied',
  'resting',
  'gaps',
  'wrong',
] as const
type State = Record<(typeof FIELDS)[number], number>

const schema = {
  type: 'object',
  properties: {
    ...Object.fromEntries(FIELDS.map((name) => [name, { type: 'number' }])),
    traded: { type: 'string' },
  },
  required: [...FIELDS, 'traded'],
}
const start = `({ ${FIELDS.map((name) => `${name}: 0`).join(', ')}, traded: '' })`
const code = codeOf(BODY)
  .replace(
    'Type.Object({ count: Type.Number() })',
    `Type.Object({ ${FIELDS.map((name) => `${name}: Type.Number()`).join(', ')}, traded: Type.String() })`,
  )
  .replace('start: () => ({ count: 0 })', `start: () => ${start}`)

const version = (number: number) =>
  bundleOf(`${code}\n// ${number}`, {
    id: ID,
    version: `1.0.${number}`,
    state: schema,
    scope: 'strategy',
  })

describe('thirty reloads while the market moves', () => {
  let desk: WholeDesk
  let state: State
  let working: OrderRow[]
  const digests = new Set<string>()
  const begun: number[] = []

  beforeAll(async () => {
    desk = await startDesk()
    desk.present(version(0))
    await desk.until(() => desk.state(ID) === 'ACTIVE', 'the first version to trade')
    for (let number = 1; number <= RELOADS; number++) {
      const { running } = desk.core.strategies.get(ID) ?? {}
      // Every third is the same file again.
      if (number % 3 === 0) desk.command({ ask: 'reload', strategy: ID })
      else desk.present(version(number))
      await desk.flow(
        () => {
          const life = desk.core.strategies.get(ID)
          return life?.state === 'ACTIVE' && life.running?.carrier !== running?.carrier
        },
        `reload ${number}: ${desk.state(ID)} ${desk.core.strategies.get(ID)?.reason}`,
      )
      begun.push(desk.core.strategies.get(ID)?.running?.carrier ?? 0)
      digests.add(desk.core.strategies.get(ID)?.running?.bundle.digest ?? '')
      await desk.flowBy(1_500)
    }
    desk.rest(2)
    await desk.until(
      () => desk.carriers.seen(ID)?.cursor === desk.core.tape.seq,
      'the last record to be read',
    )
    desk.rest(2)
    working = desk.core.orders.open({ strategy: ID })
    desk.command({ ask: 'disable', strategy: ID })
    await desk.until(() => desk.state(ID) === 'DISABLED', 'the last hand-over')
    state = desk.handedOver(ID)['*'] as State
  })
  afterAll(() => desk.stop())

  test('B1 all took place, each in a carrier of its own', () => {
    expect(new Set(begun).size).toBe(RELOADS)
    expect(digests.size).toBe((RELOADS * 2) / 3)
    expect(desk.problems).toEqual([])
    expect(desk.core.strategies.get(ID)).toMatchObject({ faults: 0, refused: undefined })
  })

  test('B2 every tick on the tape was counted once, over all versions', () => {
    expect(desk.ticks()).toBeGreaterThan(RELOADS * 1_500)
    expect(state.ticks).toBe(desk.ticks())
    expect(state.gaps).toBe(0)
  })

  test('B3 working orders stay working, and still belong to the strategy', () => {
    const limits = working.filter(({ kind }) => kind === 'LIMIT')
    expect(limits.length).toBe(1)
    expect(limits[0]).toMatchObject({ strategy: ID, ref: state.resting })
  })

  test('B4 each fill was told once, and the position is what the fills made it', () => {
    const fills = desk.records.filter((record) => record.kind === 'fill')
    expect(fills.length).toBeGreaterThan(10)
    expect(state.fills).toBe(fills.length)
    expect(state.wrong).toBe(0)
    const book = desk.core.positions.rows(ID).reduce((sum, { quantity }) => sum + quantity, 0)
    expect(state.steps).toBe(book)
  })

  test('B5 no version asked for the same twice: every number is used once, none is refused', () => {
    const refs = desk.intents.map(({ ref }) => ref)
    expect(new Set(refs).size).toBe(refs.length)
    expect(state.denied).toBe(0)
    const submitted = desk.records.filter(
      (record) =>
        record.kind === 'order' &&
        record.order.phase === 'SUBMITTING' &&
        record.order.pending === undefined,
    )
    expect(state.accepted).toBe(submitted.length)
  })
})
