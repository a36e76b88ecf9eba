/**
 * The bundle file: one JavaScript file with its manifest in a leading comment, and the hash of the code beside it, so that
 * a half-written file is told from a whole one.
 *
 * In       the bytes of a file, read once
 * Out      a Bundle, or the reason why it is refused
 * Refuses  bundle/incomplete, bundle/manifest, bundle/api, bundle/id, bundle/schema
 */
import { createHash } from 'node:crypto'
import { basename } from 'node:path'

import { ok, refuse, type Result } from '#sdk/assert.ts'
import type { Bundle } from '#sdk/bundle.ts'
import { Manifest, SDK_VERSION } from '#sdk/manifest.ts'
import { reviveSchema, schemaProblem } from '#sdk/schema.ts'

export const ENDING = '.strategy.js'
export const MAX_BYTES = 2 * 1024 * 1024
const OPENING = '/*! hotdesk bundle '
const CLOSING = ' */\n'

export interface BundleProblem {
  readonly code: string
  readonly reason: string
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/** The whole text of a bundle file. */
export function renderBundle(manifest: Manifest, code: string): string {
  // A comment ends at the first */, also inside a JSON string.
  const json = JSON.stringify({ manifest, code: sha256(code) }).replaceAll('*/', '*\\u002f')
  return `${OPENING}${json}${CLOSING}${code}`
}

/** Reads a bundle from the bytes of `file`. */
export function readBundle(file: string, bytes: Uint8Array): Result<Bundle, BundleProblem> {
  const problem = (code: string, reason: string) => refuse({ code, reason })
  const text = new TextDecoder().decode(bytes)
  if (!text.startsWith(OPENING)) {
    return problem(
      'bundle/manifest',
      `"${basename(file)}" does not begin with a Hotdesk manifest; make it with "desk build"`,
    )
  }
  const end = text.indexOf(CLOSING)
  const header = end < 0 ? undefined : parseJson(text.slice(OPENING.length, end))
  if (header === undefined)
    return problem(
      'bundle/incomplete',
      `"${basename(file)}" ends inside its manifest: it is half written`,
    )
  const { manifest, code: expected } = header as { manifest?: unknown; code?: unknown }
  const wrong = schemaProblem(Manifest, manifest)
  if (wrong !== undefined)
    return problem('bundle/manifest', `The manifest of "${basename(file)}" does not fit: ${wrong}`)
  const checked = manifest as Manifest
  const code = text.slice(end + CLOSING.length)
  if (sha256(code) !== expected) {
    return problem(
      'bundle/incomplete',
      `The code of "${basename(file)}" is not what its manifest was made for: it is half written or was edited`,
    )
  }
  if (!satisfies(checked.api, SDK_VERSION)) {
    return problem(
      'bundle/api',
      `"${checked.id}" was built for SDK ${checked.api}; this desk has ${SDK_VERSION}. Build it again`,
    )
  }
  const wanted = `${checked.id}${ENDING}`
  if (basename(file) !== wanted) {
    return problem(
      'bundle/id',
      `"${basename(file)}" says it is "${checked.id}", which belongs to "${wanted}": one file for one id`,
    )
  }
  for (const schema of [checked.params, checked.state]) {
    const revived = reviveSchema(schema)
    if (typeof revived === 'string') return problem('bundle/schema', revived)
  }
  return ok({ id: checked.id, file, digest: sha256(bytes), manifest: checked, code })
}

function parseJson(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** Caret ranges of one version only: "^0.1.0" fits 0.1.x at or above; "^1.2.0" fits 1.x at or above. */
export function satisfies(range: string, version: string): boolean {
  const wanted = /^\^(\d+)\.(\d+)\.(\d+)$/.exec(range)
  const have = /^(\d+)\.(\d+)\.(\d+)$/.exec(version)
  if (wanted === null || have === null) return false
  const [a, b] = [wanted, have].map((parts) => parts.slice(1).map(Number)) as [number[], number[]]
  const pinned = a[0] === 0 ? 2 : 1
  for (let i = 0; i < 3; i++) {
    const [want = 0, got = 0] = [a[i], b[i]]
    if (want !== got) return i >= pinned && got > want
  }
  return true
}
