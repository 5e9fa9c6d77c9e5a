import { eq, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { attempt, gateChange, requestLog, signIn } from '@/db/schema'
import { forgetOld } from './retention'
import { dbOf, world } from './testing'

const DAY = 86_400_000

// CHECKS 132 (what exists)
test('old log-ins, counts and whole days of the request log go; what locks somebody out and the newer days stay', async () => {
  const w = await world()
  const now = w.clock.now()
  const ago = (days: number) => new Date(now.getTime() - days * DAY)
  await w.db.execute(sql`select ensure_partitions(${ago(60).toISOString()}::timestamptz)`)
  const [old, recent] = [ago(59), now]
  await w.db.insert(requestLog).values(
    [old, recent].map((at) => ({
      at,
      requestId: `${w.merchantId}${at.getTime()}`,
      merchantId: w.merchantId,
      method: 'GET',
      path: '/',
      address: '203.0.113.7',
      hops: [],
      verdict: 'refused' as const,
      proven: false,
      checks: [],
      status: 401,
      durationMs: 1,
    })),
  )
  const lane = (name: string) => `${name}:${w.merchantId}`
  await w.db.insert(attempt).values([
    { lane: lane('stale'), failures: 3, windowStartedAt: ago(3), consecutive: 3 },
    { lane: lane('closed'), failures: 10, windowStartedAt: ago(3), consecutive: 100 },
    { lane: lane('fresh'), failures: 3, windowStartedAt: now, consecutive: 3 },
  ])
  const seen = { personId: w.mia.id, address: 'x', userAgent: 'x', outcome: 'ok' as const }
  await w.db.insert(signIn).values([
    { ...seen, id: crypto.randomUUID(), at: ago(200) },
    { ...seen, id: crypto.randomUUID(), at: now },
  ])
  await w.db.insert(gateChange).values({ merchantId: w.merchantId, at: ago(2) })

  await forgetOld(dbOf('dispatcher'), now)

  const left = await w.db.select().from(requestLog).where(eq(requestLog.merchantId, w.merchantId))
  expect(left.map((r) => r.at)).toEqual([recent])
  const lanes = await w.db
    .select()
    .from(attempt)
    .where(sql`${attempt.lane} like ${`%:${w.merchantId}`}`)
  expect(lanes.map((l) => l.lane).sort()).toEqual([lane('closed'), lane('fresh')])
  expect(await w.db.select().from(signIn).where(eq(signIn.personId, w.mia.id))).toHaveLength(1)
  const changes = await w.db.select().from(gateChange).where(eq(gateChange.merchantId, w.merchantId))
  expect(changes.every((c) => c.at > ago(1))).toBe(true)
})
