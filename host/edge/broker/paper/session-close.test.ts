import { describe, expect, test } from 'bun:test'

import { createClosesAt } from './session-close.ts'
import { listed } from './stage.fixture.ts'

const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds * 1000

describe('the close of a session', () => {
  const newYork = {
    kind: 'daily',
    zone: 'America/New_York',
    opens: '09:30',
    closes: '16:00',
  } as const

  test('is today before the close, and tomorrow from the close on', () => {
    const closesAt = createClosesAt(listed(1, { session: newYork }))
    expect(closesAt(0, at('2026-11-16T14:00:00Z'))).toBe(at('2026-11-16T21:00:00Z'))
    expect(closesAt(0, at('2026-11-16T20:59:59Z'))).toBe(at('2026-11-16T21:00:00Z'))
    expect(closesAt(0, at('2026-11-16T21:00:00Z'))).toBe(at('2026-11-17T21:00:00Z'))
    expect(closesAt(0, at('2026-11-16T03:00:00Z'))).toBe(at('2026-11-16T21:00:00Z'))
  })

  test('keeps its civil time when the clocks change', () => {
    const closesAt = createClosesAt(listed(1, { session: newYork }))
    expect(closesAt(0, at('2026-03-06T20:00:00Z'))).toBe(at('2026-03-06T21:00:00Z'))
    expect(closesAt(0, at('2026-03-09T19:00:00Z'))).toBe(at('2026-03-09T20:00:00Z'))
  })

  test('never comes where the market is always open', () => {
    const closesAt = createClosesAt(listed(1, { session: { kind: 'always', minutes: 1440 } }))
    expect(closesAt(0, at('2026-11-16T21:00:00Z'))).toBe(Number.POSITIVE_INFINITY)
  })
})
