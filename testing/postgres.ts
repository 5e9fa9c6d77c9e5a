import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A real PostgreSQL for tests: newest one installed, in a temporary directory, on a Unix socket, gone afterwards. */
export type Postgres = {
  url: string
  /** The Unix socket it listens on. */
  socket: string
  /**
   * Ends the server. `fast` (SIGINT) ends every session first; `immediate` (SIGQUIT) is a crash: recovery follows at
   * the next start.
   */
  end(how: 'fast' | 'immediate'): Promise<void>
  /** Starts it again on the same directory; returns when it accepts connections. */
  start(): Promise<void>
  /** Stops every process of the server where it stands: connections stay open and nothing answers. */
  pause(): void
  resume(): void
  /** Runs one statement with psql and returns its rows, unaligned. @throws with what psql said */
  sql(statement: string): string
  /** A copy by `pg_basebackup` that follows this server, for which every commit waits from now on. */
  standby(): Promise<Standby>
  stop: () => Promise<void>
}

export type Standby = Postgres & {
  /** Makes it a primary; returns when it takes writes. */
  promote(): void
}

export type PostgresOptions = {
  /** Commits reach the disk, as in production. Without it a test run is faster. */
  durable?: boolean
  /** Further settings, `name=value`. */
  settings?: readonly string[]
}

export async function startPostgres({ durable = false, settings = [] }: PostgresOptions = {}): Promise<Postgres> {
  const place = emptyPlace()
  runOnce(place, 'initdb', ['-D', place.data, '-U', 'gatehouse', '-A', 'trust', '-E', 'UTF8', '-N'])
  const server = openServer(place, [durable ? 'fsync=on' : 'fsync=off', ...settings])
  await server.start()
  runOnce(place, 'createdb', ['-h', place.directory, '-U', 'gatehouse', 'gatehouse'])
  return server
}

type Place = { bin: string; directory: string; data: string; as: As }
type As = { cwd: string; env: { NODE_ENV: 'test'; PATH: string; LC_ALL: string }; uid?: number; gid?: number }

function emptyPlace(): Place {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-pg-'))
  // PostgreSQL refuses to run as root.
  const user = process.getuid?.() === 0 ? unprivileged() : null
  if (user) chownSync(directory, user.uid, user.gid)
  const env = { NODE_ENV: 'test' as const, PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8' }
  return { bin: newestBinaries(), directory, data: join(directory, 'data'), as: { cwd: directory, env, ...user } }
}

function runOnce({ bin, as }: Place, program: string, args: string[]): string {
  const done = spawnSync(join(bin, program), args, as)
  if (done.status !== 0) throw new Error(`${program} failed: ${done.stderr}`)
  return done.stdout.toString().trim()
}

function openServer(place: Place, given: readonly string[]): Postgres {
  const { bin, directory, data, as } = place
  const settings = ['listen_addresses=', 'max_connections=200', `unix_socket_directories=${directory}`, ...given]
  const command = [join(bin, 'postgres'), '-D', data, ...settings.flatMap((s) => ['-c', s])]
  let server: ChildProcess | null = null

  async function start(): Promise<void> {
    // The shell ends it when our end of its input closes, so a killed test run leaves no server behind, paused or not.
    const wait = '"$@" & p=$!; cat > /dev/null; kill -INT $p; kill -CONT $p; pkill -CONT -P $p; wait $p'
    const child = spawn('/bin/sh', ['-c', wait, 'sh', ...command], { ...as, stdio: ['pipe', 'ignore', 'pipe'] })
    server = child
    let log = ''
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (chunk) => {
        log = (log + chunk).slice(-10_000)
        if (/ready to accept (read-only )?connections/.test(log)) resolve()
        // The shell waits for its input, so the server's end is known by its last words alone.
        if (/FATAL: .*\n/.test(log) && !existsSync(join(data, 'postmaster.pid'))) reject(new Error(log))
      })
      child.on('exit', () => reject(new Error(`PostgreSQL did not start:\n${log}`)))
    })
  }

  async function end(how: 'fast' | 'immediate'): Promise<void> {
    const child = server
    const pid = postmasterOf(data)
    if (!child || pid === null) return
    server = null
    process.kill(pid, how === 'fast' ? 'SIGINT' : 'SIGQUIT')
    while (alive(pid)) await new Promise((resolve) => setTimeout(resolve, 10))
    const ended = once(child, 'exit')
    child.stdin?.end()
    await ended
  }

  const each = (signal: 'SIGSTOP' | 'SIGCONT') => {
    const pid = postmasterOf(data)
    if (pid === null) throw new Error('the server is not running')
    // The one that starts others first, or a new one would slip through.
    for (const one of [pid, ...childrenOf(pid)]) signalIfThere(one, signal)
  }

  const socket = join(directory, '.s.PGSQL.5432')
  const url = `postgres://gatehouse@${encodeURIComponent(directory)}/gatehouse`
  const sql = (statement: string) =>
    runOnce(place, 'psql', ['-h', directory, '-U', 'gatehouse', '-XAtqc', statement, 'gatehouse'])

  return {
    url,
    socket,
    start,
    end,
    pause: () => each('SIGSTOP'),
    resume: () => each('SIGCONT'),
    sql,
    async standby() {
      const copy = emptyPlace()
      runOnce(copy, 'pg_basebackup', [
        '-h',
        directory,
        '-U',
        'gatehouse',
        '-D',
        copy.data,
        '-R',
        '-X',
        'stream',
        '-c',
        'fast',
      ])
      const following = openServer(copy, given)
      await following.start()
      sql(`alter system set synchronous_standby_names = '*'`)
      sql('select pg_reload_conf()')
      while (sql('select count(*) from pg_stat_replication where sync_state = $$sync$$') !== '1')
        await new Promise((resolve) => setTimeout(resolve, 50))
      return {
        ...following,
        promote() {
          following.sql('select pg_promote()')
          // What was copied says that commits wait for a standby, and here there is none.
          following.sql(`alter system reset synchronous_standby_names`)
          following.sql('select pg_reload_conf()')
        },
      }
    },
    async stop() {
      const child = server
      server = null
      if (child && child.exitCode === null) {
        if (postmasterOf(data) !== null) each('SIGCONT')
        const ended = once(child, 'exit')
        child.stdin?.end()
        await ended
      }
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function postmasterOf(data: string): number | null {
  try {
    return Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0])
  } catch {
    return null
  }
}

/** Linux only, as everything here. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === parent)
    .map(Number)
}

function parentOf(pid: string): number | null {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return null
  }
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // A process that has ended is there until its parent has asked for its end.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
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
