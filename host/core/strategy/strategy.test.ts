/** How a version comes in: the first, and the next beside it. */
import { describe, expect, test } from 'bun:test'

import { bundle, createDriver, ID, newest, trading, V1, V2 } from './driver.fixture.ts'

describe('a strategy that is new', () => {
  test('goes from its file to trading, and writes down each step', () => {
    const { driver } = trading()
    expect(driver.rows.map(({ state }) => state)).toEqual(['STARTING', 'WARMING', 'ACTIVE'])
    expect(driver.life()).toMatchObject({ state: 'ACTIVE', enabled: true, slot: 0 })
  })

  test('is loaded for the instruments that its manifest asks for and the operator leaves in', () => {
    const { driver } = trading({ settings: { [ID]: { instruments: ['*:A', 'NSE:*'] } } })
    expect(driver.room.traded(ID)).toEqual([0])
  })

  test('is refused where no instrument is left, or where its parameters do not fit', () => {
    const driver = createDriver({ settings: { [ID]: { instruments: ['BSE:*'] } } })
    driver.present(V1)
    expect(driver.life()).toMatchObject({ state: 'REJECTED', refused: { code: 'bundle/params' } })
    const params = {
      type: 'object',
      properties: { size: { type: 'integer', minimum: 1 } },
      required: ['size'],
    }
    const other = createDriver({ settings: { [ID]: { params: { size: 0 } } } })
    other.present(bundle('1.0.0', { params }))
    expect(other.life().reason).toContain('/size')
  })

  test('is refused where its file is, and where it does not evaluate', () => {
    const driver = createDriver()
    driver.refused('half written')
    expect(driver.life()).toMatchObject({ state: 'REJECTED', reason: 'half written' })
    driver.present(V1)
    driver.fault(newest(driver), 'plugin/eval')
    expect(driver.state()).toBe('REJECTED')
    driver.pass(3600)
    expect(driver.alive()).toEqual([])
  })

  test('is not started while it is disabled', () => {
    const driver = createDriver({ settings: { [ID]: { enabled: false } } })
    driver.present(V1)
    expect(driver.state()).toBe('DISABLED')
    driver.command('enable')
    expect(driver.state()).toBe('STARTING')
  })
})

describe('a newer version', () => {
  test('is loaded beside the old one, which trades until the new one is ready', () => {
    const { driver, old } = trading()
    driver.present(V2)
    expect(driver.alive().map(({ stage }) => stage)).toEqual(['begun', 'loading'])
    expect(driver.state()).toBe('ACTIVE')
    driver.loaded(newest(driver))
    expect(driver.state()).toBe('DRAINING')
    driver.drained(old)
    expect(driver.alive().map((one) => [one.bundle.digest, one.stage, one.cursor])).toEqual([
      ['2.0.0', 'begun', 10],
    ])
    driver.started(newest(driver))
    expect(driver.life()).toMatchObject({ state: 'ACTIVE', refused: undefined })
  })

  test('goes on from the record at which the old one handed over, however late it begins', () => {
    const { driver, old } = trading()
    driver.present(V2)
    const next = newest(driver)
    driver.loaded(next)
    driver.flow(5)
    old.cursor = 12
    driver.drained(old)
    expect(next).toMatchObject({
      cursor: 12,
      gap: undefined,
      snapshot: { tapeSeq: 12, states: { '*': { count: 12 } } },
    })
  })

  test('that is refused leaves the old one trading', () => {
    for (const how of ['file', 'eval', 'params'] as const) {
      const { driver, old } = trading()
      if (how === 'file') driver.refused('edited')
      if (how === 'params')
        driver.present(
          bundle('2.0.0', { grants: { ...V2.manifest.grants, instruments: ['BSE:*'] } }),
        )
      if (how === 'eval') {
        driver.present(V2)
        driver.fault(newest(driver), 'plugin/eval')
      }
      expect(driver.state()).toBe('ACTIVE')
      expect(driver.alive()).toEqual([old])
      expect(driver.life().refused?.reason).toBeDefined()
      expect(driver.rows.at(-1)?.reason).toContain('a newer file was refused')
      expect(driver.protects).toEqual([])
    }
  })

  for (const code of ['plugin/start', 'plugin/hung', 'plugin/threw'] as const) {
    test(`that cannot begin (${code}) gives way to the old one, at the same record, and nothing is closed`, () => {
      const { driver, old } = trading({}, bundle('1.0.0', { onFault: 'flatten' }))
      driver.present(bundle('2.0.0', { onFault: 'flatten' }))
      driver.loaded(newest(driver))
      driver.drained(old)
      driver.flow(30)
      driver.fault(newest(driver), code)
      const back = newest(driver)
      expect(back.bundle.digest).toBe('1.0.0')
      driver.loaded(back)
      expect(back).toMatchObject({ cursor: 10, gap: undefined, snapshot: { tapeSeq: 10 } })
      driver.started(back)
      expect(driver.state()).toBe('ACTIVE')
      expect(driver.protects).toEqual([])
      expect(driver.life().refused?.digest).toBe('2.0.0')
    })
  }

  test('starts from the last state, with a gap, where the old one never hands over', () => {
    const { driver, old } = trading()
    driver.snapshot(old)
    driver.flow(5)
    driver.present(V2)
    driver.loaded(newest(driver))
    driver.flow(5)
    driver.fault(old, 'plugin/hung')
    expect(newest(driver)).toMatchObject({
      bundle: V2,
      cursor: 20,
      gap: { from: 11, to: 20 },
      snapshot: { tapeSeq: 10 },
    })
  })

  test('starts from the last state that fits, where the old one hands over one that does not', () => {
    const { driver, old } = trading()
    driver.snapshot(old)
    driver.flow(5)
    driver.present(V2)
    driver.loaded(newest(driver))
    driver.drained(old, 'no number')
    expect(newest(driver)).toMatchObject({
      cursor: 15,
      gap: { from: 11, to: 15 },
      snapshot: { tapeSeq: 10 },
    })
  })

  test('that is followed by a newer one before it is ready is never begun', () => {
    const { driver, old } = trading()
    driver.present(V2)
    const second = newest(driver)
    driver.present(bundle('3.0.0'))
    expect(second.stage).toBe('killed')
    driver.loaded(newest(driver))
    driver.drained(old)
    driver.started(newest(driver))
    expect(driver.alive().map((one) => one.bundle.digest)).toEqual(['3.0.0'])
  })

  test('whose file is put back to what runs before it is ready is forgotten', () => {
    const { driver, old } = trading()
    driver.present(V2)
    driver.present(V1)
    expect(driver.alive()).toEqual([old])
    expect(driver.state()).toBe('ACTIVE')
  })

  test('that fails once it trades does not bring the old one back', () => {
    const { driver, old } = trading()
    driver.present(V2)
    driver.loaded(newest(driver))
    driver.drained(old)
    driver.started(newest(driver))
    driver.fault(newest(driver))
    expect(driver.state()).toBe('BACKOFF')
    driver.pass(1)
    expect(newest(driver).bundle).toBe(V2)
  })

  test('that is refused while the old one waits to be tried again changes nothing', () => {
    const { driver, old } = trading()
    driver.fault(old)
    driver.refused('half written')
    expect(driver.state()).toBe('BACKOFF')
    driver.pass(1)
    expect(newest(driver).bundle).toBe(V1)
  })
})
