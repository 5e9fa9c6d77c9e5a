import { and, eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { mail, membership } from '@/db/schema'
import { type World, world } from '@/lib/testing'
import { tellOwners } from './enqueue'

async function told(w: World): Promise<string[]> {
  await w.db.delete(mail).where(eq(mail.merchantId, w.merchantId))
  await tellOwners(w.db, w.merchantId, { notice: 'pair_generated', values: {}, now: w.clock.now() })
  const rows = await w.db.select({ to: mail.recipient }).from(mail).where(eq(mail.merchantId, w.merchantId))
  return rows.map(({ to }) => to).sort()
}

test('Root and the Owners of this merchant are told, and nobody who was removed from it', async () => {
  const w = await world()
  await world()
  expect(await told(w)).toEqual([w.ingrid.email, w.olivia.email].sort())
  await w.db
    .update(membership)
    .set({ state: 'removed' })
    .where(and(eq(membership.merchantId, w.merchantId), eq(membership.personId, w.olivia.id)))
  expect(await told(w)).toEqual([w.ingrid.email])
})
