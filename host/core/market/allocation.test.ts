import { expect, test } from 'bun:test'
import { fileURLToPath } from 'node:url'

const LOAD = fileURLToPath(new URL('./sample-load.ts', import.meta.url))
const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const TICKS = 1_000_000

/**
 * Bytes allocated per tick. The ticks run in a process of their own, where the collector tells how much there was to
 * look at each time: before them nothing but what lives, after them that and all that they left.
 */
function bytesPerTick(alsoDo: string): number {
  const script = `
    import { createSampleLoad } from ${JSON.stringify(LOAD)}
    const { run } = createSampleLoad()
    const kept = []
    run(1_000_000)
    Bun.gc(true)
    console.error('FROM HERE')
    Bun.gc(true)
    for (let at = 0; at < ${TICKS}; at += 1000) {
      run(1000)
      for (let tick = 0; tick < 1000; tick++) { ${alsoDo} }
    }
    Bun.gc(true)
    console.error('TO HERE')
  `
  const { stderr, exitCode } = Bun.spawnSync([process.execPath, '-e', script], {
    cwd: ROOT,
    env: { ...process.env, BUN_JSC_logGC: '1' },
    stderr: 'pipe',
  })
  expect(exitCode).toBe(0)
  const [, during = ''] = stderr.toString().split('FROM HERE')
  const sizes = [...(during.split('TO HERE')[0] ?? '').matchAll(/START M (\d+)kb/g)]
  const [before = Number.NaN, after = Number.NaN] = sizes.map(([, size]) => Number(size) * 1024)
  return (after - before) / TICKS
}

test('a tick allocates nothing: a million of them leave less than a byte each', () => {
  expect(bytesPerTick('')).toBeLessThan(1)
})

test('one small object a tick would be seen', () => {
  expect(bytesPerTick('kept[0] = { tick }')).toBeGreaterThan(10)
})
