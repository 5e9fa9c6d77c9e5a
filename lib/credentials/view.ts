import { and, countDistinct, eq, gt, inArray } from 'drizzle-orm'
import { person, requestLog, usage } from '@/db/schema'
import { can } from '@/lib/access/model'
import type { Ctx } from '@/lib/context'
import { err, ok, type Result } from '@/lib/result'
import { apiUser, type Generation, generationsOf } from './generations'
import type { ApiUserView, GenerationView } from './model'

/** What the API tab shows of the API user. No digest, no secret. */
export async function apiUserView(ctx: Ctx): Promise<Result<ApiUserView, 'forbidden'>> {
  if (!can(ctx.actor.role, 'access_list.read')) return err('forbidden')
  const user = await apiUser(ctx.db, ctx.actor.merchantId)
  const all = await generationsOf(ctx.db, user, ctx.now)
  const open = all.filter((g) => g.state !== 'discarded' && g.state !== 'revoked')
  const views = new Map((await generationViews(ctx, open)).map((v) => [v.state, v]))
  const ended = all.find((g) => g.state === 'discarded' || g.state === 'revoked')

  return ok({
    credentialId: user.id,
    on: user.state === 'active',
    moneyOut: user.moneyOut,
    current: views.get('active') ?? null,
    retiring: views.get('retiring') ?? null,
    pending: views.get('pending') ?? null,
    unconfirmed: views.get('unconfirmed') ?? null,
    lastEnded: ended
      ? {
          state: ended.state as 'discarded' | 'revoked',
          publicId: ended.publicId ?? '',
          at: ended.revokedAt ?? ended.discardedAt ?? ended.retiresAt ?? ended.pendingUntil,
        }
      : null,
  })
}

export async function generationViews(ctx: Ctx, generations: Generation[]): Promise<GenerationView[]> {
  if (generations.length === 0) return []
  const ids = generations.map((g) => g.id)
  const people = await ctx.db
    .select({ id: person.id, name: person.name })
    .from(person)
    .where(
      inArray(
        person.id,
        generations.map((g) => g.createdBy),
      ),
    )
  const uses = await ctx.db
    .select()
    .from(usage)
    .where(and(eq(usage.merchantId, ctx.actor.merchantId), inArray(usage.generationId, ids)))
  const hosts = await ctx.db
    .select({ id: requestLog.generationId, hosts: countDistinct(requestLog.address) })
    .from(requestLog)
    .where(
      and(
        eq(requestLog.merchantId, ctx.actor.merchantId),
        inArray(requestLog.generationId, ids),
        gt(requestLog.at, new Date(ctx.now.getTime() - 3_600_000)),
        eq(requestLog.verdict, 'accepted'),
      ),
    )
    .groupBy(requestLog.generationId)

  return generations.map((g) => {
    const used = uses.find((u) => u.generationId === g.id)
    return {
      id: g.id,
      publicId: g.publicId ?? '',
      fingerprint: g.fingerprint,
      state: g.state,
      reason: g.reason,
      overlap: g.overlap,
      createdAt: g.createdAt,
      createdBy: people.find((p) => p.id === g.createdBy)?.name ?? '',
      createdById: g.createdBy,
      pendingUntil: g.pendingUntil,
      firstUsedAt: g.firstUsedAt,
      acknowledgedAt: g.acknowledgedAt,
      retiresAt: g.retiresAt,
      lastUsed: used ? { at: used.lastUsedAt, from: used.lastUsedFrom, calls: used.calls } : null,
      hostsLastHour: hosts.find((h) => h.id === g.id)?.hosts ?? 0,
    }
  })
}
