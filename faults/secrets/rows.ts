import { sql } from 'drizzle-orm'
import type { Db } from '@/db/client'
import { type Place, textPlace } from './place'

/** Every value of every column of every table, one place a column; bytes both as hex and as they are. */
export async function rowsOf(db: Db): Promise<{ places: Place[]; rows: number }> {
  const { rows: tables } = await db.execute<{ schema: string; name: string }>(sql`
    select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not c.relispartition and n.nspname not in ('pg_catalog', 'information_schema')
      and n.nspname not like 'pg_toast%' order by 1`)
  const places: Place[] = []
  let count = 0
  for (const { schema, name } of tables) {
    const { rows } = await db.execute<{ row: Record<string, unknown> }>(
      sql`select row_to_json(t) as row from ${sql.identifier(schema)}.${sql.identifier(name)} t`,
    )
    count += rows.length
    for (const column of Object.keys(rows[0]?.row ?? {})) {
      const texts = rows.map(({ row }) => textOf(row[column]))
      const label = `row ${name}.${column}`
      places.push(textPlace(label, `${texts.length} rows`, texts.join('\n')))
      const raw = texts.filter((text) => /^\\x[0-9a-f]+$/.test(text)).map((text) => Buffer.from(text.slice(2), 'hex'))
      if (raw.length) places.push({ label, where: 'as bytes', bytes: Buffer.concat(raw), text: false })
    }
  }
  return { places, rows: count }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
