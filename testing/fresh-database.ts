import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import pg from 'pg'
import { inject } from 'vitest'
import { connect, type Db } from '@/db/client'
import { migrate } from '@/db/migrate'

export const migrations = join(process.cwd(), 'db/migrations')

/** A database of its own on the real PostgreSQL, empty: for tests that meet the first migration or change keys. */
export async function freshDatabase(): Promise<{ url: string; db: Db }> {
  const name = `fresh_${randomBytes(6).toString('hex')}`
  const client = new pg.Client({ connectionString: inject('controlUrl') })
  await client.connect()
  await client.query(`create database ${name}`)
  await client.end()
  const url = inject('controlUrl').replace(/[^/]*$/, name)
  return { url, db: connect(url, { max: 4 }) }
}

export async function migratedDatabase(): Promise<{ url: string; db: Db }> {
  const made = await freshDatabase()
  await migrate(made.url, migrations)
  return made
}
