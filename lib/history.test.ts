import { randomInt } from 'node:crypto'
import { and, eq, isNotNull, isNull } from 'drizzle-orm'
import { afterAll, expect, inject, test } from 'vitest'
import { connect, type Db } from '@/db/client'
import { attempt, audit, credential, generation, membership, whitelist, whitelistEntry } from '@/db/schema'
import { takeAttempt } from '@/lib/access/attempts'
import { openTicket } from '@/lib/access/step-up'
import { verifyChain } from '@/lib/activity/verify'
import type { Ctx } from '@/lib/context'
import { acknowledge } from '@/lib/credentials/acknowledge'
import { discard } from '@/lib/credentials/discard'
import { regenerate } from '@/lib/credentials/regenerate'
import { switchOff, switchOn } from '@/lib/credentials/switch-api-user'
import type { Result } from '@/lib/result'
import { STEP_SECONDS } from '@/lib/secrets/totp'
import { PASSWORD, type TestPerson, type World, world } from '@/lib/testing'
import { changeApiWhitelist } from '@/lib/whitelist/change'

/**
 * Two instances, each with a pool of its own, do random things at the same moment; what they were told must be possible
 * one after the other. HISTORY_SEED repeats a run.
 */
const seed = Number(process.env['HISTORY_SEED'] ?? randomInt(2 ** 31))
const instances: Db[] = [connect(inject('databaseUrl'), { max: 3 }), connect(inject('databaseUrl'), { max: 3 })]
afterAll(() => Promise.all(instances.map((db) => db.$client.end())))

/** Small and repeatable (mulberry32). */
let state = seed
function random(below: number): number {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below)
}

const pick = <T>(from: readonly T[]): T => from[random(from.length)]!

/** The person on one of the two instances. */
const on = async (who: TestPerson): Promise<Ctx> => ({ ...(await who.ctx()), db: pick(instances) })

async function open(ctx: Ctx, operation: 'api_whitelist.change' | 'credentials.regenerate', params: unknown) {
  const opened = await openTicket(ctx, { operation, params, password: PASSWORD })
  if (!opened.ok) throw new Error(opened.error)
  return opened.value.ticket
}

const codes = (results: readonly Result<unknown, string>[]) => results.map((r) => (r.ok ? 'ok' : r.error))

/** Registers and a set: the list's version is a register, its addresses a set. */
async function listHistory(w: World, salt: number): Promise<void> {
  w.clock.advance(STEP_SECONDS * 1000)
  const [before] = await w.db.select().from(whitelist).where(listOf(w))
  const version = before!.version
  const people = [w.ingrid, w.olivia, w.adam]
  const proposals = await Promise.all(
    people.map(async (who, at) => {
      const ctx = await on(who)
      // Sometimes somebody looked a version ago.
      const seen = version - (version > 0 && random(4) === 0 ? 1 : 0)
      const params = { version: seen, add: [{ range: `10.${salt}.${at}.1`, note: '' }], remove: [], notes: [] }
      return { ctx, params, ticket: await open(ctx, 'api_whitelist.change', params), code: who.code() }
    }),
  )
  const held = async () =>
    (
      await w.db
        .select()
        .from(whitelistEntry)
        .where(and(eq(whitelistEntry.merchantId, w.merchantId), isNull(whitelistEntry.removedAt)))
    )
      .map(({ range }) => range)
      .sort()
  const earlier = await held()
  const results = await Promise.all(proposals.map(({ ctx, ...given }) => changeApiWhitelist(ctx, given)))
  const done = proposals.filter((_, at) => results[at]?.ok)
  // A compare-and-set on one version: of those who saw it one wins, of those who saw another none.
  expect(done.length, codes(results).join()).toBe(proposals.some((p) => p.params.version === version) ? 1 : 0)
  expect(codes(results).filter((code) => code !== 'ok' && code !== 'stale')).toEqual([])
  expect(done.every((p) => p.params.version === version)).toBe(true)
  const [after] = await w.db.select().from(whitelist).where(listOf(w))
  expect(after!.version).toBe(version + done.length)
  expect(await held()).toEqual([...earlier, ...done.map((p) => p.params.add[0]!.range)].sort())
}

const listOf = (w: World) => and(eq(whitelist.merchantId, w.merchantId), isNotNull(whitelist.credentialId))

/** At most one pending, one current and one retiring pair, whatever is pressed at the same moment. */
async function pairHistory(w: World): Promise<void> {
  w.clock.advance(STEP_SECONDS * 1000)
  const rows = await w.db.select().from(generation).where(eq(generation.merchantId, w.merchantId))
  const waiting = rows.find((g) => !g.acknowledgedAt && !g.discardedAt)
  const presses = [w.ingrid, w.olivia].map((who) => async () => {
    const ctx = await on(who)
    const kind = waiting ? random(3) : 0
    if (kind === 1) return acknowledge(ctx, { generationId: waiting!.id })
    if (kind === 2) return discard(ctx, { generationId: waiting!.id })
    const params = { reason: random(4) === 0 ? 'leaked' : 'planned_change', overlap: 'at_once' } as const
    return regenerate(ctx, { ticket: await open(ctx, 'credentials.regenerate', params), code: who.code(), params })
  })
  const results = await Promise.all(presses.map((press) => press()))
  const now = await w.db.select().from(generation).where(eq(generation.merchantId, w.merchantId))
  const live = now.filter((g) => !g.discardedAt && !g.revokedAt)
  expect(live.filter((g) => !g.acknowledgedAt).length, codes(results).join()).toBeLessThanOrEqual(1)
  expect(live.filter((g) => g.acknowledgedAt && !g.retiresAt).length).toBeLessThanOrEqual(1)
  const made = results.filter((r) => r.ok && r.value !== null && 'apiKey' in r.value).length
  expect(now.length).toBe(rows.length + made)
}

/** A switch: whoever was told that it is done found it the other way. */
async function switchHistory(w: World): Promise<void> {
  const [before] = await w.db.select().from(credential).where(eq(credential.merchantId, w.merchantId))
  const presses = [w.ingrid, w.olivia, w.ingrid, w.olivia].map((who) => {
    const up = random(2) === 0
    return { up, press: async () => (up ? switchOn(await on(who), null) : switchOff(await on(who))) }
  })
  const results = await Promise.all(presses.map(({ press }) => press()))
  const [after] = await w.db.select().from(credential).where(eq(credential.merchantId, w.merchantId))
  const ups = presses.filter(({ up }, at) => up && results[at]?.ok).length
  const downs = presses.filter(({ up }, at) => !up && results[at]?.ok).length
  const was = before!.state === 'active' ? 1 : 0
  // Ons and offs alternate, so the state is the difference, and no two of a kind can follow each other.
  expect(was + ups - downs, codes(results).join()).toBe(after!.state === 'active' ? 1 : 0)
  expect(after!.revision).toBe(before!.revision + ups + downs)
}

/** A counter that locks: never more tries than the limit, and one that knows it was the last. */
async function counterHistory(w: World, round: number): Promise<void> {
  const lane = `history:${w.merchantId}:${round}`
  const limit = { failures: 1 + random(6), windowMs: 60_000 }
  const tries = 2 + random(10)
  const taken = await Promise.all(
    Array.from({ length: tries }, () => takeAttempt(pick(instances), lane, limit, w.clock.now())),
  )
  const allowed = taken.filter((t) => t.allowed)
  expect(allowed).toHaveLength(Math.min(tries, limit.failures))
  expect(taken.filter((t) => t.allowed && t.last)).toHaveLength(tries >= limit.failures ? 1 : 0)
  const [row] = await w.db.select().from(attempt).where(eq(attempt.lane, lane))
  expect(row?.failures).toBe(allowed.length)
}

/** Two hand-overs of Root at the same moment: the database itself refuses the second. */
async function rootHistory(w: World): Promise<void> {
  const members = [w.olivia, w.adam]
  const handOver = (who: TestPerson) =>
    pick(instances)
      .transaction(async (tx) => {
        const of = (id: string) => and(eq(membership.merchantId, w.merchantId), eq(membership.personId, id))
        await tx.update(membership).set({ role: 'owner' }).where(of(w.ingrid.id))
        await tx.update(membership).set({ role: 'root' }).where(of(who.id))
      })
      .then(
        () => true,
        () => false,
      )
  const done = await Promise.all(members.map(handOver))
  expect(done.filter(Boolean)).toHaveLength(1)
  const roots = await w.db
    .select()
    .from(membership)
    .where(and(eq(membership.merchantId, w.merchantId), eq(membership.role, 'root')))
  expect(roots).toHaveLength(1)
}

// CHECKS 31, 45, 126, 141 (31: Root alone; nobody changes roles in the console yet)
test(`histories of two instances can be told one after the other (HISTORY_SEED=${seed})`, async () => {
  for (let merchant = 0; merchant < 4; merchant++) {
    const w = await world()
    for (let round = 0; round < 6; round++) {
      await listHistory(w, round)
      await pairHistory(w)
      await counterHistory(w, round)
    }
    const other = await world()
    for (let round = 0; round < 12; round++) await switchHistory(other)
    for (const chain of [w.merchantId, other.merchantId]) {
      expect(await verifyChain(w.db, chain)).toMatchObject({ ok: true })
      expect((await w.db.select().from(audit).where(eq(audit.chain, chain))).length).toBeGreaterThan(0)
    }
    await rootHistory(w)
  }
}, 60_000)
