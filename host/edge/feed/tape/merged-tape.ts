/**
 * Several sources as one, in order of exchange time; at the same time, in the order in which they were given.
 *
 * Out      the events of all; an instrument that several sources have is one row
 * Refuses  two sources that describe one instrument differently, as a `SourceError`
 */
import type { InstrumentSpec } from '#sdk/instrument.ts'
import { createMarketEvent, type MarketEvent } from '#sdk/tick.ts'

import { type MarketSource, SourceError } from '../feed.ts'

interface Lane {
  readonly source: MarketSource
  /** Row of each of the source's instruments among all. */
  readonly rows: readonly number[]
  /** Its next event, not given yet. */
  readonly head: MarketEvent
  readonly order: number
}

/** Merges sources. Each keeps its own order: one whose times go back is taken as it comes. */
export function mergeSources(sources: readonly MarketSource[]): MarketSource {
  const instruments: InstrumentSpec[] = []
  const rowOf = new Map<string, number>()
  const lanes: Lane[] = []
  for (const source of sources) {
    const rows = source.instruments.map((spec) => placeInstrument(spec, { instruments, rowOf }))
    const lane = { source, rows, head: createMarketEvent(), order: lanes.length }
    if (source.next(lane.head)) lanes.push(lane)
  }
  const heap = createHeap(lanes)
  const first = heap[0]
  if (first === undefined) throw new SourceError('Cannot merge tapes: none of them has an event')
  return {
    instruments,
    startsAt: first.head.time,
    next: (event) => takeFirst(heap, event),
    progress: () =>
      sources.reduce((sum, source) => sum + (source.progress() ?? 0), 0) / sources.length,
    close() {
      heap.length = 0
      for (const source of sources) source.close()
    },
  }
}

function placeInstrument(
  spec: InstrumentSpec,
  {
    instruments,
    rowOf,
  }: { readonly instruments: InstrumentSpec[]; readonly rowOf: Map<string, number> },
): number {
  const id = `${spec.exchange}:${spec.symbol}`
  const row = rowOf.get(id)
  if (row === undefined) {
    rowOf.set(id, instruments.length)
    return instruments.push(spec) - 1
  }
  const other = instruments[row]
  if (other?.tickSize !== spec.tickSize || other.quantityStep !== spec.quantityStep) {
    throw new SourceError(
      `Cannot merge tapes of "${id}": tick size ${other?.tickSize} and step ${other?.quantityStep} in one, ` +
        `${spec.tickSize} and ${spec.quantityStep} in another; open them with one tick size`,
    )
  }
  return row
}

function isBefore(one: Lane, other: Lane): boolean {
  return (
    one.head.time < other.head.time ||
    (one.head.time === other.head.time && one.order < other.order)
  )
}

function createHeap(lanes: readonly Lane[]): Lane[] {
  return lanes.toSorted((one, other) => (isBefore(one, other) ? -1 : 1))
}

function takeFirst(heap: Lane[], event: MarketEvent): boolean {
  const first = heap[0]
  if (first === undefined) return false
  copyEvent(first, event)
  if (!first.source.next(first.head)) {
    const last = heap.pop()
    if (heap.length === 0 || last === undefined) return true
    heap[0] = last
  }
  sink(heap)
  return true
}

/** Moves the heap's first lane down to where it belongs. */
function sink(heap: Lane[]) {
  const lane = heap[0] as Lane
  let at = 0
  for (;;) {
    let child = at * 2 + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Lane, heap[child] as Lane)) child++
    if (!isBefore(heap[child] as Lane, lane)) break
    heap[at] = heap[child] as Lane
    at = child
  }
  heap[at] = lane
}

function copyEvent({ head, rows }: Lane, event: MarketEvent) {
  event.instrument = rows[head.instrument] as number
  event.time = head.time
  event.receivedAt = head.receivedAt
  event.price = head.price
  event.quantity = head.quantity
  event.bid = head.bid
  event.ask = head.ask
  event.bidQuantity = head.bidQuantity
  event.askQuantity = head.askQuantity
}
