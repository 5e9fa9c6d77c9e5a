import { and, eq, isNull } from 'drizzle-orm'
import type { Queryable } from '@/db/client'
import { sealingKey } from '@/db/schema'
import { openSealed, type PublicKey, sealTo } from './hpke'
import type { KeyRing } from './keys'
import { type Binding, open, seal } from './seal'

/**
 * The database remembers, by id, the keys that the programs hold, each with a canary: a known text sealed with it.
 * A program that was given a wrong key, or lacks one that is still in use, finds out before it serves anybody.
 */
export class WrongKey extends Error {}

const KNOWN_TEXT = Buffer.from('gatehouse')
const binding = (row: string): Binding => ({ table: 'sealing_key', row, owner: 'installation', purpose: 'canary' })

/** Makes new keys known; called by `migrate` alone. Known ones are proved, not replaced. */
export async function rememberKeys(db: Queryable, keys: { totp: KeyRing; gate: PublicKey }): Promise<void> {
  for (const [id] of keys.totp.byId) {
    const canary = seal(KNOWN_TEXT, binding(id), { ...keys.totp, current: id }).sealed
    await db.insert(sealingKey).values({ id, purpose: 'totp', canary }).onConflictDoNothing()
  }
  await rememberGateKey(db, keys.gate)
  await proveTotpKeys(db, keys.totp)
  await provePublicKey(db, keys.gate)
}

/** What is sealed for the gate refers to this row. */
export async function rememberGateKey(db: Queryable, key: PublicKey): Promise<void> {
  const { id, raw } = key
  const { sealed: canary } = await sealTo(KNOWN_TEXT, binding(id), key)
  const publicKey = raw.toString('base64')
  await db.insert(sealingKey).values({ id, purpose: 'gate', publicKey, canary }).onConflictDoNothing()
}

/** @throws WrongKey unless every key in use is there and opens its canary, and the current one is known */
export async function proveTotpKeys(db: Queryable, ring: KeyRing): Promise<void> {
  const rows = await inUse(db, 'totp')
  known(rows, ring.current, 'TOTP_KEYS')
  for (const row of rows) await opens('TOTP_KEYS', row.id, ring, () => open(row.canary, binding(row.id), row.id, ring))
}

/** The same for the private halves that gate and dispatcher hold. */
export async function proveGateKeys(db: Queryable, ring: KeyRing): Promise<void> {
  const rows = await inUse(db, 'gate')
  known(rows, ring.current, 'GATE_PRIVATE_KEYS')
  for (const row of rows) {
    await opens('GATE_PRIVATE_KEYS', row.id, ring, () => openSealed(row.canary, binding(row.id), row.id, ring))
  }
}

/** @throws WrongKey unless the database knows this key by this id */
export async function provePublicKey(db: Queryable, key: PublicKey): Promise<void> {
  const row = (await inUse(db, 'gate')).find((r) => r.id === key.id)
  if (row?.publicKey !== key.raw.toString('base64')) {
    throw new WrongKey(`GATE_PUBLIC_KEY: the key ${key.id} is not the one the database knows by that id`)
  }
}

type Row = typeof sealingKey.$inferSelect

const inUse = (db: Queryable, purpose: Row['purpose']): Promise<Row[]> =>
  db
    .select()
    .from(sealingKey)
    .where(and(eq(sealingKey.purpose, purpose), isNull(sealingKey.retiredAt)))

function known(rows: Row[], current: string, name: string): void {
  if (rows.some((row) => row.id === current)) return
  throw new WrongKey(
    `${name}: the database does not know a key ${current} in use: run \`node build/migrate.mjs\` first`,
  )
}

async function opens(name: string, id: string, ring: KeyRing, attempt: () => Buffer | Promise<Buffer>): Promise<void> {
  if (!ring.byId.has(id))
    throw new WrongKey(`${name} lacks the key ${id}, and the database holds things sealed with it`)
  let text: Buffer | null = null
  try {
    text = await attempt()
  } catch {
    // A wrong key and a changed canary look alike, and both mean: do not start.
  }
  if (!text?.equals(KNOWN_TEXT)) throw new WrongKey(`${name}: the key ${id} is not the one that was used so far`)
}
