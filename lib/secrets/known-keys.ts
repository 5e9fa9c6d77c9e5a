import { and, eq, isNull, ne, notInArray, sql } from 'drizzle-orm'
import { type Db, type Queryable, transact } from '@/db/client'
import { factor, generation, sealingKey, tokenKey } from '@/db/schema'
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

/**
 * Makes new keys known; called by `migrate` alone. Known ones are proved, not replaced; ones that went are retired.
 * @returns ids of `keys.totp` that were not known before: a console that is still running may not have them yet
 */
export async function rememberKeys(
  db: Db,
  keys: { totp: KeyRing; gate: PublicKey },
  now: Date,
): Promise<{ fresh: string[] }> {
  await retireUnused(db, keys, now)
  const fresh: string[] = []
  for (const [id] of keys.totp.byId) {
    const canary = seal(KNOWN_TEXT, binding(id), { ...keys.totp, current: id }).sealed
    const row = { id, purpose: 'totp' as const, canary }
    const made = await db.insert(sealingKey).values(row).onConflictDoNothing().returning({ id: sealingKey.id })
    fresh.push(...made.map((m) => m.id))
  }
  await rememberGateKey(db, keys.gate)
  await proveTotpKeys(db, keys.totp)
  await provePublicKey(db, keys.gate)
  return { fresh }
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

/**
 * A key that the programs no longer hold is retired once nothing is sealed with it; with something sealed it stays in
 * use, and proving the keys refuses. Its row is locked first: a reference that is just being written is waited for.
 */
async function retireUnused(db: Db, keys: { totp: KeyRing; gate: PublicKey }, now: Date): Promise<void> {
  const unused = and(
    isNull(sealingKey.retiredAt),
    sql`not exists (select from ${factor} where ${factor.sealingKeyId} = ${sealingKey.id})`,
    sql`not exists (select from ${generation} where ${generation.sealingKeyId} = ${sealingKey.id})`,
    sql`not exists (select from ${tokenKey}
          where ${tokenKey.sealingKeyId} = ${sealingKey.id} and ${tokenKey.retiredAt} is null)`,
  )
  await transact(db, async (tx) => {
    await tx.select({ id: sealingKey.id }).from(sealingKey).where(isNull(sealingKey.retiredAt)).for('update')
    const retire = tx.update(sealingKey).set({ retiredAt: now })
    await retire.where(
      and(unused, eq(sealingKey.purpose, 'totp'), notInArray(sealingKey.id, [...keys.totp.byId.keys()])),
    )
    await retire.where(and(unused, eq(sealingKey.purpose, 'gate'), ne(sealingKey.id, keys.gate.id)))
  })
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
