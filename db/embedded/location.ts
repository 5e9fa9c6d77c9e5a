import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** PostgreSQL clients derive the file name from the port. */
export const SOCKET_NAME = '.s.PGSQL.5432'
/** `sun_path` of sockaddr_un, with its final NUL. */
const longestPath = process.platform === 'linux' ? 108 : 104

/**
 * The private directory of the embedded database's socket: below the data directory, or, where that path would be too
 * long for a Unix socket, a directory of this user named after it.
 */
export function socketDirectory(dataDir: string, runtimeDir = process.env['XDG_RUNTIME_DIR'] ?? '/tmp'): string {
  const own = join(dataDir, 'run')
  if (Buffer.byteLength(join(own, SOCKET_NAME)) < longestPath) return own
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  return join(runtimeDir, `gatehouse-${process.getuid?.() ?? 0}-${name}`)
}

/** The connection string of the database that `owner` keeps below `dataDir`. */
export const embeddedUrl = (dataDir: string): string =>
  `postgres://gatehouse@${encodeURIComponent(socketDirectory(dataDir))}/gatehouse`

/** Makes the directory, and refuses one that another user could have prepared. */
export function privateDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const stat = lstatSync(path)
  if (!stat.isDirectory() || (process.getuid && stat.uid !== process.getuid())) {
    throw new Error(`${path} is not a directory of this user`)
  }
  chmodSync(path, 0o700)
}
