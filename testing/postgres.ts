import { spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A real PostgreSQL for tests: newest one installed, in a temporary directory, on a Unix socket, gone afterwards. */
export type Postgres = { url: string; stop: () => Promise<void> }

export async function startPostgres(): Promise<Postgres> {
  const bin = newestBinaries()
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-pg-'))
  // PostgreSQL refuses to run as root.
  const user = process.getuid?.() === 0 ? unprivileged() : null
  if (user) chownSync(directory, user.uid, user.gid)
  const as = {
    cwd: directory,
    env: { NODE_ENV: 'test' as const, PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8' },
    ...user,
  }
  const data = join(directory, 'data')
  const made = spawnSync(join(bin, 'initdb'), ['-D', data, '-U', 'gatehouse', '-A', 'trust', '-E', 'UTF8', '-N'], as)
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  const settings = ['listen_addresses=', 'fsync=off', 'max_connections=200', `unix_socket_directories=${directory}`]
  const command = [join(bin, 'postgres'), '-D', data, ...settings.flatMap((s) => ['-c', s])]
  // The shell ends it when our end of its input closes, so a killed test run leaves no server behind.
  const server = spawn('/bin/sh', ['-c', '"$@" & p=$!; cat > /dev/null; kill -INT $p; wait $p', 'sh', ...command], {
    ...as,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  let log = ''
  await new Promise<void>((resolve, reject) => {
    server.stderr.on('data', (chunk) => {
      log = (log + chunk).slice(-10_000)
      if (log.includes('ready to accept connections')) resolve()
    })
    server.on('exit', () => reject(new Error(`PostgreSQL did not start:\n${log}`)))
  })
  const at = encodeURIComponent(directory)
  const created = spawnSync(join(bin, 'createdb'), ['-h', directory, '-U', 'gatehouse', 'gatehouse'], as)
  if (created.status !== 0) throw new Error(`createdb failed: ${created.stderr}`)
  return {
    url: `postgres://gatehouse@${at}/gatehouse`,
    async stop() {
      const ended = new Promise((done) => server.once('exit', done))
      server.stdin.end()
      await ended
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function newestBinaries(): string {
  const parent = '/usr/lib/postgresql'
  const versions = existsSync(parent)
    ? readdirSync(parent).filter((v) => existsSync(join(parent, v, 'bin/initdb')))
    : []
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0]
  if (!newest) throw new Error(`no PostgreSQL in ${parent}: apt-get install postgresql, or run npm test as root`)
  return join(parent, newest, 'bin')
}

function unprivileged(): { uid: number; gid: number } {
  for (const name of ['postgres', 'nobody']) {
    const line = readFileSync('/etc/passwd', 'utf8').match(new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, 'm'))
    if (line) return { uid: Number(line[1]), gid: Number(line[2]) }
  }
  throw new Error('running as root, and there is neither a user postgres nor nobody to run PostgreSQL as')
}
