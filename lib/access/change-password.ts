import { eq } from 'drizzle-orm'
import { person } from '@/db/schema'
import { append, whereabouts } from '@/lib/activity/record'
import type { PersonCtx } from '@/lib/context'
import { tellPerson } from '@/lib/mail/enqueue'
import { err, ok, type Result } from '@/lib/result'
import { BUSY_MS } from '@/lib/secrets/password'
import { clearAttempts } from './attempts'
import { spendCode } from './factors'
import type { ChangePasswordRefusal } from './model'
import { ownChange } from './own-change'
import { proveOwn } from './own-proof'
import { newHash } from './password-check'
import { passwordWeakness } from './password-rules'
import { endOtherSessions } from './sessions'

/** Current password and sign-in code, then the new one. Every other session ends and the person is told. */
export async function changePassword(
  ctx: PersonCtx,
  given: { password: string; code: string; next: string },
): Promise<Result<{ sessionsEnded: number }, ChangePasswordRefusal>> {
  const weakness = passwordWeakness(given.next, ctx.person)
  if (weakness) return err(weakness)
  const proof = await proveOwn(ctx, 'sign_in', given)
  if (!proof.ok) return proof
  const made = await newHash(ctx.db, [proof.value.lane], given.next)
  if (made === 'busy') return err('busy', new Date(ctx.now.getTime() + BUSY_MS))

  return ownChange(ctx, async (tx) => {
    const sessionsEnded = await endOtherSessions(tx, ctx, 'password_changed')
    if (proof.value.spend && !(await spendCode(tx, proof.value.spend))) return err('code_already_used')
    await clearAttempts(tx, [proof.value.lane])
    await tx
      .update(person)
      .set({ passwordHash: made.hash, passwordChangedAt: ctx.now })
      .where(eq(person.id, ctx.person.id))
    await tellPerson(tx, ctx.person.id, null, {
      notice: 'password_changed',
      values: { name: ctx.person.name, address: ctx.address, at: ctx.now.toISOString() },
      now: ctx.now,
    })
    await append(tx, {
      chain: `person:${ctx.person.id}`,
      at: ctx.now,
      action: 'person.password_changed',
      actorId: ctx.person.id,
      detail: { sessionsEnded },
      personal: whereabouts(ctx),
    })
    return ok({ sessionsEnded })
  })
}
