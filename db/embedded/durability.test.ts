import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs, { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { type Embedded, programs, startEmbedded, template } from '@/testing/embedded'
import { keepLogShort, logBytes } from './checkpoint'
import { embeddedUrl, socketDirectory } from './location'
import { AlreadyOpen, lock, lockByFile } from './lock'
import { serve } from './owner'

const running: Embedded[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((e) => e.stop()))
})
async function start(dataDir?: string): Promise<Embedded> {
  const owner = await startEmbedded(dataDir)
  running.push(owner)
  return owner
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return client
}

const runOwner = (env: Record<string, string>) =>
  spawnSync(process.execPath, [join(programs, 'owner.mjs')], {
    env: { NODE_ENV: 'test', PATH: process.env['PATH'], ...env },
    encoding: 'utf8',
  })

// CHECKS 137
test('a second process on the same data directory is refused with the pid of the first', async () => {
  const owner = await start()
  const second = runOwner({ DATA_DIR: owner.dataDir })
  expect(second.status).toBe(1)
  expect(second.stderr).toContain(`in use by process ${owner.process.pid}`)
  const client = await connected(owner.url)
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  await client.end()
})

// CHECKS 137
test('no database is opened during next build', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-'))
  const refused = runOwner({ DATA_DIR: dataDir, NEXT_PHASE: 'phase-production-build' })
  expect(refused.stderr).toContain('no database during next build')
  expect(existsSync(join(dataDir, 'database'))).toBe(false)
  rmSync(dataDir, { recursive: true })
})

// CHECKS 137
test('a lock is free again when its process has ended, and only then', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-lock-'))
  for (const take of [lock, lockByFile]) {
    const free = await take(directory)
    await expect(take(directory)).rejects.toThrow(AlreadyOpen)
    await expect(take(directory)).rejects.toMatchObject({ pid: process.pid })
    await free()
    await (await take(directory))()
  }
  writeFileSync(join(directory, 'owner.pid'), String(spawnSync('true').pid))
  await (await lockByFile(directory))()
  rmSync(directory, { recursive: true })
})

test('only this user reaches the socket', async () => {
  const owner = await start()
  expect(statSync(join(owner.dataDir, 'run')).mode & 0o777).toBe(0o700)
  expect(statSync(join(owner.dataDir, 'run/.s.PGSQL.5432')).mode & 0o777).toBe(0o600)
})

test('a path too long for a socket is replaced by a private directory of this user', async () => {
  const long = join('/', 'x'.repeat(120))
  expect(socketDirectory('/data')).toBe('/data/run')
  expect(socketDirectory(long, '/run/user/7')).toMatch(/^\/run\/user\/7\/gatehouse-\d+-[0-9a-f]{16}$/)
  const parent = mkdtempSync(join(tmpdir(), 'gatehouse-'))
  const owner = await start(join(parent, 'y'.repeat(100)))
  const client = await connected(owner.url)
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  await client.end()
  await owner.stop()
  rmSync(parent, { recursive: true })
}, 60_000)

/** Counts what this process asks of the operating system, whatever its own counters say. */
function countFsyncs(): { stop(): number } {
  const real = fs.fsyncSync
  let asked = 0
  fs.fsyncSync = (descriptor) => {
    asked += 1
    real(descriptor)
  }
  syncBuiltinESMExports()
  return {
    stop() {
      fs.fsyncSync = real
      syncBuiltinESMExports()
      return asked
    },
  }
}

// CHECKS 138
test('every commit is on the disk before it is acknowledged: 50 commits, at least 50 fsyncs', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-'))
  cpSync(await template(), join(dataDir, 'database'), { recursive: true })
  const owner = await serve({ dataDir, initdb: () => ['false'] })
  const client = await connected(embeddedUrl(dataDir))
  await client.query('create table counted (n int)')
  const before = owner.fsyncs()
  const asked = countFsyncs()
  for (let n = 0; n < 50; n += 1) await client.query('insert into counted values ($1)', [n])
  expect(asked.stop()).toBeGreaterThanOrEqual(50)
  expect(owner.fsyncs() - before).toBeGreaterThanOrEqual(50)
  await client.end()
  await owner.close()
  rmSync(dataDir, { recursive: true })
})

test('a directory that holds files but no database is not touched', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-'))
  mkdirSync(join(dataDir, 'database'))
  writeFileSync(join(dataDir, 'database/precious'), 'x')
  expect(runOwner({ DATA_DIR: dataDir }).stderr).toContain('nothing in it is touched')
  expect(existsSync(join(dataDir, 'database/precious'))).toBe(true)
  rmSync(dataDir, { recursive: true })
})

// CHECKS 138
test('killed five times while writing, the database has every acknowledged commit', async () => {
  const owner = await start()
  const dataDir = owner.dataDir
  const client = await connected(owner.url)
  await client.query('create table written (n int primary key)')
  await client.end()
  let current = owner
  let acknowledged = -1
  for (let round = 0; round < 5; round += 1) {
    const writer = spawn(
      process.execPath,
      [join(programs, 'writer.mjs'), current.url, String((round + 1) * 1_000_000)],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    )
    const seen: number[] = []
    const lines = createInterface({ input: writer.stdout })
    lines.on('line', (line) => seen.push(Number(line)))
    await expect.poll(() => seen.length, { timeout: 10_000 }).toBeGreaterThan(100)
    current.process.kill('SIGKILL')
    await once(writer, 'close')
    acknowledged = seen.at(-1)!
    current = await startEmbedded(dataDir)
    const check = await connected(current.url)
    const { rows } = await check.query('select count(*)::int as n from written where n between $1 and $2', [
      (round + 1) * 1_000_000,
      acknowledged,
    ])
    expect(rows).toEqual([{ n: seen.length }])
    await check.end()
  }
  await current.stop()
}, 90_000)

test('the log that a crash would have to read again stays short, whoever holds a transaction', async () => {
  const owner = await start()
  const client = await connected(owner.url)
  await client.query('create table filled (t text)')
  const fill = () => client.query(`insert into filled select repeat(md5(n::text), 30) from generate_series(1, 3000) n`)
  await fill()
  expect(await logBytes(client)).toBeGreaterThan(3_000_000)
  const stop = keepLogShort(owner.url, { everyMs: 50, longestBytes: 1_000_000 })
  await client.query('begin')
  await fill()
  await new Promise((done) => setTimeout(done, 200))
  await client.query('commit')
  await expect.poll(() => logBytes(client)).toBeLessThan(1_000_000)
  await stop()
  const { rows } = await client.query('select count(*)::int as n from filled')
  expect(rows).toEqual([{ n: 6000 }])
  await client.end()
})

test('killed clients, lost connections and failing transactions never make or lose money', async () => {
  const owner = await start()
  const client = await connected(owner.url)
  await client.query('create table account (id int primary key, balance int not null)')
  await client.query('create table transfer ("from" int, "to" int, amount int)')
  await client.query('insert into account select i, 1000 from generate_series(0, 19) i')
  const spawnClient = () =>
    spawn(process.execPath, [join(programs, 'fuzz-client.mjs'), owner.url, '20'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  const wrong: string[] = []
  let clients: ReturnType<typeof spawnClient>[] = []
  const add = () => {
    const child = spawnClient()
    child.stdout.on('data', (text) => wrong.push(String(text)))
    clients.push(child)
  }
  for (let i = 0; i < 3; i += 1) add()
  const until = Date.now() + 4000
  const transfers = async () => (await client.query('select count(*)::int as n from transfer')).rows[0].n
  let longest = 0
  while (Date.now() < until || ((await transfers()) <= 50 && Date.now() < until + 30_000)) {
    await new Promise((done) => setTimeout(done, 250))
    const asked = Date.now()
    const { rows } = await client.query('select sum(balance)::int as sum from account')
    longest = Math.max(longest, Date.now() - asked)
    expect(rows).toEqual([{ sum: 20_000 }])
    if (Math.random() < 0.5) {
      clients.shift()?.kill('SIGKILL')
      add()
    }
  }
  for (const child of clients) child.kill('SIGKILL')
  await Promise.all(clients.map((child) => once(child, 'close')))
  clients = []
  const { rows } = await client.query(
    `select a.id from account a where a.balance <> 1000
       + coalesce((select sum(amount) from transfer where "to" = a.id), 0)
       - coalesce((select sum(amount) from transfer where "from" = a.id), 0)`,
  )
  expect(rows).toEqual([])
  expect(wrong).toEqual([])
  // Nobody waits for a transaction that somebody else left: that one is rolled back after five seconds.
  expect(longest).toBeLessThan(5000)
  expect(await transfers()).toBeGreaterThan(50)
  await expect
    .poll(async () => (await client.query('select count(*)::int as n from pg_prepared_statements')).rows[0].n)
    .toBe(0)
  await client.end()
}, 60_000)
