import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import postgres from 'postgres'

import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded.ts'
import { runsOn } from './postgres-process.ts'
import { temporaryFolder, watchOver } from './postgres.fixture.ts'
import { StoreError } from './store-error.ts'

const said: string[] = []
const log = {
  info: (text: string) => void said.push(text),
  warn: (text: string) => void said.push(text),
}
const asRoot = process.getuid?.() === 0

let folder = ''
let running: EmbeddedPostgres | undefined

beforeAll(() => {
  folder = temporaryFolder()
})
afterEach(async () => {
  await running?.stop()
  running = undefined
  said.length = 0
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function start(place = folder): Promise<EmbeddedPostgres> {
  running = await startEmbeddedPostgres({ folder: place, log, outside: join(place, 'outside') })
  watchOver(running, place)
  return running
}

async function ask(url: string, query: string): Promise<unknown> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} })
  try {
    const [row] = await sql.unsafe(query)
    return row === undefined ? undefined : Object.values(row)[0]
  } finally {
    await sql.end({ timeout: 1 })
  }
}

async function failureOf(action: Promise<unknown>): Promise<StoreError> {
  const error: unknown = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof StoreError) return error
  throw new Error(`It did not refuse: ${String(error)}`)
}

const dataFolder = () => join(folder, 'postgres', 'data')

describe('The private PostgreSQL', () => {
  test('keeps what it was told over a stop, on loopback, in UTF-8 and the C locale, with fsync', async () => {
    const first = await start()
    await ask(first.url, 'create table kept (word text)')
    await ask(first.url, "insert into kept values ('Größe')")
    expect(await ask(first.url, 'show listen_addresses')).toBe('127.0.0.1')
    expect(await ask(first.url, 'show server_encoding')).toBe('UTF8')
    expect(await ask(first.url, 'show fsync')).toBe('on')
    expect(
      await ask(first.url, 'select datcollate from pg_database where datname = current_database()'),
    ).toBe('C')
    await first.stop()
    expect(runsOn(dataFolder(), first.pid)).toBe(false)

    const again = await start()
    expect(again.adopted).toBe(false)
    expect(await ask(again.url, 'select word from kept')).toBe('Größe')
  })

  test('keeps its password in a file that only its owner reads, and takes no other', async () => {
    const { url } = await start()
    expect(statSync(join(folder, 'postgres', 'password')).mode & 0o777).toBe(0o600)
    const wrong = url.replace(/:[^:@]+@/, ':wrong@')
    expect(await ask(wrong, 'select 1').catch((error: unknown) => error)).toMatchObject({
      code: '28P01',
    })
  })

  test('is taken over by the next host when the first is killed', async () => {
    const child = Bun.spawn(
      [
        process.execPath,
        join(import.meta.dir, 'start-embedded.fixture.ts'),
        folder,
        join(folder, 'outside'),
      ],
      { stdout: 'pipe' },
    )
    const { value } = await child.stdout.getReader().read()
    const left = JSON.parse(new TextDecoder().decode(value))
    child.kill('SIGKILL')
    await child.exited

    const taken = await start()
    expect(taken).toMatchObject({ adopted: true, pid: left.pid, url: left.url })
    expect(await ask(taken.url, 'select 1')).toBe(1)
    expect(said.join()).toContain('Took over the database')
    await taken.stop()
    expect(runsOn(dataFolder(), taken.pid)).toBe(false)
  })

  test('comes back with every commit when the server itself is killed', async () => {
    const first = await start()
    await ask(first.url, 'create table survived (n int)')
    await ask(first.url, 'insert into survived values (7)')
    process.kill(first.pid, 'SIGKILL')
    while (runsOn(dataFolder(), first.pid)) await Bun.sleep(5)
    const again = await start()
    expect(again.pid).not.toBe(first.pid)
    expect(await ask(again.url, 'select n from survived')).toBe(7)
  })

  test('does not take a stranger with the old process number for its server', async () => {
    const first = await start()
    await first.stop()
    const stranger = Bun.spawn(['sleep', '60'])
    const stale = `${stranger.pid}\n${dataFolder()}\n1\n${first.port}\n\n127.0.0.1\n\nready\n`
    writeFileSync(join(dataFolder(), 'postmaster.pid'), stale)
    const again = await start()
    expect(again.adopted).toBe(false)
    expect(await ask(again.url, 'select 1')).toBe(1)
    expect(stranger.exitCode).toBeNull()
    stranger.kill()
  })

  test('says in one line what to do with a damaged folder', async () => {
    await (await start()).stop()
    const control = join(dataFolder(), 'global', 'pg_control')
    renameSync(control, `${control}.away`)
    const { message, code } = await failureOf(start())
    renameSync(`${control}.away`, control)
    expect(code).toBe('store/embedded')
    expect(message).not.toContain('\n')
    expect(message).toContain(`PostgreSQL in "${dataFolder()}" does not start (`)
    expect(message).toContain('move the folder away and start again')

    const version = join(dataFolder(), 'PG_VERSION')
    writeFileSync(version, '12\n')
    expect((await failureOf(start())).message).toContain('was made by PostgreSQL 12, this is 18')
    writeFileSync(version, '18\n')
  })

  test('leaves nothing half made behind: what a killed start had begun is cleared away', async () => {
    const place = temporaryFolder()
    mkdirSync(join(place, 'postgres', 'data.new-1'), { recursive: true })
    const server = await start(place)
    expect(readdirSync(join(place, 'postgres')).sort()).toEqual(['data', 'password', 'server.log'])
    await server.stop()
    rmSync(place, { recursive: true, force: true })
  })

  test.skipIf(!asRoot)(
    'runs as another user for root, even where that user may not go',
    async () => {
      const closed = mkdtempSync(join(tmpdir(), 'hotdesk-closed-'))
      const outside = temporaryFolder()
      chmodSync(closed, 0o700)
      const place = join(closed, 'desk')
      running = await startEmbeddedPostgres({ folder: place, log, outside })
      watchOver(running, outside)
      expect(await ask(running.url, 'select 1')).toBe(1)
      expect(readFileSync(`/proc/${running.pid}/status`, 'utf8')).not.toMatch(/^Uid:\s+0/m)
      expect(statSync(closed).mode & 0o777).toBe(0o700)
      expect(existsSync(join(place, 'postgres', 'data'))).toBe(false)
      await running.stop()

      running = await startEmbeddedPostgres({ folder: place, log, outside })
      expect(readdirSync(outside).filter((name) => name.startsWith('postgres-'))).toHaveLength(1)
      await running.stop()
      rmSync(closed, { recursive: true, force: true })
      rmSync(outside, { recursive: true, force: true })
    },
  )

  test('leaves the interrupt signal to the host', async () => {
    const before = process.listenerCount('SIGINT')
    await start()
    expect(process.listenerCount('SIGINT')).toBe(before)
  })
})
