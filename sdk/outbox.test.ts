import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { ASK, createOutboxMemory, OutboxReader, OutboxWriter } from './outbox.ts'

const CAPACITY = 64

function createOutbox() {
  const memory = createOutboxMemory(CAPACITY)
  return { memory, writer: new OutboxWriter(memory), reader: new OutboxReader(memory) }
}

const put = (writer: OutboxWriter, ref: number) =>
  writer.put(ASK.place, 3, 1, 17, 1000, ref, 50, 100, Number.NaN, 0)

describe('the outbox', () => {
  test('gives an intent back whole once it is committed', () => {
    const { writer, reader } = createOutbox()
    writer.put(ASK.modify, 3, 1, 17, 1000, 5, 50, 100, Number.NaN, 4)
    expect(reader.next()).toBe(false)
    expect(writer.commit()).toBe(1)
    expect(reader.next()).toBe(true)
    const { ask, instrument, side, form, decidedAt, ref, quantity, limit, stop, target } = reader
    expect([ask, instrument, side, form]).toEqual([ASK.modify, 3, 1, 17])
    expect([decidedAt, ref, quantity, limit, stop, target]).toEqual([
      1000,
      5,
      50,
      100,
      Number.NaN,
      4,
    ])
    expect(reader.next()).toBe(false)
  })

  test('shows nothing of a handler that failed, and its place is used again', () => {
    const { writer, reader } = createOutbox()
    put(writer, 1)
    put(writer, 2)
    writer.discard()
    expect([writer.commit(), reader.next()]).toEqual([0, false])
    put(writer, 3)
    writer.commit()
    expect([reader.next(), reader.ref, reader.next()]).toEqual([true, 3, false])
  })

  test('is full at its capacity, and has room again for what the host took', () => {
    const { writer, reader } = createOutbox()
    for (let ref = 0; ref < CAPACITY; ref++) expect(put(writer, ref)).toBe(true)
    expect(put(writer, 99)).toBe(false)
    writer.commit()
    expect(put(writer, 99)).toBe(false)
    reader.next()
    expect([put(writer, 100), put(writer, 101)]).toEqual([true, false])
  })

  test('never loses, doubles or reorders what was committed, and never shows what was not', () => {
    const step = fc.oneof(
      fc.record({ what: fc.constant('handle' as const), puts: fc.nat(20), fails: fc.boolean() }),
      fc.record({ what: fc.constant('take' as const), most: fc.nat(40) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { writer, reader } = createOutbox()
        const committed: number[] = []
        const taken: number[] = []
        const take = (most: number) => {
          for (let at = 0; at < most && reader.next() === true; at++) taken.push(reader.ref)
        }
        let ref = 0
        for (const one of steps) {
          if (one.what === 'take') {
            take(one.most)
            continue
          }
          const wanted = Array.from({ length: one.puts }, () => ref++)
          const written = wanted.filter((number) => put(writer, number))
          if (one.fails) writer.discard()
          else committed.push(...written)
          expect(writer.commit()).toBe(one.fails ? 0 : written.length)
        }
        take(CAPACITY)
        expect(taken).toEqual(committed)
      }),
      { numRuns: 200 },
    )
  })

  test('is called broken where the published end is not one that a writer can reach', () => {
    for (const end of [CAPACITY + 1, -1, 2 ** 31 - 1, -(2 ** 31)]) {
      const { memory, reader } = createOutbox()
      Atomics.store(new Int32Array(memory.control), 0, end)
      expect(reader.next()).toBe('broken')
    }
  })

  test('is taken up where it was left, by a new reader and a new writer', () => {
    const { memory, writer, reader } = createOutbox()
    put(writer, 1)
    put(writer, 2)
    writer.commit()
    reader.next()
    const next = new OutboxReader(memory)
    const other = new OutboxWriter(memory)
    put(other, 3)
    other.commit()
    expect([next.next(), next.ref, next.next(), next.ref, next.next()]).toEqual([
      true,
      2,
      true,
      3,
      false,
    ])
  })

  test.each([63, 100, 32])('cannot hold %p intents', (capacity) => {
    expect(() => createOutboxMemory(capacity)).toThrow('power of two')
  })
})
