/** Journals for the store's tests: one in memory, and arbitrary records that contradict and repeat each other. */
import fc from 'fast-check'

import { money, price, quantity } from '#sdk/money.ts'
import type { Fill, OrderPhase, OrderRow } from '#sdk/order.ts'
import type { PositionRow } from '#sdk/position.ts'
import {
  type JournalRecord,
  type NumberedRecord,
  STRATEGY_STATES,
  type StrategyRow,
} from '#sdk/record.ts'

import type { JournalTail } from './projector.ts'

/** A journal that forgets nothing but itself. */
export class MemoryJournal implements JournalTail {
  readonly records: NumberedRecord[] = []

  readonly journalId: string

  constructor(journalId = 'journal-1') {
    this.journalId = journalId
  }

  get lastSeq(): number {
    return this.records.at(-1)?.seq ?? 0
  }

  append(records: readonly JournalRecord[]): void {
    for (const record of records) this.records.push({ ...record, seq: this.lastSeq + 1 })
  }

  read(after: number, limit: number): NumberedRecord[] {
    return this.records.filter(({ seq }) => seq > after).slice(0, limit)
  }
}

const PHASES: readonly OrderPhase[] = [
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
]
const MICROS = fc.integer({ min: 1_700_000_000_000_000, max: 1_900_000_000_000_000 })
const strategy = fc.constantFrom('sma', 'rsi', 'opening-range')
const instrument = fc.constantFrom('NSE:INFY', 'XNAS:AAPL')
const owner = {
  strategy,
  version: fc.constantFrom('1.0.0', '1.1.0'),
  digest: fc.constantFrom('d1', 'd2'),
}
const anyMoney = fc.maxSafeInteger().map(money)
const anyQuantity = fc.maxSafeNat().map(quantity)
/** Text as a venue or a bundle may send it: NUL and half surrogate pairs are the reader's business. */
const text = fc.string({ unit: 'grapheme', maxLength: 12 })

/** Few ids, so that records meet. */
export const order: fc.Arbitrary<OrderRow> = fc.record(
  {
    ...owner,
    clientId: fc.constantFrom('AAAA', 'BBBB', 'CCCC', 'DDDD'),
    instrument,
    side: fc.constantFrom('BUY', 'SELL'),
    kind: fc.constantFrom('MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT'),
    timeInForce: fc.constantFrom('DAY', 'IOC'),
    quantity: anyQuantity,
    limit: fc.maxSafeInteger().map(price),
    stop: fc.maxSafeInteger().map(price),
    ref: fc.integer({ min: -50, max: 50 }),
    decidedAt: fc.maxSafeNat(),
    createdAt: MICROS,
    updatedAt: MICROS,
    phase: fc.constantFrom(...PHASES),
    filled: anyQuantity,
    filledValue: anyMoney,
    pending: fc.constantFrom('cancel', 'replace'),
    venueId: text,
    reason: text,
  },
  {
    requiredKeys: [
      'strategy',
      'version',
      'digest',
      'clientId',
      'instrument',
      'side',
      'kind',
      'timeInForce',
      'quantity',
      'ref',
      'decidedAt',
      'createdAt',
      'updatedAt',
      'phase',
      'filled',
      'filledValue',
    ],
  },
)

const fill: fc.Arbitrary<Fill> = fc.record({
  ...owner,
  executionId: fc.constantFrom('E1', 'E2', 'E3'),
  clientId: fc.constantFrom('AAAA', 'BBBB', 'CCCC', 'DDDD'),
  instrument,
  side: fc.constantFrom('BUY', 'SELL'),
  quantity: anyQuantity,
  price: fc.maxSafeInteger().map(price),
  charges: anyMoney,
  time: MICROS,
})

const position: fc.Arbitrary<PositionRow> = fc.record({
  strategy,
  instrument,
  quantity: fc.maxSafeInteger().map(quantity),
  cost: anyMoney,
  realised: anyMoney,
  charges: anyMoney,
  fills: fc.nat(),
  updatedAt: MICROS,
})

const row: fc.Arbitrary<StrategyRow> = fc.record({
  ...owner,
  state: fc.constantFrom(...STRATEGY_STATES),
  reason: text,
  enabled: fc.boolean(),
  faults: fc.nat(),
})

/** Any record of a journal. */
export const record: fc.Arbitrary<JournalRecord> = fc.oneof(
  fc.record({ at: MICROS, kind: fc.constant('order' as const), order }),
  fc.record({ at: MICROS, kind: fc.constant('fill' as const), fill, order, position }),
  fc.record({ at: MICROS, kind: fc.constant('position' as const), position, reason: text }),
  fc.record({
    at: MICROS,
    kind: fc.constant('refusal' as const),
    refused: fc.record({
      ...owner,
      ref: fc.integer({ min: -50, max: 50 }),
      instrument,
      ask: fc.constant('place'),
      quantity: fc.double(),
      refusal: fc.record({
        code: fc.constant('risk/quantity-max' as const),
        value: fc.double(),
        limit: fc.double(),
        text,
      }),
    }),
  }),
  fc.record({ at: MICROS, kind: fc.constant('strategy' as const), row }),
  fc.record({
    ...owner,
    at: MICROS,
    kind: fc.constant('state' as const),
    snapshot: fc.record({
      tapeSeq: fc.maxSafeNat(),
      stateVersion: fc.integer({ min: 1, max: 3 }),
      // Whatever a bundle keeps, NUL included, comes back to it byte for byte.
      states: fc.dictionary(
        fc.string({ maxLength: 4 }),
        fc.oneof(fc.maxSafeInteger(), fc.string({ unit: 'binary' }), fc.boolean()),
        { maxKeys: 3, noNullPrototype: true },
      ),
      nextRef: fc.nat(),
    }),
  }),
  fc.record({
    at: MICROS,
    kind: fc.constant('halt' as const),
    halted: fc.boolean(),
    reason: text,
    by: text,
  }),
  fc.record({
    at: MICROS,
    kind: fc.constant('day' as const),
    date: fc.constantFrom('2026-11-20', '2026-11-23', '2026-11-24'),
    profits: fc.dictionary(strategy, fc.maxSafeInteger(), { noNullPrototype: true }),
  }),
)
