import type { TestProject } from 'vitest/node'
import { buildPrograms } from './embedded'
import { startPostgres } from './postgres'

/** For the tests of the embedded engine itself: its programs, and a real PostgreSQL as control. */
export default async function setUp(project: TestProject) {
  await buildPrograms()
  const control = await startPostgres()
  project.provide('controlUrl', control.url)
  return () => control.stop()
}
