import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eq, sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { afterAll, inject } from 'vitest'
import { credential, generation, merchant, requestLog, whitelist, whitelistEntry } from '@/db/schema'
import { keepTokenKey } from '@/lib/gatekeeping/token-key'
import { mintPublicId, mintSecret } from '@/lib/secrets/format'
import { publicHalf } from '@/lib/secrets/hpke'
import type { KeyRing } from '@/lib/secrets/keys'
import { rememberGateKey } from '@/lib/secrets/known-keys'
import { testDb, testKeys } from '@/lib/testing'
import { type Gate, type ServerSettings, startGate } from './server'

/** A real gate, a real upstream and a merchant with an API user, on the database of the run. */
export const ISSUER = 'http://127.0.0.1:4000'
export const UPSTREAM_SECRET = Buffer.alloc(32, 5)
const privateKeys: KeyRing = { current: 'gate-test', byId: new Map([['gate-test', Buffer.alloc(32, 3)]]) }

type Seen = { method: string; url: string; rawHeaders: string[]; headers: IncomingMessage['headers']; body: string }
export type TestUpstream = {
  url: string
  port: number
  seen: Seen[]
  /** How the next requests are answered; the preset echoes. */
  answer: (req: IncomingMessage, res: ServerResponse, body: string) => void
  stop(): Promise<void>
}

export async function startUpstream(): Promise<TestUpstream> {
  const server = http.createServer(async (req, res) => {
    let body = ''
    try {
      for await (const chunk of req) body += chunk
    } catch {
      return
    }
    up.seen.push({ method: req.method!, url: req.url!, rawHeaders: req.rawHeaders, headers: req.headers, body })
    up.answer(req, res, body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const up: TestUpstream = {
    url: `http://127.0.0.1:${port}`,
    port,
    seen: [],
    answer: (req, res, body) => {
      res.writeHead(200, { 'Content-Type': 'application/json' })
      res.end(JSON.stringify({ method: req.method, url: req.url, body }))
    },
    stop: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      return closed
    },
  }
  return up
}

export const testRoutes = {
  unknown: 'refuse',
  routes: [
    { method: 'GET', path: '/wallets', permission: 'wallets:read' },
    { method: 'POST', path: '/deposits', permission: 'deposits:write', maxBody: 1000 },
    { method: 'POST', path: '/payouts', permission: 'payouts:write', moneyOut: true },
    { method: 'GET', path: '/me', permission: '-' },
    { method: '*', path: '/echo', permission: '-', maxBody: 10_000_000 },
    { method: 'GET', path: '/raw/:name', permission: '-', raw: true },
    { method: '*', path: '/api/*', permission: '-' },
  ],
}

export function routesFile(routes: unknown = testRoutes): string {
  const path = join(mkdtempSync(join(tmpdir(), 'gatehouse-routes-')), 'routes.json')
  writeFileSync(path, typeof routes === 'string' ? routes : JSON.stringify(routes))
  return path
}

export const gateSettings = (upstreamUrl: string, changes: Partial<ServerSettings> = {}): ServerSettings => ({
  databaseUrl: inject('urlOf').gate,
  environment: 'test',
  issuer: ISSUER,
  tagKey: testKeys.tag,
  privateKeys,
  moneyOutNeedsWhitelist: true,
  mostAtOnce: 200,
  upstreamUrl,
  upstreamSecret: UPSTREAM_SECRET,
  routesFile: routesFile(),
  proxies: [],
  public: { addresses: ['127.0.0.1'], port: 0 },
  internal: { addresses: ['127.0.0.1'], port: 0 },
  upstreamSilenceMs: 5000,
  ...changes,
})

/** A gate and its upstream for one test file; both are stopped when it ends. */
export async function startPair(
  changes: Partial<ServerSettings> = {},
): Promise<{ gate: Gate; up: TestUpstream; base: string }> {
  const up = await startUpstream()
  const gateKey = { id: privateKeys.current, raw: publicHalf(Buffer.alloc(32, 3)) }
  await rememberGateKey(testDb(), gateKey)
  await keepTokenKey(testDb(), gateKey, new Date())
  const gate = await startGate(gateSettings(up.url, changes))
  afterAll(async () => {
    await gate.stop()
    await up.stop()
  })
  return { gate, up, base: `http://127.0.0.1:${gate.publicPort}` }
}

export type ApiUser = {
  merchantId: string
  credentialId: string
  generationId: string
  clientId: string
  clientSecret: string
  whitelistId: string | null
}

type Instants = Partial<typeof generation.$inferInsert>
export type UserOptions = {
  permissions?: string[]
  moneyOut?: boolean
  merchantState?: 'pending' | 'active' | 'suspended'
  state?: 'active' | 'inactive'
  /** Null: none. A list turns the whitelist on. */
  ranges?: string[] | null
  generation?: Instants
}

const MINUTE = 60_000
export const ago = (ms: number): Date => new Date(Date.now() - ms)

/** A merchant with an API user whose pair was acknowledged an hour ago, unless said otherwise. */
export async function apiUser(options: UserOptions = {}): Promise<ApiUser> {
  const db = testDb()
  const merchantId = `mrc_${randomBytes(6).toString('hex')}`
  const ids = { credentialId: uuid(), generationId: uuid(), whitelistId: options.ranges ? uuid() : null }
  const author = await anyone()
  await db.insert(merchant).values({ id: merchantId, name: 'Gate Test', state: options.merchantState ?? 'active' })
  await db.insert(credential).values({
    id: ids.credentialId,
    merchantId,
    kind: 'api_user',
    scheme: 'token',
    name: 'API user',
    state: options.state ?? 'active',
    stateChangedAt: ago(0),
    permissions: options.permissions ?? ['*'],
    moneyOut: options.moneyOut ?? false,
    createdAt: ago(60 * MINUTE),
  })
  const clientId = mintPublicId('test', testKeys.tag)
  const { secret, digest, fingerprint } = mintSecret('test')
  await db.insert(generation).values({
    id: ids.generationId,
    merchantId,
    kind: 'credential',
    credentialId: ids.credentialId,
    scheme: 'token',
    publicId: clientId,
    digest,
    fingerprint,
    reason: 'first_set_up',
    overlap: 'at_once',
    createdAt: ago(60 * MINUTE),
    createdBy: author,
    pendingUntil: ago(50 * MINUTE),
    acknowledgedAt: ago(55 * MINUTE),
    firstUsedAt: ago(56 * MINUTE),
    ...options.generation,
  })
  if (ids.whitelistId) {
    await db.insert(whitelist).values({
      id: ids.whitelistId,
      merchantId,
      credentialId: ids.credentialId,
      state: 'on',
      changedAt: ago(0),
    })
    for (const range of options.ranges ?? []) await allow({ merchantId, whitelistId: ids.whitelistId }, range)
  }
  return { merchantId, ...ids, clientId, clientSecret: secret.reveal() }
}

export async function allow(user: { merchantId: string; whitelistId: string | null }, range: string): Promise<void> {
  await testDb()
    .insert(whitelistEntry)
    .values({ id: uuid(), merchantId: user.merchantId, whitelistId: user.whitelistId!, range, addedAt: ago(0) })
}

/** Generations name who made them. */
let author: Promise<string> | undefined
function anyone(): Promise<string> {
  author ??= (async () => {
    const id = uuid()
    await testDb().execute(
      sql`insert into person (id, email, name, password_hash) values (${id}, ${`${id}@gate.example`}, 'Olivia', 'x')`,
    )
    return id
  })()
  return author
}

export const changeGeneration = (user: ApiUser, instants: Instants) =>
  testDb().update(generation).set(instants).where(eq(generation.id, user.generationId))
export const changeCredential = (user: ApiUser, values: Partial<typeof credential.$inferInsert>) =>
  testDb().update(credential).set(values).where(eq(credential.id, user.credentialId))
export const changeMerchant = (user: ApiUser, values: Partial<typeof merchant.$inferInsert>) =>
  testDb().update(merchant).set(values).where(eq(merchant.id, user.merchantId))

export async function firstUsedAt(user: ApiUser): Promise<Date | null> {
  const [row] = await testDb().select().from(generation).where(eq(generation.id, user.generationId))
  return row?.firstUsedAt ?? null
}

export const JSON_API = 'application/vnd.api+json'

export const pairBody = (id: unknown, secret: unknown): string =>
  JSON.stringify({ data: { type: 'auth-token', attributes: { client_id: id, client_secret: secret } } })

export const exchange = (
  base: string,
  user: { clientId: string; clientSecret: string },
  path = '/token/',
  headers: Record<string, string> = {},
) =>
  fetch(base + path, {
    method: 'POST',
    headers: { 'Content-Type': JSON_API, ...headers },
    body: pairBody(user.clientId, user.clientSecret),
  })

export async function tokenFor(base: string, user: ApiUser): Promise<string> {
  const answer = await exchange(base, user)
  const body = (await answer.json()) as { data?: { attributes: { access: string } } }
  if (!body.data) throw new Error(`no token: ${answer.status} ${JSON.stringify(body)}`)
  return body.data.attributes.access
}

export const bearer = (token: string): { Authorization: string } => ({ Authorization: `Bearer ${token}` })

/** What was written of a request, as soon as it is. */
export async function logged(requestId: string): Promise<typeof requestLog.$inferSelect> {
  for (let i = 0; i < 60; i++) {
    const [row] = await testDb().select().from(requestLog).where(eq(requestLog.requestId, requestId))
    if (row) return row
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`no row for ${requestId}`)
}

/** Writes bytes and returns everything that comes back until the other side is silent or closes. */
export async function speak(port: number, bytes: string | Buffer, silenceMs = 300): Promise<string> {
  const socket = net.connect(port, '127.0.0.1')
  let text = ''
  let last = Date.now()
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    last = Date.now()
  })
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(bytes)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const silent = (async () => {
    while (text === '' || Date.now() - last < silenceMs) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      if (Date.now() - last > 5000) break
    }
  })()
  await Promise.race([closed, silent])
  socket.destroy()
  return text
}
