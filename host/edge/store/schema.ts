/**
 * What the tables look like, as sorted text: to be compared with the text that was accepted, migrations/schema.sql.
 *
 * In       a migrated database
 * Out      one text; the same tables give the same text on any server of one version
 */
import type { Sql } from './connect.ts'

const HEADER =
  '-- What all migrations together make of an empty database. Written by write-schema.ts; nothing runs it.'

const QUERY = `
  select line from (
    select format('table %s: %s %s%s%s', c.table_name, c.column_name, c.data_type,
      case when is_nullable = 'NO' then ' not null' else '' end,
      coalesce(' default ' || column_default, '')) as line
    from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = 'public' and t.table_type = 'BASE TABLE'
    union all
    select format('table %s: %s', conrelid::regclass, pg_get_constraintdef(oid))
    from pg_constraint where connamespace = 'public'::regnamespace and contype in ('p', 'u', 'c', 'f')
    union all
    select format('index %s', indexdef) from pg_indexes where schemaname = 'public'
    union all
    select format('view %s: %s', viewname, regexp_replace(definition, '\\s+', ' ', 'g'))
    from pg_views where schemaname = 'public'
    union all
    select format('function %s', regexp_replace(pg_get_functiondef(oid), '\\s+', ' ', 'g'))
    from pg_proc where pronamespace = 'public'::regnamespace
  ) as lines order by line collate "C"`

/** Tables, indexes, views and functions of the database, a line each. */
export async function describeSchema(sql: Sql): Promise<string> {
  const rows = await sql.unsafe<{ line: string }[]>(QUERY)
  return `${HEADER}\n${rows.map(({ line }) => line.trim()).join('\n')}\n`
}
