/** The desk's turns: what goes first, what is written before it leaves, and what a broken journal lets through. */
import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import type { JournalRecord } from '#sdk/record.ts'

import {
  cancel,
  createStage,
  filled,
  modify,
  NOON,
  place,
  rest,
  type Stage,
  working,
} from './desk.fixture.ts'

/** A stage with one buy working at the venue. */
function withResting(): Stage {
  const stage = createStage()
  stage.take(rest(1))
  stage.hear(working('one/1'))
  stage.calls.length = 0
  stage.writes.length = 0
  return stage
}

describe('a turn', () => {
  test('writes all its approvals at once, and only then sends them', () => {
    const stage = createStage()
    stage.take(place(1), place(2, { instrument: 1 }), rest(3))
    expect(stage.calls).toEqual(['write 3', 'submit one/1', 'submit one/2', 'submit one/3'])
    expect(stage.writes).toHaveLength(1)
    expect(stage.records().map(({ kind }) => kind)).toEqual(['order', 'order', 'order'])
  })

  test('writes a cancel and new terms before they leave', () => {
    const stage = withResting()
    stage.take(modify(1, { limit: 1_985 }))
    expect(stage.calls.splice(0)).toEqual(['write 1', 'modify one/1'])
    stage.take(cancel(1))
    expect(stage.calls).toEqual(['write 1', 'cancel one/1'])
  })

  test('writes nothing where nothing happened', () => {
    const stage = createStage()
    stage.tick()
    expect(stage.calls).toEqual([])
  })

  test('steps a cancel before the entry that was pushed ahead of it', () => {
    const stage = withResting()
    stage.take(place(2), cancel(1))
    expect(stage.calls).toEqual(['write 2', 'cancel one/1', 'submit one/2'])
  })

  test('never lets a cancel overtake the order that it is for', () => {
    const stage = createStage()
    stage.take(place(1), cancel(1))
    expect(stage.calls).toEqual(['write 2', 'submit one/1', 'cancel one/1'])
  })

  test('steps an exit before the entry that was pushed ahead of it', () => {
    const stage = createStage()
    stage.take(place(1))
    stage.hear(filled('one/1'))
    stage.calls.length = 0
    stage.take(place(2, { instrument: 1 }), place(3, { side: 'SELL' }))
    expect(stage.calls).toEqual(['write 2', 'submit one/3', 'submit one/2'])
  })

  test('steps a halt before the entry that was pushed ahead of it', () => {
    const stage = createStage()
    const halt = { kind: 'command', ask: 'halt', now: NOON, by: 'test', reason: 'news' } as const
    stage.take(place(1), halt)
    expect(stage.refusals().map(({ refusal }) => refusal.code)).toEqual(['risk/halted'])
    expect(stage.calls).toEqual(['write 2'])
  })

  test('asked for twice before it came is one turn', async () => {
    const stage = createStage()
    const { turns } = stage.desk.counts
    stage.desk.push(place(1))
    stage.desk.soon()
    stage.desk.soon()
    expect(stage.calls).toEqual([])
    await Promise.resolve()
    expect(stage.calls).toEqual(['write 1', 'submit one/1'])
    expect(stage.desk.counts.turns).toBe(turns + 1)
  })

  test('comes with the next tick where something urgent waits', () => {
    const stage = withResting()
    stage.desk.push(cancel(1))
    stage.desk.market({ ...tickOf(stage), price: 2_000, quantity: 1 })
    expect(stage.calls).toEqual(['write 1', 'cancel one/1'])
  })
})

describe('a journal that fails', () => {
  test('lets no order leave, and the order ends as never sent', () => {
    const stage = createStage()
    stage.journal.works = false
    stage.take(place(1))
    expect(stage.calls).toEqual([])
    expect(stage.core.orders.get('one', 1)).toMatchObject({
      phase: 'NEVER_SENT',
      reason: 'the journal failed',
      filled: 0,
    })
    expect(stage.core.orders.openOf('one', 0)).toMatchObject({ buys: 0, orders: 0 })
    expect(stage.errors[0]).toBe('The journal failed; nothing is sent: Error: the disk is full')
  })

  test('lets cancels leave all the same', () => {
    const stage = withResting()
    stage.journal.works = false
    stage.take(place(2), cancel(1))
    expect(stage.calls).toEqual(['cancel one/1'])
    expect(stage.core.orders.get('one', 1)).toMatchObject({ phase: 'WORKING', pending: 'cancel' })
    expect(stage.phase(2)).toBe('NEVER_SENT')
  })

  test('leaves a working order on its old terms', () => {
    const stage = withResting()
    stage.journal.works = false
    stage.take(modify(1, { quantity: 20, limit: 1_985 }))
    expect(stage.calls).toEqual([])
    const row = stage.core.orders.get('one', 1)
    expect(row).toMatchObject({ phase: 'WORKING', quantity: 10, limit: 1_990 })
    expect(row?.pending).toBeUndefined()
    expect(stage.core.orders.openOf('one', 0).buys).toBe(10)
  })

  test('closes the gate with its reason, even once it could write again', () => {
    const stage = createStage()
    stage.journal.works = false
    stage.take(place(1))
    expect(stage.core.levels).toMatchObject({
      gate: 'CLOSED',
      gateReason: 'Error: the disk is full',
    })
    expect(stage.core.levels.broken.get('journal')).toBe('Error: the disk is full')
    stage.journal.works = true
    stage.take(place(2))
    expect(stage.refusals().map(({ refusal }) => refusal.code)).toEqual(['risk/gate-closed'])
    expect(stage.calls).toEqual(['write 1'])
  })

  test('still takes the fills that come in', () => {
    const stage = withResting()
    stage.journal.works = false
    stage.hear(filled('one/1', { at: 1_990 }))
    expect(stage.core.positions.quantity('one', 0)).toBe(10)
  })
})

describe('no record, no order', () => {
  test('always holds, whatever comes in which order and whenever the journal fails', () => {
    const steps = fc.array(
      fc.constantFrom('entry', 'exit', 'cancel', 'modify', 'fill', 'turn', 'break', 'mend'),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(steps, (happenings) => {
        const stage = createStage()
        happenings.forEach((what, at) => happen(stage, { what, at }))
        stage.desk.turn()
        expect(unwritten(stage)).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  test('counts an order that left without its record as a break', () => {
    const stage = createStage()
    stage.take(place(1))
    stage.writes.length = 0
    expect(unwritten(stage)).toEqual(['one/1'])
  })
})

type What = 'entry' | 'exit' | 'cancel' | 'modify' | 'fill' | 'turn' | 'break' | 'mend'

function happen(stage: Stage, { what, at }: { readonly what: What; readonly at: number }): void {
  const { desk, core, journal } = stage
  const newest = core.orders.open().at(-1)
  switch (what) {
    case 'entry':
      return desk.push(rest(at + 1))
    case 'exit':
      return desk.push(place(at + 1, { side: 'SELL', quantity: 1 }))
    case 'cancel':
      return newest && desk.push(cancel(newest.ref, { ref: at + 1 }))
    case 'modify':
      return newest && desk.push(modify(newest.ref, { ref: at + 1, quantity: 11 + at }))
    case 'fill':
      return newest && stage.hear(filled(newest.clientId, { id: String(at), steps: 1 }))
    case 'turn':
      return desk.turn()
    case 'break':
      journal.works = false
      return
    case 'mend':
      // As after a restart: the books were made to agree and the gate is open.
      journal.works = true
      core.levels.broken.clear()
      core.levels.gate = 'OPEN'
  }
}

/** Client ids that were sent without an order record in an earlier write. */
function unwritten({ calls, writes }: Stage): string[] {
  const written = new Set<string>()
  const missing: string[] = []
  let commits = 0
  for (const call of calls) {
    const [what, clientId = ''] = call.split(' ')
    if (what === 'write') for (const id of orderedIn(writes[commits++] ?? [])) written.add(id)
    if (what === 'submit' && !written.has(clientId)) missing.push(clientId)
  }
  return missing
}

function orderedIn(records: readonly JournalRecord[]): string[] {
  return records.flatMap((record) => (record.kind === 'order' ? [record.order.clientId] : []))
}

function tickOf({ clock }: Stage) {
  const time = clock.now + 1
  const quote = { bid: 1_999, ask: 2_001, bidQuantity: 10, askQuantity: 10 }
  return { kind: 'market', instrument: 0, time, receivedAt: time, ...quote } as const
}
