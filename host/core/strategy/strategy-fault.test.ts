/** What becomes of a version that fails. */
import { describe, expect, test } from 'bun:test'

import { bundle, newest, trading, V1, V2 } from './driver.fixture.ts'

describe('a version that fails', () => {
  test('is tried again after 1, 2 and 4 seconds of desk time, and its policy is carried out', () => {
    const { driver } = trading({}, bundle('1.0.0', { onFault: 'flatten' }))
    for (const seconds of [1, 2]) {
      driver.fault(newest(driver))
      expect(driver.life().reason).toContain(`starting again in ${seconds} s`)
      driver.pass(seconds - 0.5)
      expect(driver.alive()).toEqual([])
      driver.pass(0.5)
      driver.loaded(newest(driver))
    }
    expect(driver.protects).toEqual(['flatten', 'flatten'])
  })

  test('three times hard within five minutes is put in quarantine until a person or a new file', () => {
    const { driver } = trading()
    for (const seconds of [1, 2]) {
      driver.fault(newest(driver))
      driver.pass(seconds)
      driver.loaded(newest(driver))
    }
    driver.fault(newest(driver))
    expect(driver.state()).toBe('QUARANTINED')
    driver.pass(3600)
    expect(driver.alive()).toEqual([])
    driver.command('enable')
    expect(newest(driver).bundle).toBe(V1)
  })

  test('three times hard with minutes between is not', () => {
    const { driver } = trading()
    for (let i = 0; i < 4; i++) {
      driver.fault(newest(driver))
      expect(driver.state()).toBe('BACKOFF')
      driver.pass(200)
      driver.loaded(newest(driver))
    }
  })

  test('in quarantine gives way to a new file', () => {
    const { driver } = trading()
    for (let i = 0; i < 3; i++) {
      driver.fault(newest(driver))
      driver.pass(10)
      if (i < 2) driver.loaded(newest(driver))
    }
    expect(driver.state()).toBe('QUARANTINED')
    driver.present(V2)
    expect(newest(driver).bundle).toBe(V2)
  })

  test('softly is counted and trades on, until it is a hundred in a minute', () => {
    const { driver, old } = trading()
    for (let i = 0; i < 99; i++) driver.fault(old, 'plugin/threw', { hard: false })
    expect(driver.state()).toBe('ACTIVE')
    driver.fault(old, 'plugin/threw', { hard: false })
    expect(driver.life()).toMatchObject({ state: 'QUARANTINED', faults: 100 })
    expect(driver.alive()).toEqual([])
  })

  test('softly at noise level is never stopped', () => {
    const { driver, old } = trading()
    for (let i = 0; i < 1000; i++) {
      driver.fault(old, 'plugin/threw', { hard: false })
      driver.pass(1)
    }
    expect(driver.state()).toBe('ACTIVE')
  })

  test('again while it waits after a loss still tells all that was missed', () => {
    const { driver, old } = trading()
    driver.snapshot(old)
    driver.flow(10)
    driver.fault(old)
    driver.pass(1)
    driver.loaded(newest(driver))
    driver.flow(10)
    driver.fault(newest(driver))
    driver.pass(2)
    driver.loaded(newest(driver))
    expect(newest(driver)).toMatchObject({ gap: { from: 11, to: 30 }, cursor: 30 })
  })

  test('before it ever had a state to keep starts from its start', () => {
    const { driver, old } = trading()
    driver.fault(old)
    driver.pass(1)
    driver.loaded(newest(driver))
    expect(newest(driver).snapshot).toBeUndefined()
  })
})
