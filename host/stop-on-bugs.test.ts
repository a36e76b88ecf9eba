import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'

const MODULE = join(import.meta.dir, 'stop-on-bugs.ts')

/** A program that goes on for ever, but for a bug in the midst of it. */
function programWith(bug: string): string {
  return `
    import { stopOnBugs } from ${JSON.stringify(MODULE)}
    stopOnBugs({ fatal: ({ error }, text) => console.log(text + ': ' + error.split('\\n')[0]) })
    setInterval(() => {}, 1000)
    setTimeout(() => { ${bug} }, 1)
    await new Promise(() => {})`
}

describe('a bug that nobody caught', () => {
  test.each([
    [
      'in a turn that was asked for soon',
      "queueMicrotask(() => { throw new Error('books are wrong') })",
    ],
    ['in a timer', "throw new Error('books are wrong')"],
    ['in a promise that nobody awaits', "void Promise.reject(new Error('books are wrong'))"],
    ['that is no error at all', "throw 'Error: books are wrong'"],
  ])('%s ends the process, though it still awaits something, and is logged', async (_, bug) => {
    const child = Bun.spawn([process.execPath, '-e', programWith(bug)], {
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [stdout, stderr, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ])
    expect(code).toBe(1)
    expect(stdout).toContain('goes on from its journal: Error: books are wrong')
    expect(stderr).toStartWith('desk: a bug')
  })
})
