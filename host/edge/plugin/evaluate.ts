/**
 * Evaluates a bundle's code in a compartment: no clock, no randomness, no network, no files, no host object.
 *
 * In       the code of a bundle, in a thread that is locked down
 * Out      the strategy definition it exports
 * Refuses  anything that is not a strategy definition, in words an author understands
 * Source   SES; `lockdown` must never run on the host's main thread (it breaks node:events there)
 */
import 'ses'

import * as sdk from '#sdk'
import type { AnyStrategy } from '#sdk/strategy.ts'

let locked = false

/** Locks this thread down, once. Everything that needs unfrozen built-ins must have been loaded before. */
export function lockThread(): void {
  if (locked) return
  locked = true
  lockdown({
    errorTaming: 'unsafe',
    stackFiltering: 'verbose',
    overrideTaming: 'severe',
    consoleTaming: 'unsafe',
    errorTrapping: 'none',
    unhandledRejectionTrapping: 'none',
    reporting: 'none',
  })
}

/** What a bundle sees besides the language: `require('#sdk')` and typed arrays. */
function endowments(): Record<string, unknown> {
  const door = harden({ ...sdk })
  const require = harden((name: unknown) => {
    if (name === '#sdk') return door
    throw new TypeError(
      `A bundle can require "#sdk" only, not ${typeof name === 'string' ? `"${name.slice(0, 60)}"` : 'this'}`,
    )
  })
  return {
    require,
    Float64Array,
    Float32Array,
    Int32Array,
    Uint32Array,
    Uint8Array,
    Math: seededMath(),
  }
}

/** Math without its randomness: `context.random()` is the same at every replay, Math.random is not. */
function seededMath(): typeof Math {
  const copy = Object.create(null) as Record<string, unknown>
  for (const name of Object.getOwnPropertyNames(Math))
    if (name !== 'random') copy[name] = Math[name as keyof typeof Math]
  return harden(copy) as unknown as typeof Math
}

/** Runs the bundle's code and returns what it exports. Throws what the code throws. */
export function evaluateBundle(code: string): AnyStrategy {
  lockThread()
  const compartment = new Compartment(endowments())
  harden(compartment.globalThis)
  const run = compartment.evaluate(`(function (module, exports) {${code}\n})`) as (
    module: object,
    exports: object,
  ) => void
  const module: { exports: Record<string, unknown> } = { exports: {} }
  run(module, module.exports)
  const exported = module.exports['default'] ?? module.exports
  return checkDefinition(exported)
}

/** What `evaluateBundle` gives back, or a TypeError that says what is missing. */
export function checkDefinition(exported: unknown): AnyStrategy {
  if (typeof exported !== 'object' || exported === null)
    throw new TypeError(
      'The bundle exports no strategy: write `export default defineStrategy({ ... })`',
    )
  const fields = exported as Record<string, unknown>
  for (const name of ['id', 'version'] as const) {
    if (typeof fields[name] !== 'string') throw new TypeError(`The strategy has no "${name}"`)
  }
  for (const name of ['params', 'state', 'grants'] as const) {
    if (typeof fields[name] !== 'object' || fields[name] === null)
      throw new TypeError(`The strategy has no "${name}"`)
  }
  for (const name of ['needs', 'start'] as const) {
    if (typeof fields[name] !== 'function')
      throw new TypeError(`The strategy has no ${name}() function`)
  }
  for (const name of [
    'onTick',
    'onBar',
    'onOrder',
    'onFill',
    'onTimer',
    'onSession',
    'onGap',
    'stop',
    'migrate',
  ] as const) {
    if (fields[name] !== undefined && typeof fields[name] !== 'function')
      throw new TypeError(`"${name}" is not a function`)
  }
  return exported as AnyStrategy
}
