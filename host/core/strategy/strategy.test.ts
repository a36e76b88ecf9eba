import { describe, expect, test } from 'bun:test'

import { bundle, createDriver, type Driven, type Driver, ID } from './driver.fixture.ts'

const V1 = bundle('1.0.0')
const V2 = bundle('2.0.0')

/** A driver whose strategy trades version 1. */
function trading(
  parts: Parameters<typeof createDriver>[0] = {},
  first = V1,
): { driver: Driver; old: Driven } {
  const driver = createDriver(parts)
  driver.present(first)
  const [old] = driver.alive()
  if (old === undefined) throw new Error('Nothing was loaded')
  driver.loaded(old)
  driver.started(old)
  driver.flow(10)
  return { driver, old }
}

function newest(driver: Driver): Driven {
  const one = driver.alive().at(-1)
  if (one === undefined) throw new Error('There is no carrier')
  return one
}

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
