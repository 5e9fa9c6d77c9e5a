import { randomBytes } from 'node:crypto'
import { isNull, sql } from 'drizzle-orm'
import type { Db, Tx } from '@/db/client'
import { tokenKey } from '@/db/schema'
import { openSealed, type PublicKey, publicHalf, sealTo } from '@/lib/secrets/hpke'
import type { KeyRing } from '@/lib/secrets/keys'
import type { TokenKey } from './tokens'

const binding = (row: string) => ({ table: 'token_key', row, owner: 'installation', purpose: 'access-token' })

function currentOf(keys: KeyRing): PublicKey {
  const key = keys.byId.get(keys.current)
  if (!key) throw new Error('the gate was given no private key')
  return { id: keys.current, raw: publicHalf(key) }
}

/** The keys that verify access tokens, oldest first; the first gate of an installation makes the first one. */
export async function loadTokenKeys(db: Db, keys: KeyRing, now: Date): Promise<TokenKey[]> {
  const found = await readKeys(db)
  const rows = found.length > 0 ? found : await createFirst(db, keys, now)
  return Promise.all(
    rows.map(async (row) => ({
      id: row.id,
      key: await openSealed(row.sealed, binding(row.id), row.sealingKeyId, keys),
    })),
  )
}

const readKeys = (db: Db | Tx) =>
  db.select().from(tokenKey).where(isNull(tokenKey.retiredAt)).orderBy(tokenKey.createdAt, tokenKey.id)

/** Two gates may start at once: the lock lets one write, and the other reads what it wrote. */
async function createFirst(db: Db, keys: KeyRing, now: Date) {
  const id = `t${randomBytes(8).toString('hex')}`
  const { sealed, keyId } = await sealTo(randomBytes(32), binding(id), currentOf(keys))
  // Not `transact`: the guard it switches on would slow every later request of this process.
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('gatehouse.token_key'))`)
    const found = await readKeys(tx)
    if (found.length > 0) return found
    await tx.insert(tokenKey).values({ id, sealed, sealingKeyId: keyId, createdAt: now })
    return readKeys(tx)
  })
}
