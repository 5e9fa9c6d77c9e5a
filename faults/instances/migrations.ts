import { readdirSync } from 'node:fs'
import { sql } from 'drizzle-orm'
import { connect } from '@/db/client'
import { runProgram } from '@/testing/instances'
import type { Figures } from '../shared/figures'
import type { Place } from './place'

/** Two hosts are upgraded at the same moment: two `migrate` on one empty database. */
export async function migrations({ postgres, site }: Place, figures: Figures): Promise<void> {
  postgres.sql('create database twice')
  const url = postgres.url.replace(/[^/]*$/, 'twice')
  const env = { ...site.env, DATABASE_URL: url }
  const both = await Promise.allSettled([runProgram('migrate', env), runProgram('migrate', env)])
  for (const done of both) if (done.status === 'rejected') figures.broken(`migrate: ${done.reason}`)
  const db = connect(url, { max: 1 })
  const { rows } = await db.execute<{ applied: number; installations: number }>(sql`
    select (select count(*)::int from drizzle.__drizzle_migrations) as applied,
           (select count(*)::int from installation) as installations`)
  await db.$client.end()
  const files = readdirSync('db/migrations').filter((name) => name.endsWith('.sql')).length
  const { applied = 0, installations = 0 } = rows[0] ?? {}
  figures.add({
    name: `two migrate at once: migrations applied, of ${files}`,
    value: applied,
    unit: '',
    bound: { least: files },
  })
  if (applied > files || installations !== 1)
    figures.broken(`${applied} migrations applied, ${installations} installations`)
}
