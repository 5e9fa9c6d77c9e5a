import { eq, sql } from 'drizzle-orm'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { credential, gateChange, tokenKey, whitelist, whitelistEntry } from '@/db/schema'
import { testDb } from '@/lib/testing'
import {
  type ApiUser,
  ago,
  allow,
  apiUser,
  bearer,
  changeCredential,
  changeGeneration,
  changeMerchant,
  exchange,
  JSON_API,
  logged,
  pairBody,
  startPair,
  tokenFor,
} from './testing'

const { base, gate, up } = await startPair()
const second = await startPair()
const behind = await startPair({ proxies: [{ family: 4, words: [0x7f000001], prefix: 32, masks: [-1] }] })
const both = [base, second.base]
const WITHIN_MS = 2000

const call = (at: string, token: string, path = '/wallets') => fetch(at + path, { headers: bearer(token) })

/** Waits until both gates have read of everything so far: from then on only a new change makes them forget. */
async function nothingNew(): Promise<void> {
  const now = Date.now()
  const readAt = () => Math.min(...[gate, second.gate].map((each) => Date.now() - each.health().knownMs))
  await vi.waitFor(() => expect(readAt()).toBeGreaterThan(now), 5_000)
}

/** Calls both gates until each answers with this status; fails when one still does not after two seconds. */
async function becomes(status: number, token: string, path = '/wallets'): Promise<void> {
  const began = Date.now()
  for (const at of both) {
    for (;;) {
      const answer = await call(at, token, path)
      await answer.text()
      if (answer.status === status) break
      if (Date.now() - began > WITHIN_MS) expect([at, answer.status]).toEqual([at, status])
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

describe('a token dies with what it stands on, on every gate, within two seconds', () => {
  const soon = () => new Date(Date.now() + 600_000)
  const causes: [string, number, string, (user: ApiUser) => Promise<unknown>][] = [
    ['the API user is switched off', 401, 'credential_inactive', (u) => changeCredential(u, { state: 'inactive' })],
    ['the merchant is suspended', 401, 'merchant_suspended', (u) => changeMerchant(u, { state: 'suspended' })],
    ['the pair leaked', 401, 'generation_revoked', (u) => changeGeneration(u, { revokedAt: ago(0) })],
    ['the pair is discarded', 401, 'generation_discarded', (u) => changeGeneration(u, { discardedAt: ago(0) })],
    ['the overlap ended', 401, 'overlap_ended', (u) => changeGeneration(u, { retiresAt: ago(0) })],
    ['the credential expires', 401, 'credential_expired', (u) => changeCredential(u, { expiresAt: ago(0) })],
    ['the permission is taken', 403, 'permission_missing', (u) => changeCredential(u, { permissions: ['rates:read'] })],
    ['the address is removed', 403, 'address_not_listed', (u) => removeAddresses(u)],
    ['the address expires', 403, 'address_not_listed', (u) => expireAddresses(u)],
  ]
  const removeAddresses = (u: ApiUser) =>
    testDb()
      .update(whitelistEntry)
      .set({ removedAt: ago(0) })
      .where(eq(whitelistEntry.whitelistId, u.whitelistId!))
  const expireAddresses = (u: ApiUser) =>
    testDb()
      .update(whitelistEntry)
      .set({ expiresAt: ago(0) })
      .where(eq(whitelistEntry.whitelistId, u.whitelistId!))

  const remembered: { user: ApiUser; token: string }[] = []
  beforeAll(async () => {
    for (const _ of causes) {
      const user = await apiUser({ ranges: ['127.0.0.0/8'] })
      remembered.push({ user, token: await tokenFor(base, user) })
    }
    await nothingNew()
    for (const { token } of remembered) await becomes(200, token)
  })

  it.each(causes)('%s: %i', async (_, status, reason, change) => {
    // CHECKS 59, 80
    const { user, token } = remembered.shift()!
    await change(user)
    await becomes(status, token)
    const answer = await call(base, token)
    expect(await logged(answer.headers.get('x-request-id')!)).toMatchObject({
      reason,
      proven: true,
      verdict: 'refused',
    })
    expect((await exchange(base, user)).status).toBe(reason === 'permission_missing' ? 200 : status === 401 ? 400 : 403)
  })

  it('switching on again brings back what was off, and nothing that was revoked', async () => {
    // CHECKS 59
    const user = await apiUser()
    const token = await tokenFor(base, user)
    await changeCredential(user, { state: 'inactive' })
    await becomes(401, token)
    await changeCredential(user, { state: 'active' })
    await becomes(200, token)
    await changeGeneration(user, { revokedAt: ago(0) })
    await changeCredential(user, { state: 'inactive' })
    await changeCredential(user, { state: 'active' })
    await becomes(401, token)
  })

  it('an overlap ends by itself, without anybody writing', async () => {
    const user = await apiUser({ generation: { retiresAt: new Date(Date.now() + 1000) } })
    const token = await tokenFor(base, user)
    await becomes(200, token)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect((await call(base, token)).status).toBe(401)
  })

  it('a whitelist that is on without entries lets nobody in', async () => {
    // CHECKS 73
    const user = await apiUser({ ranges: ['127.0.0.1'] })
    const token = await tokenFor(base, user)
    await testDb().delete(whitelistEntry).where(eq(whitelistEntry.whitelistId, user.whitelistId!))
    await becomes(403, token)
    await allow(user, '127.0.0.1')
    await becomes(200, token)
    await testDb().update(whitelist).set({ state: 'off' }).where(eq(whitelist.id, user.whitelistId!))
    await becomes(200, token)
  })

  it('a pending pair that is discarded by time keeps its tokens no longer than it lives', async () => {
    const user = await apiUser({ generation: { acknowledgedAt: null, firstUsedAt: null, pendingUntil: soon() } })
    const token = await tokenFor(base, user)
    await becomes(200, token)
    await changeGeneration(user, { pendingUntil: ago(0) })
    await becomes(200, token)
    await changeGeneration(user, { discardedAt: ago(0) })
    await becomes(401, token)
  })
})

// CHECKS 60
it('revoked while many calls use it: none that is sent two seconds later is accepted', async () => {
  const user = await apiUser()
  const token = await tokenFor(base, user)
  const calls: { sentAt: number; status: number }[] = []
  let going = true
  const callers = Array.from({ length: 40 }, async (_, n) => {
    while (going) {
      const sentAt = performance.now()
      const answer = await call(both[n % both.length]!, token)
      await answer.text()
      calls.push({ sentAt, status: answer.status })
    }
  })
  const accepted = () => calls.filter(({ status }) => status === 200)
  await expect.poll(() => accepted().length, { timeout: 15_000 }).toBeGreaterThan(200)
  await changeGeneration(user, { revokedAt: ago(0) })
  const committedAt = performance.now()
  await expect.poll(() => calls.filter(({ status }) => status === 401).length, { timeout: 15_000 }).toBeGreaterThan(200)
  going = false
  await Promise.all(callers)
  expect(new Set(calls.map(({ status }) => status))).toEqual(new Set([200, 401]))
  expect(accepted().filter(({ sentAt }) => sentAt > committedAt + WITHIN_MS)).toEqual([])
}, 40_000)

describe('what is pushed may be lost', () => {
  /** Switches a user off so that the change log says nothing of it: only what is pushed can tell. */
  const onlyPushed = (user: ApiUser) =>
    testDb().transaction(async (tx) => {
      await tx.update(credential).set({ state: 'inactive' }).where(eq(credential.id, user.credentialId))
      await tx.delete(gateChange).where(eq(gateChange.merchantId, user.merchantId))
    })

  it('and what is pushed is heard, also when the change log says nothing', async () => {
    // CHECKS 136
    const user = await apiUser()
    const token = await tokenFor(base, user)
    await nothingNew()
    await becomes(200, token)
    await onlyPushed(user)
    await becomes(401, token)
  })

  it('a change that no NOTIFY told of is found in the change log, also when its transaction was long', async () => {
    // CHECKS 136
    const user = await apiUser()
    const token = await tokenFor(base, user)
    await nothingNew()
    await becomes(200, token)
    await testDb().transaction(async (tx) => {
      await tx.execute(sql`set local session_replication_role = replica`)
      await tx.execute(sql`update credential set state = 'inactive' where id = ${user.credentialId}`)
      await tx.insert(gateChange).values({ merchantId: user.merchantId })
      await new Promise((resolve) => setTimeout(resolve, 1200))
    })
    await becomes(401, token)
  })

  it('a lost LISTEN connection is opened again', async (context) => {
    const { rows: lost } = await testDb().execute<{ pid: number }>(
      sql`select pid from pg_stat_activity where query ilike 'listen%'`,
    )
    if (lost.length === 0) return context.skip('the embedded database has no backends to end')
    const user = await apiUser()
    const token = await tokenFor(base, user)
    const pids = sql`(${sql.join(
      lost.map(({ pid }) => pid),
      sql`, `,
    )})`
    await testDb().execute(sql`select pg_terminate_backend(pid) from pg_stat_activity where pid in ${pids}`)
    const left = async () =>
      (await testDb().execute(sql`select from pg_stat_activity where pid in ${pids}`)).rows.length
    await expect.poll(left, { timeout: 5_000 }).toBe(0)
    await nothingNew()
    const listening = () => [gate, second.gate].every((each) => each.health().listening)
    await expect.poll(listening, { timeout: 5_000 }).toBe(true)
    await becomes(200, token)
    await onlyPushed(user)
    await becomes(401, token)
  })
})

it('a long answer of a revoked credential is cut within two seconds', async () => {
  const user = await apiUser()
  const token = await tokenFor(base, user)
  up.answer = (_, res) => {
    const timer = setInterval(() => res.write('tick'), 50)
    res.on('close', () => clearInterval(timer))
  }
  const answer = await call(base, token, '/me')
  const reading = answer.text()
  reading.catch(() => {})
  await new Promise((resolve) => setTimeout(resolve, 700))
  const began = Date.now()
  await changeGeneration(user, { revokedAt: ago(0) })
  await expect(reading).rejects.toThrow()
  expect(Date.now() - began).toBeLessThan(WITHIN_MS)
  up.answer = (_, res) => void res.end('{}')
})

it('two gates that start together share one signing key', async () => {
  expect(await testDb().select().from(tokenKey)).toHaveLength(1)
  const user = await apiUser()
  expect((await call(second.base, await tokenFor(base, user))).status).toBe(200)
})

it('an address that no proxy may tell is decided by the list of the moment, not of the exchange', async () => {
  // CHECKS 63, 81
  const user = await apiUser({ ranges: ['198.51.100.4'] })
  const from = (address: string) => ({ 'X-Forwarded-For': address })
  const ask = (headers: Record<string, string>) =>
    fetch(`${behind.base}/token/`, {
      method: 'POST',
      headers: { 'Content-Type': JSON_API, ...headers },
      body: pairBody(user.clientId, user.clientSecret),
    })
  const exchanged = await ask(from('198.51.100.4'))
  expect(exchanged.status).toBe(200)
  const token = ((await exchanged.json()) as { data: { attributes: { access: string } } }).data.attributes.access
  const status = async (at: string, headers: Record<string, string>) =>
    (await fetch(`${at}/wallets`, { headers: { ...bearer(token), ...headers } })).status

  expect(await status(behind.base, from('198.51.100.4'))).toBe(200)
  expect(await status(behind.base, from('198.51.100.4, 203.0.113.9'))).toBe(403)
  expect(await status(behind.base, from('203.0.113.9, 198.51.100.4'))).toBe(200)
  expect(await status(behind.base, from('198.51.100.4, garbage'))).toBe(403)
  expect(await status(behind.base, {})).toBe(403)
  expect(await status(behind.base, { 'X-Real-IP': '198.51.100.4', 'True-Client-IP': '198.51.100.4' })).toBe(403)
  expect(await status(behind.base, from(Array.from({ length: 60 }, () => '127.0.0.1').join(',')))).toBe(403)
  expect(await status(base, from('198.51.100.4'))).toBe(403)
})
