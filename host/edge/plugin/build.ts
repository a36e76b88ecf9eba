/**
 * Builds one strategy folder into one bundle file: esbuild, then a trial evaluation, then the manifest, then a rename.
 *
 * In       plugins/<id>/strategy.ts
 * Out      plugins/<id>.strategy.js
 * Refuses  types are not checked here; imports of anything but "#sdk" and own files, a definition that does not evaluate,
 *          an id that is not the folder's name
 */
import { existsSync } from 'node:fs'
import { mkdir, open, rename } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'

import { build, type BuildFailure, version as esbuildVersion } from 'esbuild'

import { Manifest, SDK_VERSION } from '#sdk/manifest.ts'
import { schemaProblem } from '#sdk/schema.ts'

import { ENDING, renderBundle, sha256 } from './bundle-file.ts'
import type { Described } from './describe-worker.ts'

/** A strategy that cannot be built; the message is for its author. */
export class BuildError extends Error {
  override readonly name = 'BuildError'
}

export interface Built {
  readonly id: string
  readonly version: string
  readonly digest: string
  readonly file: string
  readonly bytes: number
}

const EVALUATE_MILLIS = 5_000

/** Builds `source` (a folder with a strategy.ts) into `target`, or throws a BuildError. */
export async function buildBundle(source: string, target: string): Promise<Built> {
  const entry = join(source, 'strategy.ts')
  const id = basename(source)
  if (!existsSync(entry))
    throw new BuildError(`There is no "${entry}"; make a strategy with "desk new ${id}"`)
  const code = await compile(entry)
  const manifest = manifestOf(await describe(code), { id, entry })
  const text = renderBundle(manifest, code)
  await mkdir(target, { recursive: true })
  const file = join(target, `${id}${ENDING}`)
  await writeWhole(file, text)
  return {
    id,
    version: manifest.version,
    digest: sha256(text),
    file,
    bytes: Buffer.byteLength(text),
  }
}

async function compile(entry: string): Promise<string> {
  try {
    const { outputFiles, metafile } = await build({
      // Paths in the output are those of the folder, not of who builds it: the same sources give the same bytes.
      absWorkingDir: dirname(resolve(entry)),
      entryPoints: [resolve(entry)],
      bundle: true,
      write: false,
      metafile: true,
      format: 'cjs',
      platform: 'neutral',
      target: 'es2022',
      external: ['#sdk'],
      sourcemap: 'inline',
      sourcesContent: true,
      legalComments: 'none',
      logLevel: 'silent',
    })
    const outside = Object.values(metafile.outputs).flatMap(({ imports }) =>
      imports.filter(({ external, path }) => external === true && path !== '#sdk'),
    )
    if (outside.length > 0)
      throw new BuildError(
        `${entry} imports ${outside.map(({ path }) => `"${path}"`).join(', ')}; a bundle may import "#sdk" and its own files`,
      )
    return checkText(outputFiles[0]?.text ?? '', entry)
  } catch (error) {
    const { errors } = error as Partial<BuildFailure>
    if (errors === undefined) throw error
    const lines = errors.map(({ text, location }) =>
      location === null
        ? text
        : `${relative('.', resolve(dirname(entry), location.file))}:${location.line}:${location.column + 1} ${text}`,
    )
    throw new BuildError(lines.join('\n'))
  }
}

/** The carrier's compartment refuses these texts wherever they stand, also in comments and strings. */
function checkText(code: string, entry: string): string {
  const found = ['import(', '<!--', '-->'].find((text) =>
    code.split('\n//# sourceMappingURL')[0]?.includes(text),
  )
  if (found !== undefined)
    throw new BuildError(
      `${entry} contains "${found}", which a carrier refuses even in a comment or a text; write it differently`,
    )
  return code
}

async function describe(code: string): Promise<Readonly<Record<string, unknown>>> {
  const worker = new Worker(new URL('./describe-worker.ts', import.meta.url).href)
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    const described = await new Promise<Described>((resolve) => {
      worker.onmessage = ({ data }: MessageEvent<Described>) => resolve(data)
      worker.onerror = ({ message }) => resolve({ ok: false, message })
      timer = setTimeout(
        () => resolve({ ok: false, message: `it did not finish in ${EVALUATE_MILLIS / 1000} s` }),
        EVALUATE_MILLIS,
      )
      worker.postMessage(code)
    })
    if (!described.ok) throw new BuildError(`The strategy does not evaluate: ${described.message}`)
    return described.about
  } finally {
    clearTimeout(timer)
    worker.terminate()
  }
}

function manifestOf(
  about: Readonly<Record<string, unknown>>,
  { id, entry }: { readonly id: string; readonly entry: string },
): Manifest {
  if (about['id'] !== id)
    throw new BuildError(
      `${entry} says its id is "${String(about['id'])}", but its folder is "${id}": make them the same`,
    )
  const manifest = {
    manifestVersion: 1,
    name: id,
    description: '',
    scope: 'instrument',
    stateVersion: 1,
    onFault: 'cancel-entries',
    ...about,
    api: `^${SDK_VERSION}`,
    build: { esbuild: esbuildVersion, bun: Bun.version },
  }
  const problem = schemaProblem(Manifest, manifest)
  if (problem !== undefined) throw new BuildError(`${entry}: ${problem}`)
  return manifest as Manifest
}

/** Writes beside the file, flushes, and renames: a reader sees the old file or the new one, never a part. */
async function writeWhole(file: string, text: string): Promise<void> {
  const temporary = join(file, '..', `.tmp-${basename(file)}.${process.pid}`)
  const handle = await open(temporary, 'w')
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, file)
}
