import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { bundle, createDriver, type Driven, type Driver } from './driver.fixture.ts'

/** What may happen at any moment. A number chooses the carrier that it happens to. */
const ACTIONS = [
  ...[
    'present 1',
    'present 2',
    'present 3',
    'gone',
    'refused',
    'enable',
    'disable',
    'reload',
    'second',
    'minute',
  ],
  ...[
    'flow',
    'flow',
    'step',
    'step',
    'step',
    'step',
    'snapshot',
    'hang',
    'crash',
    'refuse',
    'throw',
  ],
] as const
type Action = (typeof ACTIONS)[number]

interface World {
  readonly driver: Driver
  file: string | undefined
  enabled: boolean
}

/** The next thing that a carrier does if all goes well with it. */
function progress(driver: Driver, one: Driven): void {
  if (one.stage === 'loading') driver.loaded(one)
  else if (one.stage === 'begun') driver.started(one)
  else if (one.stage === 'draining') driver.drained(one)
}

function act(
  world: World,
  { action, which }: { readonly action: Action; readonly which: number },
): void {
  const { driver } = world
  const alive = driver.alive()
  const one = alive[which % Math.max(1, alive.length)]
  switch (action) {
    case 'present 1':
    case 'present 2':
    case 'present 3':
      world.file = `${action.slice(-1)}.0.0`
      return driver.present(bundle(world.file))
    case 'gone':
      world.file = undefined
      return driver.gone()
    case 'refused':
      return driver.refused(`file ${which}`)
    case 'enable':
    case 'disable':
      // A command for a strategy that nobody knows is refused.
      if (driver.room.get('sample') !== undefined) world.enabled = action === 'enable'
      return driver.command(action)
    case 'reload':
      return driver.command('reload')
    case 'second':
      return driver.pass(1)
    case 'minute':
      return driver.pass(60)
    case 'flow':
      return driver.flow(1 + (which % 5))
    case 'step':
    case 'snapshot':
    case 'hang':
    case 'crash':
    case 'refuse':
    case 'throw':
      return one === undefined ? undefined : actOn(driver, { one, action })
  }
}

function actOn(
  driver: Driver,
  { one, action }: { readonly one: Driven; readonly action: Action },
): void {
  const begun = one.stage === 'begun' || one.stage === 'draining'
  if (action === 'step') progress(driver, one)
  else if (action === 'snapshot' && one.stage === 'begun') driver.snapshot(one)
  else if (action === 'hang') driver.fault(one, begun ? 'plugin/hung' : 'plugin/start')
  else if (action === 'crash') driver.fault(one, 'plugin/crashed')
  else if (action === 'refuse' && !begun) driver.fault(one, 'plugin/eval')
  else if (action === 'refuse' && one.stage === 'begun') driver.fault(one, 'plugin/start')
  else if (action === 'throw' && begun) driver.fault(one, 'plugin/threw', { hard: false })
}

/** Everything goes well from now on, until nothing moves any more. */
function settle({ driver }: World): void {
  for (let round = 0; round < 12; round++) {
    for (const one of driver.alive()) progress(driver, one)
    driver.flow()
    driver.pass(60)
  }
}

const history = fc.array(fc.record({ action: fc.constantFrom(...ACTIONS), which: fc.nat(7) }), {
  maxLength: 40,
  size: 'max',
})
const create = (): World => ({ driver: createDriver(), file: undefined, enabled: true })

describe('whatever happens, in whatever order', () => {
  test('at most one carrier has begun, none is forgotten, and no record is lost or doubled without a gap', () => {
    fc.assert(
      fc.property(history, (actions) => {
        const world = create()
        // The driver throws where a promise is broken.
        for (const one of actions) act(world, one)
        settle(world)
      }),
      { numRuns: 2_000 },
    )
  })

  test('what is wanted at the end is what runs at the end', () => {
    fc.assert(
      fc.property(history, (actions) => {
        const world = create()
        for (const one of actions) act(world, one)
        settle(world)
        const { driver, file, enabled } = world
        const life = driver.room.get('sample')
        const wanted = file !== undefined && enabled
        const running = driver.alive()
        if (!wanted || life === undefined) return expect(running).toEqual([])
        // A version that was found bad is not tried again by itself; the one before it may trade on.
        if (life.refused !== undefined || life.state === 'QUARANTINED')
          return expect(running.length <= 1).toBe(true)
        expect(running.map((one) => one.bundle.digest)).toEqual([file])
        expect(life.state).toBe('ACTIVE')
      }),
      { numRuns: 2_000 },
    )
  })

  test('a file that was never refused trades, after a person has enabled it', () => {
    fc.assert(
      fc.property(history, (actions) => {
        const world = create()
        for (const one of actions) act(world, one)
        const { driver } = world
        driver.present(bundle('9.0.0'))
        driver.command('enable')
        settle(world)
        expect(driver.alive().map((one) => [one.bundle.digest, one.stage])).toEqual([
          ['9.0.0', 'begun'],
        ])
        expect(driver.state()).toBe('ACTIVE')
      }),
      { numRuns: 2_000 },
    )
  })

  test('a shutdown leaves no carrier', () => {
    fc.assert(
      fc.property(history, history, (before, after) => {
        const world = create()
        for (const one of before) act(world, one)
        world.driver.shutdown()
        for (const one of after) act(world, one)
        settle(world)
        expect(world.driver.alive()).toEqual([])
      }),
      { numRuns: 1_000 },
    )
  })
})
