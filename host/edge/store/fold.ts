/**
 * What a run of journal records comes to: the last word on each order, book, strategy, state and day, and every fill,
 * refusal, halt and transition.
 *
 * In       journal records, in sequence
 * Out      one entry per row of the database
 * Touches  nothing
 */
import { assert } from '#sdk/assert.ts'
import type { Fill, OrderRow } from '#sdk/order.ts'
import type { PositionRow } from '#sdk/position.ts'
import type { NumberedRecord, RefusalRow, StrategyRow } from '#sdk/record.ts'

/** A row, and the record that wrote it. */
export interface Entry<T> {
  readonly seq: number
  readonly at: number
  readonly row: T
}

export type StateRecord = Extract<NumberedRecord, { kind: 'state' }>
export type HaltRecord = Extract<NumberedRecord, { kind: 'halt' }>
export type DayRecord = Extract<NumberedRecord, { kind: 'day' }>
export type PositionRecord = Extract<NumberedRecord, { kind: 'position' }>

/** Numbers of requests that are used up, both ways from 0. */
export interface Refs {
  readonly max: number
  readonly min: number
}

export interface Folded {
  readonly orders: Map<string, Entry<OrderRow>>
  readonly fills: Map<string, Entry<Fill>>
  readonly refs: Map<string, Refs>
  readonly positions: Map<string, Entry<PositionRow>>
  readonly corrections: PositionRecord[]
  readonly strategies: Map<string, Entry<StrategyRow>>
  readonly transitions: Entry<StrategyRow>[]
  readonly states: Map<string, StateRecord>
  readonly refusals: Entry<RefusalRow>[]
  readonly halts: HaltRecord[]
  readonly days: Map<string, DayRecord>
}

/** Folds records into the rows they leave. */
export function fold(records: readonly NumberedRecord[]): Folded {
  const folded: Folded = {
    orders: new Map(),
    fills: new Map(),
    refs: new Map(),
    positions: new Map(),
    corrections: [],
    strategies: new Map(),
    transitions: [],
    states: new Map(),
    refusals: [],
    halts: [],
    days: new Map(),
  }
  let last = 0
  for (const record of records) {
    assert(record.seq > last, `Journal record ${record.seq} comes after ${last}`)
    last = record.seq
    foldRecord(folded, record)
  }
  return folded
}

function foldRecord(folded: Folded, record: NumberedRecord): void {
  const { seq, at } = record
  switch (record.kind) {
    case 'order':
      foldOrder(folded, { seq, at, row: record.order })
      return
    case 'fill':
      foldOrder(folded, { seq, at, row: record.order })
      foldFill(folded, { seq, at, row: record.fill })
      foldPosition(folded, { seq, at, row: record.position })
      return
    case 'position':
      foldPosition(folded, { seq, at, row: record.position })
      folded.corrections.push(record)
      return
    case 'refusal':
      folded.refusals.push({ seq, at, row: record.refused })
      useRef(folded, record.refused)
      return
    case 'strategy':
      folded.strategies.set(record.row.strategy, { seq, at, row: record.row })
      folded.transitions.push({ seq, at, row: record.row })
      return
    case 'state':
      folded.states.set(record.strategy, record)
      return
    case 'halt':
      folded.halts.push(record)
      return
    case 'day':
      folded.days.set(record.date, record)
  }
}

function foldOrder(folded: Folded, entry: Entry<OrderRow>): void {
  folded.orders.set(entry.row.clientId, entry)
  useRef(folded, entry.row)
}

/** The first word on an execution stands: a venue that says it again says nothing new. */
function foldFill({ fills }: Folded, entry: Entry<Fill>): void {
  const key = `${entry.row.clientId} ${entry.row.executionId}`
  if (!fills.has(key)) fills.set(key, entry)
}

function foldPosition({ positions }: Folded, entry: Entry<PositionRow>): void {
  positions.set(`${entry.row.strategy} ${entry.row.instrument}`, entry)
}

function useRef(
  { refs }: Folded,
  { strategy, ref }: { readonly strategy: string; readonly ref: number },
): void {
  // A refused request may carry any number: a bundle wrote it.
  if (!Number.isSafeInteger(ref)) return
  const { max, min } = refs.get(strategy) ?? { max: 0, min: 0 }
  refs.set(strategy, { max: Math.max(max, ref), min: Math.min(min, ref) })
}
