import { spawn } from 'node:child_process'
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import { keepLogShort } from './checkpoint'
import { DISK_TROUBLE, diskTrouble } from './disk'
import { type Opened, open, syncTree } from './durable'
import { embeddedUrl, socketDirectory } from './location'
import { lock } from './lock'
import { Multiplexer } from './multiplexer'

/** The session is in an unknown state; the supervisor starts a new owner, which recovers from the log. */
export const INTERNAL_ERROR = 71

export type Owner = { socket: string; fsyncs: () => number; close: () => Promise<void> }

export type OwnerOptions = {
  /** Absolute. The database is in `<dataDir>/database`. */
  dataDir: string
  /** A command that runs `initialise(directory)` in a process of its own: initdb needs 800 MB and gives them back. */
  initdb: (directory: string) => string[]
  idleInTransactionMs?: number
  onFatal?: (error: unknown) => void
}

/**
 * Opens the embedded database for this process alone and serves it on a private Unix socket.
 * @throws AlreadyOpen when another process has it, DiskTrouble when its disk is full or cannot be written
 */
export async function serve(options: OwnerOptions): Promise<Owner> {
  // Next evaluates server modules in several build workers at once; none of them may touch a live data directory.
  if (process.env['NEXT_PHASE'] === 'phase-production-build') throw new Error('no database during next build')
  const unlock = await lock(options.dataDir)
  const directory = join(options.dataDir, 'database')
  if (!existsSync(join(directory, 'PG_VERSION'))) await firstTime(options, directory)
  const { db, files } = await openOn(options.dataDir, directory)
  const multiplexer = new Multiplexer({
    execute: (messages) => execute(db, messages),
    parameters: await parametersOf(db),
    ...(options.idleInTransactionMs ? { idleInTransactionMs: options.idleInTransactionMs } : {}),
    onFatal: options.onFatal ?? ((error) => endProcess(error, options.dataDir)),
  })
  const socket = await multiplexer.listen(socketDirectory(options.dataDir))
  const stopCheckpoints = keepLogShort(embeddedUrl(options.dataDir))
  return {
    socket,
    fsyncs: () => files.fsyncs,
    async close() {
      await stopCheckpoints()
      await multiplexer.close()
      await db.close()
      await unlock()
    },
  }
}

/** The disk is why the database cannot be opened; the message says what to do. */
export class DiskTrouble extends Error {
  readonly exitCode = DISK_TROUBLE
}

async function openOn(dataDir: string, directory: string): Promise<Opened> {
  try {
    return await open(directory)
  } catch (error) {
    const trouble = diskTrouble(dataDir)
    throw trouble ? new DiskTrouble(trouble) : error
  }
}

function endProcess(error: unknown, dataDir: string): void {
  const trouble = diskTrouble(dataDir)
  const why = trouble ?? (error instanceof Error ? error.stack : String(error))
  process.stderr.write(`the embedded database stops: ${why}\n`)
  process.exit(trouble ? DISK_TROUBLE : INTERNAL_ERROR)
}

async function execute(db: PGlite, messages: Uint8Array): Promise<Buffer> {
  const answer: Uint8Array[] = []
  await db.runExclusive(() =>
    db.execProtocolRawStream(messages, {
      syncToFs: false,
      // A view into the database's own memory, which the next message overwrites.
      onRawData: (bytes) => answer.push(bytes.slice()),
    }),
  )
  return Buffer.concat(answer)
}

async function parametersOf(db: PGlite): Promise<Record<string, string>> {
  const { rows } = await db.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings where name in ('server_version', 'server_encoding', 'client_encoding',
       'DateStyle', 'TimeZone', 'IntervalStyle', 'integer_datetimes', 'standard_conforming_strings')`,
  )
  return { ...Object.fromEntries(rows.map((r) => [r.name, r.setting])), is_superuser: 'on', in_hot_standby: 'off' }
}

/** Made beside its place and moved there when it is durable: an interrupted first start leaves nothing half made. */
async function firstTime(options: OwnerOptions, directory: string): Promise<void> {
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    throw new Error(`${directory} holds files but no database: nothing in it is touched`)
  }
  const fresh = `${directory}.new`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { mode: 0o700 })
  const [command = '', ...args] = options.initdb(fresh)
  const code = await new Promise<number | null>((resolve, reject) => {
    spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
      .on('error', reject)
      .on('exit', resolve)
  })
  if (code !== 0) throw new Error(`the database could not be initialised (exit code ${code})`)
  renameSync(fresh, directory)
  const parent = openSync(options.dataDir, 'r')
  fsyncSync(parent)
  closeSync(parent)
}

/** What the short-lived first process does. */
export async function initialise(directory: string): Promise<void> {
  const { db } = await open(directory)
  await db.close()
  syncTree(directory)
}
