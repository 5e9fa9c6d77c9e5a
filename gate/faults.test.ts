import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { v7 as uuid } from 'uuid'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { bundle } from '@/bin/build.mjs'
import { gatewayCredential } from '@/db/schema'
import { establish } from '@/lib/installation'
import { sha256 } from '@/lib/secrets/format'
import { testDb, testKeys } from '@/lib/testing'
import { databaseBetween } from '@/testing/database-between'
import { freePorts } from '@/testing/free-ports'
import { ago, apiUser, bearer, exchange, logged, routesFile, startPair, startUpstream, tokenFor } from './testing'

async function gateway(
  scopes: string[],
  changes: Partial<typeof gatewayCredential.$inferInsert> = {},
): Promise<string> {
  const token = `gtg_${uuid().replaceAll('-', '')}`
  await testDb()
    .insert(gatewayCredential)
    .values({ id: uuid(), name: 'test', digest: sha256(token), scopes, createdAt: ago(0), ...changes })
  return token
}

const database = await databaseBetween(inject('urlOf').gate)
const { base, gate, up } = await startPair({ databaseUrl: database.url })
afterAll(() => database.close())
const changing = routesFile({ unknown: 'refuse', routes: [{ method: 'GET', path: '/one', permission: '-' }] })
const reloadingPair = await startPair({ routesFile: changing })
const internal = `http://127.0.0.1:${gate.internalPort}`

describe('the internal listener', () => {
  it('is open for liveness only; the rest needs a credential with the scope', async () => {
    const good = await gateway(['metrics'])
    expect((await fetch(`${internal}/healthz`)).status).toBe(200)
    for (const path of ['/readyz', '/metrics', '/nowhere']) {
      const answer = await fetch(internal + path)
      expect([path, answer.status, answer.headers.get('content-type')]).toEqual([path, 401, 'application/problem+json'])
      expect(answer.headers.get('x-request-id')).toHaveLength(32)
    }
    expect((await fetch(`${internal}/readyz`, { headers: bearer(good) })).status).toBe(200)
    const metrics = await (await fetch(`${internal}/metrics`, { headers: bearer(good) })).text()
    expect(metrics).toContain('gatehouse_ready 1')
    expect((await fetch(`${internal}/nowhere`, { headers: bearer(good) })).status).toBe(404)
    expect((await fetch(`${internal}/metrics`, { method: 'POST', headers: bearer(good) })).status).toBe(405)
    for (const bad of [
      await gateway(['verify']),
      await gateway(['metrics'], { revokedAt: ago(1000) }),
      await gateway(['metrics'], { expiresAt: ago(1000) }),
      `gtg_${'x'.repeat(32)}`,
      'x',
    ]) {
      expect((await fetch(`${internal}/metrics`, { headers: bearer(bad) })).status).toBe(401)
    }
  })
})

describe('a bug or a broken database', () => {
  it('tells a caller nothing of itself', async () => {
    // CHECKS 110
    const token = await tokenFor(base, await apiUser())
    up.answer = (_, res) => void res.writeHead(200, 'fine', { 'X-Odd': 'a' }).end('{}')
    expect((await fetch(`${base}/echo`, { headers: bearer(token) })).status).toBe(200)
    const text = await (await fetch(`${base}/wallets`, { headers: bearer(`${token}x`) })).text()
    expect(text).not.toMatch(/stack|at |node|sql|Error/)
  })

  it('is bridged from memory for five seconds more, then everything is refused; money-out earlier', async () => {
    // CHECKS 82
    const user = await apiUser({ moneyOut: true, ranges: ['127.0.0.1'] })
    const token = await tokenFor(base, user)
    const stranger = await apiUser()
    const fresh = { acknowledgedAt: null, firstUsedAt: null, pendingUntil: new Date(Date.now() + 600_000) }
    const pending = await apiUser({ generation: fresh })
    const remembered = await apiUser({ generation: fresh })
    expect((await exchange(base, { ...remembered, clientSecret: 'gts_test_wrong' })).status).toBe(400)
    const metrics = await gateway(['metrics'])
    const status = async (path: string, method = 'GET') =>
      (await fetch(base + path, { method, headers: bearer(token) })).status
    const ready = async () => (await fetch(`${internal}/readyz`, { headers: bearer(metrics) })).status
    expect([await status('/wallets'), await status('/payouts', 'POST'), await ready()]).toEqual([200, 200, 200])

    // An answer that takes long.
    up.answer = (req, res) => {
      if (req.url !== '/api/long') return void res.end('{}')
      const timer = setInterval(() => res.write('.'), 50)
      res.on('close', () => clearInterval(timer))
    }
    const long = fetch(`${base}/api/long`, { headers: bearer(token) }).then((answer) => answer.text())
    const cut = long.then(
      () => 'ended',
      () => 'cut',
    )
    await expect.poll(() => up.seen.some(({ url }) => url === '/api/long')).toBe(true)

    database.freeze()
    const frozenAt = Date.now()
    const until = (ms: number) => new Promise((resolve) => setTimeout(resolve, frozenAt + ms - Date.now()))
    const unknown = exchange(base, stranger)
    const first = exchange(base, pending)
    const known = exchange(base, remembered)
    await until(3500)
    expect([await status('/wallets'), await status('/payouts', 'POST')]).toEqual([200, 200])
    const probe = ready()
    expect([(await unknown).status, (await first).status, (await known).status]).toEqual([503, 503, 503])
    await until(5500)
    expect([await status('/wallets'), await status('/payouts', 'POST')]).toEqual([200, 503])
    expect(await probe).toBe(503)
    await until(7500)
    const refused = await fetch(`${base}/wallets`, { headers: bearer(token) })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
    // Its credential may have been switched off meanwhile: nobody here could know.
    expect(await Promise.race([cut, until(9500)])).toBe('cut')

    database.thaw()
    const thawedAt = Date.now()
    while ((await status('/payouts', 'POST')) !== 200) expect(Date.now() - thawedAt).toBeLessThan(5000)
    expect((await exchange(base, pending)).status).toBe(200)
    expect(await logged(refused.headers.get('x-request-id')!)).toMatchObject({
      reason: 'gate_unavailable',
      status: 503,
    })
  }, 40_000)
})

it('a faulty routes file keeps the table in use, and a good one is taken', async () => {
  const { base: reloading } = reloadingPair
  const path = changing
  const token = await tokenFor(reloading, await apiUser())
  const status = async (route: string) => (await fetch(reloading + route, { headers: bearer(token) })).status
  expect([await status('/one'), await status('/two')]).toEqual([200, 403])
  const write = async (text: string) => {
    writeFileSync(path, text)
    utimesSync(path, new Date(), new Date(Date.now() + Math.random() * 1e6))
    await new Promise((resolve) => setTimeout(resolve, 1300))
  }
  await write('{"unknown":"refuse","routes":[{"method":"GET","path":"/two"')
  expect([await status('/one'), await status('/two')]).toEqual([200, 403])
  await write(JSON.stringify({ unknown: 'refuse', routes: [{ method: 'GET', path: '/two', permission: '-' }] }))
  expect([await status('/one'), await status('/two')]).toEqual([403, 200])
})

describe('the program', () => {
  it('serves, drains on SIGTERM, writes its log and ends within its time', async () => {
    // CHECKS 143
    const upstream = await startUpstream()
    const { child, port, output } = await startProgram(upstream.url)
    const at = `http://127.0.0.1:${port}`
    const token = await tokenFor(at, await apiUser())
    upstream.answer = (_, res) => void setTimeout(() => res.end('late'), 1000)
    const slow = fetch(`${at}/echo`, { headers: bearer(token) })
    await new Promise((resolve) => setTimeout(resolve, 200))
    const began = Date.now()
    child.kill('SIGTERM')
    const answer = await slow
    expect([answer.status, await answer.text()]).toEqual([200, 'late'])
    const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode]
    expect([code, Date.now() - began < 5000]).toEqual([0, true])
    expect(await logged(answer.headers.get('x-request-id')!)).toMatchObject({ status: 200 })
    expect(output()).not.toMatch(/gts_|gtk_|Bearer/)
    await upstream.stop()
  })

  it('does not start with a key that is not the database’s, nor without its routes', async () => {
    await expect(startProgram('http://127.0.0.1:9', { GATE_PRIVATE_KEYS: key('gate-test', 4) })).rejects.toThrow(
      /is not the one/,
    )
    await expect(startProgram('http://127.0.0.1:9', { ROUTES_FILE: '/nowhere.json' })).rejects.toThrow(/ENOENT/)
  })
})

const key = (id: string, fill: number): string => `${id}:${Buffer.alloc(32, fill).toString('base64')}`

const outdir = mkdtempSync(join(process.cwd(), 'node_modules/.cache/gatehouse/gate-'))
afterAll(() => rmSync(outdir, { recursive: true, force: true }))

async function startProgram(upstreamUrl: string, changes: Record<string, string> = {}) {
  await establish(testDb(), { environment: 'test', demo: true })
  await bundle({ outdir, entryPoints: { gate: 'bin/gate.ts' } })
  const [port, internalPort] = (await freePorts(2)) as [number, number]
  const child = spawn(process.execPath, [join(outdir, 'gate.mjs')], {
    env: {
      NODE_ENV: 'test',
      PATH: process.env['PATH'] ?? '',
      GATEHOUSE_DEMO: '1',
      GATEHOUSE_ENV: 'test',
      DATABASE_URL: inject('urlOf').gate,
      DATA_DIR: mkdtempSync(join(tmpdir(), 'gatehouse-gate-')),
      GATE_PORT: String(port),
      INTERNAL_PORT: String(internalPort),
      LISTEN_ADDRESSES: '127.0.0.1',
      PUBLIC_GATE_URLS: 'http://127.0.0.1:4000',
      UPSTREAM_URL: upstreamUrl,
      ROUTES_FILE: routesFile(),
      TAG_KEY: testKeys.tag.toString('base64'),
      GATE_PRIVATE_KEYS: key('gate-test', 3),
      UPSTREAM_SECRET: 'x'.repeat(40),
      ...changes,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      text += chunk
      if (/^ready/m.test(text)) resolve()
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.on('exit', (code) => reject(new Error(`ended with ${code}: ${text}`)))
  })
  return { child, port, output: () => text }
}
