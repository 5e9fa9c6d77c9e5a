import { readFileSync, statSync } from 'node:fs'
import { type RouteTable, readRoutes, reviewRoutes } from '@/lib/gatekeeping/routes'
import { log } from '@/lib/log'

/** The routes file, read again when it changes. A faulty one is reported and the table in use stays. */
export type RoutesFile = { table(): RouteTable; stop(): void }

const LOOK_EVERY_MS = 1000

/** Throws when the file cannot be used: a gate does not start without its routes. */
export function watchRoutes(path: string): RoutesFile {
  let version = versionOf(path)
  let table = read(path)

  function look(): void {
    try {
      const now = versionOf(path)
      if (now === version) return
      version = now
      table = read(path)
      log('info', 'routes.reloaded', { rows: table.routes.length })
    } catch (error) {
      log('error', 'routes.kept', { fault: error instanceof RoutesError ? error.message : 'unreadable' })
    }
  }

  const timer = setInterval(look, LOOK_EVERY_MS)
  timer.unref()
  return { table: () => table, stop: () => clearInterval(timer) }
}

/** Everything that is wrong with a routes file, one line each. */
export class RoutesError extends Error {}

function read(path: string): RouteTable {
  const result = readRoutes(readFileSync(path, 'utf8'))
  if (!result.ok) throw new RoutesError(result.errors.join('\n'))
  for (const warning of reviewRoutes(result.table)) log('warn', 'routes.review', { warning })
  return result.table
}

const versionOf = (path: string): string => {
  const { mtimeMs, size, ino } = statSync(path)
  return `${mtimeMs} ${size} ${ino}`
}
