import { randomBytes } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { connect } from '@/db/client'
import { requestLog } from '@/db/schema'
import { gateMemory, markFirstUse } from '@/lib/gatekeeping/memory'
import type { GateRecord } from '@/lib/gatekeeping/record'
import { type LogEntry, requestLogWriter } from '@/lib/gatekeeping/request-log'
import { testDb } from '@/lib/testing'
import { databaseBetween } from '@/testing/database-between'
import { ago, apiUser, changeCredential, changeGeneration } from './testing'

const database = await databaseBetween(inject('urlOf').gate)
const db = connect(database.url, { max: 1, queryMs: 1000 })
const memory = gateMemory(db, () => performance.now())
afterAll(async () => {
  await db.$client.end()
  database.close()
})

const recordOf = async (user: { clientId: string }): Promise<GateRecord> => {
  const record = await memory.get({ by: 'public-id', value: user.clientId })
  if (!record) throw new Error('nobody has the id')
  return record
}

describe('what changes while a record is on its way', () => {
  test.each(['forget', 'forgetAll'] as const)('is read again before anybody is decided by it: %s', async (how) => {
    // CHECKS 136
    const user = await apiUser()
    await db.execute('select 1')
    database.hold()
    const reading = recordOf(user)
    await expect.poll(() => database.held()).toBeGreaterThan(0)
    await changeCredential(user, { state: 'inactive' })
    if (how === 'forget') memory.forget([user.merchantId])
    else memory.forgetAll()
    database.release()
    expect((await reading).credentialState).toBe('inactive')
    expect((await recordOf(user)).credentialState).toBe('inactive')
  })
})

describe('the first use of a pair', () => {
  const pending = { acknowledgedAt: null, firstUsedAt: null }
  const soon = () => new Date(Date.now() + 600_000)

  test('is marked once', async () => {
    const record = await recordOf(await apiUser({ generation: { ...pending, pendingUntil: soon() } }))
    expect([await markFirstUse(db, record, ago(0)), await markFirstUse(db, record, ago(0))]).toEqual([true, false])
  })

  test('is not marked once the pair is over, whatever memory says', async () => {
    for (const end of [{ pendingUntil: ago(1000) }, { discardedAt: ago(0) }, { revokedAt: ago(0) }]) {
      const user = await apiUser({ generation: { ...pending, pendingUntil: soon() } })
      const record = await recordOf(user)
      await changeGeneration(user, end)
      expect([end, await markFirstUse(db, record, ago(0))]).toEqual([end, false])
    }
  })
})

test('a request that could not be written is written later, once', async () => {
  const { merchantId } = await apiUser()
  const requests = requestLogWriter(db)
  const entry = (): LogEntry => ({
    at: new Date(),
    requestId: randomBytes(16).toString('hex'),
    clientRequestId: null,
    merchantId,
    credentialId: null,
    generationId: null,
    publicId: null,
    scheme: null,
    method: 'GET',
    route: null,
    path: '/',
    address: '203.0.113.7',
    hops: [],
    userAgent: null,
    verdict: 'accepted',
    reason: null,
    proven: true,
    checks: [],
    status: 200,
    durationMs: 1,
    clockSkewMs: null,
    requestBytes: 0,
    responseBytes: 0,
    bodySha256: null,
    upstreamStatus: null,
  })
  await db.execute('select 1')
  database.freeze()
  requests.add(entry())
  await requests.flush()
  expect([requests.queued(), requests.dropped()]).toEqual([1, 0])
  database.thaw()
  requests.add(entry())
  await expect.poll(() => requests.flush().then(requests.queued), { timeout: 10_000 }).toBe(0)
  await requests.stop()
  expect(await testDb().select().from(requestLog).where(eq(requestLog.merchantId, merchantId))).toHaveLength(2)
})
