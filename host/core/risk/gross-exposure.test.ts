import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { createInstrument } from '#sdk/instrument.ts'

import { createGrossExposure, worstSteps } from './gross-exposure.ts'
import { valueOf } from './value.ts'

const INSTRUMENTS = ['A', 'B', 'C'].map((symbol, index) =>
  createInstrument(
    {
      exchange: 'SIM',
      symbol,
      kind: 'equity',
      currency: 'USD',
      tickSize: '0.01',
      quantityStep: '1',
      lot: 1,
      session: { kind: 'always', minutes: 60 },
    },
    index,
  ),
)

describe('Gross exposure', () => {
  test('is the worst of what open orders could leave, long or short', () => {
    expect(worstSteps({ position: 100, openBuys: 20, openSells: 50, reference: 1 })).toBe(120)
    expect(worstSteps({ position: 100, openBuys: 0, openSells: 150, reference: 1 })).toBe(150)
    expect(worstSteps({ position: -100, openBuys: 20, openSells: 50, reference: 1 })).toBe(150)
  })

  test('is no number while something is held that nothing prices, and one again when it is priced', () => {
    const gross = createGrossExposure({ instruments: INSTRUMENTS })
    gross.update(0, { position: 10, openBuys: 0, openSells: 0, reference: Number.NaN })
    expect(gross.total).toBeNaN()
    gross.update(0, { position: 10, openBuys: 0, openSells: 0, reference: 100 })
    expect(gross.total).toBe(100_000)
    gross.update(0, { position: 10, openBuys: 0, openSells: 0, reference: Number.NaN })
    expect(gross.total).toBe(100_000)
  })

  test('is always the sum over all instruments', () => {
    const steps = fc.integer({ min: 0, max: 1_000 })
    const update = fc.record({
      instrument: fc.integer({ min: 0, max: 2 }),
      position: fc.integer({ min: -1_000, max: 1_000 }),
      openBuys: steps,
      openSells: steps,
      reference: fc.integer({ min: 1, max: 100_000 }),
    })
    fc.assert(
      fc.property(fc.array(update), (updates) => {
        const gross = createGrossExposure({ instruments: INSTRUMENTS })
        const last = new Map<number, number>()
        for (const { instrument, ...exposure } of updates) {
          gross.update(instrument, exposure)
          const [row] = INSTRUMENTS.slice(instrument)
          if (row) last.set(instrument, valueOf(row, exposure.reference, worstSteps(exposure)))
        }
        expect(gross.total).toBe([...last.values()].reduce((sum, value) => sum + value, 0))
      }),
    )
  })
})
