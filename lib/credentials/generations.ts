import { and, desc, eq, getTableColumns, inArray, isNull, lte, sql } from 'drizzle-orm'
import type { Queryable, Tx } from '@/db/client'
import { credential, generation } from '@/db/schema'
import { type GenerationState, generationState } from './model'

/** What its secret is compared with or opened from is no business of the console, which may not even read it. */
const { digest: _, sealed: __, sealingKeyId: ___, ...shown } = getTableColumns(generation)

type Shown = Omit<typeof generation.$inferSelect, 'digest' | 'sealed' | 'sealingKeyId'>
export type Generation = Shown & { state: GenerationState }
export type Credential = typeof credential.$inferSelect

/** The API user of a merchant, locked: whoever changes its generations, switch or rights waits for each other. */
export async function lockApiUser(tx: Tx, merchantId: string): Promise<Credential> {
  const [row] = await tx
    .select()
    .from(credential)
    .where(and(eq(credential.merchantId, merchantId), eq(credential.kind, 'api_user')))
    .for('update')
  if (!row) throw new Error('a merchant has no API user')
  return row
}

export async function apiUser(db: Queryable, merchantId: string): Promise<Credential> {
  const [row] = await db
    .select()
    .from(credential)
    .where(and(eq(credential.merchantId, merchantId), eq(credential.kind, 'api_user')))
  if (!row) throw new Error('a merchant has no API user')
  return row
}

const LISTED = 20

/**
 * The generations of a credential with their state at `now`, newest first: everything that is not over, however many
 * discarded ones came after it, and the newest of the rest. What ends a leaked pair must find it.
 */
export async function generationsOf(db: Queryable, c: Credential, now: Date): Promise<Generation[]> {
  const rows = await db
    .select(shown)
    .from(generation)
    .where(and(eq(generation.merchantId, c.merchantId), eq(generation.credentialId, c.id)))
    .orderBy(
      desc(sql`${generation.discardedAt} is null and ${generation.revokedAt} is null`),
      desc(generation.createdAt),
    )
    .limit(LISTED)
  const newestFirst = rows.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
  return newestFirst.map((g) => ({ ...g, state: generationState(g, now) }))
}

/** One generation of the caller's merchant. Somebody else's id is simply not there. */
export async function generationById(
  db: Queryable,
  merchantId: string,
  id: string,
  now: Date,
): Promise<Generation | null> {
  const [row] = await db
    .select(shown)
    .from(generation)
    .where(and(eq(generation.merchantId, merchantId), eq(generation.id, id)))
  return row ? { ...row, state: generationState(row, now) } : null
}

/**
 * Writes down what the clock has already decided, so that the partial unique indexes let the next one in.
 * @param c the credential whose generations are meant; without it those of everybody
 */
export async function settle(db: Queryable, now: Date, c?: Credential): Promise<void> {
  const own = c && and(eq(generation.merchantId, c.merchantId), eq(generation.credentialId, c.id))
  await db
    .update(generation)
    .set({ revokedAt: generation.retiresAt })
    .where(and(own, isNull(generation.revokedAt), lte(generation.retiresAt, now)))
  await db
    .update(generation)
    .set({ discardedAt: generation.pendingUntil, sealed: null })
    .where(
      and(
        own,
        isNull(generation.discardedAt),
        isNull(generation.revokedAt),
        isNull(generation.acknowledgedAt),
        isNull(generation.firstUsedAt),
        lte(generation.pendingUntil, now),
      ),
    )
}

/** Throws away a pair that nobody acknowledged. Its public id stays, so that a later call can be explained. */
export async function discardGenerations(tx: Tx, ids: string[], by: string, now: Date): Promise<void> {
  if (ids.length === 0) return
  await tx
    .update(generation)
    .set({ discardedAt: now, discardedBy: by, sealed: null })
    .where(and(inArray(generation.id, ids), isNull(generation.acknowledgedAt), isNull(generation.discardedAt)))
}

export async function revokeGenerations(tx: Tx, ids: string[], by: string, now: Date): Promise<void> {
  if (ids.length === 0) return
  await tx
    .update(generation)
    .set({ retiresAt: now, revokedAt: now, revokedBy: by })
    .where(and(inArray(generation.id, ids), isNull(generation.revokedAt)))
}
