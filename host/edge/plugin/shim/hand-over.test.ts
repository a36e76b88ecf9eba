import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import type { StateSnapshot } from '#sdk/bundle.ts'
import { Type } from '#sdk/sdk.ts'
import type { AnyStrategy, BarSeries, Context, Needs } from '#sdk/strategy.ts'
import { CONTROL, RECORD } from '#sdk/tape.ts'

import {
  type Asked,
  createStage,
  held,
  listed,
  NOON,
  type Report,
  SLOT,
  strategy,
  writeReport,
} from './stage.fixture.ts'

type Given = Context<unknown, { count: number; sum: number }, Needs>

const State = Type.Object({ count: Type.Number(), sum: Type.Number() })

/** Reads everything that a strategy can see, and lets its orders depend on all of it. */
const curious: AnyStrategy = strategy({
  state: State,
  needs: () => ({ bars: ['1m'], timer: { seconds: 2 } }),
  start: () => ({ count: 0, sum: 0 }),
  onTick({
    state,
    tick,
    bars,
    position,
    orders,
    random,
    session,
  }: Given & { tick: { price: number } }) {
    state.count++
    state.sum += tick.price + closes(bars('1m')) + (session.opensAt % 7)
    if (orders.open.length === 0 && position.quantity < 30)
      orders.buy({ quantity: 1 + (state.count % 3), limit: tick.price })
    else if (random() < 0.3) orders.cancelAll()
    else if (position.averagePrice > tick.price) orders.sell({ quantity: 2 })
  },
  onBar({ state, last, orders, bar }: Given & { bar: { close: number } }) {
    state.sum += bar.close + (Number.isNaN(last.price) ? 0 : last.price)
    for (const { ref, kind } of orders.open)
      if (kind === 'LIMIT') orders.modify(ref, { limit: last.price })
  },
  onTimer({ state, orders, position }: Given) {
    if (position.quantity > 20) orders.target(5 + (state.count % 2))
  },
})

function closes(series: BarSeries): number {
  return series.length === 0 ? 0 : series.close(0) + series.length
}

const ROWS = listed(2)
type Step = readonly [what: 'tick' | 'bar' | 'timer' | 'session', instrument: number, price: number]

/** Books of a host in miniature: everything is accepted, and filled some records later or never. */
function createHost() {
  const books = ROWS.map(() => ({ quantity: 0, cost: 0 }))
  const open: { asked: Asked; wait: number }[] = []
  const answer = (report: Report, write: (report: Report) => void) => write(report)
  return {
    books,
    take(asked: readonly Asked[], write: (report: Report) => void) {
      for (const one of asked) {
        const signed =
          one.ask === 'target' ? one.quantity || 1 : (one.side === 0 ? 1 : -1) * one.quantity
        const { instrument, ref, target } = one
        if (one.ask === 'place' || one.ask === 'target') {
          open.push({ asked: { ...one, quantity: signed }, wait: (ref * 7) % 5 })
          answer({ status: 'accepted', ref, instrument, quantity: signed }, write)
        } else {
          const at = open.findIndex(({ asked: o }) => o.ref === target)
          const known = open[at]
          if (known === undefined)
            answer({ status: 'denied', ref, instrument, reason: 'order/unknown-ref' }, write)
          else if (one.ask === 'modify')
            answer(
              { status: 'replaced', ref: target, instrument, quantity: known.asked.quantity },
              write,
            )
          else {
            open.splice(at, 1)
            answer(
              { status: 'cancelled', ref: target, instrument, quantity: known.asked.quantity },
              write,
            )
          }
        }
      }
    },
    fill(price: number, write: (report: Report) => void) {
      for (const one of [...open]) {
        if (one.wait-- > 0) continue
        open.splice(open.indexOf(one), 1)
        const { instrument, ref, quantity } = one.asked
        const book = books[instrument]
        if (book !== undefined) {
          book.quantity += quantity
          book.cost += quantity * price
        }
        write({
          status: 'fill',
          ref,
          instrument,
          last: quantity,
          price,
          filled: Math.abs(quantity),
          quantity,
        })
      }
    },
  }
}

/** An unbroken run: writes the whole tape, with a record at `split` that is for another strategy. */
function unbroken(steps: readonly Step[], split: number) {
  const stage = createStage({ definition: curious, instruments: ROWS, timeframes: ['1m'] })
  const host = createHost()
  const asked: Asked[] = []
  const settle = () => {
    for (let now = stage.asked(); now.length > 0; now = stage.asked()) {
      asked.push(...now)
      host.take(now, (report) => stage.report(report))
    }
  }
  let at = 0
  let counts = stage.bars.counts()
  stage.begin()
  steps.forEach(([what, instrument, price], step) => {
    if (step === split) {
      stage.writer.write(RECORD.control, SLOT + 1, CONTROL.drain, 0, NOON)
      at = stage.writer.seq
      counts = stage.bars.counts()
    }
    if (what === 'tick') stage.tick(price, { instrument, time: NOON + step * 1e6 })
    if (what === 'bar') stage.bar('1m', price, instrument)
    if (what === 'timer') stage.timer(NOON + step * 1e6)
    if (what === 'session') stage.session(NOON + price, NOON + 2 * price, instrument)
    settle()
    host.fill(price, (report) => stage.report(report))
    settle()
  })
  stage.control('snapshot')
  return { stage, asked, at, counts, books: host.books, states: stage.snapshots()[0]?.states }
}

/** Rewrites one head word of a record that stands on the tape. */
function address(stage: ReturnType<typeof createStage>, seq: number, slot: number): void {
  new Int32Array(stage.memory.heads)[(seq - 1) * 4 + 1] = slot
}

const anyStep: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom('tick', 'tick', 'tick', 'bar', 'timer', 'session'),
  fc.integer({ min: 0, max: 1 }),
  fc.integer({ min: 990, max: 1010 }),
)

describe('a hand-over', () => {
  test('changes no order and no state, wherever on the tape it happens', () => {
    const market = fc.array(anyStep, { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(market, fc.nat(), (steps, cut) => {
        const whole = unbroken(steps, cut % steps.length)
        address(whole.stage, whole.at, SLOT)
        const after = {
          memory: whole.stage.memory,
          writer: whole.stage.writer,
          bars: whole.stage.bars,
        }
        const first = createStage({ definition: curious, instruments: ROWS, after })
        const zeros = whole.counts.map((row) => row.map(() => 0))
        first.begin({ cursor: 0, columnsAt: 0, columns: first.columns(zeros) })
        first.run()
        expect(first.shim.ended).toBe(true)
        const snapshot = first.snapshots()[0] as StateSnapshot
        expect(snapshot.tapeSeq).toBe(whole.at)

        const second = createStage({ definition: curious, instruments: ROWS, after })
        const positions = ROWS.flatMap((row, at) => {
          const book = whole.books[at]
          return book === undefined ? [] : [held(row, book.quantity, book.cost)]
        })
        // The host's books are from the end of the tape; the snapshot crosses a thread on its way.
        second.begin({
          cursor: whole.at,
          snapshot: structuredClone(snapshot),
          positions,
          nextRef: 500 > snapshot.nextRef ? 1 : 500,
        })
        second.run()
        const asked = [...first.asked(), ...second.asked()]
        expect(asked).toEqual(whole.asked)
        expect(second.snapshots()[0]?.states).toEqual(whole.states)
        expect(second.faults()).toEqual([])
      }),
      { numRuns: 150 },
    )
  })

  test('loses and doubles no tick, wherever on the tape it happens', () => {
    const counting = strategy({ onTick: ({ state }: Given) => void state.count++ })
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 60 }),
        (before, later) => {
          const stage = createStage({ definition: counting, instruments: listed(1) })
          stage.begin()
          for (let i = 0; i < before; i++) stage.tick(1000)
          stage.control('drain')
          for (let i = 0; i < later; i++) stage.tick(1000)
          const next = createStage({ definition: counting, instruments: listed(1), after: stage })
          const snapshot = stage.snapshots()[0] as StateSnapshot
          next.begin({ cursor: snapshot.tapeSeq, snapshot })
          next.run()
          next.control('snapshot')
          expect(next.snapshots()[0]?.states).toEqual({ 'SIM:A': { count: before + later } })
        },
      ),
      { numRuns: 50 },
    )
  })

  test('without a view takes back the bars and the fills between the cursor and the books', () => {
    const seen: unknown[] = []
    const definition = strategy({
      needs: () => ({ bars: ['1m'] }),
      onTick: ({ bars, position }: Given) => void seen.push([bars('1m').length, position.quantity]),
    })
    const stage = createStage({ definition, instruments: ROWS, timeframes: ['1m'] })
    const { writer } = stage
    stage.bars.close(writer, { timeframe: '1m', close: 1000, instrument: 0 })
    const cursor = writer.seq
    const tick = () => writer.write(RECORD.tick, 0, 0, 0, NOON, 1000)
    tick()
    stage.bars.close(writer, { timeframe: '1m', close: 1000, instrument: 0 })
    writeReport(writer, { status: 'fill', ref: 1, last: 7, price: 1000, filled: 7, quantity: 7 })
    tick()
    stage.begin({ cursor, positions: [held(ROWS[0] as (typeof ROWS)[number], 10, 10_000)] })
    stage.run()
    expect(seen).toEqual([
      [1, 3],
      [2, 10],
    ])
  })
})

test('a strategy that falls a whole tape behind is told, and never reads a torn record', () => {
  const stage = createStage({ definition: strategy({ onTick: () => undefined }) })
  stage.begin()
  const { writer } = stage
  for (let i = 0; i < 1100; i++) writer.write(RECORD.tick, 0, 0, 0, NOON, 1000)
  expect(stage.run()).toBe(0)
  expect(stage.messages.at(-1)).toMatchObject({
    what: 'fault',
    fault: { code: 'plugin/lagged', hard: true },
  })
  expect(stage.shim.ended).toBe(true)
})
