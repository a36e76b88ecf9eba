import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { BarColumn, BARS_KEPT, IndicatorColumn } from './column.ts'

const FIELDS = [0, 1, 2, 3, 4, 5]

describe('a column of bars', () => {
  test('gives back what was written, to another reader of the same memory', () => {
    const memory = BarColumn.memory(3)
    new BarColumn(memory).write(2, 0, 1_000_000, 10, 12, 9, 11, 500)
    const reader = new BarColumn(memory)
    expect(FIELDS.map((field) => reader.read(2, 0, field))).toEqual([1_000_000, 10, 12, 9, 11, 500])
  })

  test('never mixes instruments or the bars that are kept', () => {
    const writes = fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 1e6 })), {
      maxLength: 1500,
    })
    fc.assert(
      fc.property(writes, (prices) => {
        const column = new BarColumn(BarColumn.memory(4))
        const written: number[][] = [[], [], [], []]
        for (const [instrument, price] of prices) {
          const bars = written[instrument] ?? []
          column.write(instrument, bars.length, bars.length, price, price, price, price, price)
          bars.push(price)
        }
        for (const [instrument, bars] of written.entries()) {
          for (let number = Math.max(0, bars.length - BARS_KEPT); number < bars.length; number++) {
            expect(column.read(instrument, number, 0)).toBe(number)
            expect(column.read(instrument, number, 5)).toBe(bars[number] ?? 0)
          }
        }
      }),
      { numRuns: 30 },
    )
  })

  test('writes a bar over the one that is no longer kept', () => {
    const column = new BarColumn(BarColumn.memory(1))
    for (let number = 0; number <= BARS_KEPT; number++) {
      column.write(0, number, number, 1, 1, 1, 1, 1)
    }
    expect(column.read(0, 1, 0)).toBe(1)
    expect(column.read(0, 0, 0)).toBe(BARS_KEPT)
  })
})

describe('a column of an indicator', () => {
  test('has no value before one is written', () => {
    const column = new IndicatorColumn(IndicatorColumn.memory(2, 3), 3)
    expect([column.read(0, 0, 0), column.read(1, BARS_KEPT - 1, 2)]).toEqual([
      Number.NaN,
      Number.NaN,
    ])
  })

  test('keeps the outputs of a bar apart', () => {
    const memory = IndicatorColumn.memory(2, 3)
    const column = new IndicatorColumn(memory, 3)
    for (let instrument = 0; instrument < 2; instrument++) {
      for (let number = 0; number < BARS_KEPT; number++) {
        for (let output = 0; output < 3; output++) {
          column.write(instrument, number, output, instrument * 1e6 + number * 10 + output)
        }
      }
    }
    const reader = new IndicatorColumn(memory, 3)
    expect(new Set(new Float64Array(memory)).size).toBe(2 * BARS_KEPT * 3)
    expect(reader.read(1, 200, 2)).toBe(1_002_002)
  })
})
