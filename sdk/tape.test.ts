import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { createTapeMemory, RECORD, TapeReader, TapeWriter } from './tape.ts'

const CAPACITY = 1024
/** Records a reader must stay clear of the writer. */
const MARGIN = 64

function createTape(capacity = CAPACITY) {
  const memory = createTapeMemory(capacity)
  return { memory, writer: new TapeWriter(memory), reader: new TapeReader(memory, 0) }
}

const writeTimer = (writer: TapeWriter, time: number) => writer.write(RECORD.timer, -1, 0, 0, time)

describe('the tape', () => {
  test('gives a record back whole, with its number', () => {
    const { writer, reader } = createTape()
    expect(writer.write(RECORD.bar, 7, 3, -2, 0.5, Number.NaN, 3, 4, 5, 6, 7, 8)).toBe(1)
    expect(reader.next()).toBe(true)
    const { seq, kind, subject, a, b } = reader
    expect({ seq, kind, subject, a, b }).toEqual({
      seq: 1,
      kind: RECORD.bar,
      subject: 7,
      a: 3,
      b: -2,
    })
    expect([...reader.v]).toEqual([0.5, Number.NaN, 3, 4, 5, 6, 7, 8])
    expect(reader.next()).toBe(false)
  })

  test('clears the values that a record does not use', () => {
    const { writer, reader } = createTape()
    for (let at = 0; at < CAPACITY; at++) {
      writer.write(RECORD.tick, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8)
      reader.next()
    }
    writeTimer(writer, 9)
    reader.next()
    expect([...reader.v]).toEqual([9, 0, 0, 0, 0, 0, 0, 0])
  })

  test('is read by every reader at its own pace, in sequence, nothing left out and nothing twice', () => {
    const steps = fc.array(fc.tuple(fc.nat(40), fc.nat(60), fc.nat(60)), {
      minLength: 1,
      maxLength: 200,
    })
    fc.assert(
      fc.property(steps, (rounds) => {
        const { memory, writer, reader } = createTape()
        const readers = [reader, new TapeReader(memory, 0)]
        const seen: number[][] = [[], []]
        const drain = (which: number, most: number) => {
          const one = readers[which]
          for (let at = 0; at < most && one?.next() === true; at++)
            seen[which]?.push(one.v[0] ?? -1)
        }
        for (const [writes, ...reads] of rounds) {
          for (let at = 0; at < writes; at++) writeTimer(writer, writer.seq + 1)
          for (const [which, most] of reads.entries()) {
            drain(which, Math.max(most, (readers[which]?.lag ?? 0) - CAPACITY / 2))
          }
        }
        for (const which of [0, 1]) {
          drain(which, CAPACITY)
          expect(seen[which]).toEqual(Array.from({ length: writer.seq }, (_, at) => at + 1))
        }
      }),
      { numRuns: 50 },
    )
  })

  test('tells a reader that fell behind, and gives it nothing that may be torn', () => {
    const { writer, reader } = createTape()
    for (let at = 0; at < CAPACITY - MARGIN; at++) writeTimer(writer, at)
    expect([reader.lapped, reader.lag]).toEqual([false, CAPACITY - MARGIN])
    writeTimer(writer, 0)
    expect([reader.lapped, reader.next(), reader.seq]).toEqual([true, false, 0])
  })

  test('is joined in the middle: the next record is the one after the cursor', () => {
    const { memory, writer } = createTape()
    for (let at = 1; at <= 10; at++) writeTimer(writer, at)
    const reader = new TapeReader(memory, 7)
    reader.next()
    expect([reader.seq, reader.v[0]]).toEqual([8, 8])
  })

  test('goes on past the 32nd bit of its count', () => {
    const { memory, writer } = createTape()
    for (const edge of [2 ** 31, 2 ** 32]) {
      writer.seq = edge - 2
      Atomics.store(new Int32Array(memory.control), 0, (edge - 2) | 0)
      const reader = new TapeReader(memory, edge - 2)
      for (let at = 0; at < 5; at++) writeTimer(writer, at)
      expect(reader.lag).toBe(5)
      const seen: number[] = []
      while (reader.next()) seen.push(reader.v[0] ?? -1)
      expect(seen).toEqual([0, 1, 2, 3, 4])
      expect(reader.seq).toBe(edge + 3)
    }
  })

  test.each([1000, 512, 0, 1.5])('cannot hold %p records', (capacity) => {
    expect(() => createTapeMemory(capacity)).toThrow('power of two')
  })
})
