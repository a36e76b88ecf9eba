import { describe, expect, test } from 'bun:test'

import fc from 'fast-check'

import { SDK_VERSION } from '#sdk/manifest.ts'

import { readBundle, renderBundle, satisfies, sha256 } from './bundle-file.ts'
import { codeOf, manifestOf } from './bundle.fixture.ts'

const FILE = 'sample.strategy.js'
const code = codeOf('onTick() {}')
const bytesOf = (text: string) => new TextEncoder().encode(text)
const whole = renderBundle(manifestOf(), code)

/** The code of the refusal; undefined where the file is taken. */
function refusal(text: string, file = FILE): string | undefined {
  const answer = readBundle(file, bytesOf(text))
  return answer.ok ? undefined : answer.refusal.code
}

describe('a bundle file', () => {
  test('gives back the manifest, the code and the hash of its bytes', () => {
    const answer = readBundle(FILE, bytesOf(whole))
    expect(answer).toEqual({
      ok: true,
      value: { id: 'sample', file: FILE, digest: sha256(whole), manifest: manifestOf(), code },
    })
  })

  test('is JavaScript as it stands', () => {
    expect(() => new Bun.Transpiler({ loader: 'js' }).transformSync(whole)).not.toThrow()
  })

  test('keeps a comment end inside of its manifest', () => {
    const manifest = manifestOf({
      description: 'ends */ here /* and *//*/ there',
      name: '\u2028 */',
    })
    const text = renderBundle(manifest, code)
    const answer = readBundle(FILE, bytesOf(text))
    expect(answer.ok && answer.value.manifest).toEqual(manifest)
    expect(answer.ok && answer.value.code).toBe(code)
  })

  test('gives back any description and any code', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 }).filter((one) => one.isWellFormed())
    fc.assert(
      fc.property(text, text, (description, given) => {
        const manifest = manifestOf({ description })
        const answer = readBundle(FILE, bytesOf(renderBundle(manifest, given)))
        expect(answer.ok && answer.value).toMatchObject({ manifest, code: given })
      }),
    )
  })

  test('is refused wherever it is cut off', () => {
    const bytes = bytesOf(whole)
    const places = Array.from({ length: 60 }, (_, i) => Math.floor((bytes.length * i) / 60))
    for (const place of [...places, bytes.length - 1]) {
      const answer = readBundle(FILE, bytes.subarray(0, place))
      expect(answer.ok).toBe(false)
      if (!answer.ok)
        expect(['bundle/incomplete', 'bundle/manifest']).toContain(answer.refusal.code)
    }
  })

  test('is refused where its code was edited by one character', () => {
    expect(refusal(whole.replace('onTick', 'onTock'))).toBe('bundle/incomplete')
    expect(refusal(`${whole} `)).toBe('bundle/incomplete')
  })

  test('is refused without a manifest, with the way to make one', () => {
    const answer = readBundle(FILE, bytesOf('module.exports = {}'))
    expect(answer).toMatchObject({ ok: false, refusal: { code: 'bundle/manifest' } })
    expect(!answer.ok && answer.refusal.reason).toContain('make it with "desk build"')
  })

  const wrong: readonly (readonly [name: string, changes: object, code: string])[] = [
    ['a key that nobody knows', { extra: 1 }, 'bundle/manifest'],
    ['an id with a path in it', { id: '../sample' }, 'bundle/manifest'],
    ['no grants', { grants: undefined }, 'bundle/manifest'],
    [
      'an order kind that is not one',
      { grants: { ...manifestOf().grants, kinds: ['FREE'] } },
      'bundle/manifest',
    ],
    ['a version that is none', { version: '1.0' }, 'bundle/manifest'],
    ['another SDK', { api: '^9.0.0' }, 'bundle/api'],
    ['a range that pins nothing', { api: '*' }, 'bundle/api'],
    ['a schema that the host cannot check', { state: { $ref: '#/x' } }, 'bundle/schema'],
  ]
  for (const [name, changes, expected] of wrong) {
    test(`is refused with ${name}`, () => {
      const manifest = { ...manifestOf(), ...changes } as ReturnType<typeof manifestOf>
      expect(refusal(renderBundle(manifest, code))).toBe(expected)
    })
  }

  test('is refused under a name that is not its own', () => {
    const answer = readBundle('other.strategy.js', bytesOf(whole))
    expect(answer).toMatchObject({ ok: false, refusal: { code: 'bundle/id' } })
    expect(!answer.ok && answer.refusal.reason).toContain('belongs to "sample.strategy.js"')
  })

  test('is never an exception, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (noise, at) => {
        const bytes = bytesOf(whole)
        bytes.set(
          noise.subarray(0, bytes.length),
          Math.min(at % bytes.length, bytes.length - noise.length),
        )
        const answer = readBundle(FILE, bytes)
        return answer.ok ? answer.value.code === code : answer.refusal.reason.length > 0
      }),
    )
  })
})

describe('a range of SDK versions', () => {
  const table: readonly (readonly [range: string, version: string, fits: boolean])[] = [
    [`^${SDK_VERSION}`, SDK_VERSION, true],
    ['^0.1.0', '0.1.0', true],
    ['^0.1.0', '0.1.7', true],
    ['^0.1.2', '0.1.1', false],
    ['^0.1.0', '0.2.0', false],
    ['^0.1.0', '1.1.0', false],
    ['^1.2.3', '1.2.3', true],
    ['^1.2.3', '1.2.4', true],
    ['^1.2.3', '1.3.0', true],
    ['^1.2.3', '1.2.2', false],
    ['^1.2.3', '1.1.9', false],
    ['^1.2.3', '2.2.3', false],
    ['^1.10.0', '1.9.0', false],
    ['1.2.3', '1.2.3', false],
    ['>=1.0.0', '1.2.3', false],
    ['*', '1.2.3', false],
    ['', '1.2.3', false],
    ['^1.2.3', '1.2.3-beta', false],
  ]
  for (const [range, version, fits] of table) {
    test(`"${range}" ${fits ? 'fits' : 'does not fit'} ${version}`, () => {
      expect(satisfies(range, version)).toBe(fits)
    })
  }
})
