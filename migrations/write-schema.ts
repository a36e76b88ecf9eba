/** Writes schema.sql anew from an empty database and all migrations: `bun migrations/write-schema.ts`. Read the diff. */
import { join } from 'node:path'

import { connect } from '#host/edge/store/connect.ts'
import { migrate } from '#host/edge/store/migrate.ts'
import { withPostgres } from '#host/edge/store/postgres.fixture.ts'
import { describeSchema } from '#host/edge/store/schema.ts'

const sql = connect({ url: await withPostgres(), connections: 1 })
await migrate(sql)
await Bun.write(join(import.meta.dir, 'schema.sql'), await describeSchema(sql))
await sql.end()
process.exit()
