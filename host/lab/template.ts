/**
 * The template: a new strategy's folder, with a test that passes, for its author to change.
 *
 * In       the folder of all strategies, an id
 * Out      <id>/strategy.ts, strategy.test.ts and README.md, from sdk/examples/template, which its own test runs
 * Refuses  an id that no strategy may have, and a folder that is there already, as a TemplateError
 * Touches  the new folder
 */
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { ID_PATTERN } from '#sdk/manifest.ts'

/** A strategy that cannot be made; the message says why and what would be right. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError'
}

/** What was made. */
export interface NewStrategy {
  readonly id: string
  readonly folder: string
  /** Paths of its files. */
  readonly files: readonly string[]
}

const FILES = ['strategy.ts', 'strategy.test.ts', 'README.md'] as const
const SOURCE = join(import.meta.dir, '../../sdk/examples/template')

/** Writes the folder of a new strategy, whole or not at all. */
export async function newStrategy(plugins: string, id: string): Promise<NewStrategy> {
  if (!new RegExp(ID_PATTERN).test(id) || id.endsWith('-')) {
    const right = 'small letters, digits and dashes, 2 to 41 of them, a letter first: "my-idea"'
    throw new TemplateError(`"${id}" cannot be the id of a strategy; it takes ${right}`)
  }
  const folder = join(plugins, id)
  if (existsSync(folder)) {
    throw new TemplateError(`There is a "${folder}" already; choose another id, or remove it first`)
  }
  const draft = join(plugins, `.new-${id}.${process.pid}`)
  try {
    await mkdir(draft, { recursive: true })
    for (const file of FILES) await writeFile(join(draft, file), await fileFor(id, file))
    await rename(draft, folder)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error
  }
  return { id, folder, files: FILES.map((file) => join(folder, file)) }
}

async function fileFor(id: string, file: string): Promise<string> {
  const text = await readFile(join(SOURCE, file), 'utf8')
  // The word stands for the id where it is small, for the name where it is a title.
  return text.replaceAll(/\btemplate\b/g, id).replaceAll(/\bTemplate\b/g, titleOf(id))
}

function titleOf(id: string): string {
  const words = id.replaceAll(/-+/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
