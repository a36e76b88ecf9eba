import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { createDeskClock } from './desk-clock.ts'

describe('the desk clock', () => {
  test('says nothing before the desk has spoken', () => {
    expect(createDeskClock().now(5_000)).toBe(0)
  })

  test('goes on by itself between two messages', () => {
    const clock = createDeskClock()
    clock.heard(1_000_000, 100)
    expect(clock.now(350)).toBe(1_250_000)
  })

  test('takes over the pace of a tape that is played ten times as fast', () => {
    const clock = createDeskClock()
    clock.heard(0, 0)
    clock.heard(20_000_000, 2_000)
    expect(clock.now(2_100)).toBe(21_000_000)
  })

  test('follows a desk that starts again at an earlier time', () => {
    const clock = createDeskClock()
    clock.heard(9_000_000, 0)
    clock.now(10)
    clock.heard(1_000_000, 20)
    expect(clock.now(20)).toBe(1_000_000)
  })

  test('never goes back while the desk goes forward', () => {
    const steps = fc.array(fc.record({ desk: fc.nat(3_000_000), wall: fc.nat(3_000) }), {
      maxLength: 40,
    })
    fc.assert(
      fc.property(steps, (path) => {
        const clock = createDeskClock()
        let desk = 1
        let wall = 0
        let before = 0
        return path.every((step) => {
          clock.heard((desk += step.desk), (wall += step.wall))
          const now = clock.now(wall)
          const forward = now >= before
          before = now
          return forward
        })
      }),
    )
  })
})
