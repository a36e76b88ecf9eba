import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { buildBundle } from '../edge/plugin/build.ts'
import { readBundle } from '../edge/plugin/bundle-file.ts'
import { newStrategy } from './template.ts'

const root = join(import.meta.dir, '../..')
const plugins = join(root, 'plugins')
// It must stand in the project, where "#sdk" means something.
const id = `trial-${process.pid}-strategy`

afterAll(async () => {
  await rm(join(plugins, id), { recursive: true, force: true })
})

describe('a new strategy', () => {
  test('is made, passes its own test, and is formatted', async () => {
    const made = await newStrategy(plugins, id)
    expect((await readdir(made.folder)).sort()).toEqual([
      'README.md',
      'strategy.test.ts',
      'strategy.ts',
    ])
    expect(await readFile(made.files[0] ?? '', 'utf8')).toContain(`id: '${id}'`)
    const tested = await run(['test', '--timeout', '60000', `plugins/${id}/`])
    expect(tested.said).toContain(' 0 fail')
    expect(tested.code).toBe(0)
    const sources = made.files.filter((file) => file.endsWith('.ts'))
    expect(await run(['fmt', '--check', ...sources])).toMatchObject({ code: 0 })
  }, 60_000)

  test('builds into a bundle that the desk takes', async () => {
    const target = await mkdtemp(join(tmpdir(), 'hotdesk-template-'))
    try {
      const { file } = await buildBundle(join(plugins, id), target)
      const bundle = readBundle(file, await Bun.file(file).bytes())
      expect(bundle).toMatchObject({ ok: true, value: { id } })
    } finally {
      await rm(target, { recursive: true, force: true })
    }
  })

  test('does not overwrite one that is there', async () => {
    await expect(newStrategy(plugins, id)).rejects.toThrow('already')
    await expect(newStrategy(plugins, 'ema-cross')).rejects.toThrow('already')
  })

  test.each(['', 'A', 'a', 'My-Idea', '../x', 'my idea', '1st', 'x/y', 'my-', 'x'.repeat(60)])(
    'is not made under the id "%s"',
    async (bad) => {
      await expect(newStrategy(plugins, bad)).rejects.toThrow('cannot be the id')
    },
  )
})

async function run(
  args: readonly string[],
): Promise<{ readonly code: number; readonly said: string }> {
  const child = Bun.spawn([process.execPath, ...args], {
    cwd: root,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const said = await Promise.all([child.stdout.text(), child.stderr.text()])
  return { code: await child.exited, said: said.join('') }
}
