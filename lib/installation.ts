import { eq, sql } from 'drizzle-orm'
import type { Db, Queryable } from '@/db/client'
import { installation } from '@/db/schema'
import type { Environment } from '@/lib/secrets/format'

/** What a program was told about the installation, and what the database remembers. They must agree. */
export type Claim = { environment: Environment; demo: boolean }

/** The database belongs to another kind of installation than the program was started for. */
export class WrongInstallation extends Error {}

/**
 * Before the first migration touches anything: a demo takes an empty database or a demo's, and nothing else.
 * @throws WrongInstallation
 */
export async function refuseForeignDatabase(db: Queryable, claim: Claim): Promise<void> {
  const { rows } = await db.execute<{ known: boolean; tables: number }>(sql`
    select to_regclass('public.installation') is not null as known,
           (select count(*)::int from information_schema.tables where table_schema = 'public') as tables`)
  if (rows[0]?.known) return agree(db, claim, true)
  if (claim.demo && (rows[0]?.tables ?? 0) > 0) {
    throw new WrongInstallation('DATABASE_URL names a database that is not a demo: `npm start` leaves it alone')
  }
}

/** Written once, by the first migration run; from then on it can only be agreed with. */
export async function establish(db: Queryable, claim: Claim): Promise<void> {
  await db.insert(installation).values(claim).onConflictDoNothing()
  await agree(db, claim, false)
}

/** @throws WrongInstallation when the database was made for something else, or by nobody yet */
export const verifyInstallation = (db: Db, claim: Claim): Promise<void> => agree(db, claim, false)

async function agree(db: Queryable, claim: Claim, mayBeEmpty: boolean): Promise<void> {
  const [row] = await db.select().from(installation).where(eq(installation.id, 1))
  if (!row) {
    if (mayBeEmpty) return
    throw new WrongInstallation('the database has not been migrated: run `node build/migrate.mjs` first')
  }
  if (row.demo !== claim.demo) {
    throw new WrongInstallation(
      row.demo
        ? 'DATABASE_URL names the database of a demo: production programs leave it alone'
        : 'DATABASE_URL names a database that is not a demo: `npm start` leaves it alone',
    )
  }
  if (row.environment !== claim.environment) {
    throw new WrongInstallation(
      `the database is ${row.environment} for good, and GATEHOUSE_ENV says ${claim.environment}`,
    )
  }
}
