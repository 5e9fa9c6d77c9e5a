import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { audit } from '@/db/schema'
import { world } from '@/lib/testing'
import { contextOf } from './actor'
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
