import { createHash } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readFileSync, statSync, unlinkSync, writeSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'

/** Another process has the data directory open. */
export class AlreadyOpen extends Error {
  constructor(
    directory: string,
    readonly pid: number | null,
  ) {
    super(`${directory} is in use by process ${pid ?? 'unknown'}: only one process may open an embedded database`)
  }
}

/**
 * Takes the data directory for this process alone. PGlite takes no lock of its own, and two processes on one
 * directory both "commit" and lose each other's data (electric-sql/pglite #1106).
 * @returns what gives the directory back; the end of the process does it too, however it ends
 */
export async function lock(directory: string): Promise<() => Promise<void>> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  return process.platform === 'linux' ? lockBySocket(directory) : lockByFile(directory)
}

/** An abstract socket has no file that could be left behind: the kernel frees the name when the process ends. */
async function lockBySocket(directory: string): Promise<() => Promise<void>> {
  // Device and inode name the directory itself, whatever path, link or mount it was reached by.
  const { dev, ino } = statSync(directory, { bigint: true })
  const name = `\0gatehouse-${createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 32)}`
  const server = createServer((socket) => socket.end(String(process.pid)).on('error', () => {}))
  const taken = await listen(server, name)
  if (taken) throw new AlreadyOpen(directory, await holderOf(name))
  server.unref()
  return () => new Promise((done) => server.close(() => done()))
}

function listen(server: Server, name: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (e: NodeJS.ErrnoException) => (e.code === 'EADDRINUSE' ? resolve(true) : reject(e)))
    server.listen(name, () => resolve(false))
  })
}

function holderOf(name: string): Promise<number | null> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(name)
    socket.setTimeout(2000, () => socket.destroy())
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(/^\d+$/.test(text) ? Number(text) : null))
  })
}

/** Where there are no abstract sockets: a file made exclusively, never taken from a process that lives. */
export async function lockByFile(directory: string): Promise<() => Promise<void>> {
  const file = join(directory, 'owner.pid')
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      const descriptor = openSync(file, 'wx', 0o600)
      writeSync(descriptor, String(process.pid))
      closeSync(descriptor)
      const free = () => unlinkIfThere(file)
      process.once('exit', free)
      return async () => {
        process.off('exit', free)
        free()
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const pid = Number(readFileSync(file, 'utf8'))
      if (!pid || alive(pid)) throw new AlreadyOpen(directory, pid || null)
      unlinkIfThere(file)
    }
  }
  throw new AlreadyOpen(directory, null)
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function unlinkIfThere(file: string): void {
  try {
    unlinkSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
