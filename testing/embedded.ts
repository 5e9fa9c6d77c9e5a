import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundle } from '@/bin/build.mjs'
import { embeddedUrl } from '@/db/embedded/location'
import { readyLine } from './ready-line'

/** Starts the owner of an embedded database as the programs do, for tests. */
export type Embedded = { url: string; dataDir: string; process: ChildProcess; stop: () => Promise<void> }

const cache = join(process.cwd(), 'node_modules/.cache/gatehouse')
export const programs = join(cache, 'programs')

/** Bundles the programs that tests start; called once, by the global set-up. */
export async function buildPrograms(): Promise<void> {
  await bundle({
    outdir: programs,
    entryPoints: {
      owner: 'bin/owner.ts',
      keys: 'bin/keys.ts',
      migrate: 'bin/migrate.ts',
      gate: 'bin/gate.ts',
      dispatcher: 'bin/dispatcher.ts',
      'fuzz-client': 'testing/fuzz-client.ts',
      writer: 'testing/writer.ts',
    },
  })
  await template()
}

/** An empty database, made once per version of PGlite: initdb takes seconds and is tested by its own test. */
export async function template(): Promise<string> {
  const { version } = JSON.parse(readFileSync('node_modules/@electric-sql/pglite/package.json', 'utf8'))
  const directory = join(cache, `database-${version}`)
  if (existsSync(directory)) return directory
  const fresh = `${directory}.${process.pid}`
  mkdirSync(fresh, { recursive: true })
  const made = spawn(process.execPath, [join(programs, 'owner.mjs'), 'initdb', fresh], { stdio: 'inherit' })
  const [code] = await once(made, 'exit')
  if (code !== 0) throw new Error('initdb failed')
  renameSync(fresh, directory)
  return directory
}

/** @param dataDir an existing one to open again; otherwise a new one that `stop` removes */
export async function startEmbedded(dataDir?: string): Promise<Embedded> {
  const own = dataDir ?? mkdtempSync(join(tmpdir(), 'gatehouse-db-'))
  if (!dataDir) cpSync(await template(), join(own, 'database'), { recursive: true })
  const child = spawn(process.execPath, ['--enable-source-maps', join(programs, 'owner.mjs')], {
    env: {
      NODE_ENV: 'test',
      PATH: process.env['PATH'] ?? '',
      DATA_DIR: own,
      GATEHOUSE_SUPERVISED: String(process.pid),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  await readyLine(child)
  return {
    url: embeddedUrl(own),
    dataDir: own,
    process: child,
    async stop() {
      const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null
      child.kill('SIGTERM')
      await ended
      if (!dataDir) rmSync(own, { recursive: true, force: true })
    },
  }
}
