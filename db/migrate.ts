import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as run } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import { grantRights } from './roles'

/**
 * Brings the schema up to date, and on PostgreSQL the rights of each program. On PostgreSQL two processes that start together take turns through a session lock;
 * the embedded database refuses session locks, and there `migrate` runs alone before everything else.
 * @param folder absolute path of `db/migrations`
 */
export async function migrate(url: string, folder: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const embedded = await client
      .query('select pg_advisory_lock(724001)')
      .then(() => false)
      .catch((e: { code?: string }) => {
        if (e.code === '0A000') return true
        throw e
      })
    await run(drizzle(client), { migrationsFolder: folder })
    await client.query('select ensure_partitions(now())')
    // Everybody is one user of the embedded database.
    if (!embedded) await grantRights(client)
    if (!embedded) await client.query('select pg_advisory_unlock(724001)')
  } finally {
    await client.end()
  }
}
