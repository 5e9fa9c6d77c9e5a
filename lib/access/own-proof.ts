import { eq } from 'drizzle-orm'
import { transact } from '@/db/client'
import { person } from '@/db/schema'
import { append, whereabouts } from '@/lib/activity/record'
import type { PersonCtx } from '@/lib/context'
import { tellPerson } from '@/lib/mail/enqueue'
import { err, ok, type Result } from '@/lib/result'
import { BUSY_MS } from '@/lib/secrets/password'
import { nextStepAt } from '@/lib/secrets/totp'
import { limits, takeAttempt } from './attempts'
import { activeFactor, checkCode } from './factors'
import type { FactorPurpose } from './model'
import { checkPassword } from './password-check'

export type OwnProof = { lane: string; spend: { factorId: string; step: number } | null }
export type OwnProofRefusal = 'wrong_password' | 'wrong_code' | 'code_already_used' | 'too_many_attempts' | 'busy'

/**
 * Password and a current code of one's own factor, for one's own security settings; the same count as every step-up.
 * A person who has no such factor yet proves the password alone. The code is spent by the caller, in its transaction.
 */
export async function proveOwn(
  ctx: PersonCtx,
  purpose: FactorPurpose,
  given: { password: string; code: string },
): Promise<Result<OwnProof, OwnProofRefusal>> {
  const lane = `step-up:${ctx.person.id}`
  const taken = await takeAttempt(ctx.db, lane, limits.stepUp, ctx.now)
  if (!taken.allowed) return err('too_many_attempts', taken.retryAt)

  const [who] = await ctx.db.select({ hash: person.passwordHash }).from(person).where(eq(person.id, ctx.person.id))
  const knows = await checkPassword(ctx.db, [lane], given.password, who?.hash ?? null)
  if (knows === 'busy') return err('busy', new Date(ctx.now.getTime() + BUSY_MS))
  if (!knows) return refuse(ctx, 'wrong_password', taken.last)

  const f = await activeFactor(ctx.db, ctx.person.id, purpose)
  if (!f) return ok({ lane, spend: null })
  const check = checkCode(f, given.code, ctx.installation.keys.totp, ctx.now)
  if (check.ok) return ok({ lane, spend: check })
  if (check.used) return refuse(ctx, 'code_already_used', taken.last)
  return refuse(ctx, 'wrong_code', taken.last)
}

/** Audited on the person's own chain; the last try of the window is mailed. */
async function refuse(ctx: PersonCtx, why: Exclude<OwnProofRefusal, 'too_many_attempts' | 'busy'>, last: boolean) {
  await transact(ctx.db, async (tx) => {
    if (last) {
      await tellPerson(tx, ctx.person.id, null, {
        notice: 'step_up_locked',
        values: { name: ctx.person.name, operation: 'security', address: ctx.address, at: ctx.now.toISOString() },
        now: ctx.now,
      })
    }
    await append(tx, {
      chain: `person:${ctx.person.id}`,
      at: ctx.now,
      action: 'person.step_up_failed',
      result: 'refused',
      actorId: ctx.person.id,
      detail: { why, locked: last },
      personal: whereabouts(ctx),
    })
  })
  return err(why, why === 'code_already_used' ? nextStepAt(ctx.now) : undefined)
}
