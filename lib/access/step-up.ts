import { and, eq, gt, isNull } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { type Tx, transact } from '@/db/client'
import { person, ticket } from '@/db/schema'
import { append, whereabouts } from '@/lib/activity/record'
import { canonicalJson } from '@/lib/canonical-json'
import type { Ctx } from '@/lib/context'
import { tellOwners } from '@/lib/mail/enqueue'
import { err, ok, type Result } from '@/lib/result'
import { mintToken, sha256 } from '@/lib/secrets/format'
import { BUSY_MS } from '@/lib/secrets/password'
import { nextStepAt } from '@/lib/secrets/totp'
import { clearAttempts, giveBack, limits, takeAttempt } from './attempts'
import { activeFactor, checkCode, spendCode } from './factors'
import { type ChangeRefusal, type CodeRefusal, changeRefusal, type PasswordRefusal, type Permission } from './model'
import { checkPassword } from './password-check'
import { recordForbidden } from './refused'

/** Every operation that asks for proof: who may, and whether the password comes before the code. The server decides. */
export const operations = {
  'credentials.regenerate': { permission: 'credentials.regenerate', password: true },
  'money_out.allow': { permission: 'money_out.switch', password: true },
  'api_user.switch_on': { permission: 'api_user.switch', password: false },
  'api_whitelist.change': { permission: 'api_whitelist.change', password: false },
  'api_whitelist.turn_off': { permission: 'api_whitelist.turn_off', password: false },
  'api_whitelist.turn_on': { permission: 'api_whitelist.change', password: false },
} as const satisfies Record<string, { permission: Permission; password: boolean }>
export type Operation = keyof typeof operations

const TICKET_SECONDS = 120

export type OpenTicket = { operation: Operation; params: unknown; password?: string }
export type OpenRefusal = PasswordRefusal | ChangeRefusal

const paramsDigest = (params: unknown): string => sha256(canonicalJson(params))
const laneOf = (ctx: Ctx): string => `step-up:${ctx.actor.personId}`

/**
 * The first step: checks the password where the operation asks for it, and hands out a ticket that works once, for
 * this session, merchant, operation and these parameters, for 120 s (OWASP Transaction Authorization 2.6, 2.8).
 */
export async function openTicket(ctx: Ctx, given: OpenTicket): Promise<Result<{ ticket: string }, OpenRefusal>> {
  const rule = operations[given.operation]
  const refusal = changeRefusal(ctx.actor.role, ctx.actor.merchantState, rule.permission)
  if (refusal === 'forbidden') await recordForbidden(ctx, rule.permission)
  if (refusal) return err(refusal)

  const f = await activeFactor(ctx.db, ctx.actor.personId, 'operations')
  if (!f) return err('operations_factor_missing')
  if (f.usableFrom && f.usableFrom > ctx.now) return err('operations_factor_waits', f.usableFrom)

  if (rule.password) {
    const taken = await takeAttempt(ctx.db, laneOf(ctx), limits.stepUp, ctx.now)
    if (!taken.allowed) return err('too_many_attempts', taken.retryAt)
    const [who] = await ctx.db.select().from(person).where(eq(person.id, ctx.actor.personId))
    const knows = await checkPassword(ctx.db, [laneOf(ctx)], given.password ?? '', who?.passwordHash ?? null)
    if (knows === 'busy') return err('busy', new Date(ctx.now.getTime() + BUSY_MS))
    if (!knows) {
      await failed(ctx, given.operation, 'wrong_password', taken.last)
      return err('wrong_password')
    }
    // The password was right, but only the code ends the count: guessing codes must not be reset by knowing the password.
    await giveBack(ctx.db, laneOf(ctx))
  }

  const { token, digest } = mintToken()
  await ctx.db.insert(ticket).values({
    id: uuid(),
    digest,
    sessionId: ctx.actor.sessionId,
    merchantId: ctx.actor.merchantId,
    operation: given.operation,
    paramsSha256: paramsDigest(given.params),
    createdAt: ctx.now,
    expiresAt: new Date(ctx.now.getTime() + TICKET_SECONDS * 1000),
  })
  return ok({ ticket: token })
}

/** A right code on a valid ticket, not spent yet: `spend` does that inside the operation's transaction. */
export type Proof = { ticketId: string; factorId: string; step: number; lane: string }
export type UseTicket = { ticket: string; operation: Operation; params: unknown; code: string }

/**
 * The second step: looks at the code only with a valid ticket, counts the try before it looks, and says what was wrong.
 * Nothing is spent here, so a refusal of the operation itself costs the person neither code nor ticket.
 */
export async function proveCode(ctx: Ctx, given: UseTicket): Promise<Result<Proof, CodeRefusal>> {
  const [t] = await ctx.db
    .select()
    .from(ticket)
    .where(
      and(
        eq(ticket.digest, sha256(given.ticket)),
        eq(ticket.sessionId, ctx.actor.sessionId),
        eq(ticket.merchantId, ctx.actor.merchantId),
        eq(ticket.operation, given.operation),
        eq(ticket.paramsSha256, paramsDigest(given.params)),
      ),
    )
  if (t?.usedAt) return err('already_done')
  if (!t || t.endedAt || t.expiresAt <= ctx.now) {
    if (!t) await failed(ctx, given.operation, 'ticket_invalid', false)
    return err('ticket_invalid')
  }

  const taken = await takeAttempt(ctx.db, laneOf(ctx), limits.stepUp, ctx.now)
  if (!taken.allowed) return err('too_many_attempts', taken.retryAt)

  const keys = ctx.installation.keys.totp
  const f = await activeFactor(ctx.db, ctx.actor.personId, 'operations')
  const check = f ? checkCode(f, given.code, keys, ctx.now) : ({ ok: false, used: false } as const)
  if (check.ok) {
    // A right code is no failure, whatever becomes of the operation.
    await giveBack(ctx.db, laneOf(ctx))
    return ok({ ticketId: t.id, factorId: check.factorId, step: check.step, lane: laneOf(ctx) })
  }

  if (check.used) {
    await failed(ctx, given.operation, 'code_already_used', taken.last)
    return err('code_already_used', nextStepAt(ctx.now))
  }
  const other = await activeFactor(ctx.db, ctx.actor.personId, 'sign_in')
  const isSignInCode = other ? checkCode(other, given.code, keys, ctx.now) : null
  const refusal = isSignInCode && (isSignInCode.ok || isSignInCode.used) ? 'sign_in_code' : 'wrong_code'
  await failed(ctx, given.operation, refusal, taken.last)
  return err(refusal)
}

/** Spends code and ticket in the operation's own transaction; of two simultaneous submissions one gets through. */
export async function spend(tx: Tx, ctx: Ctx, proof: Proof): Promise<Result<null, CodeRefusal>> {
  const used = await tx
    .update(ticket)
    .set({ usedAt: ctx.now })
    .where(
      and(eq(ticket.id, proof.ticketId), isNull(ticket.usedAt), isNull(ticket.endedAt), gt(ticket.expiresAt, ctx.now)),
    )
    .returning({ id: ticket.id })
  if (used.length === 0) return err('already_done')
  if (!(await spendCode(tx, proof))) return err('code_already_used', nextStepAt(ctx.now))
  await clearAttempts(tx, [proof.lane])
  return ok(null)
}

/** A failed try is audited; the last of the window ends the person's open tickets and is mailed (TA 2.4). */
async function failed(ctx: Ctx, operation: Operation, why: string, last: boolean): Promise<void> {
  await transact(ctx.db, async (tx) => {
    if (last) {
      await tx
        .update(ticket)
        .set({ endedAt: ctx.now })
        .where(and(eq(ticket.sessionId, ctx.actor.sessionId), isNull(ticket.usedAt), isNull(ticket.endedAt)))
      await tellOwners(tx, ctx.actor.merchantId, {
        notice: 'step_up_locked',
        values: {
          name: ctx.actor.name,
          merchant: ctx.actor.merchantName,
          operation,
          address: ctx.address,
          at: ctx.now.toISOString(),
        },
        now: ctx.now,
      })
    }
    await append(tx, {
      chain: ctx.actor.merchantId,
      at: ctx.now,
      action: 'person.step_up_failed',
      result: 'refused',
      actorId: ctx.actor.personId,
      subject: operation,
      detail: { why, locked: last },
      personal: whereabouts(ctx),
    })
  })
}
