import { and, eq, inArray } from 'drizzle-orm'
import { renderSVG } from 'uqr'
import { v7 as uuid } from 'uuid'
import type { Tx } from '@/db/client'
import { factor, membership } from '@/db/schema'
import { append, whereabouts } from '@/lib/activity/record'
import type { PersonCtx } from '@/lib/context'
import { tellOwners, tellPerson } from '@/lib/mail/enqueue'
import { err, ok, type Result } from '@/lib/result'
import { Secret } from '@/lib/secrets/secret'
import { matchingStep, mintSeed, otpauthUri } from '@/lib/secrets/totp'
import { clearAttempts, limits, takeAttempt } from './attempts'
import { activeFactor, pendingFactor, sealSeed, seedOf, spendCode } from './factors'
import type { EnrolFinishRefusal, EnrolStartRefusal, FactorPurpose } from './model'
import { ownChange } from './own-change'
import { proveOwn } from './own-proof'
import { endOtherSessions } from './sessions'

const PENDING_MINUTES = 10
/** The first operations factor of a person waits this long before its first use, and every Owner is told. */
const FIRST_OPERATIONS_WAIT_MS = 3_600_000

/** What the authenticator app shows, so that the two factors are told apart in the phone. */
const phoneLabels: Record<FactorPurpose, string> = { sign_in: 'Sign-in', operations: 'OPERATIONS' }

export type FreshFactor = {
  purpose: FactorPurpose
  seed: Secret
  uri: Secret
  qrSvg: Secret
  pendingUntil: Date
  label: string
}

/**
 * Starts enrolling or replacing a factor. Replacing asks for the password and a code of the factor that is replaced;
 * a first operations factor for a sign-in code; a first sign-in factor for the password alone (CHECKS 17).
 * The seed is shown in this one reply; a pending factor proves nothing and is gone after ten minutes (CHECKS 18).
 */
export async function startEnrolment(
  ctx: PersonCtx,
  given: { purpose: FactorPurpose; password: string; code: string },
): Promise<Result<FreshFactor, EnrolStartRefusal>> {
  const own = await activeFactor(ctx.db, ctx.person.id, given.purpose)
  if (!own && given.purpose === 'operations' && !(await activeFactor(ctx.db, ctx.person.id, 'sign_in')))
    return err('sign_in_factor_first')
  const proof = await proveOwn(ctx, own ? given.purpose : 'sign_in', given)
  if (!proof.ok) return proof

  const seed = mintSeed()
  const row = { id: uuid(), personId: ctx.person.id, purpose: given.purpose }
  const { sealed, keyId } = sealSeed(row, seed, ctx.installation.keys.totp)
  const pendingUntil = new Date(ctx.now.getTime() + PENDING_MINUTES * 60_000)

  return ownChange(ctx, async (tx) => {
    if (proof.value.spend && !(await spendCode(tx, proof.value.spend))) return err('code_already_used')
    await clearAttempts(tx, [proof.value.lane])
    await dropPending(tx, ctx, given.purpose)
    await tx.insert(factor).values({
      ...row,
      state: 'pending',
      sealed,
      sealingKeyId: keyId,
      createdAt: ctx.now,
      pendingUntil,
    })
    const issuer = `Gatehouse ${ctx.installation.environment} ${phoneLabels[given.purpose]}`
    const uri = otpauthUri(seed, issuer, ctx.person.email)
    return ok({
      purpose: given.purpose,
      seed: new Secret(seed),
      uri: new Secret(uri),
      qrSvg: new Secret(renderSVG(uri, { border: 2 })),
      pendingUntil,
      label: `${issuer}: ${ctx.person.email}`,
    })
  })
}

/** Finishes with a code from the phone: the new factor is active, the old one gone, the other sessions ended. */
export async function finishEnrolment(
  ctx: PersonCtx,
  given: { purpose: FactorPurpose; code: string },
): Promise<Result<{ replaced: boolean; sessionsEnded: number }, EnrolFinishRefusal>> {
  const taken = await takeAttempt(ctx.db, `enrol:${ctx.person.id}`, limits.stepUp, ctx.now)
  if (!taken.allowed) return err('too_many_attempts', taken.retryAt)
  const pending = await pendingFactor(ctx.db, ctx.person.id, given.purpose, ctx.now)
  if (!pending) return err('enrolment_expired')
  const step = matchingStep(seedOf(pending, ctx.installation.keys.totp), given.code, ctx.now)
  if (step === null) return err('wrong_code')

  return ownChange(ctx, async (tx) => {
    const sessionsEnded = await endOtherSessions(tx, ctx, 'factor_changed')
    const replaced = await tx
      .update(factor)
      .set({ state: 'replaced' })
      .where(and(eq(factor.personId, ctx.person.id), eq(factor.purpose, given.purpose), eq(factor.state, 'active')))
      .returning({ usableFrom: factor.usableFrom })
    const waits = given.purpose === 'operations' && replaced.length === 0
    // A factor that still waits hands its wait on: replacing it at once must not be the way around the hour.
    const usableFrom = waits
      ? new Date(ctx.now.getTime() + FIRST_OPERATIONS_WAIT_MS)
      : (replaced[0]?.usableFrom ?? null)
    const made = await tx
      .update(factor)
      .set({ state: 'active', enrolledAt: ctx.now, lastStep: step, usableFrom })
      .where(and(eq(factor.id, pending.id), eq(factor.state, 'pending')))
      .returning({ id: factor.id })
    if (made.length === 0) return err('enrolment_expired')
    await clearAttempts(tx, [`enrol:${ctx.person.id}`])
    await tellAbout(tx, ctx, given.purpose, replaced.length > 0)
    await append(tx, {
      chain: `person:${ctx.person.id}`,
      at: ctx.now,
      action: replaced.length > 0 ? 'person.factor_replaced' : 'person.factor_enrolled',
      actorId: ctx.person.id,
      subject: given.purpose,
      detail: { sessionsEnded },
      personal: whereabouts(ctx),
    })
    return ok({ replaced: replaced.length > 0, sessionsEnded })
  })
}

const dropPending = (tx: Tx, ctx: PersonCtx, purpose: FactorPurpose) =>
  tx
    .delete(factor)
    .where(and(eq(factor.personId, ctx.person.id), eq(factor.purpose, purpose), eq(factor.state, 'pending')))

/** The person is told; a first operations factor is told to Root and the Owners of every merchant of theirs. */
async function tellAbout(tx: Tx, ctx: PersonCtx, purpose: FactorPurpose, replaced: boolean) {
  const told = {
    notice: replaced ? ('factor_replaced' as const) : ('factor_enrolled' as const),
    values: { name: ctx.person.name, purpose, address: ctx.address, at: ctx.now.toISOString() },
    now: ctx.now,
  }
  await tellPerson(tx, ctx.person.id, null, told)
  if (purpose !== 'operations') return
  const rows = await tx
    .select({ merchantId: membership.merchantId })
    .from(membership)
    .where(
      and(
        eq(membership.personId, ctx.person.id),
        eq(membership.state, 'active'),
        inArray(membership.role, ['root', 'owner', 'admin']),
      ),
    )
  for (const { merchantId } of rows) await tellOwners(tx, merchantId, told)
}
