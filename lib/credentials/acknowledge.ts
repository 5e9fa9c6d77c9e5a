import { and, eq, isNull } from 'drizzle-orm'
import { generation } from '@/db/schema'
import { change } from '@/lib/change'
import type { Ctx } from '@/lib/context'
import { err, ok, type Result } from '@/lib/result'
import { generationById, generationsOf, lockApiUser, revokeGenerations, settle } from './generations'
import { type AcknowledgeRefusal, maskPublicId, overlapMs } from './model'

/**
 * *I have saved both*, or *Keep* for an unconfirmed pair: makes the pair the current one and starts the countdown of the
 * one before. Pressing it twice is the same as once.
 * @returns when the old pair ends; null when there was none
 */
export async function acknowledge(
  ctx: Ctx,
  given: { generationId: string },
): Promise<Result<{ oldEndsAt: Date | null }, AcknowledgeRefusal>> {
  const isDone = async () =>
    (await generationById(ctx.db, ctx.actor.merchantId, given.generationId, ctx.now))?.state === 'active'
  if (await isDone()) return ok({ oldEndsAt: null })

  const done = await change<{ oldEndsAt: Date | null }, AcknowledgeRefusal>(
    ctx,
    'credentials.discard',
    async ({ tx, record }) => {
      const user = await lockApiUser(tx, ctx.actor.merchantId)
      await settle(tx, ctx.now, user)
      const all = await generationsOf(tx, user, ctx.now)
      const mine = all.find((g) => g.id === given.generationId)
      if (!mine) return err('not_found')
      if (mine.state === 'discarded' || mine.state === 'revoked') {
        return err(mine.discardedBy && mine.discardedBy !== ctx.actor.personId ? 'replaced' : 'already_discarded')
      }
      if (mine.acknowledgedAt) return err('not_found')

      const old = all.find((g) => g.state === 'active')
      const lasts = user.moneyOut ? Math.min(overlapMs[mine.overlap], overlapMs['24_hours']) : overlapMs[mine.overlap]
      const oldEndsAt = old ? new Date(ctx.now.getTime() + lasts) : null
      if (old && lasts === 0) await revokeGenerations(tx, [old.id], ctx.actor.personId, ctx.now)
      else if (old) await tx.update(generation).set({ retiresAt: oldEndsAt }).where(eq(generation.id, old.id))

      await tx
        .update(generation)
        .set({ acknowledgedAt: ctx.now, activatedAt: ctx.now, confirmedBy: ctx.actor.personId })
        .where(and(eq(generation.id, mine.id), isNull(generation.acknowledgedAt), isNull(generation.discardedAt)))
      await record({
        action: 'credential.acknowledged',
        subject: mine.id,
        detail: {
          key: maskPublicId(mine.publicId ?? ''),
          oldKey: old ? maskPublicId(old.publicId ?? '') : null,
          oldEndsAt: oldEndsAt?.toISOString() ?? null,
        },
      })
      return ok({ oldEndsAt })
    },
  )
  // Pressed twice at the same moment: the other one was faster.
  return !done.ok && done.error === 'not_found' && (await isDone()) ? ok({ oldEndsAt: null }) : done
}
