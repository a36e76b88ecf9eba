/**
 * Problems: every way that the console says no, as one kind of document.
 *
 * Out      `application/problem+json`: type, title, status, detail, and where they help `errors` and `near`
 * Refuses  to say more than that: no stack, no inner message of an unexpected failure
 * Source   RFC 9457
 */
import { KindGuard, type TSchema } from '@sinclair/typebox'
import type { ValueError } from '@sinclair/typebox/errors'

/** Every sort of problem. `type` of the document is "/docs#" and the key. */
export const PROBLEMS = {
  'bad-request': [400, 'The request is not as the API describes it'],
  'wrong-origin': [403, 'The request comes from another site'],
  'missing-header': [403, 'The request lacks the header x-hotdesk: 1'],
  'unknown-strategy': [404, 'No such strategy'],
  'unknown-instrument': [404, 'No such instrument'],
  'unknown-route': [404, 'No such route'],
  'wrong-method': [405, 'The route does not answer this method'],
  conflict: [409, 'The desk refused the command'],
  'length-required': [411, 'The request does not say how long its body is'],
  'too-large': [413, 'The body is larger than 64 KiB'],
  'wrong-content-type': [415, 'The body is not application/json'],
  'wrong-host': [421, 'The request is for another host'],
  'upgrade-required': [426, 'The route speaks WebSocket only'],
  internal: [500, 'The console failed'],
  'too-many-clients': [503, 'Too many clients are connected'],
} as const satisfies Readonly<Record<string, readonly [number, string]>>

export type ProblemKind = keyof typeof PROBLEMS

/** One field of a request that is not as it has to be. */
export interface FieldError {
  readonly field: string
  readonly allowed: string
}

interface More {
  readonly errors?: readonly FieldError[]
  readonly near?: readonly string[]
  readonly code?: string
  /** Methods that the route answers, for 405. */
  readonly allow?: string
}

/** A refusal on its way out of a handler; becomes a problem document at the console's door. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly kind: ProblemKind
  readonly more: More

  constructor(kind: ProblemKind, detail: string, more: More = {}) {
    super(detail)
    this.kind = kind
    this.more = more
  }
}

/** The document as a response. */
export function problemResponse({ kind, message, more }: Problem): Response {
  const [status, title] = PROBLEMS[kind]
  const { allow, ...shown } = more
  const document = { type: `/docs#${kind}`, title, status, detail: message, ...shown }
  const headers = new Headers({ 'content-type': 'application/problem+json' })
  if (allow !== undefined) headers.set('allow', allow)
  return new Response(JSON.stringify(document), { status, headers })
}

type Place = 'query' | 'body' | 'path'

/** The problem of a request that its schema refused: which fields, and what they may be. */
export function invalidRequest(place: Place, found: Iterable<ValueError>): Problem {
  const sentences: string[] = []
  const errors: FieldError[] = []
  for (const error of found) {
    const field = error.path.slice(1).replaceAll('/', '.')
    if (errors.some((earlier) => earlier.field === field)) continue
    const { sentence, allowed } = explain(error, { place, field })
    errors.push({ field, allowed })
    sentences.push(sentence)
    if (errors.length === FIELDS_MAX) break
  }
  return new Problem('bad-request', sentences.join('; ') || `Cannot read the ${place}`, { errors })
}

const FIELDS_MAX = 8
const VALUE_LENGTH_MAX = 80

function explain(
  { schema, value }: ValueError,
  { place, field }: { readonly place: Place; readonly field: string },
): { readonly sentence: string; readonly allowed: string } {
  const name = field === '' ? `The ${place}` : `${capital(place)} "${field}"`
  const allowed = describeSchema(schema)
  // A field that the schema does not know is reported with the schema of the object around it.
  if (field !== '' && KindGuard.IsObject(schema)) {
    return { sentence: `${name} is unknown; known here: ${allowed}`, allowed }
  }
  if (value === undefined) return { sentence: `${name} is missing; it is ${allowed}`, allowed }
  const shown = (JSON.stringify(value) ?? typeof value).slice(0, VALUE_LENGTH_MAX)
  return { sentence: `${name} is ${shown}; allowed is ${allowed}`, allowed }
}

/** What a schema allows, in words: "an integer from 1 to 1000". */
export function describeSchema(schema: TSchema): string {
  if (KindGuard.IsInteger(schema)) {
    return `an integer from ${schema.minimum ?? 'any'} to ${schema.maximum ?? 'any'}`
  }
  const words: unknown = schema['enum']
  if (Array.isArray(words)) return `one of ${words.join(', ')}`
  if (KindGuard.IsLiteral(schema)) return String(schema.const)
  if (KindGuard.IsString(schema)) return describeText(schema)
  if (KindGuard.IsObject(schema)) {
    const names = Object.keys(schema.properties).map((name) => `"${name}"`)
    return names.length === 0 ? 'an empty object' : `an object with ${names.join(', ')}`
  }
  return String(schema['type'] ?? 'another value')
}

function describeText(schema: {
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
}): string {
  const { minLength = 0, maxLength, pattern } = schema
  const length =
    maxLength === undefined ? 'text' : `text of ${minLength} to ${maxLength} characters`
  return pattern === undefined ? length : `${length} that matches ${pattern}`
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
