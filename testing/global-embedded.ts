import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { migrate } from '@/db/migrate'
import { buildPrograms, startEmbedded } from './embedded'

/** The embedded database, migrated: what `inject('databaseUrl')` names in the project `embedded`. */
export default async function setUp(project: TestProject) {
  await buildPrograms()
  const database = await startEmbedded()
  await migrate(database.url, join(process.cwd(), 'db/migrations'))
  project.provide('databaseUrl', database.url)
  project.provide('urlOf', { console: database.url, gate: database.url, dispatcher: database.url })
  return () => database.stop()
}
