import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { decodeClientMessage, FRAME_BYTES_MAX } from './client-message.ts'

const chart = { type: 'chart', instrument: 'NSE:INFY', timeframe: '1m' } as const

describe('a frame of a client', () => {
  test('may ask for a chart', () => {
    expect(decodeClientMessage(JSON.stringify(chart))).toEqual({ ok: true, value: chart })
  })

  test.each([
    ['binary', new Uint8Array([123, 125]), 'binary'],
    ['empty', '', 'not JSON'],
    ['cut off', '{"type":"chart"', 'not JSON'],
    ['null', 'null', 'null'],
    ['a list', '[]', '[]'],
    ['another type', JSON.stringify({ ...chart, type: 'board' }), 'type'],
    ['another timeframe', JSON.stringify({ ...chart, timeframe: '2m' }), '1s, 5s, 1m'],
    ['a number for a name', JSON.stringify({ ...chart, instrument: 5 }), 'instrument'],
    ['an empty name', JSON.stringify({ ...chart, instrument: '' }), 'instrument'],
    [
      'a name of 65 letters',
      JSON.stringify({ ...chart, instrument: 'x'.repeat(65) }),
      'instrument',
    ],
    ['one field more', JSON.stringify({ ...chart, more: 1 }), 'more'],
    ['a prototype', `${JSON.stringify(chart).slice(0, -1)},"__proto__":{"a":1}}`, '__proto__'],
    [
      'a constructor',
      `${JSON.stringify(chart).slice(0, -1)},"constructor":{"prototype":{}}}`,
      'constructor',
    ],
    ['toJSON', `${JSON.stringify(chart).slice(0, -1)},"toJSON":1}`, 'toJSON'],
    ['a deep nest', '['.repeat(2000) + ']'.repeat(2000), ''],
    ['nothing but depth', '['.repeat(4096), 'not JSON'],
  ])('is refused where it is %s', (_, frame, says) => {
    const answer = decodeClientMessage(frame)
    expect(answer.ok).toBe(false)
    if (!answer.ok) expect(answer.refusal).toContain(says)
  })

  test('is refused one byte above 4 KiB and read at 4 KiB', () => {
    const padded = (bytes: number) => JSON.stringify(chart).padEnd(bytes, ' ')
    expect(decodeClientMessage(padded(FRAME_BYTES_MAX)).ok).toBe(true)
    expect(decodeClientMessage(padded(FRAME_BYTES_MAX + 1)).ok).toBe(false)
    // Bytes, not letters: 1365 of these are 4095 bytes, 1366 are too many.
    expect(decodeClientMessage('€'.repeat(1366))).toEqual({
      ok: false,
      refusal: 'Frame is larger than 4096 bytes',
    })
  })

  test('never throws and never gives more than the three fields', () => {
    const frame = fc.oneof(
      fc.string(),
      fc.json(),
      fc.uint8Array(),
      fc
        .record({ ...asConstants(chart), x: fc.anything() }, { requiredKeys: [] })
        .map((value) => JSON.stringify(value)),
    )
    fc.assert(
      fc.property(frame, (bytes) => {
        const answer = decodeClientMessage(bytes)
        return !answer.ok || Object.keys(answer.value).sort().join() === 'instrument,timeframe,type'
      }),
    )
  })
})

function asConstants<T extends Readonly<Record<string, string>>>(values: T) {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, fc.constant(value)]))
}
