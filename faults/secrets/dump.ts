import { spawnSync } from 'node:child_process'

/** A backup: every table as text. @throws with what pg_dump said */
export function dumpOf(databaseUrl: string): string {
  const done = spawnSync('pg_dump', ['--dbname', databaseUrl], { encoding: 'utf8', maxBuffer: 1024 * 1024 * 1024 })
  if (done.status !== 0) throw new Error(`pg_dump failed: ${done.stderr ?? done.error}`)
  return done.stdout
}
