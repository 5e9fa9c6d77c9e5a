import { and, desc, eq, gte } from 'drizzle-orm'
import { person, requestLog } from '@/db/schema'
import { can } from '@/lib/access/model'
import type { Ctx } from '@/lib/context'
import { err, ok, type Result } from '@/lib/result'
import { generationById } from './generations'
import type { Proof } from './model'

/** What the gate has seen of a pair since it was made: the popup's live proof. */
export async function proofOf(ctx: Ctx, generationId: string): Promise<Result<Proof, 'forbidden' | 'not_found'>> {
  if (!can(ctx.actor.role, 'access_list.read')) return err('forbidden')
  const g = await generationById(ctx.db, ctx.actor.merchantId, generationId, ctx.now)
  if (!g) return err('not_found')

  const newest = async (verdict: 'accepted' | 'refused') => {
    const [row] = await ctx.db
      .select({
        at: requestLog.at,
        address: requestLog.address,
        requestId: requestLog.requestId,
        reason: requestLog.reason,
      })
      .from(requestLog)
      .where(
        and(
          eq(requestLog.merchantId, ctx.actor.merchantId),
          eq(requestLog.generationId, g.id),
          gte(requestLog.at, g.createdAt),
          eq(requestLog.verdict, verdict),
        ),
      )
      .orderBy(desc(requestLog.at))
      .limit(1)
    return row ?? null
  }
  const accepted = await newest('accepted')
  const refused = await newest('refused')
  const [by] = g.discardedBy
    ? await ctx.db.select({ name: person.name }).from(person).where(eq(person.id, g.discardedBy))
    : []

  return ok({
    state: g.state,
    pendingUntil: g.pendingUntil,
    accepted: accepted && { at: accepted.at, address: accepted.address, requestId: accepted.requestId },
    refused: refused && {
      at: refused.at,
      address: refused.address,
      requestId: refused.requestId,
      reason: refused.reason ?? '',
    },
    replacedBy: by?.name ?? null,
  })
}
