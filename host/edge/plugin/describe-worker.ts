/** Evaluates one bundle in a locked thread and tells what it says of itself. For `desk build`. */
import { reviveSchema, schemaProblem, withDefaults } from '#sdk/schema.ts'

import { evaluateBundle } from './evaluate.ts'
import { describeError } from './shim/describe-error.ts'

/** What a definition says of itself, as JSON. */
export type Described =
  | { readonly ok: true; readonly about: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly message: string; readonly stack?: string }

declare const self: {
  onmessage: ((event: { data: string }) => void) | null
  postMessage(message: Described): void
}

self.onmessage = ({ data }) => {
  try {
    self.postMessage({ ok: true, about: describe(data) })
  } catch (error) {
    self.postMessage({ ok: false, ...describeError(error) })
  }
}

function describe(code: string): Readonly<Record<string, unknown>> {
  const definition = evaluateBundle(code)
  const { id, version, name, description, scope, stateVersion, grants, onFault } = definition
  const params = plain(definition.params)
  const state = plain(definition.state)
  for (const schema of [params, state]) {
    const revived = reviveSchema(schema)
    if (typeof revived === 'string') throw new TypeError(revived)
  }
  const defaults = withDefaults(definition.params, {})
  const problem = schemaProblem(definition.params, defaults)
  if (problem !== undefined)
    throw new TypeError(`Every parameter needs a default that fits: ${problem}`)
  definition.needs({ params: defaults })
  return plain({
    id,
    version,
    name,
    description,
    scope,
    stateVersion,
    grants,
    onFault,
    params,
    state,
  })
}

function plain(value: unknown): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value)) as Record<string, unknown>
}
