import { and, eq } from 'drizzle-orm'
import { expect, test } from 'vitest'

import { audit, membership } from '@/db/schema'
import { addMember } from '@/lib/merchants/create'
import { mintSecret } from '@/lib/secrets/format'

import { world } from '@/lib/testing'
import { contextOf, membershipsOf } from './actor'
import { recordForeignMerchant } from './refused'

// CHECKS 35, 112
test('a merchant that is none, or no text at all, is not there; the asking is written down', async () => {
  const w = await world()
  const other = await world()
  const own = await w.olivia.own()
  expect(await contextOf(own, w.merchantId)).not.toBeNull()
  const foreign = [other.merchantId, 'a\0b', '\ud800', '', 'x'.repeat(5_000), '[object Object]', `${w.merchantId}\n`]
  for (const id of foreign) {
    expect(await contextOf(own, id)).toBeNull()
    await recordForeignMerchant(own, id)
  }
  const rows = await w.db
    .select()
    .from(audit)
    .where(eq(audit.chain, `person:${w.olivia.id}`))
  expect(rows).toHaveLength(foreign.length)
  expect(rows.every((r) => r.action === 'access.refused' && /^[\w?-]{0,64}$/.test(r.subject ?? ''))).toBe(true)
})

// CHECKS 28, 35
test('who was removed from a merchant is not inside it any more, and is where they still belong', async () => {
  const [w, other] = [await world(), await world()]
  const own = await w.olivia.own()
  await addMember(w.db, { merchantId: other.merchantId, personId: w.olivia.id, role: 'member', now: w.clock.now() })
  await w.db
    .update(membership)
    .set({ state: 'removed' })
    .where(and(eq(membership.merchantId, w.merchantId), eq(membership.personId, w.olivia.id)))
  expect(await contextOf(own, w.merchantId)).toBeNull()
  expect((await contextOf(own, other.merchantId))?.actor).toMatchObject({
    merchantId: other.merchantId,
    role: 'member',
  })
  expect((await membershipsOf(own)).map((m) => m.merchantId)).toEqual([other.merchantId])
})

// CHECKS 50, 128
test('a secret pasted where a merchant stands in the address is not audited: that could never be taken back', async () => {
  const w = await world()
  const own = await w.olivia.own()
  const secret = mintSecret('test').secret.reveal()
  for (const pasted of [secret, `x${secret}`, `${'x'.repeat(40)}${secret}`]) await recordForeignMerchant(own, pasted)
  const rows = await w.db
    .select()
    .from(audit)
    .where(eq(audit.chain, `person:${w.olivia.id}`))
  expect(rows).toHaveLength(3)
  expect(JSON.stringify(rows)).not.toContain(secret.slice(9, 17))
  expect(rows[0]?.subject).toBe('gts_test_removed')
})
