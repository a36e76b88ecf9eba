/** A stage for real carriers: workers over a tape written by hand, and everything that came back. */
import type { Bundle, CarrierEvent, Fault } from '#sdk/bundle.ts'
import { createInstrument, type Instrument } from '#sdk/instrument.ts'
import type { Intent } from '#sdk/intent.ts'
import { CONTROL, createTapeMemory, RECORD, TapeWriter } from '#sdk/tape.ts'

import { bundleOf, COUNTING, until } from './bundle.fixture.ts'
import { type Carrier, type CarrierStart, createWorkerCarrier } from './carrier.ts'
import { type Carriers, createCarriers } from './carriers.ts'

export const NOON = Date.UTC(2026, 10, 16, 12) * 1000

export const INSTRUMENTS: readonly Instrument[] = ['A', 'B'].map((symbol, index) =>
  createInstrument(
    {
      exchange: 'SIM',
      symbol,
      kind: 'equity',
      currency: 'USD',
      tickSize: '0.05',
      quantityStep: '1',
      lot: 1,
      session: { kind: 'always', minutes: 60 },
    },
    index,
  ),
)

export type WorkerStage = ReturnType<typeof createWorkerStage>

/** Carriers in workers, watched. Call `stop` when done. */
export function createWorkerStage() {
  const memory = createTapeMemory(65_536)
  const writer = new TapeWriter(memory)
  const events: CarrierEvent[] = []
  const intents: Intent[] = []
  const logs: string[] = []
  const made: { readonly start: CarrierStart; readonly carrier: Carrier }[] = []
  const carriers: Carriers = createCarriers({
    tape: memory,
    instruments: INSTRUMENTS,
    now: () => NOON,
    watched: true,
    create: (start) => {
      const carrier = createWorkerCarrier(start)
      made.push({ start, carrier })
      return carrier
    },
  })
  carriers.start({
    event: (event) => events.push(event),
    intent: (intent) => intents.push(intent),
    log: ({ strategy, text }) => logs.push(`${strategy}: ${text}`),
    ready: () => void carriers.drain(),
  })
  const has = (carrier: number, what: CarrierEvent['what']) =>
    events.some((event) => event.carrier === carrier && event.what === what)
  const faults = (carrier: number): Fault[] =>
    events.flatMap((event) =>
      event.carrier === carrier && event.what === 'fault' ? [event.fault] : [],
    )

  return {
    writer,
    events,
    intents,
    logs,
    made,
    carriers,
    has,
    faults,
    /** The slot of a carrier is its number. */
    load(carrier: number, bundle: Bundle = bundleOf(COUNTING)) {
      carriers.perform({
        ask: 'load',
        carrier,
        slot: carrier,
        bundle,
        params: {},
        instruments: [0, 1],
      })
    },
    begin(carrier: number) {
      const columns = {
        bars: [],
        indicators: {},
        sessions: [0, 1].map(() => ({ opensAt: NOON, closesAt: NOON })),
      }
      const begin = {
        cursor: writer.seq,
        columnsAt: writer.seq,
        columns,
        positions: [],
        openOrders: [],
        nextRef: 1,
      }
      carriers.perform({ ask: 'begin', carrier, begin })
    },
    /** Loads and begins, and waits until it has started. */
    async run(carrier: number, code: string, id = 'sample') {
      this.load(carrier, bundleOf(code, { id }))
      for (const what of ['loaded', 'started'] as const) {
        await until(
          () => has(carrier, what) || has(carrier, 'fault'),
          `carrier ${carrier} to be ${what}`,
        )
        const [fault] = faults(carrier)
        if (fault !== undefined) throw new Error(`Carrier ${carrier} failed: ${fault.message}`)
        if (what === 'loaded') this.begin(carrier)
      }
    },
    tick(price = 1000, instrument = 0) {
      writer.write(RECORD.tick, instrument, 0, 0, NOON, price, 1, price - 1, price + 1, 10, 10)
      carriers.touch(instrument)
      carriers.wake()
    },
    /** Asks a carrier for its state, and gives it. */
    async state(
      carrier: number,
      how: keyof typeof CONTROL = 'snapshot',
    ): Promise<Readonly<Record<string, unknown>>> {
      const before = events.length
      writer.write(RECORD.control, carrier, CONTROL[how], 0, NOON)
      if (how === 'drain') carriers.perform({ ask: 'drain', carrier })
      carriers.touchAll()
      carriers.wake()
      const found = () =>
        events.slice(before).find((event) => event.carrier === carrier && event.what === 'snapshot')
      await until(
        () => found() !== undefined,
        `the state of carrier ${carrier}: ${JSON.stringify(faults(carrier))}`,
      )
      const event = found()
      return event?.what === 'snapshot' ? event.snapshot.states : {}
    },
    stop: () => carriers.stop(),
  }
}
