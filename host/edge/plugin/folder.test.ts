import { afterEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

import type { BundleEvent } from '#sdk/bundle.ts'

import { renderBundle } from './bundle-file.ts'
import { codeOf, manifestOf, temporaryFolders, until } from './bundle.fixture.ts'
import { createFolder, type Folder } from './folder.ts'

setDefaultTimeout(60_000)

const newFolder = temporaryFolders()
const started: Folder[] = []

afterEach(async () => {
  for (const folder of started.splice(0)) await folder.stop()
})

/** A bundle file's text; versions of equal length differ in `mark` alone. */
function fileText(id = 'sample', mark = 'a'): string {
  return renderBundle(manifestOf({ id }), codeOf(`onTick() { '${mark}' },`))
}

/** A drop folder that nobody watches: it looks when it is told to. */
function createPlace() {
  const root = newFolder()
  const drop = join(root, 'plugins')
  mkdirSync(drop)
  const events: BundleEvent[] = []
  const troubles: string[] = []
  const store = join(root, 'store')
  mkdirSync(store)
  const folder = createFolder({
    folder: drop,
    store,
    now: () => 1,
    onEvent: (event) => events.push(event),
    onTrouble: (reason) => troubles.push(reason),
  })
  return {
    drop,
    store,
    folder,
    troubles,
    path: (name: string) => join(drop, `${name}.strategy.js`),
    /** Written beside the file and renamed, as a build does it. */
    put(name: string, text: string) {
      const temporary = join(drop, `.tmp-${name}`)
      writeFileSync(temporary, text)
      renameSync(temporary, join(drop, `${name}.strategy.js`))
    },
    async watch() {
      started.push(folder)
      await folder.start()
    },
    events,
    /** What was told since the last time of asking, in short. */
    told: () => events.splice(0).map(brief),
  }
}

function brief(event: BundleEvent): string {
  if (event.change === 'present') return `present ${event.bundle.id}`
  return event.change === 'gone' ? `gone ${event.id}` : `refused ${event.id} ${event.code}`
}

describe('a look at the drop folder', () => {
  test('tells of a file that is new, changed, and gone, each once', async () => {
    const place = createPlace()
    place.put('sample', fileText())
    await place.folder.reconcile()
    await place.folder.reconcile()
    expect(place.told()).toEqual(['present sample'])
    place.put('sample', fileText('sample', 'b'))
    await place.folder.reconcile()
    expect(place.told()).toEqual(['present sample'])
    rmSync(place.path('sample'))
    await place.folder.reconcile()
    await place.folder.reconcile()
    expect(place.told()).toEqual(['gone sample'])
  })

  test('finds other content of the same size and time', async () => {
    const place = createPlace()
    writeFileSync(place.path('sample'), fileText('sample', 'a'))
    const { atime, mtime, size } = statSync(place.path('sample'))
    await place.folder.reconcile()
    writeFileSync(place.path('sample'), fileText('sample', 'b'))
    utimesSync(place.path('sample'), atime, mtime)
    await place.folder.reconcile()
    expect(statSync(place.path('sample')).size).toBe(size)
    const digests = place.events.map((event) => event.change === 'present' && event.bundle.digest)
    expect(new Set(digests).size).toBe(2)
  })

  test('says nothing of a file that was only touched', async () => {
    const place = createPlace()
    place.put('sample', fileText())
    await place.folder.reconcile()
    utimesSync(place.path('sample'), 1, 1)
    await place.folder.reconcile()
    expect(place.told()).toEqual(['present sample'])
  })

  test('keeps what it accepted under its digest, byte for byte', async () => {
    const place = createPlace()
    place.put('sample', fileText())
    await place.folder.reconcile()
    const [event] = place.events
    if (event?.change !== 'present') throw new Error('Nothing was accepted')
    rmSync(place.path('sample'))
    expect(readFileSync(join(place.store, `${event.bundle.digest}.js`), 'utf8')).toBe(fileText())
    expect(readdirSync(place.store)).toHaveLength(1)
  })

  test('refuses a file of which no copy can be kept, and takes it when one can', async () => {
    const place = createPlace()
    rmSync(place.store, { recursive: true })
    place.put('sample', fileText())
    await place.folder.reconcile()
    await place.folder.reconcile()
    expect(place.told()).toEqual(['refused sample bundle/store'])
    mkdirSync(place.store)
    await place.folder.reconcile()
    expect(place.told()).toEqual(['present sample'])
  })

  test('refuses what is not a plain file, without reading it', async () => {
    const place = createPlace()
    const outside = join(newFolder(), 'secret.strategy.js')
    writeFileSync(outside, fileText('secret'))
    symlinkSync(outside, place.path('link'))
    symlinkSync('/nowhere', place.path('nowhere'))
    mkdirSync(place.path('folder'))
    expect(spawnSync('mkfifo', [place.path('pipe')]).status).toBe(0)
    writeFileSync(place.path('large'), '')
    truncateSync(place.path('large'), 3 * 1024 * 1024)
    await place.folder.reconcile()
    await place.folder.reconcile()
    expect(place.told()).toEqual([
      'refused folder bundle/not-a-file',
      'refused large bundle/too-large',
      'refused link bundle/link',
      'refused nowhere bundle/link',
      'refused pipe bundle/not-a-file',
    ])
    expect(readdirSync(place.store)).toEqual([])
  })

  test('does not look at files that are still being written, nor at others', async () => {
    const place = createPlace()
    for (const name of ['.tmp-sample.strategy.js.17', 'notes.md', 'strategy.ts'])
      writeFileSync(join(place.drop, name), fileText())
    await place.folder.reconcile()
    expect(place.told()).toEqual([])
  })

  test('takes a half-written file once it is whole, exactly once', async () => {
    const place = createPlace()
    const text = fileText()
    for (const share of [0.1, 0.5, 0.9, 0.99]) {
      writeFileSync(place.path('sample'), text.slice(0, text.length * share))
      await place.folder.reconcile()
    }
    writeFileSync(place.path('sample'), text)
    await place.folder.reconcile()
    await place.folder.reconcile()
    const told = place.told()
    expect(told.filter((line) => line.startsWith('present'))).toEqual(['present sample'])
    expect(told.slice(0, 4).every((line) => line.startsWith('refused sample bundle/'))).toBe(true)
  })

  test('gives an id to the file with its name, and refuses the other', async () => {
    const place = createPlace()
    place.put('sample', fileText('sample'))
    place.put('twin', fileText('sample'))
    await place.folder.reconcile()
    expect(place.told()).toEqual(['present sample', 'refused twin bundle/id'])
  })

  test('says once that the folder itself cannot be read, and goes on when it is back', async () => {
    const place = createPlace()
    place.put('sample', fileText())
    await place.folder.reconcile()
    renameSync(place.drop, `${place.drop}-away`)
    await place.folder.reconcile()
    await place.folder.reconcile()
    expect(place.troubles).toHaveLength(1)
    renameSync(`${place.drop}-away`, place.drop)
    await place.folder.reconcile()
    expect(place.told()).toEqual(['present sample'])
  })

  test('asked for during a look is one more look', async () => {
    const place = createPlace()
    place.put('sample', fileText())
    const first = place.folder.reconcile()
    place.put('second', fileText('second'))
    await Promise.all([first, place.folder.reconcile(), place.folder.reconcile()])
    expect(place.told().sort()).toEqual(['present sample', 'present second'])
  })
})

describe('a watched drop folder', () => {
  test('tells the final version of forty files that are overwritten five times', async () => {
    const place = createPlace()
    await place.watch()
    const ids = Array.from({ length: 40 }, (_, i) => `sample-${i}`)
    for (const mark of 'abcdef') {
      for (const id of ids) place.put(id, fileText(id, mark))
      await Bun.sleep(20)
    }
    const last = new Map<string, string>()
    await until(() => {
      for (const event of place.events.splice(0))
        if (event.change === 'present') last.set(event.bundle.id, event.bundle.code)
      return ids.every((id) => last.get(id)?.includes("'f'") === true)
    }, 'the final version of all forty')
    await place.folder.reconcile()
    expect(place.told()).toEqual([])
    expect(last.size).toBe(40)
  })

  test('tells of a file that is renamed into it', async () => {
    const place = createPlace()
    await place.watch()
    place.put('sample', fileText())
    await until(() => place.events.length > 0, 'the file')
    expect(place.told()).toEqual(['present sample'])
  })

  test('goes on where another folder is put in its place', async () => {
    const place = createPlace()
    await place.watch()
    const other = join(newFolder(), 'plugins')
    mkdirSync(other)
    renameSync(place.drop, `${place.drop}-old`)
    renameSync(other, place.drop)
    await Bun.sleep(200)
    place.put('sample', fileText())
    await until(() => place.events.length > 0, 'the file')
    expect(place.told()).toEqual(['present sample'])
  })

  test('says nothing after it was stopped', async () => {
    const place = createPlace()
    await place.watch()
    await place.folder.stop()
    place.put('sample', fileText())
    await Bun.sleep(200)
    expect(place.told()).toEqual([])
    expect(existsSync(place.drop)).toBe(true)
  })
})
