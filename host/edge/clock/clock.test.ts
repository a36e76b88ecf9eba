import { describe, expect, test } from 'bun:test'

import { createClock } from './clock.ts'

const ORIGIN = 1_381_132_800_464_000
const SECOND = 1_000_000

/** The first `count` second boundaries that a clock calls. */
const seconds = (count: number, { origin, speed }: { origin: number; speed: number }) =>
  new Promise<number[]>((resolve) => {
    const clock = createClock({ origin, speed })
    const called: number[] = []
    clock.start((now) => {
      called.push(now)
      if (called.length < count) return
      clock.stop()
      resolve(called)
    })
  })

describe('the clock', () => {
  test('starts at its origin and never goes back', () => {
    const clock = createClock({ origin: ORIGIN, speed: 1000 })
    let last = clock.now()
    expect(last).toBeGreaterThanOrEqual(ORIGIN)
    for (let reading = 0; reading < 10_000; reading++) {
      const now = clock.now()
      expect(now >= last && Number.isSafeInteger(now)).toBe(true)
      last = now
    }
  })

  test('without an origin is the time of day', () => {
    const before = Date.now() - 60_000
    const now = createClock().now() / 1000
    expect(now).toBeGreaterThan(before)
    expect(now).toBeLessThan(before + 3_600_000)
  })

  test('calls every second boundary once, in order, however fast it runs', async () => {
    for (const speed of [100, 5000, 1_000_000]) {
      const called = await seconds(40, { origin: ORIGIN, speed })
      const first = Math.ceil(ORIGIN / SECOND) * SECOND
      expect(called).toEqual(Array.from({ length: 40 }, (_, at) => first + at * SECOND))
    }
  })

  test('from a whole second calls the next one first', async () => {
    const origin = 1_381_132_800 * SECOND
    expect(await seconds(1, { origin, speed: 1000 })).toEqual([origin + SECOND])
  })

  test('calls no boundary that desk time has not reached', async () => {
    const clock = createClock({ origin: ORIGIN, speed: 500 })
    const early = await new Promise<boolean>((resolve) => {
      let calls = 0
      clock.start((now) => {
        if (now > clock.now()) resolve(true)
        if (++calls === 20) resolve(false)
      })
    })
    clock.stop()
    expect(early).toBe(false)
  })

  test('calls nothing after it is stopped, even within a burst', async () => {
    const clock = createClock({ origin: ORIGIN, speed: 1_000_000 })
    let calls = 0
    clock.start(() => {
      calls++
      clock.stop()
    })
    while (calls === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(calls).toBe(1)
  })

  test('measures real milliseconds until a desk time, never below 0', () => {
    const clock = createClock({ origin: ORIGIN, speed: 60 })
    expect(clock.millisUntil(ORIGIN - SECOND)).toBe(0)
    const minute = clock.millisUntil(ORIGIN + 60 * SECOND)
    expect(minute).toBeLessThanOrEqual(1000)
    expect(clock.millisUntil(ORIGIN + 120 * SECOND)).toBeGreaterThan(minute)
  })
})
