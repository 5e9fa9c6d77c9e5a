import { and, eq, isNull } from 'drizzle-orm'
import type { Tx } from '@/db/client'
import { membership, merchant, session } from '@/db/schema'
import { type ChangeRefusal, changeRefusal, type Permission } from './access/model'
import { recordForbidden } from './access/refused'
import type { AuditAction } from './activity/model'
import { append, type Detail, whereabouts } from './activity/record'
import type { Ctx } from './context'
import { refusable } from './refusable'
import { err, type Result } from './result'

/** What a change works with: its transaction, and the audit row it owes. */
export type Change = {
  tx: Tx
  record(entry: {
    action: AuditAction
    subject?: string
    detail?: Detail
    personal?: Record<string, string>
  }): Promise<void>
}

/**
 * The one way a person changes something of a merchant: one transaction in which the role, the session and the
 * merchant's state are read again and locked, the change is made, and its audit row is written.
 * A refusal rolls back; a change that recorded nothing is a bug and rolls back too. Who asked for what their role may
 * not do is written down: no page of ours offers it.
 */
export async function change<T, E extends string>(
  ctx: Ctx,
  permission: Permission,
  make: (change: Change) => Promise<Result<T, E>>,
): Promise<Result<T, E | ChangeRefusal>> {
  const done = await refusable<T, E | ChangeRefusal>(ctx.db, async (tx) => {
    const refusal = await mayStill(tx, ctx, permission)
    if (refusal) return err(refusal)
    let recorded = 0
    const result = await make({
      tx,
      async record(entry) {
        await append(tx, {
          chain: ctx.actor.merchantId,
          at: ctx.now,
          actorId: ctx.actor.personId,
          action: entry.action,
          subject: entry.subject ?? null,
          detail: { role: ctx.actor.role, ...entry.detail },
          personal: { ...whereabouts(ctx), ...entry.personal },
        })
        recorded++
      },
    })
    if (result.ok && recorded === 0) throw new Error(`${permission} changed something and recorded nothing`)
    return result
  })
  if (!done.ok && done.error === 'forbidden') await recordForbidden(ctx, permission)
  return done
}

/** Role, session and merchant as they are now, locked against change until the transaction ends. */
async function mayStill(tx: Tx, ctx: Ctx, permission: Permission): Promise<ChangeRefusal | null> {
  const [row] = await tx
    .select({ role: membership.role, state: merchant.state })
    .from(membership)
    .innerJoin(merchant, eq(merchant.id, membership.merchantId))
    .innerJoin(
      session,
      and(eq(session.id, ctx.actor.sessionId), eq(session.personId, membership.personId), isNull(session.endedAt)),
    )
    .where(
      and(
        eq(membership.merchantId, ctx.actor.merchantId),
        eq(membership.personId, ctx.actor.personId),
        eq(membership.state, 'active'),
      ),
    )
    .for('share')
  return row ? changeRefusal(row.role, row.state, permission) : 'signed_out'
}
