/**
 * State on its way between versions and the host.
 *
 * In       a state as plug-in code left it, or states of an older version
 * Out      plain data that fits the schema
 * Refuses  what is no plain data or does not fit, as a RangeError; an older version without a migrate()
 */
import type { StateSnapshot } from '#sdk/bundle.ts'
import { schemaProblem } from '#sdk/schema.ts'
import type { AnyStrategy } from '#sdk/strategy.ts'

/** The states of a snapshot in the shape of this definition's version; copies, never shared. */
export function migrateStates(
  definition: AnyStrategy,
  snapshot: StateSnapshot,
): Record<string, unknown> {
  const version = definition.stateVersion ?? 1
  return Object.fromEntries(
    Object.entries(snapshot.states).map(([key, old]) => {
      const state: unknown =
        snapshot.stateVersion === version
          ? old
          : migrate(definition, { old, from: snapshot.stateVersion })
      const problem = schemaProblem(definition.state, state)
      if (problem !== undefined)
        throw new RangeError(`The state of "${key}" does not fit version ${version}: ${problem}`)
      return [key, structuredClone(state)]
    }),
  )
}

function migrate(
  definition: AnyStrategy,
  { old, from }: { readonly old: unknown; readonly from: number },
): unknown {
  if (definition.migrate === undefined)
    throw new RangeError(
      `State version ${from} has no migrate() to version ${definition.stateVersion ?? 1}`,
    )
  return definition.migrate(old, from)
}

/** State as plain data, checked against its schema: what the host may keep and hand over. */
export function plainCopy(state: unknown, definition: AnyStrategy): unknown {
  const text = JSON.stringify(state)
  if (text === undefined || text.length > 8_000_000)
    throw new RangeError('The state is not plain data of at most 8 MB')
  const copy: unknown = JSON.parse(text)
  const problem = schemaProblem(definition.state, copy)
  if (problem !== undefined) throw new RangeError(`The state does not fit its schema: ${problem}`)
  return copy
}
