import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { migrate } from '@/db/migrate'
import { makeLogins } from './logins'
import { startPostgres } from './postgres'

/** A real PostgreSQL, migrated: what `inject('databaseUrl')` names in the project `postgres`. */
export default async function setUp(project: TestProject) {
  const database = await startPostgres()
  await migrate(database.url, join(process.cwd(), 'db/migrations'))
  project.provide('databaseUrl', database.url)
  project.provide('urlOf', await makeLogins(database.url))
  return () => database.stop()
}
