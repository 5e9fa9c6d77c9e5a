import { and, eq, ne } from 'drizzle-orm'
import { type Db, transact } from '@/db/client'
import { merchant } from '@/db/schema'
import { append } from '@/lib/activity/record'
import { tellOwners } from '@/lib/mail/enqueue'
import { err, ok, type Result } from '@/lib/result'

/** The operator activates a merchant or suspends it with a reason; the gates hear of it in the same transaction. */
export async function setMerchantState(
  db: Db,
  given: { id: string; state: 'active' | 'suspended'; reason: string | null; now: Date },
): Promise<Result<null, 'not_found_or_unchanged'>> {
  return transact(db, async (tx) => {
    const [found] = await tx
      .update(merchant)
      .set({ state: given.state, stateReason: given.reason, stateSince: given.now })
      .where(and(eq(merchant.id, given.id), ne(merchant.state, given.state)))
      .returning({ name: merchant.name })
    if (!found) return err('not_found_or_unchanged')
    await append(tx, {
      chain: given.id,
      at: given.now,
      action: given.state === 'active' ? 'merchant.activated' : 'merchant.suspended',
      actorKind: 'operator',
      actorId: null,
      detail: { reason: given.reason },
    })
    await tellOwners(tx, given.id, {
      notice: given.state === 'active' ? 'merchant_activated' : 'merchant_suspended',
      values: { merchant: found.name, reason: given.reason ?? '', at: given.now.toISOString() },
      now: given.now,
    })
    return ok(null)
  })
}
