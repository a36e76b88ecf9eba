/** The verbs of a strategy's author: new, build, dev. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { watch } from 'chokidar'
import colors from 'picocolors'

import { strategyFolders } from './build-all.ts'
import { buildBundle, type Built } from './edge/plugin/build.ts'
import { newStrategy } from './lab/template.ts'
import { UsageError } from './problem.ts'

export async function newCommand({
  plugins,
  id,
  json,
}: {
  readonly plugins: string
  readonly id: string
  readonly json: boolean
}): Promise<void> {
  const made = await newStrategy(plugins, id)
  if (json) {
    process.stdout.write(`${JSON.stringify(made)}\n`)
    return
  }
  process.stdout.write(
    [
      `Made plugins/${id}: strategy.ts, strategy.test.ts and README.md`,
      '',
      '  Try next:',
      `    npx bun test plugins/${id}           its test`,
      `    npx bun desk build ${id}             builds it; a running desk takes it at once`,
      `    npx bun desk dev ${id}               builds it whenever you save`,
      '',
    ].join('\n'),
  )
}

export async function buildCommand({
  plugins,
  ids,
  json,
}: {
  readonly plugins: string
  readonly ids: readonly string[]
  readonly json: boolean
}): Promise<void> {
  const wanted = ids.length === 0 ? strategyFolders(plugins) : ids
  if (wanted.length === 0)
    throw new UsageError('There is no strategy in plugins/; make one with "desk new my-idea"')
  const built: Built[] = []
  for (const id of wanted) {
    checkFolder(plugins, id)
    const one = await buildBundle(join(plugins, id), plugins)
    built.push(one)
    if (!json) process.stdout.write(`${describe(one)}\n`)
  }
  if (json) process.stdout.write(`${JSON.stringify(built)}\n`)
}

export async function devCommand({
  plugins,
  id,
}: {
  readonly plugins: string
  readonly id: string
}): Promise<void> {
  checkFolder(plugins, id)
  const folder = join(plugins, id)
  let building: Promise<void> = Promise.resolve()
  const build = () => {
    building = building.then(async () => {
      const time = new Date().toLocaleTimeString()
      try {
        process.stdout.write(
          `${colors.dim(time)} ${describe(await buildBundle(folder, plugins))}\n`,
        )
      } catch (error) {
        process.stdout.write(
          `${colors.dim(time)} ${colors.red('not built')}: ${error instanceof Error ? error.message : String(error)}\n`,
        )
      }
    })
  }
  build()
  const watcher = watch(folder, { ignoreInitial: true })
  let soon: ReturnType<typeof setTimeout> | undefined
  watcher.on('all', () => {
    clearTimeout(soon)
    soon = setTimeout(build, 50)
  })
  process.stdout.write(`Watching plugins/${id}; Ctrl-C ends\n`)
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve)
  })
  await watcher.close()
  await building
}

function checkFolder(plugins: string, id: string): void {
  if (existsSync(join(plugins, id, 'strategy.ts'))) return
  const known = strategyFolders(plugins)
  throw new UsageError(
    `There is no strategy "${id}" in plugins/${known.length === 0 ? '' : `; there are ${known.join(', ')}`}. Make it with "desk new ${id}"`,
  )
}

function describe({ id, version, digest, bytes }: Built): string {
  return `${colors.green('✓')} ${id} ${version} ${colors.dim(`${digest.slice(0, 8)}, ${(bytes / 1024).toFixed(1)} KiB`)}`
}
