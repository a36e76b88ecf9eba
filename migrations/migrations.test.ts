import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { connect, type Sql } from '#host/edge/store/connect.ts'
import { migrate, MIGRATIONS } from '#host/edge/store/migrate.ts'
import { withPostgres } from '#host/edge/store/postgres.fixture.ts'
import { describeSchema } from '#host/edge/store/schema.ts'

const files = readdirSync(MIGRATIONS)
  .filter((name) => /^\d{4}/.test(name))
  .sort()
let folder = ''
const open: Sql[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'migrations-'))
  for (const name of files) copyFileSync(join(MIGRATIONS, name), join(folder, name))
})
afterAll(async () => {
  await Promise.all(open.map((sql) => sql.end()))
  rmSync(folder, { recursive: true, force: true })
})

async function empty(): Promise<Sql> {
  const sql = connect({ url: await withPostgres(), connections: 1 })
  open.push(sql)
  return sql
}

const messageOf = (action: Promise<unknown>) =>
  action.then(
    () => 'it was done',
    (error: unknown) => String(error),
  )

describe('The migrations', () => {
  test('make the tables that schema.sql shows, and do nothing the second time', async () => {
    const sql = await empty()
    expect(await migrate(sql)).toEqual(files)
    expect(await describeSchema(sql)).toBe(readFileSync(join(MIGRATIONS, 'schema.sql'), 'utf8'))
    expect(await migrate(sql)).toEqual([])
  })

  test('are numbered without a gap, and each says why, its rows, its lock and its repair', () => {
    expect(files.map((name) => Number(name.slice(0, 4)))).toEqual(
      files.map((_, index) => index + 1),
    )
    for (const name of files) {
      const text = readFileSync(join(MIGRATIONS, name), 'utf8')
      expect(text).toMatch(/^-- \S[^]*\n-- Rows +\S[^]*\n-- Lock +\S[^]*\n-- Repair +\S/)
    }
  })

  test('leave nothing of a file that fails, and go on with it once it is mended', async () => {
    const sql = await empty()
    const next = `${String(files.length + 1).padStart(4, '0')}-broken.sql`
    writeFileSync(join(folder, next), 'create table half (n int); create table half (n int);')
    expect(await messageOf(migrate(sql, folder))).toContain(
      `Cannot apply migration "${next}": relation "half" already exists`,
    )
    expect(await sql`select 1 from pg_tables where tablename = 'half'`).toHaveLength(0)
    writeFileSync(join(folder, next), 'create table half (n int);')
    expect(await migrate(sql, folder)).toEqual([next])
    rmSync(join(folder, next))
  })

  test('refuse a file that was changed after it was applied', async () => {
    const sql = await empty()
    await migrate(sql, folder)
    const first = join(folder, files[0] ?? '')
    const text = readFileSync(first, 'utf8')
    writeFileSync(first, `${text}-- edited\n`)
    expect(await messageOf(migrate(sql, folder))).toContain(
      `Migration "${files[0]}" was changed after it was applied`,
    )
    writeFileSync(first, text)
  })

  test('refuse a database that a newer program has been at', async () => {
    const sql = await empty()
    await migrate(sql, folder)
    await sql`insert into migrations (name, digest) values ('9999-later.sql', 'x')`
    expect(await messageOf(migrate(sql, folder))).toContain('it is older than the database')
  })

  test('show times and prices to people as they are', async () => {
    const sql = await empty()
    await migrate(sql)
    await sql`insert into instruments (id, price_digits, tick_units, quantity_digits, step_units) values ('NSE:INFY', 2, 5, 0, 1)`
    await sql`insert into ticks select key, 1_700_000_000_123_457, 1_700_000_000_123_458, 7859, 10, null, 7860, 0, 5 from instruments`
    const [row] =
      await sql`select price, bid, time = '2023-11-14 22:13:20.123457+00' as exact from readable_ticks`
    expect(row).toMatchObject({ bid: null, exact: true })
    expect(Number(row?.['price'])).toBe(392.95)
  })
})
