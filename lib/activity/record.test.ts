import { and, eq, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { transact } from '@/db/client'
import { audit, auditHead, credential } from '@/db/schema'
import { change } from '@/lib/change'
import { ok } from '@/lib/result'
import { world } from '@/lib/testing'
import { listActivity } from './list'
import { append, entryHash, type HashedFields } from './record'
import { verifyChain } from './verify'

/** What a world writes down of itself: the merchant, three people, a wallet. */
const SET_UP = 5

const entry = (chain: string, at: Date, n: number) => ({
  chain,
  at,
  action: 'whitelist.changed' as const,
  actorId: null,
  detail: { n, b: [`x${n}`], a: null },
  personal: { name: `Person ${n}`, address: '203.0.113.7' },
})

// CHECKS 126
test('a hundred parallel entries make one chain without fork or gap', async () => {
  const w = await world()
  await Promise.all(
    Array.from({ length: 100 }, (_, n) => transact(w.db, (tx) => append(tx, entry(w.merchantId, w.clock.now(), n)))),
  )
  expect(await verifyChain(w.db, w.merchantId)).toEqual({ chain: w.merchantId, ok: true, entries: SET_UP + 100 })
})

// CHECKS 125 (what exists: edits, deletions, re-ordering, a cut tail with its head left)
test('tampering is found and the first bad entry is named', async () => {
  for (const tamper of ['edit', 'name', 'delete', 'rewrite', 'cut'] as const) {
    const w = await world()
    for (let n = 0; n < 4; n++) await transact(w.db, (tx) => append(tx, entry(w.merchantId, w.clock.now(), n)))
    const third = and(eq(audit.chain, w.merchantId), eq(audit.seq, 3))
    if (tamper === 'edit')
      await w.db
        .update(audit)
        .set({ detail: { n: 99 } })
        .where(third)
    if (tamper === 'name')
      await w.db
        .update(audit)
        .set({ personal: { name: { value: 'Eve', salt: 'x' } } })
        .where(third)
    if (tamper === 'delete') await w.db.delete(audit).where(third)
    if (tamper === 'rewrite') {
      const [old] = await w.db.select().from(audit).where(third)
      const detail = { n: 99 }
      await w.db
        .update(audit)
        .set({ detail, hash: entryHash({ ...old!, detail }) })
        .where(third)
    }
    if (tamper === 'cut') await w.db.delete(audit).where(and(eq(audit.chain, w.merchantId), sql`${audit.seq} > 3`))
    expect(await verifyChain(w.db, w.merchantId)).toEqual({
      chain: w.merchantId,
      ok: false,
      badSeq: tamper === 'cut' || tamper === 'rewrite' ? 4 : 3,
    })
  }
})

// CHECKS 125
test('the hash stands for every field of an entry', () => {
  const fields: HashedFields = {
    chain: 'c',
    seq: 1,
    at: new Date(0),
    action: 'credential.discarded',
    result: 'ok',
    actorKind: 'person',
    actorId: 'a',
    subject: 's',
    detail: { n: 1 },
    commitments: { name: 'x' },
    previousHash: 'h',
  }
  const others: HashedFields = {
    chain: 'd',
    seq: 2,
    at: new Date(1),
    action: 'credential.acknowledged',
    result: 'refused',
    actorKind: 'operator',
    actorId: 'b',
    subject: null,
    detail: { n: 2 },
    commitments: { name: 'y' },
    previousHash: 'i',
  }
  const changed = Object.entries(others).map(([name, value]) => entryHash({ ...fields, [name]: value }))
  expect(new Set([entryHash(fields), ...changed]).size).toBe(1 + Object.keys(others).length)
})

test('nobody can tell from a commitment whose it is: the same name is another text each time', async () => {
  const w = await world()
  for (let n = 0; n < 2; n++) await transact(w.db, (tx) => append(tx, entry(w.merchantId, w.clock.now(), 1)))
  const rows = await w.db
    .select()
    .from(audit)
    .where(and(eq(audit.chain, w.merchantId), eq(audit.action, 'whitelist.changed')))
  expect(new Set(rows.map((r) => r.commitments['name'])).size).toBe(2)
})

test('a personal value can be erased and the chain still holds', async () => {
  const w = await world()
  await transact(w.db, (tx) => append(tx, entry(w.merchantId, w.clock.now(), 1)))
  await w.db.update(audit).set({ personal: null }).where(eq(audit.chain, w.merchantId))
  expect(await verifyChain(w.db, w.merchantId)).toMatchObject({ ok: true })
})

// CHECKS 127
test('no audit row, no change: the change rolls back with it', async () => {
  const w = await world()
  const silent = change(await w.olivia.ctx(), 'credentials.regenerate', async ({ tx }) => {
    await tx.update(credential).set({ state: 'active' }).where(eq(credential.merchantId, w.merchantId))
    return ok(null)
  })
  await expect(silent).rejects.toThrow('recorded nothing')
  const broken = change(await w.olivia.ctx(), 'credentials.regenerate', async ({ tx, record }) => {
    await tx.update(credential).set({ state: 'active' }).where(eq(credential.merchantId, w.merchantId))
    await tx.update(auditHead).set({ seq: 0 }).where(eq(auditHead.chain, w.merchantId))
    await record({ action: 'credential.discarded' })
    await record({ action: 'credential.discarded', subject: '\0' })
    return ok(null)
  })
  await expect(broken).rejects.toThrow()
  const [row] = await w.db.select().from(credential).where(eq(credential.merchantId, w.merchantId))
  expect(row?.state).toBe('inactive')
})

// CHECKS 115
test('pages by keyset in both directions; a cursor that is no number is the first page', async () => {
  const w = await world()
  for (let n = 0; n < 120; n++) await transact(w.db, (tx) => append(tx, entry(w.merchantId, w.clock.now(), n)))
  const ctx = await w.adam.ctx()
  const page = async (f: Parameters<typeof listActivity>[1]) => {
    const r = await listActivity(ctx, f)
    if (!r.ok) throw new Error(r.error)
    return r.value
  }
  const first = await page({ cursor: "1'; drop table audit; --" })
  expect(first).toMatchObject({ newer: null })
  expect(first.entries.map((e) => e.seq)).toEqual(Array.from({ length: 50 }, (_, i) => SET_UP + 120 - i))
  const second = await page({ cursor: first.older! })
  const third = await page({ cursor: second.older! })
  expect(third.older).toBeNull()
  expect(third.entries).toHaveLength(SET_UP + 20)
  expect((await page({ cursor: third.newer!, direction: 'newer' })).entries).toEqual(second.entries)
  expect(await listActivity(await w.mia.ctx(), {})).toEqual({ ok: false, error: 'forbidden' })
})

test('log-ins of its people stand in a merchant’s activity, what they do elsewhere does not', async () => {
  const w = await world()
  const other = await world()
  const own = (action: 'person.signed_in' | 'access.refused', personId: string) =>
    transact(w.db, (tx) =>
      append(tx, {
        chain: `person:${personId}`,
        at: w.clock.now(),
        action,
        actorId: personId,
        subject: other.merchantId,
      }),
    )
  await own('person.signed_in', w.mia.id)
  await own('access.refused', w.mia.id)
  await own('person.signed_in', other.mia.id)
  const listed = await listActivity(await w.adam.ctx(), {})
  const actions = listed.ok ? listed.value.entries.map((e) => [e.action, e.actor]) : []
  expect(actions).toEqual([
    ['person.signed_in', 'Mia'],
    ['wallet.added', ''],
    ['staff.added', ''],
    ['staff.added', ''],
    ['staff.added', ''],
    ['merchant.created', ''],
  ])
})
