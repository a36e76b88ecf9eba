import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { createInstrument } from '#sdk/instrument.ts'
import { createMarketEvent, type MarketEvent } from '#sdk/tick.ts'

import { createSimSource, type SimOptions } from './sim.ts'

const startsAt = 1_763_800_000_000_000

const take = (count: number, options: Omit<SimOptions, 'startsAt'> = {}): MarketEvent[] => {
  const source = createSimSource({ startsAt, ...options })
  const event = createMarketEvent()
  return Array.from({ length: count }, () => {
    expect(source.next(event)).toBe(true)
    return { ...event }
  })
}

/** What is wrong with a run of events, as sentences. */
const faultsOf = (events: readonly MarketEvent[]): string[] => {
  const quotes = new Map<number, MarketEvent>()
  const faults: string[] = []
  let last = startsAt
  for (const event of events) {
    const { instrument, time, price, quantity, bid, ask, bidQuantity, askQuantity } = event
    if (time < last || !Number.isSafeInteger(time)) faults.push(`time ${time} after ${last}`)
    last = time
    if (Number.isNaN(price)) {
      quotes.set(instrument, event)
      const onGrid = [bid, ask, bidQuantity, askQuantity].every(Number.isSafeInteger)
      if (!onGrid || bidQuantity < 1 || askQuantity < 1) faults.push(`off the grid at ${time}`)
      if (bid < 1 || ask <= bid || ask > bid + 4) faults.push(`quote ${bid} to ${ask}`)
      if (quantity !== 0) faults.push(`quote with a trade of ${quantity}`)
    } else {
      const quote = quotes.get(instrument)
      if (price !== quote?.bid && price !== quote?.ask)
        faults.push(`trade at ${price} off the quote`)
      if (!Number.isSafeInteger(quantity) || quantity < 1) faults.push(`trade of ${quantity}`)
    }
  }
  return faults
}

describe('the simulated exchange', () => {
  test('never crosses, leaves the grid, goes back in time or trades off its quote', () => {
    const options = fc.record({
      seed: fc.integer(),
      instruments: fc.integer({ min: 1, max: 512 }),
      ticksPerSecond: fc.integer({ min: 1, max: 20_000 }),
    })
    fc.assert(
      fc.property(options, (chosen) => expect(faultsOf(take(2000, chosen))).toEqual([])),
      { numRuns: 50 },
    )
  })

  test('always gives the same events for the same seed, and others for another', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(take(300, { seed })).toEqual(take(300, { seed }))
        expect(take(300, { seed })).not.toEqual(take(300, { seed: seed + 1 }))
      }),
      { numRuns: 20 },
    )
  })

  test('lists 500 companies that have ids, names and grids of their own', () => {
    const { instruments } = createSimSource({ startsAt, instruments: 500, sessionMinutes: 30 })
    const listed = instruments.map((spec, index) => createInstrument(spec, index))
    expect(new Set(listed.map(({ id }) => id)).size).toBe(500)
    expect(new Set(listed.map(({ name }) => name)).size).toBe(500)
    expect(listed.every(({ id }) => /^SIM:[A-Z]{6,16}$/.test(id))).toBe(true)
    expect(listed[0]).toMatchObject({
      tickSize: '0.05',
      lot: 1,
      currency: 'INR',
      session: { kind: 'always', minutes: 30 },
    })
  })

  test('lists the same companies for every seed, so that positions survive a restart', () => {
    const listed = (seed: number, instruments: number) =>
      createSimSource({ startsAt, seed, instruments }).instruments
    expect(listed(2, 500).slice(0, 50)).toEqual([...listed(1, 50)])
  })

  test('starts at its time and says so', () => {
    expect(createSimSource({ startsAt }).startsAt).toBe(startsAt)
    expect(take(1)[0]?.time).toBe(startsAt)
  })

  test('has the rate that is asked for, a third of it trades', () => {
    const events = take(60_000, { ticksPerSecond: 500, seed: 5 })
    const seconds = ((events.at(-1)?.time ?? 0) - startsAt) / 1e6
    expect(60_000 / seconds / 500).toBeCloseTo(1, 1)
    const trades = events.filter(({ quantity }) => quantity > 0).length
    expect(trades / 60_000).toBeCloseTo(1 / 3, 1)
  })

  test('trades some companies far more than others, and none never', () => {
    const counts = new Array<number>(50).fill(0)
    for (const { instrument } of take(50_000)) counts[instrument] = (counts[instrument] ?? 0) + 1
    const sorted = counts.toSorted((one, other) => other - one)
    expect(sorted[49]).toBeGreaterThan(100)
    expect((sorted[0] ?? 0) / (sorted[49] ?? 1)).toBeGreaterThan(8)
  })

  test('keeps prices near where they began over days, and moves them', () => {
    const source = createSimSource({ startsAt, instruments: 5, ticksPerSecond: 5, seed: 11 })
    const event = createMarketEvent()
    const first = new Map<number, number>()
    const ratios: number[] = []
    while (event.time < startsAt + 3 * 86_400e6) {
      source.next(event)
      if (Number.isNaN(event.bid)) continue
      if (!first.has(event.instrument)) first.set(event.instrument, event.bid)
      ratios.push(event.bid / (first.get(event.instrument) ?? 1))
    }
    const highest = ratios.reduce((one, other) => Math.max(one, other))
    const lowest = ratios.reduce((one, other) => Math.min(one, other))
    expect(highest).toBeLessThan(1.5)
    expect(lowest).toBeGreaterThan(0.6)
    expect(highest - lowest).toBeGreaterThan(0.02)
  })

  test('has trends: averages of 9 and 21 minutes cross, but not all the time', () => {
    const crossings = countCrossings({ minutes: 720, instrument: 0 })
    expect(crossings).toBeGreaterThan(10)
    expect(crossings).toBeLessThan(120)
  })

  test('refuses more companies than it lists', () => {
    expect(() => createSimSource({ startsAt, instruments: 513 })).toThrow('only 1 to 512')
    expect(() => createSimSource({ startsAt, instruments: 0 })).toThrow('only 1 to 512')
    expect(() => createSimSource({ startsAt, ticksPerSecond: 0 })).toThrow('up to 1,000,000')
  })
})

/** How often two exponential averages of minute closes cross. */
function countCrossings({ minutes, instrument }: { minutes: number; instrument: number }): number {
  const source = createSimSource({ startsAt, instruments: 5, seed: 3 })
  const event = createMarketEvent()
  let [fast, slow, side, crossings] = [0, 0, 0, 0]
  for (let minute = 1; minute <= minutes; minute++) {
    let close = 0
    while (event.time < startsAt + minute * 60e6) {
      source.next(event)
      if (event.instrument === instrument && !Number.isNaN(event.bid)) close = event.bid
    }
    fast = minute === 1 ? close : fast + (close - fast) * 0.2
    slow = minute === 1 ? close : slow + (close - slow) * (2 / 22)
    const now = Math.sign(fast - slow)
    if (now !== 0 && now !== side) crossings++
    side = now === 0 ? side : now
  }
  return crossings
}
