/**
 * Builds the console where its build is missing or older than what it is made of.
 *
 * Touches  ui/dist
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'

const ROOT = join(import.meta.dir, '..')

/** Builds if need be; throws with the builder's words where it fails. */
export async function buildConsole(): Promise<void> {
  const built = await changedAt(join(import.meta.dir, 'dist', 'index.html'))
  if (built > (await newestSource())) return
  const builder = Bun.spawn([process.execPath, 'node_modules/vite/bin/vite.js', 'build', 'ui'], {
    cwd: ROOT,
    // Tests run in a mode of their own; the console is built as it is shipped.
    env: { ...process.env, NODE_ENV: 'production' },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [exit, output, errors] = await Promise.all([
    builder.exited,
    new Response(builder.stdout).text(),
    new Response(builder.stderr).text(),
  ])
  if (exit !== 0) throw new Error(`Cannot build the console: ${errors}${output}`)
}

async function newestSource(): Promise<number> {
  const sources = new Bun.Glob('{ui,sdk}/**/*.{ts,svelte,css,html,svg}')
  const times: Promise<number>[] = []
  for await (const path of sources.scan({ cwd: ROOT })) {
    if (!path.startsWith('ui/dist/') && !path.endsWith('.test.ts')) {
      times.push(changedAt(join(ROOT, path)))
    }
  }
  return Math.max(...(await Promise.all(times)), await changedAt(join(ROOT, 'package.json')))
}

async function changedAt(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
}
