/** What the shim does with what plug-in code throws and declares. */
import { describe, expect, test } from 'bun:test'

import { Type } from '#sdk/sdk.ts'
import type { Needs } from '#sdk/strategy.ts'

import { createStage, strategy } from './stage.fixture.ts'

describe('what may be thrown', () => {
  const trap = () => {
    throw new Error('trapped')
  }
  const hostile: readonly (readonly [name: string, value: unknown, text: string])[] = [
    ['an error', new Error('plain'), 'Error: plain'],
    ['a number', 7, 'It threw 7, not an Error'],
    ['nothing', undefined, 'It threw undefined, not an Error'],
    ['an object', { a: 1 }, 'It threw an object, not an Error'],
    [
      'a proxy whose traps throw',
      new Proxy({}, { get: trap, getPrototypeOf: trap }),
      'It threw something that cannot be described',
    ],
    [
      'an error whose message throws',
      Object.defineProperty(new Error(''), 'message', { get: trap }),
      'It threw something that cannot be described',
    ],
    ['a very long text', new Error('y'.repeat(100_000)), `Error: ${'y'.repeat(500)}`],
    ['a symbol', Symbol('s'), 'It threw Symbol(s), not an Error'],
  ]
  for (const [name, value, text] of hostile) {
    test(`${name} is a soft fault with a bounded text, and the next record is handled`, () => {
      let calls = 0
      const stage = createStage({
        definition: strategy({
          onTick() {
            calls++
            throw value
          },
        }),
      })
      stage.begin()
      stage.tick(1000)
      stage.tick(1000)
      expect(stage.faults()).toEqual([text, text])
      expect(calls).toBe(2)
      expect(stage.cells.call % 2).toBe(0)
    })
  }
})

describe('needs and parameters', () => {
  const bad: readonly (readonly [needs: unknown, text: string])[] = [
    [{ bars: ['2m'] }, 'Timeframe "2m" is not one of'],
    [{ warmUp: { bars: -1 } }, 'warmUp.bars is -1'],
    [{ warmUp: { bars: 129 } }, 'warmUp.bars is 129'],
    [{ timer: { seconds: 0.5 } }, 'timer.seconds is 0.5'],
  ]
  for (const [needs, text] of bad) {
    test(`are refused: ${text}`, () => {
      expect(() => createStage({ definition: strategy({ needs: () => needs as Needs }) })).toThrow(
        text,
      )
    })
  }

  test('are refused where a parameter does not fit its schema', () => {
    const definition = strategy({
      params: Type.Object({ size: Type.Integer({ minimum: 1, default: 5 }) }),
    })
    expect(() => createStage({ definition, params: { size: Number.NaN } })).toThrow(
      'Parameters do not fit: /size',
    )
    expect(() => createStage({ definition })).not.toThrow()
  })
})
