/** Bundles for tests: the text of a strategy, its manifest, and folders that are gone afterwards. */
import { afterEach } from 'bun:test'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Bundle } from '#sdk/bundle.ts'
import { type Manifest, SDK_VERSION } from '#sdk/manifest.ts'

import { readBundle, renderBundle } from './bundle-file.ts'

/** A manifest that fits, but for what `changes` says. */
export function manifestOf(changes: Partial<Manifest> = {}): Manifest {
  return {
    manifestVersion: 1,
    id: 'sample',
    version: '1.0.0',
    name: 'Sample',
    description: 'A strategy for tests',
    api: `^${SDK_VERSION}`,
    scope: 'instrument',
    params: { type: 'object', properties: {} },
    state: { type: 'object', properties: { count: { type: 'number' } }, required: ['count'] },
    stateVersion: 1,
    grants: {
      instruments: ['*'],
      kinds: ['MARKET', 'LIMIT'],
      maxOrderQuantity: 1000,
      maxPosition: 1000,
    },
    onFault: 'cancel-entries',
    build: { esbuild: 'none', bun: 'none' },
    ...changes,
  }
}

/** The code of a strategy whose handlers are `body`; `before` stands at the top level. */
export function codeOf(body: string, before = ''): string {
  return `const { defineStrategy, Type } = require('#sdk')
${before}
module.exports.default = defineStrategy({
  id: 'sample',
  version: '1.0.0',
  params: Type.Object({}),
  state: Type.Object({ count: Type.Number() }),
  grants: { instruments: ['*'], kinds: ['MARKET', 'LIMIT'], maxOrderQuantity: 1000, maxPosition: 1000 },
  needs: () => ({}),
  start: () => ({ count: 0 }),
  ${body}
})
`
}

/** Counts ticks in its state. */
export const COUNTING = codeOf('onTick({ state }) { state.count++ },')

/** A bundle of that code, read the way the drop folder reads it. */
export function bundleOf(code: string, changes: Partial<Manifest> = {}): Bundle {
  const manifest = manifestOf(changes)
  const bytes = new TextEncoder().encode(renderBundle(manifest, code))
  const answer = readBundle(`${manifest.id}.strategy.js`, bytes)
  if (!answer.ok) throw new Error(answer.refusal.reason)
  return answer.value
}

/** A maker of temporary folders; each is gone after the test that made it. */
export function temporaryFolders(): () => string {
  const made: string[] = []
  afterEach(() => {
    for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
  })
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'hotdesk-plugin-'))
    made.push(folder)
    return folder
  }
}

/** Writes the sources of a strategy into `root/<id>/`. Returns the folder. */
export function writeSources(
  root: string,
  id: string,
  files: Readonly<Record<string, string>>,
): string {
  const folder = join(root, id)
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

/** Waits until `holds` does; says what it waited for where it never does. */
export async function until(holds: () => boolean, what: string, millis = 30_000): Promise<void> {
  const end = performance.now() + millis
  while (!holds()) {
    if (performance.now() > end) throw new Error(`Waited ${millis} ms in vain for ${what}`)
    await Bun.sleep(2)
  }
}
