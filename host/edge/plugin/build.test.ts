import { describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { buildBundle, BuildError } from './build.ts'
import { readBundle } from './bundle-file.ts'
import { temporaryFolders, until, writeSources } from './bundle.fixture.ts'

setDefaultTimeout(60_000)

const newFolder = temporaryFolders()

interface Parts {
  readonly id?: string
  readonly imports?: string
  readonly before?: string
  readonly params?: string
  readonly state?: string
  readonly body?: string
}

function source({
  id = 'sample',
  imports = '',
  before = '',
  params = '',
  state = 'count: Type.Number()',
  body = '',
}: Parts = {}): string {
  return `import { defineStrategy, Type } from '#sdk'
${imports}
${before}
export default defineStrategy({
  id: '${id}',
  version: '1.2.3',
  params: Type.Object({ ${params} }),
  state: Type.Object({ ${state} }),
  grants: { instruments: ['*'], kinds: ['MARKET'], maxOrderQuantity: 10, maxPosition: 10 },
  needs: () => ({}),
  start: () => ({ count: 0 }),
  ${body}
})
`
}

/** The message with which a build fails. */
async function failure(text: string, id = 'sample'): Promise<string> {
  const root = newFolder()
  const folder = writeSources(root, id, { 'strategy.ts': text })
  const error = await buildBundle(folder, join(root, 'out')).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(BuildError)
  return error instanceof BuildError ? error.message : ''
}

describe('a build', () => {
  test('makes one file with everything inside, and its manifest before it', async () => {
    const root = newFolder()
    const folder = writeSources(root, 'sample', {
      'strategy.ts': source({
        imports: "import { step } from './step.ts'",
        body: 'onTick: ({ state }) => void (state.count += step),',
      }),
      'step.ts': 'export const step = 2_000_003',
    })
    const built = await buildBundle(folder, join(root, 'out'))
    const bytes = readFileSync(built.file)
    const answer = readBundle(built.file, bytes)
    expect(answer.ok && answer.value.manifest).toMatchObject({
      id: 'sample',
      version: '1.2.3',
      onFault: 'cancel-entries',
      stateVersion: 1,
    })
    expect(answer.ok && answer.value.digest).toBe(built.digest)
    expect(answer.ok && answer.value.code).toContain('2000003')
    expect(answer.ok && answer.value.code).toContain('sourceMappingURL=data:')
    expect(built).toMatchObject({ id: 'sample', version: '1.2.3', bytes: bytes.length })
  })

  test('gives the same bytes for the same sources, wherever they stand', async () => {
    const digests = await Promise.all(
      ['one', 'two/deeper'].map(async (place) => {
        const root = join(newFolder(), place)
        const folder = writeSources(root, 'sample', { 'strategy.ts': source() })
        return (await buildBundle(folder, join(root, 'out'))).digest
      }),
    )
    expect(digests[0]).toBe(digests[1] as string)
  })

  test('names the file, line and column of a syntax error', async () => {
    expect(await failure(`const a = 1\nconst = 2\n`)).toMatch(
      /sample\/strategy\.ts:2:7 Expected identifier/,
    )
  })

  for (const name of ['node:fs', 'fs', 'lodash', '../other.ts', '#host/desk.ts']) {
    test(`refuses the import of "${name}" by name`, async () => {
      expect(
        await failure(
          source({ imports: `import * as thing from '${name}'`, before: 'console.log(thing)' }),
        ),
      ).toContain(`"${name}"`)
    })
  }

  test('refuses a dynamic import, and says where it may not stand', async () => {
    const message = await failure(source({ before: "export const late = import('#sdk')" }))
    expect(message).toContain(
      '"import(", which a carrier refuses even in a comment or a text; write it differently',
    )
  })

  test('refuses the words of a dynamic import in a text', async () => {
    expect(await failure(source({ body: "onTick: ({ log }) => log('import(x)')," }))).toContain(
      'write it differently',
    )
  })

  test('takes a comment with those words, which does not reach the bundle', async () => {
    const root = newFolder()
    const folder = writeSources(root, 'sample', {
      'strategy.ts': source({ before: '// import(x) and <!-- -->' }),
    })
    expect((await buildBundle(folder, join(root, 'out'))).id).toBe('sample')
  })

  test('says what the strategy threw at its top level', async () => {
    expect(await failure(source({ before: "throw new Error('not today')" }))).toContain(
      'does not evaluate: Error: not today',
    )
  })

  test('ends an endless loop at the top level, also one in what is thrown', async () => {
    const hostile = 'throw new Proxy({}, { getPrototypeOf() { for (;;) {} } })'
    const messages = await Promise.all(
      ['for (;;) {}', hostile].map((before) => failure(source({ before }))),
    )
    for (const message of messages) expect(message).toContain('it did not finish in 5 s')
  })

  for (const word of ['process', 'fetch', 'Bun', 'setTimeout']) {
    test(`does not evaluate where ${word} is used at the top level`, async () => {
      expect(
        await failure(source({ before: `declare const ${word}: any; ${word}('x')` })),
      ).toContain('does not evaluate')
    })
  }

  test('refuses an id that is not the name of its folder', async () => {
    expect(await failure(source({ id: 'other' }))).toContain(
      'says its id is "other", but its folder is "sample": make them the same',
    )
  })

  test('refuses a parameter without a default', async () => {
    expect(await failure(source({ params: 'size: Type.Integer()' }))).toContain(
      'Every parameter needs a default that fits: /size',
    )
  })

  test('refuses a default that does not fit its own schema', async () => {
    expect(
      await failure(source({ params: 'size: Type.Integer({ default: 0, minimum: 1 })' })),
    ).toContain('/size')
  })

  test('refuses a schema that the host cannot check again', async () => {
    expect(await failure(source({ state: 'count: Type.Number(), when: Type.Date()' }))).toContain(
      'which the host cannot check',
    )
  })

  test('refuses what is not a strategy, and a folder without one', async () => {
    expect(await failure('export default 5')).toContain('exports no strategy')
    expect(await failure('export const a = 1')).toContain('The strategy has no "id"')
    await expect(buildBundle(join(newFolder(), 'nothing'), newFolder())).rejects.toThrow(
      'make a strategy with "desk new nothing"',
    )
  })

  test('shows a reader the old file or the new one, never a part', async () => {
    const root = newFolder()
    const out = join(root, 'out')
    const big = (fill: string) =>
      source({ before: `export const words = '${fill.repeat(400_000)}'` })
    const folder = writeSources(root, 'sample', { 'strategy.ts': big('a') })
    await buildBundle(folder, out)
    const looks: boolean[] = []
    let building = true
    const again = (async () => {
      for (const fill of 'bcd') {
        writeSources(root, 'sample', { 'strategy.ts': big(fill) })
        await buildBundle(folder, out)
      }
    })().finally(() => {
      building = false
    })
    await until(() => {
      looks.push(readBundle('sample.strategy.js', readFileSync(join(out, 'sample.strategy.js'))).ok)
      return !building
    }, 'the builds')
    await again
    expect(looks.every(Boolean)).toBe(true)
    expect(readdirSync(out)).toEqual(['sample.strategy.js'])
  })

  test('leaves the old file where the new sources do not build', async () => {
    const root = newFolder()
    const out = join(root, 'out')
    const folder = writeSources(root, 'sample', { 'strategy.ts': source() })
    const { digest } = await buildBundle(folder, out)
    writeSources(root, 'sample', { 'strategy.ts': 'const = 1' })
    await expect(buildBundle(folder, out)).rejects.toThrow(BuildError)
    const answer = readBundle('sample.strategy.js', readFileSync(join(out, 'sample.strategy.js')))
    expect(answer.ok && answer.value.digest).toBe(digest)
  })
})
