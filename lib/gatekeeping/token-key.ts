import { randomBytes } from 'node:crypto'
import { isNull, sql } from 'drizzle-orm'
import { type Db, type Tx, transact } from '@/db/client'
import { sealingKey, tokenKey } from '@/db/schema'
import { openSealed, type PublicKey, sealTo } from '@/lib/secrets/hpke'
import type { KeyRing } from '@/lib/secrets/keys'
import type { TokenKey } from './tokens'

/** What a gate holds to open what is sealed to it, and to seal what it makes itself. */
export type GateSealing = { seal: PublicKey; open: KeyRing }

const binding = (row: string) => ({ table: 'token_key', row, owner: 'installation', purpose: 'access-token' })
const canaryBinding = (row: string) => ({ table: 'sealing_key', row, owner: 'installation', purpose: 'canary' })
const CANARY = Buffer.from('gatehouse')

/**
 * Makes the gate's public key known to the database, or proves that the private half at hand is the right one.
 * Throws when it is not: a gate with a wrong key must not start.
 */
export async function proveSealingKey(db: Db, keys: GateSealing, now: Date): Promise<void> {
  const { id, raw } = keys.seal
  const canary = await sealTo(CANARY, canaryBinding(id), keys.seal)
  await db
    .insert(sealingKey)
    .values({ id, purpose: 'gate', publicKey: raw.toString('base64'), canary: canary.sealed, createdAt: now })
    .onConflictDoNothing()
  const [row] = await db.select().from(sealingKey).where(sql`${sealingKey.id} = ${id}`)
  const opened = row && (await openSealed(row.canary, canaryBinding(id), id, keys.open).catch(() => null))
  if (!opened?.equals(CANARY)) throw new Error(`the gate's private key is not the one with the id ${id}`)
}

/** The keys that verify access tokens, oldest first; the first gate of an installation makes the first one. */
export async function loadTokenKeys(db: Db, keys: GateSealing, now: Date): Promise<TokenKey[]> {
  const found = await readKeys(db)
  const rows = found.length > 0 ? found : await createFirst(db, keys, now)
  return Promise.all(
    rows.map(async (row) => ({
      id: row.id,
      key: await openSealed(row.sealed, binding(row.id), row.sealingKeyId, keys.open),
    })),
  )
}

const readKeys = (db: Db | Tx) =>
  db.select().from(tokenKey).where(isNull(tokenKey.retiredAt)).orderBy(tokenKey.createdAt, tokenKey.id)

/** Two gates may start at once: the lock lets one write, and the other reads what it wrote. */
async function createFirst(db: Db, keys: GateSealing, now: Date) {
  const id = `t${randomBytes(8).toString('hex')}`
  const { sealed, keyId } = await sealTo(randomBytes(32), binding(id), keys.seal)
  return transact(db, async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('gatehouse.token_key'))`)
    const found = await readKeys(tx)
    if (found.length > 0) return found
    await tx.insert(tokenKey).values({ id, sealed, sealingKeyId: keyId, createdAt: now })
    return readKeys(tx)
  })
}
