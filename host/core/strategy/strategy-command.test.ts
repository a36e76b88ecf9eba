/** What a person asks of a strategy, at whatever stage it is. */
import { describe, expect, test } from 'bun:test'

import { createDriver, ID, newest, trading, V1, V2 } from './driver.fixture.ts'

describe('what a person asks for', () => {
  test('reload starts the same file anew, with its state', () => {
    const { driver, old } = trading()
    driver.command('reload')
    driver.loaded(newest(driver))
    driver.drained(old)
    expect(newest(driver)).toMatchObject({ bundle: V1, stage: 'begun', cursor: 10, gap: undefined })
  })

  test('disable hands over, cancels entries and stops', () => {
    const { driver, old } = trading()
    driver.command('disable')
    expect(driver.life()).toMatchObject({ state: 'DRAINING', reason: 'being disabled' })
    driver.drained(old)
    expect(driver.state()).toBe('DISABLED')
    expect(driver.protects).toEqual(['cancel-entries'])
    expect(driver.kept).toHaveLength(1)
  })

  test('enable after a while goes on with the state, and tells what was missed', () => {
    const { driver, old } = trading()
    driver.command('disable')
    driver.drained(old)
    driver.flow(100)
    driver.command('enable')
    driver.loaded(newest(driver))
    expect(newest(driver)).toMatchObject({
      cursor: 110,
      gap: { from: 11, to: 110 },
      snapshot: { tapeSeq: 10 },
    })
  })

  test('enable before it was gone brings it back without a gap', () => {
    const { driver, old } = trading()
    driver.command('disable')
    driver.command('enable')
    driver.flow(3)
    driver.drained(old)
    driver.loaded(newest(driver))
    expect(newest(driver)).toMatchObject({ cursor: 10, gap: undefined })
    expect(driver.protects).toEqual([])
  })

  test('a file that is removed and put back before it was gone goes on', () => {
    for (const next of [V1, V2]) {
      const { driver, old } = trading()
      driver.gone()
      expect(driver.state()).toBe('DRAINING')
      driver.present(next)
      driver.drained(old)
      if (newest(driver).stage === 'loading') driver.loaded(newest(driver))
      expect(newest(driver)).toMatchObject({ bundle: next, stage: 'begun', cursor: 10 })
      expect(driver.alive()).toHaveLength(1)
    }
  })

  test('disable ends a strategy that is still starting, and a newer version that is loading', () => {
    const starting = createDriver()
    starting.present(V1)
    starting.command('disable')
    expect([starting.state(), starting.alive().length]).toEqual(['DISABLED', 0])
    const { driver, old } = trading()
    driver.present(V2)
    driver.command('disable')
    driver.drained(old)
    expect([driver.state(), driver.alive().length]).toEqual(['DISABLED', 0])
  })

  test('nothing starts any more once the desk is shutting down', () => {
    const { driver, old } = trading()
    driver.fault(old)
    driver.shutdown()
    driver.pass(100)
    driver.present(V2)
    driver.command('enable')
    expect(driver.alive()).toEqual([])
    expect(driver.room.idle()).toBe(true)
  })

  test('a shutdown hands every state over', () => {
    const { driver, old } = trading()
    driver.shutdown()
    driver.drained(old)
    expect(driver.state()).toBe('STOPPED')
    expect(driver.kept.map(({ snapshot }) => snapshot.tapeSeq)).toEqual([10])
    expect(driver.protects).toEqual([])
  })

  test('what cannot be done is said with its reason', () => {
    const { driver } = trading()
    const code = (ask: 'enable' | 'disable' | 'reload', id = ID) =>
      driver.room.objection(ask, id)?.code
    expect(code('enable', 'nobody')).toBe('strategy/unknown')
    expect(code('reload')).toBeUndefined()
    driver.command('reload')
    expect(code('reload')).toBe('strategy/busy')
    driver.command('disable')
    expect(code('reload')).toBe('strategy/disabled')
    const other = createDriver()
    other.refused('half written')
    expect(other.room.objection('reload', ID)?.code).toBe('strategy/no-file')
  })
})

describe('after a restart of the host', () => {
  const row = {
    strategy: ID,
    state: 'ACTIVE',
    reason: '',
    version: '1.0.0',
    digest: '1.0.0',
    faults: 4,
  } as const
  const snapshot = { tapeSeq: 99_999, stateVersion: 1, states: { '*': { count: 7 } }, nextRef: 12 }

  test('a strategy goes on with the state that was written down, on the new tape', () => {
    const driver = createDriver()
    driver.flow(50)
    driver.room.restore([{ ...row, enabled: true }], {
      [ID]: { snapshot, version: '1.0.0', digest: '1.0.0' },
    })
    driver.present(V1)
    driver.loaded(newest(driver))
    expect(newest(driver)).toMatchObject({
      cursor: 50,
      snapshot: { tapeSeq: 0, states: { '*': { count: 7 } }, nextRef: 12 },
    })
    expect(driver.life().faults).toBe(4)
  })

  test('what a person disabled stays disabled', () => {
    const driver = createDriver({ settings: { [ID]: { enabled: true } } })
    driver.room.restore([{ ...row, enabled: false }], {})
    driver.present(V1)
    expect([driver.state(), driver.alive().length]).toEqual(['DISABLED', 0])
  })
})
