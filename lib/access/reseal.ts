import { and, asc, eq, gt, ne } from 'drizzle-orm'
import type { Db } from '@/db/client'
import { factor } from '@/db/schema'
import type { KeyRing } from '@/lib/secrets/keys'
import { sealSeed, seedOf } from './factors'

const AT_ONCE = 200

/**
 * After a new key stands first in `TOTP_KEYS`, and every console holds it: every seed is sealed anew with it, one row at a time, while people sign
 * in. Ended half-way it goes on where it stopped; what a console with the old set seals meanwhile is found next time.
 * @returns how many were sealed anew
 */
export async function resealSeeds(db: Db, keys: KeyRing): Promise<number> {
  let resealed = 0
  for (let after = NOBODY; ; ) {
    const rows = await db
      .select()
      .from(factor)
      .where(and(ne(factor.sealingKeyId, keys.current), gt(factor.id, after)))
      .orderBy(asc(factor.id))
      .limit(AT_ONCE)
    for (const row of rows) {
      const { sealed, keyId } = sealSeed(row, seedOf(row, keys), keys)
      const same = and(eq(factor.id, row.id), eq(factor.sealingKeyId, row.sealingKeyId))
      await db.update(factor).set({ sealed, sealingKeyId: keyId }).where(same)
      resealed += 1
      after = row.id
    }
    if (rows.length < AT_ONCE) return resealed
  }
}

const NOBODY = '00000000-0000-0000-0000-000000000000'
