import { and, eq, isNotNull, isNull, lte } from 'drizzle-orm'
import { type Db, transact } from '@/db/client'
import { generation, merchant } from '@/db/schema'
import { tellOwners } from '@/lib/mail/enqueue'
import { settle } from './generations'
import { maskPublicId } from './model'

/** Writes down what the clock has decided and tells the Owners of pairs that wait. No verdict depends on it. */
export async function tidyGenerations(db: Db, now: Date): Promise<void> {
  await settle(db, now)
  await tellUnconfirmed(db, now)
}

async function tellUnconfirmed(db: Db, now: Date): Promise<void> {
  await transact(db, async (tx) => {
    const told = await tx
      .update(generation)
      .set({ unconfirmedToldAt: now })
      .where(
        and(
          isNull(generation.unconfirmedToldAt),
          isNull(generation.acknowledgedAt),
          isNull(generation.discardedAt),
          isNull(generation.revokedAt),
          isNotNull(generation.firstUsedAt),
          lte(generation.pendingUntil, now),
        ),
      )
      .returning({
        merchantId: generation.merchantId,
        publicId: generation.publicId,
        firstUsedAt: generation.firstUsedAt,
      })
    for (const g of told) {
      const [m] = await tx.select({ name: merchant.name }).from(merchant).where(eq(merchant.id, g.merchantId))
      await tellOwners(tx, g.merchantId, {
        notice: 'pair_unconfirmed',
        values: {
          merchant: m?.name ?? '',
          key: maskPublicId(g.publicId ?? ''),
          at: (g.firstUsedAt ?? now).toISOString(),
        },
        now,
      })
    }
  })
}
