import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { connect } from '@/db/client'
import { type Postgres, startPostgres } from '@/testing/postgres'
import { actionIds } from '../shared/action-ids'
import { type BreakingWay, breakingWay } from '../shared/breaking-way'
import { all, childrenOf } from '../shared/processes'
import { type Product, product } from '../shared/product'
import { dumpOf } from './dump'
import { filesBelow } from './files'
import { actionOf, secretsIn } from './in-play'
import { type Place, textPlace } from './place'
import { type Exchange, type Recorder, recordBytes, recordHttp, type Wire } from './recorder'
import { rowsOf } from './rows'
import { homes, randomPart, type Secret } from './secret-kinds'
import { secretsOf } from './stored'

/** What one use of the whole product left: every secret that was in play, and every place to search. */
export type Used = {
  secrets: Secret[]
  places: () => Generator<Place>
  exchanges: number
  rows: number
  tests: { passed: number; failed: number }
  /** What browsers keep beyond documents: databases, caches, workers, of all pages together. */
  kept: number
  /** Addresses outside the installation that a page asked for. */
  foreign: string[]
  remove(): Promise<void>
}

export type Kind = 'embedded' | 'postgres'
/** The end-to-end suite, and what is only for the recording: secrets in wrong places, a profile on disk. */
export const suites = ['chromium', 'recorded'] as const
export type Suite = (typeof suites)[number]

/** Generated for this run: PostgreSQL trusts its socket, and the programs are given the password all the same. */
const DATABASE_PASSWORD = randomBytes(24).toString('hex')

/**
 * Starts the demo with recorders before its listeners, lets Playwright use it, and gathers everything that passed and
 * stayed. @param say told how far it is @throws when the product cannot be started
 */
export async function use(kind: Kind, chosen: readonly Suite[], say: (line: string) => void): Promise<Used> {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-secrets-'))
  const site = await product()
  const port = (name: string) => () => Number(site.env[name])
  const recorders = {
    console: await recordHttp('console', port('CONSOLE_PORT')),
    gate: await recordHttp('gate', port('GATE_PORT')),
    internal: await recordHttp('internal', port('INTERNAL_PORT')),
    upstream: await recordHttp('upstream', port('DEMO_API_PORT')),
  }
  const smtp = await recordBytes(port('DEMO_SMTP_PORT'))
  Object.assign(site.env, {
    CONSOLE_URL: recorders.console.url,
    PUBLIC_GATE_URLS: recorders.gate.url,
    UPSTREAM_URL: recorders.upstream.url,
    SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
  })
  const database = kind === 'postgres' ? await onPostgres() : null
  if (database) site.env['DATABASE_URL'] = database.url
  const databaseUrl = database?.direct ?? site.databaseUrl

  try {
    say(`${kind}: the product starts`)
    site.start()
    await site.answers()
    const parts = childrenOf(site.supervisor())
    const commandLines = all()
      .filter(({ pid }) => pid === site.supervisor() || [...parts.values()].includes(pid))
      .map(({ command }) => command.join(' '))
    say(`${kind}: the end-to-end suite runs`)
    const tests = await runSuites(chosen, site, {
      E2E_RECORD: directory,
      E2E_DATABASE_URL: databaseUrl,
      E2E_INTERNAL_URL: recorders.internal.url,
      ...(database && { E2E_CUT_URL: database.controlUrl }),
    })
    say(`${kind}: what stayed is gathered`)
    const mailbox = await (await fetch(`http://127.0.0.1:${site.env['DEMO_MAILBOX_PORT']}`)).text()
    const db = connect(databaseUrl, { max: 1 })
    const { places: rowPlaces, rows } = await rowsOf(db)
    const hashes = await db.$client.query<{ password_hash: string }>('select password_hash from person')
    await db.$client.end()
    const dump = database ? dumpOf(database.direct) : null
    const stdout = site.said()
    await site.stop()
    await database?.postgres.end('fast')

    const names = new Map([...actionIds()].map(([name, id]) => [id, name]))
    const exchanges = Object.values(recorders).flatMap((recorder: Recorder) => recorder.exchanges)
    const noted = notedIn(directory)
    const sessionSecret = readFileSync(join(site.dataDir, 'keys/NEXTAUTH_SECRET'), 'utf8').trim()
    const stored = secretsOf(site.dataDir)
    const known = new Set(stored.map(({ value }) => value.toString('latin1')))
    const secrets = [
      ...stored,
      ...(await secretsIn(exchanges, names, sessionSecret)).filter(({ value }) => !known.has(value.toString('latin1'))),
      ...hashes.rows.map(
        ({ password_hash }): Secret => ({
          kind: 'passwordHash',
          value: Buffer.from(password_hash.replace(/^.*\$(?=[^$]+\$[^$]+$)/, '')),
          home: homes.passwordHash,
        }),
      ),
      ...canariesIn(directory),
      ...(database
        ? [{ kind: 'databasePassword', value: Buffer.from(DATABASE_PASSWORD), home: homes.databasePassword }]
        : []),
    ]
    const places = function* (): Generator<Place> {
      for (const exchange of exchanges) yield* placesOf(exchange, names)
      yield* rowPlaces
      if (dump) yield textPlace('dump', 'pg_dump', dump)
      yield textPlace('mail', 'SMTP, sent', smtp.sent().toString())
      yield textPlace('mail', 'mailbox', mailbox)
      yield textPlace('stdout', 'of the supervisor', stdout)
      yield textPlace('command line', 'of every program', commandLines.join('\n'))
      for (const { label, where, text } of noted) yield textPlace(label, where, text)
      if (database) {
        yield { label: 'wire', where: 'to the database', bytes: database.wire.sent(), text: false }
        yield { label: 'wire', where: 'from the database', bytes: database.wire.received(), text: false }
        yield* filesBelow(database.directory, () => 'file database')
      }
      yield* filesBelow(site.dataDir, (path) => (path.startsWith('database/') ? 'file database' : `file data ${path}`))
      yield* filesBelow(join(directory, 'profile'), (path) => `file profile ${path}`)
      for (const built of ['build', '.next']) {
        yield* filesBelow(built, (path) => (path.startsWith('cache/') ? null : 'file built'))
      }
    }
    return {
      secrets,
      places,
      exchanges: exchanges.length,
      rows,
      tests,
      kept: noted.filter(({ label }) => label === 'page keeps').reduce((sum, { text }) => sum + Number(text), 0),
      foreign: noted
        .filter(({ label }) => label === 'page address')
        .map(({ text }) => text)
        .filter((url) => /^(https?|wss?):/.test(url) && new URL(url).hostname !== '127.0.0.1'),
      remove,
    }
  } catch (error) {
    await remove()
    throw error
  }

  async function remove(): Promise<void> {
    await site.stop()
    await Promise.all([...Object.values(recorders), smtp].map((each: Recorder | Wire) => each.stop()))
    await database?.stop()
    site.remove()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** A PostgreSQL whose wire is recorded and can be cut at a commit of Regenerate, which the suite asks for over HTTP. */
async function onPostgres() {
  const postgres: Postgres = await startPostgres({ durable: true })
  const way: BreakingWay = await breakingWay(postgres.socket)
  const wire: Wire = await recordBytes(() => Number(new URL(way.url).port))
  const control = createServer((req, res) => {
    const at = req.url?.slice(1)
    if (at === 'before' || at === 'after') way.arm({ at, having: 'insert into "generation"', strike: () => {} })
    res.end(way.armed() ? 'yes' : 'no')
  })
  await new Promise<void>((done) => control.listen(0, '127.0.0.1', done))
  return {
    postgres,
    wire,
    url: `postgres://gatehouse:${DATABASE_PASSWORD}@127.0.0.1:${wire.port}/gatehouse`,
    /** Past the recorder: what the suite itself asks is not the product's. */
    direct: postgres.url,
    directory: join(dirname(postgres.socket), 'data'),
    controlUrl: `http://127.0.0.1:${(control.address() as AddressInfo).port}`,
    async stop() {
      control.closeAllConnections()
      control.close()
      await wire.stop()
      await way.close()
      await postgres.stop()
    },
  }
}

/** Runs the suite, and then what is only for the recording. Its report stands in a file that is named when tests fail. */
async function runSuites(chosen: readonly Suite[], site: Product, env: Record<string, string>): Promise<Used['tests']> {
  let [passed, failed] = [0, 0]
  const directory = join('node_modules/.cache/gatehouse/secrets')
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(env['E2E_RECORD'] ?? '', 'browser.jsonl'), '')
  writeFileSync(join(env['E2E_RECORD'] ?? '', 'canaries.jsonl'), '')
  for (const project of chosen) {
    const report = createWriteStream(join(directory, `${project}.log`))
    const args = ['playwright', 'test', '-c', 'e2e/playwright.config.ts', '--project', project, '--grep-invert', 'axe']
    const child = spawn('npx', args, {
      env: { ...process.env, ...site.env, ...env, E2E_DATA_DIR: site.dataDir, NODE_ENV: 'test' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        said += chunk
        report.write(chunk)
      })
    }
    await once(child, 'close')
    report.end()
    passed += Number(/^ +(\d+) passed/m.exec(said)?.[1] ?? 0)
    failed += Number(/^ +(\d+) failed/m.exec(said)?.[1] ?? 0)
    if (/failed/.test(said)) process.stderr.write(`failed tests: ${join(directory, `${project}.log`)}\n`)
  }
  return { passed, failed }
}

function* placesOf(exchange: Exchange, names: ReadonlyMap<string, string>): Generator<Place> {
  const { of, method, url, requestHead, requestBody, status, responseHead, responseBody } = exchange
  const where = `${method} ${url} ${status}`
  const path = url.split('?')[0] ?? ''
  const isFile = path.startsWith('/_next/static/')
  const action = of === 'console' ? actionOf(exchange, names) : null
  const what = action ?? (of === 'console' ? (isFile ? 'a static file' : method) : `${method} ${doorOf(path)}`)
  yield textPlace(`${of} request head`, where, requestHead)
  yield { label: `${of} request body of ${what}`, where, bytes: requestBody, text: true }
  yield textPlace(`${of} response head`, where, responseHead)
  yield { label: `${of} response body of ${what}`, where, bytes: responseBody, text: !isFile }
}

/** The gate's own paths by name; what callers make up would be a label of its own each time. */
const doorOf = (path: string): string => (/^\/(oauth\/)?token\/?$/.test(path) ? path : 'a call')

type Noted = { label: string; where: string; text: string }

const linesOf = <T>(file: string): T[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T)

const notedIn = (directory: string) => linesOf<Noted>(join(directory, 'browser.jsonl'))

/** Secrets that the suite put into wrong places: what carried them there may hold them, and what they are for. */
const canariesIn = (directory: string): Secret[] =>
  linesOf<{ name: string; value: string; stays: string[] }>(join(directory, 'canaries.jsonl')).map(
    ({ name, value, stays }) => ({
      kind: `misplaced ${name}`,
      value: randomPart(value),
      home: ['console request', 'gate request', 'internal request', 'page address', ...stays],
    }),
  )
