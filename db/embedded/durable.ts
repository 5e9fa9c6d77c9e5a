import { closeSync, fstatSync, fsyncSync, openSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { NodeFS } from '@electric-sql/pglite/nodefs'

/**
 * PGlite as it comes never reaches `fsync()`: `-F` is among its default parameters and its Node file system has no
 * fsync operation (`_fd_sync` in its Emscripten output calls `stream_ops?.fsync?.()`). A power cut then loses
 * everything. Here a commit is acknowledged only after the operating system says the log is on the disk.
 */
type Stream = { nfd: number }
type ModuleWithNodeFs = { NODEFS: { stream_ops: { fsync?: (stream: Stream) => number } } }

/** The exit code of a process whose disk refused an fsync. */
export const FSYNC_FAILED = 74

export class DurableFs extends NodeFS {
  /** How often the database asked for an fsync and got it. */
  fsyncs = 0

  override async init(...[pg, options]: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(pg, options)
    const addFsync = (module: unknown) => {
      ;(module as ModuleWithNodeFs).NODEFS.stream_ops.fsync = (stream) => this.#fsync(stream.nfd)
    }
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), addFsync] } }
  }

  #fsync(descriptor: number): number {
    try {
      fsyncSync(descriptor)
    } catch (error) {
      // Some file systems cannot sync a directory; PostgreSQL itself ignores exactly these (fd.c, fsync_fname_ext).
      const code = (error as NodeJS.ErrnoException).code
      if ((code === 'EBADF' || code === 'EINVAL') && fstatSync(descriptor).isDirectory()) return 0
      // PGlite swallows what is thrown here and loops for ever; after a failed fsync nothing may be acknowledged.
      process.stderr.write(`the disk refused an fsync (${code}): the database stops\n`)
      process.exit(FSYNC_FAILED)
    }
    this.fsyncs += 1
    return 0
  }
}

const startParams = [
  ...PGlite.defaultStartParams.filter((p) => p !== '-F'),
  ...['fsync=on', 'wal_sync_method=fsync', 'full_page_writes=on', 'synchronous_commit=on'].flatMap((p) => ['-c', p]),
]

export type Opened = { db: PGlite; files: DurableFs }

/**
 * Opens the data directory of a database, making one first if it is empty.
 * @throws when a commit makes no fsync: such a database would lose what it acknowledged
 */
export async function open(directory: string, files = new DurableFs(directory)): Promise<Opened> {
  const db = await PGlite.create({ fs: files, startParams })
  const before = files.fsyncs
  // Writes to the log without needing a table, so that the commit has something to make durable.
  await db.query(`select pg_logical_emit_message(true, 'gatehouse', 'start-up self-test')`)
  if (files.fsyncs === before) {
    await db.close()
    throw new Error('a commit made no fsync: this build of PGlite would lose acknowledged data, so it does not start')
  }
  return { db, files }
}

/** Makes everything below a directory durable; needed once for the files that initdb's copy wrote without fsync. */
export function syncTree(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    if (fstatSync(descriptor).isDirectory()) for (const name of readdirSync(path)) syncTree(join(path, name))
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
