/**
 * Brings the tables up to date: numbered .sql files, forward only, each in one transaction with its own entry.
 *
 * In       a client that holds the host's lock, the folder of the files
 * Out      the names of the files that were applied
 * Refuses  store/schema: a file that changed after it was applied, a database newer than this program, a file that fails
 * Touches  every table
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { Umzug } from 'umzug'

import { reasonOf, type Sql } from './connect.ts'
import { StoreError } from './store-error.ts'

/** The project's own files. */
export const MIGRATIONS = fileURLToPath(new URL('../../../migrations/', import.meta.url))

interface MigrationFile {
  readonly name: string
  readonly text: string
  readonly digest: string
}

/** Applies what is missing, in order. */
export async function migrate(sql: Sql, folder = MIGRATIONS): Promise<string[]> {
  const files = filesOf(folder)
  await sql`create table if not exists migrations (
    name text primary key, digest text not null, applied timestamptz not null default now()
  )`
  await checkApplied(sql, files)
  const umzug = new Umzug<{ readonly sql: Sql }>({
    // A bare client would be taken for a function that makes the context.
    context: { sql },
    logger: undefined,
    migrations: files.map((file) => ({
      name: file.name,
      up: ({ context }: { readonly context: { readonly sql: Sql } }) => apply(context.sql, file),
    })),
    storage: {
      executed: async ({ context }) => (await applied(context.sql)).map(({ name }) => name),
      // Written by the file's own transaction.
      logMigration: async () => {},
      unlogMigration: () =>
        Promise.reject(new StoreError('store/schema', 'Migrations go forward only')),
    },
  })
  try {
    return (await umzug.up()).map(({ name }) => name)
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    throw cause instanceof StoreError
      ? cause
      : new StoreError('store/schema', `Cannot bring the tables up to date: ${reasonOf(cause)}`)
  }
}

function filesOf(folder: string): MigrationFile[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}-[a-z0-9-]+\.sql$/.test(name))
    .sort()
    .map((name) => {
      const text = readFileSync(`${folder}/${name}`, 'utf8')
      return { name, text, digest: createHash('sha256').update(text).digest('hex') }
    })
}

/** Several statements in one simple query are one transaction. */
async function apply(sql: Sql, { name, text, digest }: MigrationFile): Promise<void> {
  try {
    await sql.unsafe(
      `${text};\ninsert into migrations (name, digest) values ('${name}', '${digest}')`,
    )
  } catch (error) {
    throw new StoreError('store/schema', `Cannot apply migration "${name}": ${reasonOf(error)}`)
  }
}

function applied(sql: Sql) {
  return sql<{ name: string; digest: string }[]>`select name, digest from migrations order by name`
}

async function checkApplied(sql: Sql, files: readonly MigrationFile[]): Promise<void> {
  for (const { name, digest } of await applied(sql)) {
    const file = files.find((one) => one.name === name)
    if (file === undefined) {
      throw new StoreError(
        'store/schema',
        `The database has migration "${name}", which this program does not know: it is older than the database, start the newer one`,
      )
    }
    if (file.digest !== digest) {
      throw new StoreError(
        'store/schema',
        `Migration "${name}" was changed after it was applied: restore the file, and write a new one for the change`,
      )
    }
  }
}
