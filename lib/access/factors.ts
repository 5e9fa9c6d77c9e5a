import { and, eq, gt, lt } from 'drizzle-orm'
import type { Queryable } from '@/db/client'
import { factor } from '@/db/schema'
import type { KeyRing } from '@/lib/secrets/keys'
import { type Binding, open, seal } from '@/lib/secrets/seal'
import { matchingStep } from '@/lib/secrets/totp'
import type { FactorPurpose } from './model'

type Factor = typeof factor.$inferSelect

/** A seed belongs to one person and one purpose: moved to another row it does not open. */
const binding = (f: Pick<Factor, 'id' | 'personId' | 'purpose'>): Binding => ({
  table: 'factor',
  row: f.id,
  owner: f.personId,
  purpose: f.purpose,
})

export const sealSeed = (f: Pick<Factor, 'id' | 'personId' | 'purpose'>, seed: string, keys: KeyRing) =>
  seal(Buffer.from(seed), binding(f), keys)

export const seedOf = (f: Factor, keys: KeyRing): string => open(f.sealed, binding(f), f.sealingKeyId, keys).toString()

export async function activeFactor(db: Queryable, personId: string, purpose: FactorPurpose): Promise<Factor | null> {
  const [row] = await db
    .select()
    .from(factor)
    .where(and(eq(factor.personId, personId), eq(factor.purpose, purpose), eq(factor.state, 'active')))
  return row ?? null
}

export async function pendingFactor(
  db: Queryable,
  personId: string,
  purpose: FactorPurpose,
  now: Date,
): Promise<Factor | null> {
  const [row] = await db
    .select()
    .from(factor)
    .where(
      and(
        eq(factor.personId, personId),
        eq(factor.purpose, purpose),
        eq(factor.state, 'pending'),
        gt(factor.pendingUntil, now),
      ),
    )
  return row ?? null
}

export type CodeCheck = { ok: true; factorId: string; step: number } | { ok: false; used: boolean }

/** Whether a code fits, without spending it. `used`: it fits, and it or a later one was used before. */
export function checkCode(f: Factor, code: unknown, keys: KeyRing, now: Date): CodeCheck {
  const step = matchingStep(seedOf(f, keys), code, now)
  if (step === null) return { ok: false, used: false }
  return step > f.lastStep ? { ok: true, factorId: f.id, step } : { ok: false, used: true }
}

/**
 * Spends a code: one statement that only one of many simultaneous submissions wins, on any number of instances
 * (RFC 6238 section 5.2). @returns whether this caller won
 */
export async function spendCode(db: Queryable, check: { factorId: string; step: number }): Promise<boolean> {
  const won = await db
    .update(factor)
    .set({ lastStep: check.step })
    .where(and(eq(factor.id, check.factorId), eq(factor.state, 'active'), lt(factor.lastStep, check.step)))
    .returning({ id: factor.id })
  return won.length === 1
}
