/** The words of configuration problems: what is right, what is there, and which key was meant. */
import type { TSchema } from '@sinclair/typebox'

import { ConfigFile, keysOf, schemaAt } from './config-schema.ts'

/** What a value of this schema must be, to stand after "must be". */
export function describeRight(schema: TSchema): string {
  const { description } = schema
  if (description !== undefined) return description
  const { type, minimum, maximum } = schema
  switch (type) {
    case 'integer':
      return `a whole number from ${minimum} to ${maximum}`
    case 'number':
      return `a number from ${minimum} to ${maximum}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return `a list of ${schema['minItems']} to ${schema['maxItems']}`
    case 'object':
      return 'an object like { "key": value }'
  }
  return 'a text'
}

const SHOWN_MAX = 60

/** A value as it was written, cut short; the password of an address is left out. */
export function showValue(value: unknown): string {
  const text = (JSON.stringify(value) ?? 'nothing').replace(/\/\/[^"/]*@/, '//***@')
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text
}

/** Keys that reach an object's own machinery; they have no place in a configuration, at any depth. */
export const RESERVED_KEYS: readonly string[] = ['__proto__', 'constructor', 'prototype']

/** "did you mean ..." where a known key is near, else what can stand there. */
export function nearestKey(path: string): string {
  const keys = path.split('.')
  if (keys.some((key) => RESERVED_KEYS.includes(key))) return 'that name is never allowed'
  if (keys.length === 2 && keys[0] === 'strategies') {
    return 'a strategy id is small letters, digits and hyphens, like "opening-range"'
  }
  const name = keys.at(-1) ?? ''
  const folder = keys.slice(0, -1)
  const moved = everyPath().find((known) => known.split('.').at(-1) === name && known !== path)
  if (moved !== undefined) return `did you mean "${moved}"?`
  const schema = schemaAt(folder)
  const known = schema === undefined ? [] : keysOf(schema)
  const near = known.map((key) => ({ key, distance: distanceOf(name, key) }))
  const best = near.sort((a, b) => a.distance - b.distance)[0]
  // Beyond about half of the letters a guess only confuses.
  if (best !== undefined && best.distance <= Math.max(2, Math.ceil(name.length * 0.6))) {
    return `did you mean "${[...folder, best.key].join('.')}"?`
  }
  return known.length > 0 ? `known are ${known.join(', ')}` : 'it cannot stand there'
}

function everyPath(): string[] {
  return keysOf(ConfigFile).flatMap((key) => {
    const schema = schemaAt([key])
    return [key, ...(schema === undefined ? [] : keysOf(schema)).map((inner) => `${key}.${inner}`)]
  })
}

/** Letters to change, add or drop to make one word the other, capitals aside (Levenshtein). */
export function distanceOf(one: string, other: string): number {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()]
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = at(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(changed, at(row, j) + 1, at(next, j - 1) + 1))
    }
    row = next
  }
  return at(row, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
