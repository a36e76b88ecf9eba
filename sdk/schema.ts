/**
 * Schemas that crossed a wall as JSON: parameters and state, checked on the host's side by the text of the manifest.
 *
 * Refuses  a schema with a construct the host cannot check, naming it and its place
 */
import { Kind, type TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

type Json = Readonly<Record<string, unknown>>

const KINDS: Readonly<Record<string, string>> = {
  object: 'Object',
  array: 'Array',
  string: 'String',
  number: 'Number',
  integer: 'Integer',
  boolean: 'Boolean',
  null: 'Null',
}

/** A schema that the host can check again, or a sentence that says what it cannot. */
export function reviveSchema(json: unknown, path = ''): TSchema | string {
  if (!isJson(json)) return `Schema at "${path || '/'}" is not an object`
  if ('const' in json) return { ...json, [Kind]: 'Literal' } as unknown as TSchema
  const union = json['anyOf']
  if (Array.isArray(union)) {
    const parts = union.map((part, i) => reviveSchema(part, `${path}/anyOf/${i}`))
    const problem = parts.find((part) => typeof part === 'string')
    return problem ?? ({ ...json, anyOf: parts, [Kind]: 'Union' } as unknown as TSchema)
  }
  const kind = typeof json['type'] === 'string' ? KINDS[json['type']] : undefined
  if (kind === undefined)
    return `Schema at "${path || '/'}" uses ${JSON.stringify(json).slice(0, 80)}, which the host cannot check`
  if (kind === 'Object') return reviveObject(json, path)
  if (kind === 'Array') {
    const items = reviveSchema(json['items'], `${path}/items`)
    return typeof items === 'string'
      ? items
      : ({ ...json, items, [Kind]: kind } as unknown as TSchema)
  }
  return { ...json, [Kind]: kind } as unknown as TSchema
}

function reviveObject(json: Json, path: string): TSchema | string {
  const field = isJson(json['patternProperties']) ? 'patternProperties' : 'properties'
  const revived: Record<string, TSchema> = {}
  for (const [name, part] of Object.entries(isJson(json[field]) ? json[field] : {})) {
    const schema = reviveSchema(part, `${path}/${name}`)
    if (typeof schema === 'string') return schema
    revived[name] = schema
  }
  const kind = field === 'properties' ? 'Object' : 'Record'
  return { ...json, [field]: revived, [Kind]: kind } as unknown as TSchema
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The first thing that is wrong with `value`, as a sentence with its place; undefined where it fits. */
export function schemaProblem(schema: TSchema, value: unknown): string | undefined {
  const first = Value.Errors(schema, value).First()
  if (first === undefined) return undefined
  const shown = JSON.stringify(first.value)?.slice(0, 60) ?? 'nothing'
  return `${first.path || 'the value'} is ${shown}: ${first.message.toLowerCase()}`
}

/** `given` with the schema's defaults for what it leaves out. */
export function withDefaults(schema: TSchema, given: unknown): unknown {
  return Value.Default(schema, Value.Clone(given))
}
