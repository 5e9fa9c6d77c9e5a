import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { migrate } from '@/db/migrate'
import { type ProgramRole, programRoles } from '@/db/roles'
import { startPostgres } from './postgres'

/** A login for each program, a member of its role and of nothing else. @returns the address each connects to */
async function logins(owner: string): Promise<Record<ProgramRole, string>> {
  const client = new pg.Client({ connectionString: owner })
  await client.connect()
  for (const role of programRoles) await client.query(`create role ${role}_login login in role gatehouse_${role}`)
  await client.end()
  const as = (role: ProgramRole): string => owner.replace('//gatehouse@', `//${role}_login@`)
  return { console: as('console'), gate: as('gate'), dispatcher: as('dispatcher') }
}

/** A real PostgreSQL, migrated: what `inject('databaseUrl')` names in the project `postgres`. */
export default async function setUp(project: TestProject) {
  const database = await startPostgres()
  await migrate(database.url, join(process.cwd(), 'db/migrations'))
  project.provide('databaseUrl', database.url)
  project.provide('urlOf', await logins(database.url))
  return () => database.stop()
}
