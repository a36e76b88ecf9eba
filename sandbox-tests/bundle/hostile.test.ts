/** Hostile and faulty bundles beside a healthy one, on one desk: what becomes of them, and that the healthy one never knows. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'

import { bundleOf, codeOf } from '#host/edge/plugin/bundle.fixture.ts'

import { startDesk, type WholeDesk } from './desk.fixture.ts'

setDefaultTimeout(120_000)

const TICKS = 12_000
const HEALTHY = 'healthy'

/** Asks for an order every hundredth tick of an instrument; what it asks depends on its ticks alone. */
const healthy = bundleOf(
  codeOf(`onTick({ tick, state, orders, instrument, random }) {
    state.count++
    if (state.count % 100 === 0 && tick.price > 0) orders.buy({ quantity: 1 + Math.floor(state.count % 7), limit: instrument.roundPrice(tick.price * 0.96, 'down') })
  },`),
  { id: HEALTHY },
)

interface Hostile {
  readonly id: string
  readonly body: string
  readonly before?: string
  /** Where it stands when it has had its way. */
  readonly states: readonly string[]
  /** The fault that is found, where there is one. */
  readonly fault?: string
}

const LATE = 'state.count++; if (state.count < 500) return;'
const DOWN = ['BACKOFF', 'STARTING', 'WARMING', 'ACTIVE', 'QUARANTINED']

const HOSTILE: readonly Hostile[] = [
  {
    id: 'loops',
    body: `onTick({ state, orders }) { ${LATE} orders.buy({ quantity: 1 }); for (;;) {} },`,
    states: DOWN,
    fault: 'A handler',
  },
  {
    id: 'throws',
    body: `onTick({ state, orders }) { ${LATE} orders.buy({ quantity: 1 }); throw new Error('thrown') },`,
    states: ['QUARANTINED'],
    fault: 'thrown',
  },
  {
    id: 'floods',
    body: `onTick({ state, orders }) { ${LATE} for (let i = 0; i < 1e6; i++) orders.buy({ quantity: 1 }) },`,
    states: [...DOWN],
    fault: 'outbox is full',
  },
  {
    id: 'leaks',
    body: `onTick({ state }) { ${LATE} for (;;) kept.push(new Array(1e5).fill(kept.length)) },`,
    before: 'const kept = []',
    states: DOWN,
    fault: 'A handler',
  },
  {
    id: 'talks',
    body: `onTick({ log }) { for (let i = 0; i < 100; i++) log('x'.repeat(10000)) },`,
    states: ['ACTIVE'],
  },
  {
    id: 'stale',
    body: `onTick(context) { context.state.count++; if (context.state.count > 500) context.state = { count: 'none' } },`,
    states: [...DOWN],
    fault: 'does not fit its schema',
  },
  {
    id: 'never',
    body: '',
    before: 'for (;;) {}',
    states: ['REJECTED'],
    fault: 'Loading the bundle',
  },
]

/** What the healthy one asked for, without the numbers of the tape, which the others write on as well. */
function askedBy(desk: WholeDesk): unknown[] {
  return desk.intents.flatMap((intent) => {
    if (intent.strategy !== HEALTHY) return []
    const { decidedAt: _, ...asked } = intent
    return [asked]
  })
}

async function run(others: readonly Hostile[]): Promise<WholeDesk> {
  const desk = await startDesk()
  desk.present(healthy)
  await desk.until(() => desk.state(HEALTHY) === 'ACTIVE', 'the healthy one to trade')
  for (const { id, body, before } of others) desk.present(bundleOf(codeOf(body, before), { id }))
  await desk.until(
    () => others.every(({ id }) => id === 'never' || desk.state(id) === 'ACTIVE'),
    'the others to trade',
  )
  await desk.flow(() => desk.ticks() >= TICKS, 'all ticks')
  await desk.until(
    () =>
      others.every(({ id, states, fault = '' }) => {
        const life = desk.core.strategies.get(id)
        return (
          states.includes(life?.state ?? '') && (life?.lastFault?.message ?? '').includes(fault)
        )
      }),
    'each to be where it belongs',
  )
  await desk.until(
    () => desk.carriers.seen(HEALTHY)?.cursor === desk.core.tape.seq,
    'the healthy one to read everything',
  )
  desk.command({ ask: 'disable', strategy: HEALTHY })
  await desk.until(() => desk.state(HEALTHY) === 'DISABLED', 'the healthy one to hand over')
  return desk
}

describe('hostile bundles on a desk', () => {
  let quiet: WholeDesk
  let loud: WholeDesk

  beforeAll(async () => {
    quiet = await run([])
    loud = await run(HOSTILE)
  })
  afterAll(async () => {
    await quiet.stop()
    await loud.stop()
  })

  test('B6 the healthy one counted every tick, once', () => {
    const counted = (desk: WholeDesk) =>
      Object.values(desk.handedOver(HEALTHY) as Record<string, { count: number }>).reduce(
        (sum, { count }) => sum + count,
        0,
      )
    expect(counted(quiet)).toBe(quiet.ticks())
    expect(counted(loud)).toBe(loud.ticks())
  })

  test('B7 the healthy one asked for the same, order by order, as if it were alone', () => {
    const least = Math.min(askedBy(quiet).length, askedBy(loud).length)
    expect(least).toBeGreaterThan(100)
    expect(askedBy(loud).slice(0, least)).toEqual(askedBy(quiet).slice(0, least))
  })

  for (const { id, states, fault } of HOSTILE) {
    test(`B8 "${id}" ends ${states.length === 1 ? states[0] : 'down or tried again'}, with its reason`, () => {
      const life = loud.core.strategies.get(id)
      if (life === undefined) throw new Error(`"${id}" was never heard of`)
      expect(states).toContain(life.state)
      if (fault === undefined) expect(life.faults).toBe(0)
      else expect(life.lastFault?.message).toContain(fault)
    })
  }

  test('B9 no order of a handler that did not return was ever sent', () => {
    const others = new Set(loud.intents.map(({ strategy }) => strategy))
    expect([...others]).toEqual([HEALTHY])
    const rows = loud.records.flatMap((record) =>
      record.kind === 'order' ? [record.order.strategy] : [],
    )
    expect(new Set(rows).size).toBe(1)
  })

  test('B10 the desk itself had no problem', () => {
    expect([...quiet.problems, ...loud.problems]).toEqual([])
    expect(loud.core.levels.gate).toBe('OPEN')
  })
})
