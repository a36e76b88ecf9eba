/**
 * The one command: format, lint, types, the console's build, tests. Prints each step with its time, stops at the first that
 * fails and shows what it said, and ends with "N passed, N failed". A step that fails before the tests counts as one.
 *
 * Touches  ui/dist
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { readCounts, renderCounts } from './summary.ts'

interface Step {
  readonly name: string
  readonly command: readonly string[]
  /** What the step works on; it is left out, with a line that says so, where that is not there. */
  readonly needs?: string
}

const root = join(import.meta.dir, '..')
// The steps write to a pipe, so they are told what stands at its end. Some take any FORCE_COLOR for a yes.
const colour = process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }

const STEPS: readonly Step[] = [
  { name: 'format', command: ['bun', 'fmt', '--check'] },
  {
    name: 'lint',
    command: [
      'oxlint',
      '--quiet',
      ...'host sdk plugins sandbox-tests deploy migrations'.split(' '),
    ],
  },
  { name: 'types', command: ['bun', 'check'] },
  { name: 'types of plugins', command: ['bun', 'check', '-p', 'plugins'] },
  {
    name: 'types of ui',
    command: ['svelte-check', '--tsconfig', 'ui/tsconfig.json'],
    needs: 'ui/tsconfig.json',
  },
  { name: 'build of ui', command: ['vite', 'build', 'ui'], needs: 'ui/index.html' },
]

process.exitCode = await main()

async function main(): Promise<number> {
  for (const step of STEPS) {
    if (!(await passes(step))) {
      console.log(renderCounts({ passed: 0, failed: 1 }))
      return 1
    }
  }
  return runTests(process.argv.slice(2))
}

async function passes({ name, command, needs }: Step): Promise<boolean> {
  if (needs !== undefined && !existsSync(join(root, needs))) {
    console.log(`- ${name}: left out, there is no ${needs}`)
    return true
  }
  const startedAt = performance.now()
  const child = start(command)
  const said = await Promise.all([child.stdout.text(), child.stderr.text()])
  const ok = (await child.exited) === 0
  console.log(`${ok ? '✓' : '✗'} ${name} (${seconds(startedAt)})`)
  if (!ok) console.log(`\n${said.join('').trim()}\n`)
  return ok
}

/** The tests are shown while they run; nobody waits minutes for a silent line. */
async function runTests(filters: readonly string[]): Promise<number> {
  const startedAt = performance.now()
  const child = start(['bun', 'test', '--timeout', '60000', ...filters])
  const said = await Promise.all([
    echo(child.stdout, process.stdout),
    echo(child.stderr, process.stderr),
  ])
  const code = await child.exited
  const counts = readCounts(said.join('\n'))
  const ok = code === 0 && counts?.failed === 0
  console.log(`${ok ? '✓' : '✗'} tests (${seconds(startedAt)})`)
  if (counts === undefined) console.log(`The tests broke off (exit code ${code})`)
  // Bun also fails on an error outside of any test; that is a failure too, though no test counts it.
  const failed = ok ? 0 : Math.max(1, counts?.failed ?? 1)
  console.log(renderCounts({ passed: counts?.passed ?? 0, failed }))
  return ok ? 0 : 1
}

function start([name = '', ...args]: readonly string[]) {
  const command = name === 'bun' ? process.execPath : join(root, 'node_modules', '.bin', name)
  return Bun.spawn([command, ...args], {
    cwd: root,
    env: { ...process.env, ...colour },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
}

async function echo(
  stream: ReadableStream<Uint8Array>,
  to: { write(chunk: Uint8Array): unknown },
): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of stream) {
    to.write(chunk)
    text += decoder.decode(chunk, { stream: true })
  }
  return text
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}
