import { describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { version } from '../package.json'

const CLI = join(import.meta.dir, 'cli.ts')
const VERBS = ['up', 'backtest', 'new', 'build', 'dev', 'list', 'enable', 'disable', 'reload']

/** Runs `desk` on an empty drop folder. */
function desk(...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'hotdesk-cli-'))
  try {
    const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, CLI, ...args], {
      cwd: folder,
      env: {
        ...process.env,
        NO_COLOR: '1',
        HOTDESK_PLUGINS: folder,
        HOTDESK_HOME: join(folder, 'home'),
      },
      stdout: 'pipe',
      stderr: 'pipe',
    })
    return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('desk', () => {
  test('says its version', () => {
    expect(desk('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  test('lists every verb with what it does', () => {
    const { code, stdout, stderr } = desk('--help')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const verb of VERBS) expect(stdout).toMatch(new RegExp(`^  ${verb} .*\\S`, 'm'))
  })

  test('says how it is used where nothing is asked of it', () => {
    const { code, stdout, stderr } = desk()
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('Usage: desk')
  })

  test.each(VERBS)('%s has help with an example that is a command', (verb) => {
    const { code, stdout, stderr } = desk(verb, '--help')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`Examples?:\\n  \\$ npx bun desk ${verb}\\b`))
  })

  test.each([
    [['new'], 'id'],
    [['up'], 'mode'],
    [['enable'], 'id'],
    [['backtest', 'x'], '--data'],
  ])('%p is refused with what is missing', (args, missing) => {
    const { code, stdout, stderr } = desk(...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(missing)
  })

  test('makes, builds and names a strategy in one JSON line each', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hotdesk-cli-'))
    const run = (...args: string[]) => {
      const { exitCode, stdout } = Bun.spawnSync([process.execPath, CLI, ...args, '--json'], {
        env: { ...process.env, HOTDESK_PLUGINS: folder },
        stdout: 'pipe',
      })
      expect(exitCode).toBe(0)
      return JSON.parse(stdout.toString()) as unknown
    }
    try {
      expect(run('new', 'my-idea')).toMatchObject({
        id: 'my-idea',
        folder: join(folder, 'my-idea'),
      })
      expect(run('build')).toMatchObject([
        { id: 'my-idea', file: join(folder, 'my-idea.strategy.js') },
      ])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test('has nothing to build in an empty drop folder, and says how to begin', () => {
    const { code, stderr } = desk('build')
    expect(code).toBe(2)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toContain('desk new my-idea')
  })
})
