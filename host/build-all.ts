/** Brings what is built up to date: the bundles of the strategies in `plugins/`, and the console. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { buildBundle, type Built } from './edge/plugin/build.ts'
import { ENDING } from './edge/plugin/bundle-file.ts'

/** The console cannot be built; the message holds the end of what the builder said. */
export class ConsoleBuildError extends Error {
  override readonly name = 'ConsoleBuildError'
}

/** Ids of the strategy folders, in order. */
export function strategyFolders(plugins: string): string[] {
  if (!existsSync(plugins)) return []
  return readdirSync(plugins, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(plugins, entry.name, 'strategy.ts')))
    .map(({ name }) => name)
    .sort()
}

/** Builds every strategy whose bundle is missing or older than its sources. Problems are given back by id: one bad strategy stops nothing. */
export async function buildStrategies(plugins: string): Promise<{
  readonly built: readonly Built[]
  readonly problems: readonly { readonly id: string; readonly text: string }[]
}> {
  const built: Built[] = []
  const problems: { id: string; text: string }[] = []
  for (const id of strategyFolders(plugins)) {
    const source = join(plugins, id)
    if (newest(source) <= newest(join(plugins, `${id}${ENDING}`))) continue
    try {
      built.push(await buildBundle(source, plugins))
    } catch (error) {
      problems.push({ id, text: error instanceof Error ? error.message : String(error) })
    }
  }
  return { built, problems }
}

/** Builds the console where `ui/dist` is missing or older than the sources. True if it did. */
export async function buildConsole(root: string): Promise<boolean> {
  const ui = join(root, 'ui')
  const sources = readdirSync(ui).filter((name) => name !== 'dist' && !name.endsWith('.test.ts'))
  const changed = Math.max(
    ...sources.map((name) => newest(join(ui, name))),
    newest(join(root, 'sdk', 'view.ts')),
  )
  if (changed <= newest(join(ui, 'dist', 'index.html'))) return false
  // Quietly, and with the runtime that runs us: a service has no search path for npm's binaries.
  const child = Bun.spawn(
    [
      process.execPath,
      join(root, 'node_modules', 'vite', 'bin', 'vite.js'),
      'build',
      'ui',
      '--logLevel',
      'error',
    ],
    {
      cwd: root,
      // Tests run in a mode of their own; the console is built as it is shipped.
      env: { ...process.env, NODE_ENV: 'production' },
      stdout: 'pipe',
      stderr: 'pipe',
    },
  )
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  if (code !== 0)
    throw new ConsoleBuildError(
      `Cannot build the console:\n${`${out}${err}`.trim().split('\n').slice(-12).join('\n')}`,
    )
  return true
}

/** Time of the newest file at or below `path`; 0 where there is none. */
function newest(path: string): number {
  if (!existsSync(path)) return 0
  const about = statSync(path)
  if (!about.isDirectory()) return about.mtimeMs
  return readdirSync(path).reduce((time, name) => Math.max(time, newest(join(path, name))), 0)
}
