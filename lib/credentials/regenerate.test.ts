import { eq, sql } from 'drizzle-orm'
import { expect, inject, test } from 'vitest'
import { audit, credential, generation, mail, membership, merchant } from '@/db/schema'
import { openTicket } from '@/lib/access/step-up'
import { verifyChain } from '@/lib/activity/verify'
import { readPublicId, readSecret, sha256 } from '@/lib/secrets/format'
import { PASSWORD, testKeys, used, type World, world } from '@/lib/testing'
import { acknowledge } from './acknowledge'
import { discard } from './discard'
import { endOverlap, shortenOverlap } from './end-overlap'
import { maskPublicId, type RegenerateParams } from './model'
import { regenerate } from './regenerate'
import { switchOn } from './switch-api-user'
import { apiUserView } from './view'

/** The embedded database has one session: nobody can wait for a lock there. */
const separate = inject('urlOf').gate !== inject('databaseUrl')

const firstSetUp: RegenerateParams = { reason: 'first_set_up', overlap: 'at_once' }
const planned: RegenerateParams = { reason: 'planned_change', overlap: '24_hours' }

async function generate(w: World, params: RegenerateParams, who = w.olivia) {
  const proven = await w.prove(who, 'credentials.regenerate', params)
  const fresh = await regenerate(await who.ctx(), { ...proven, params })
  if (!fresh.ok) throw new Error(fresh.error)
  return fresh.value
}

async function inUse(w: World, params = firstSetUp) {
  const fresh = await generate(w, params)
  const done = await acknowledge(await w.olivia.ctx(), { generationId: fresh.generationId })
  expect(done).toMatchObject({ ok: true })
  return fresh
}

const view = async (w: World) => {
  const v = await apiUserView(await w.olivia.ctx())
  if (!v.ok) throw new Error(v.error)
  return v.value
}

test('the owner gets a pair once, and only its digest is kept', async () => {
  const w = await world()
  const fresh = await generate(w, firstSetUp)
  const plain = fresh.apiSecret.reveal()
  expect(readPublicId(fresh.apiKey, testKeys.tag)).toBe('test')
  expect(readSecret(plain)).toBe('test')
  const [row] = await w.db.select().from(generation).where(eq(generation.id, fresh.generationId))
  expect(row).toMatchObject({ digest: sha256(plain), sealed: null, fingerprint: sha256(plain).slice(0, 8) })
  // CHECKS 50, 120: nothing that is stored holds the secret.
  for (const table of [generation, audit, mail]) {
    expect(JSON.stringify(await w.db.select().from(table))).not.toContain(plain)
  }
  expect(JSON.stringify(fresh)).not.toContain(plain)
})

// CHECKS 36
test('an admin and a member may not generate, and nothing happens', async () => {
  const w = await world()
  for (const who of [w.adam, w.mia]) {
    const opened = await openTicket(await who.ctx(), {
      operation: 'credentials.regenerate',
      params: firstSetUp,
      password: PASSWORD,
    })
    expect(opened).toEqual({ ok: false, error: 'forbidden' })
    const direct = await regenerate(await who.ctx(), { ticket: 'x', code: who.code(), params: firstSetUp })
    expect(direct).toEqual({ ok: false, error: 'ticket_invalid' })
  }
  expect((await view(w)).pending).toBeNull()
})

// CHECKS 36
test('what a role may not do is written down when it is tried', async () => {
  const w = await world()
  expect(await endOverlap(await w.adam.ctx())).toEqual({ ok: false, error: 'forbidden' })
  const params = firstSetUp
  await openTicket(await w.mia.ctx(), { operation: 'credentials.regenerate', params, password: PASSWORD })
  const rows = await w.db.select().from(audit).where(eq(audit.chain, w.merchantId))
  const refused = rows.filter((r) => r.result === 'refused')
  expect(refused.map((r) => [r.action, r.result, r.subject, r.actorId])).toEqual([
    ['access.refused', 'refused', 'overlap.end', w.adam.id],
    ['access.refused', 'refused', 'credentials.regenerate', w.mia.id],
  ])
})

// CHECKS 44
test('a double submit makes one pair and never shows a secret twice', async () => {
  const w = await world()
  const proven = await w.prove(w.olivia, 'credentials.regenerate', firstSetUp)
  const ctx = await w.olivia.ctx()
  const both = await Promise.all([1, 2].map(() => regenerate(ctx, { ...proven, params: firstSetUp })))
  expect(both.filter((r) => r.ok)).toHaveLength(1)
  const again = await regenerate(ctx, { ...proven, params: firstSetUp })
  expect(again).toEqual({ ok: false, error: 'already_done' })
  const rows = await w.db.select().from(generation).where(eq(generation.merchantId, w.merchantId))
  expect(rows).toHaveLength(1)
})

// CHECKS 46
test('a lost popup costs nothing: the old pair stays, the new one is discarded after ten minutes', async () => {
  const w = await world()
  const old = await inUse(w)
  await generate(w, planned)
  expect(await view(w)).toMatchObject({ current: { id: old.generationId }, pending: { state: 'pending' } })
  w.clock.advance(10 * 60_000)
  expect(await view(w)).toMatchObject({ current: { id: old.generationId }, pending: null, retiring: null })
  await generate(w, planned)
})

// CHECKS 46
// CHECKS 44
test('*I have saved both* pressed many times at the same moment is the same as once', async () => {
  const w = await world()
  const fresh = await generate(w, firstSetUp)
  const ctx = await w.olivia.ctx()
  const presses = Array.from({ length: 6 }, () => acknowledge(ctx, { generationId: fresh.generationId }))
  expect((await Promise.all(presses)).map((press) => press.ok)).toEqual(Array(6).fill(true))
  const rows = await w.db.select().from(audit).where(eq(audit.chain, w.merchantId))
  expect(rows.filter((r) => r.action === 'credential.acknowledged')).toHaveLength(1)
})

test('used but never acknowledged: it waits for a person, without ending the old pair', async () => {
  const w = await world()
  const old = await inUse(w)
  const fresh = await generate(w, planned)
  await used(w, fresh.generationId)
  w.clock.advance(10 * 60_000)
  expect(await view(w)).toMatchObject({ current: { id: old.generationId }, unconfirmed: { id: fresh.generationId } })
  const proven = await w.prove(w.olivia, 'credentials.regenerate', planned)
  expect(await regenerate(await w.olivia.ctx(), { ...proven, params: planned })).toEqual({
    ok: false,
    error: 'unconfirmed_waiting',
  })
  expect(await acknowledge(await w.ingrid.ctx(), { generationId: fresh.generationId })).toMatchObject({ ok: true })
  expect(await view(w)).toMatchObject({ current: { id: fresh.generationId }, retiring: { id: old.generationId } })
})

test('acknowledging starts the countdown; the old pair ends by the clock, not by a job', async () => {
  const w = await world()
  const old = await inUse(w)
  const fresh = await generate(w, planned)
  const done = await acknowledge(await w.olivia.ctx(), { generationId: fresh.generationId })
  expect(done).toEqual({ ok: true, value: { oldEndsAt: new Date(w.clock.now().getTime() + 86_400_000) } })
  expect(await acknowledge(await w.olivia.ctx(), { generationId: fresh.generationId })).toMatchObject({ ok: true })
  w.clock.advance(10 * 60_000)
  expect((await view(w)).retiring?.id).toBe(old.generationId)
  // Sessions end in between; the instants decide by themselves.
  const [row] = await w.db.select().from(generation).where(eq(generation.id, old.generationId))
  expect(row).toMatchObject({ revokedAt: null, retiresAt: expect.any(Date) })
})

test('a second rotation inside an overlap is refused, and a refusal costs neither code nor ticket', async () => {
  const w = await world()
  await inUse(w)
  await inUse(w, planned)
  const proven = await w.prove(w.olivia, 'credentials.regenerate', planned)
  const given = { ...proven, params: planned }
  expect(await regenerate(await w.olivia.ctx(), given)).toEqual({ ok: false, error: 'overlap_running' })
  expect(await endOverlap(await w.olivia.ctx())).toMatchObject({ ok: true })
  expect(await regenerate(await w.olivia.ctx(), given)).toMatchObject({ ok: true })
})

test('leaked: every earlier pair and any overlap end in the same transaction', async () => {
  const w = await world()
  const first = await inUse(w)
  const second = await inUse(w, planned)
  const fresh = await generate(w, { reason: 'leaked', overlap: 'at_once' })
  expect(await view(w)).toMatchObject({ current: null, retiring: null, pending: { id: fresh.generationId } })
  for (const id of [first.generationId, second.generationId]) {
    const [row] = await w.db.select().from(generation).where(eq(generation.id, id))
    expect(row?.revokedAt).toEqual(w.clock.now())
  }
})

test('leaked: a pair that waits for a person goes as well, it is written down, and Root and Owner are told', async () => {
  const w = await world()
  const old = await inUse(w)
  const waiting = await generate(w, planned)
  await used(w, waiting.generationId)
  w.clock.advance(10 * 60_000)
  await generate(w, { reason: 'leaked', overlap: 'at_once' })
  expect(await view(w)).toMatchObject({ current: null, unconfirmed: null })
  const rows = await w.db.select().from(audit).where(eq(audit.chain, w.merchantId))
  expect(rows.find((r) => r.action === 'credential.leak_ended')?.detail).toMatchObject({
    keys: [maskPublicId(old.apiKey)],
  })
  const told = await w.db.select().from(mail).where(eq(mail.merchantId, w.merchantId))
  const each = told.map((m) => [m.template, m.recipient])
  for (const who of [w.ingrid, w.olivia]) {
    expect(each).toContainEqual(['pair_generated', who.email])
    expect(each).toContainEqual(['leak_ended', who.email])
  }
})

test('an overlap is no longer than its reason and money-out allow', async () => {
  const w = await world()
  const tried = async (params: RegenerateParams) => {
    const proven = await w.prove(w.olivia, 'credentials.regenerate', params)
    return regenerate(await w.olivia.ctx(), { ...proven, params })
  }
  const refused = { ok: false, error: 'overlap_not_allowed' }
  expect(await tried({ reason: 'leaked', overlap: '1_hour' })).toEqual(refused)
  await w.db.update(credential).set({ moneyOut: true }).where(eq(credential.merchantId, w.merchantId))
  expect(await tried({ reason: 'planned_change', overlap: '7_days' })).toEqual(refused)
  expect(await tried({ reason: 'planned_change', overlap: '24_hours' })).toMatchObject({ ok: true })
})

test('a confirmed pair is not thrown away like a pending one', async () => {
  const w = await world()
  const { generationId } = await inUse(w)
  expect(await discard(await w.olivia.ctx(), { generationId })).toEqual({ ok: false, error: 'already_acknowledged' })
})

// CHECKS 45
test.skipIf(!separate)('whoever changes the pairs of an API user waits for whoever does already', async () => {
  const w = await world()
  const proven = await w.prove(w.olivia, 'credentials.regenerate', firstSetUp)
  const ctx = await w.olivia.ctx()
  let done = false
  let making: Promise<unknown> = Promise.resolve()
  await w.db.transaction(async (tx) => {
    // What a reference from a new pair asks for goes beside this lock; what a change of pairs asks for does not.
    await tx.select().from(credential).where(eq(credential.merchantId, w.merchantId)).for('no key update')
    making = regenerate(ctx, { ...proven, params: firstSetUp }).then(() => {
      done = true
    })
    const waits = async () => {
      const { rows } = await tx.execute<{ waits: boolean }>(
        sql`select exists (select from pg_stat_activity where pg_backend_pid() = any(pg_blocking_pids(pid))) as waits`,
      )
      return done || rows[0]?.waits === true
    }
    await expect.poll(waits, { timeout: 5_000 }).toBe(true)
    expect(done).toBe(false)
  })
  await making
  expect(done).toBe(true)
})

test('a new one replaces a pending one, and says so to the popup that shows it', async () => {
  const w = await world()
  const first = await generate(w, firstSetUp)
  await generate(w, firstSetUp, w.ingrid)
  expect(await acknowledge(await w.olivia.ctx(), { generationId: first.generationId })).toEqual({
    ok: false,
    error: 'replaced',
  })
})

test('discard is immediate and final; another merchant’s pair is not found', async () => {
  const w = await world()
  const fresh = await generate(w, firstSetUp)
  const other = await world()
  // CHECKS 35
  expect(await discard(await other.olivia.ctx(), { generationId: fresh.generationId })).toEqual({
    ok: false,
    error: 'not_found',
  })
  expect(await acknowledge(await other.olivia.ctx(), { generationId: fresh.generationId })).toEqual({
    ok: false,
    error: 'not_found',
  })
  expect(await discard(await w.olivia.ctx(), { generationId: fresh.generationId })).toMatchObject({ ok: true })
  expect(await acknowledge(await w.olivia.ctx(), { generationId: fresh.generationId })).toMatchObject({ ok: false })
})

test('anyone who sees an overlap may shorten it, nobody lengthens it, an admin does not end it', async () => {
  const w = await world()
  await inUse(w)
  await inUse(w, planned)
  expect(await shortenOverlap(await w.adam.ctx(), { lasts: '7_days' })).toEqual({ ok: false, error: 'only_shorter' })
  expect(await shortenOverlap(await w.adam.ctx(), { lasts: '1_hour' })).toMatchObject({ ok: true })
  expect(await shortenOverlap(await w.mia.ctx(), { lasts: '1_hour' })).toEqual({ ok: false, error: 'forbidden' })
  expect(await endOverlap(await w.adam.ctx())).toEqual({ ok: false, error: 'forbidden' })
})

// CHECKS 45
test('two owners at once: serialised, one pending pair, each popup knows its own', async () => {
  const w = await world()
  const proofs = [
    await w.prove(w.olivia, 'credentials.regenerate', firstSetUp),
    await w.prove(w.ingrid, 'credentials.regenerate', firstSetUp),
  ]
  const replies = await Promise.all([
    regenerate(await w.olivia.ctx(), { ...proofs[0]!, params: firstSetUp }),
    regenerate(await w.ingrid.ctx(), { ...proofs[1]!, params: firstSetUp }),
  ])
  expect(replies.every((r) => r.ok)).toBe(true)
  const rows = await w.db.select().from(generation).where(eq(generation.merchantId, w.merchantId))
  expect(rows.filter((r) => !r.discardedAt)).toHaveLength(1)
})

test('a pending or suspended merchant generates nothing', async () => {
  const w = await world({ state: 'pending' })
  const opened = await openTicket(await w.olivia.ctx(), {
    operation: 'credentials.regenerate',
    params: firstSetUp,
    password: PASSWORD,
  })
  expect(opened).toEqual({ ok: false, error: 'merchant_pending' })
})

// CHECKS 28
test('a role or merchant that changes between the steps stops the operation inside its transaction', async () => {
  const w = await world()
  const proven = await w.prove(w.olivia, 'credentials.regenerate', firstSetUp)
  const ctx = await w.olivia.ctx()
  await w.db.update(membership).set({ role: 'admin' }).where(eq(membership.personId, w.olivia.id))
  expect(await regenerate(ctx, { ...proven, params: firstSetUp })).toEqual({ ok: false, error: 'forbidden' })
  await w.db.update(membership).set({ role: 'owner' }).where(eq(membership.personId, w.olivia.id))
  await w.db.update(merchant).set({ state: 'suspended' }).where(eq(merchant.id, w.merchantId))
  expect(await regenerate(ctx, { ...proven, params: firstSetUp })).toEqual({ ok: false, error: 'merchant_suspended' })
  expect(await w.db.select().from(generation).where(eq(generation.merchantId, w.merchantId))).toHaveLength(0)
})

/** A pair in use, and after it more pairs thrown away than one page of generations holds. */
async function inUseUnderMany(w: World) {
  const fresh = await inUse(w)
  for (let i = 0; i < 21; i++) {
    const made = await generate(w, planned)
    await discard(await w.olivia.ctx(), { generationId: made.generationId })
  }
  return fresh
}

test('a leaked pair ends however many pairs were thrown away after it', async () => {
  const w = await world()
  const { generationId } = await inUseUnderMany(w)
  await generate(w, { reason: 'leaked', overlap: 'at_once' })
  const [leaked] = await w.db.select().from(generation).where(eq(generation.id, generationId))
  expect(leaked?.revokedAt).not.toBeNull()
})

test('switching on asks for the code however many pairs were thrown away after the live one', async () => {
  const w = await world()
  const { generationId } = await inUseUnderMany(w)
  expect((await view(w)).current?.id).toBe(generationId)
  expect(await switchOn(await w.olivia.ctx(), null)).toEqual({ ok: false, error: 'needs_code' })
})

// CHECKS 126, 128
test('everything above is in one unbroken chain, with who and where and without secrets', async () => {
  const w = await world()
  const fresh = await inUse(w)
  await Promise.all(Array.from({ length: 5 }, async () => endOverlap(await w.olivia.ctx())))
  expect(await verifyChain(w.db, w.merchantId)).toMatchObject({ ok: true })
  const all = await w.db.select().from(audit).where(eq(audit.chain, w.merchantId)).orderBy(audit.seq)
  const rows = all.filter((r) => r.action.startsWith('credential.'))
  expect(rows.map((r) => r.action)).toEqual(['credential.regenerated', 'credential.acknowledged'])
  expect(rows[0]?.personal).toMatchObject({ name: { value: 'Olivia' }, address: { value: '203.0.113.44' } })
  expect(JSON.stringify(rows)).not.toContain(fresh.apiSecret.reveal())
})
