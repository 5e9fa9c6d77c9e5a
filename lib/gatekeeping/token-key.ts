import { randomBytes } from 'node:crypto'
import { and, eq, isNull, lt, ne, sql } from 'drizzle-orm'
import { type Db, transact } from '@/db/client'
import { tokenKey } from '@/db/schema'
import { openSealed, type PublicKey, sealTo } from '@/lib/secrets/hpke'
import type { KeyRing } from '@/lib/secrets/keys'
import type { TokenKey } from './tokens'

const binding = (row: string) => ({ table: 'token_key', row, owner: 'installation', purpose: 'access-token' })
const inUse = isNull(tokenKey.retiredAt)

/** Tokens live an hour; a gate that was started before the change may mint with the older key for a while. */
const SUPERSEDED_MS = 24 * 3_600_000

/**
 * Called by `migrate`: an installation has a key that signs access tokens, sealed to the gates' current key, so that
 * no gate needs a right to write one. A key sealed to an older one is retired a day after its successor was made.
 * Two that run at once make one key: the lock lets the other see it.
 */
export async function keepTokenKey(db: Db, gate: PublicKey, now: Date): Promise<void> {
  const id = `t${randomBytes(8).toString('hex')}`
  const { sealed, keyId } = await sealTo(randomBytes(32), binding(id), gate)
  await transact(db, async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('gatehouse.token_key'))`)
    const [current] = await tx
      .select()
      .from(tokenKey)
      .where(and(inUse, eq(tokenKey.sealingKeyId, keyId)))
      .orderBy(tokenKey.createdAt)
      .limit(1)
    // The newest signs: whatever the clock said before, this one is.
    const createdAt = sql`greatest(${now.toISOString()}::timestamptz, (select max(created_at) + interval '1 ms' from token_key))`
    if (!current) await tx.insert(tokenKey).values({ id, sealed, sealingKeyId: keyId, createdAt })
    else if (now.getTime() - current.createdAt.getTime() > SUPERSEDED_MS) {
      const older = and(inUse, ne(tokenKey.sealingKeyId, keyId), lt(tokenKey.createdAt, current.createdAt))
      await tx.update(tokenKey).set({ retiredAt: now }).where(older)
    }
  })
}

/** The keys that verify access tokens, oldest first. @throws when there is none yet, or one that `keys` cannot open */
export async function loadTokenKeys(db: Db, keys: KeyRing): Promise<TokenKey[]> {
  const rows = await db.select().from(tokenKey).where(inUse).orderBy(tokenKey.createdAt, tokenKey.id)
  if (rows.length === 0) throw new Error('there is no key for access tokens: run `node build/migrate.mjs` first')
  return Promise.all(
    rows.map(async (row) => ({
      id: row.id,
      key: await openSealed(row.sealed, binding(row.id), row.sealingKeyId, keys),
    })),
  )
}
