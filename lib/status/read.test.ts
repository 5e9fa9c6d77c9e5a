import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { requestLog } from '@/db/schema'
import { apiUserView } from '@/lib/credentials/view'
import { type World, world } from '@/lib/testing'
import { apiWhitelist } from '@/lib/whitelist/read'
import { pulseOf } from './pulse'
import { readStatus } from './read'

const call = (w: World, address: string, given: { reason?: string; secondsAgo?: number; proven?: boolean } = {}) =>
  w.db.insert(requestLog).values({
    at: new Date(w.clock.now().getTime() - (given.secondsAgo ?? 0) * 1000),
    requestId: randomBytes(16).toString('hex'),
    merchantId: w.merchantId,
    method: 'GET',
    path: '/me',
    address,
    hops: [],
    verdict: given.reason ? 'refused' : 'accepted',
    reason: given.reason ?? null,
    proven: given.proven ?? true,
    checks: [],
    status: given.reason ? 403 : 200,
    durationMs: 1,
  })

// CHECKS 35
test('the status tells of the calls of its own merchant alone', async () => {
  const [w, other] = [await world(), await world()]
  await call(w, '203.0.113.7', { secondsAgo: 5 })
  await call(w, '198.51.100.4', { reason: 'address_not_listed', secondsAgo: 3 })
  const pulse = await pulseOf(await w.olivia.ctx())
  await call(other, '192.0.2.9')
  await call(other, '192.0.2.9', { reason: 'generation_discarded' })
  expect(await pulseOf(await w.olivia.ctx())).toBe(pulse)
  const status = await readStatus(await w.olivia.ctx())
  expect(status).toMatchObject({
    accepted: 1,
    refused: [{ reason: 'address_not_listed', calls: 1 }],
    lastRequest: { address: '198.51.100.4' },
  })
  expect(status.news).toMatchObject([{ kind: 'address_refused', address: '198.51.100.4', calls: 1 }])
  await call(w, '203.0.113.7')
  expect(await pulseOf(await w.olivia.ctx())).not.toBe(pulse)
})

test('an address that a stranger tried without the secret is no news', async () => {
  const w = await world()
  await call(w, '198.51.100.4', { reason: 'address_not_listed', proven: false })
  expect((await readStatus(await w.olivia.ctx())).news).toEqual([])
})

// CHECKS 36
test('a member reads the status with shortened addresses, and no list', async () => {
  const w = await world()
  await call(w, '198.51.100.4', { reason: 'address_not_listed' })
  const status = await readStatus(await w.mia.ctx())
  expect(JSON.stringify(status)).not.toContain('198.51.100.4')
  expect(status.lastRequest).toMatchObject({ address: '198.51.100.x' })
  expect(await apiUserView(await w.mia.ctx())).toEqual({ ok: false, error: 'forbidden' })
  expect(await apiWhitelist(await w.mia.ctx())).toEqual({ ok: false, error: 'forbidden' })
  expect(await apiUserView(await w.adam.ctx())).toMatchObject({ ok: true })
  expect(await apiWhitelist(await w.adam.ctx())).toMatchObject({ ok: true })
})
