import { and, count, desc, eq, gt, isNotNull, max, min, sql } from 'drizzle-orm'
import { merchant, requestLog } from '@/db/schema'
import { hasBothFactors } from '@/lib/access/actor'
import { can } from '@/lib/access/model'
import type { Ctx } from '@/lib/context'
import { apiUser, generationsOf } from '@/lib/credentials/generations'
import { maskPublicId } from '@/lib/credentials/model'
import { generationViews } from '@/lib/credentials/view'
import { shortAddress } from '@/lib/net/network'
import { readWhitelist } from '@/lib/whitelist/read'
import { type News, type Status, severity } from './model'

const HOUR = 3_600_000
const worst = ['stop', 'warn', 'retiring', 'wait'] as const

/** The facts of Integration status over the last 24 hours. Everybody sees them; Members see shortened addresses. */
export async function readStatus(ctx: Ctx): Promise<Status> {
  const user = await apiUser(ctx.db, ctx.actor.merchantId)
  const generations = await generationsOf(ctx.db, user, ctx.now)
  const whitelist = await readWhitelist(ctx.db, ctx.actor.merchantId, ctx.now)
  const seen = can(ctx.actor.role, 'access_list.read') ? (a: string) => a : shortAddress
  const log = await readLog(ctx)
  const live = generations.filter((g) => g.state === 'active' || g.state === 'retiring' || g.state === 'unconfirmed')

  const news = [
    ...(await merchantNews(ctx)),
    ...(await credentialNews(ctx, generations)),
    ...refusalNews(log.reasons, user.state === 'active', whitelist, seen),
    ...(await discardedNews(ctx, seen)),
  ].sort((a, b) => worst.indexOf(severity[a.kind]) - worst.indexOf(severity[b.kind]))
  if (whitelist.state === 'off' && live.length > 0) news.push({ kind: 'whitelist_off' })

  return {
    news,
    checklist: [
      { item: 'both_factors', done: await hasBothFactors(ctx) },
      { item: 'whitelist_on', done: whitelist.state === 'on' && whitelist.entries.length > 0 },
      { item: 'api_user_on', done: user.state === 'active' },
      { item: 'credentials_generated', done: generations.some((g) => g.acknowledgedAt !== null) },
      { item: 'first_call_accepted', done: generations.some((g) => g.firstUsedAt !== null) },
    ],
    apiUserOn: user.state === 'active',
    whitelist: { state: whitelist.state, entries: whitelist.entries.length },
    lastRequest: log.last && { ...log.last, address: seen(log.last.address) },
    hours: log.hours,
    accepted: log.hours.reduce((n, h) => n + h.accepted, 0),
    refused: sumByReason(log.reasons),
  }
}

type ReasonRow = { reason: string; address: string; calls: number; since: Date; requestId: string; proven: boolean }

async function readLog(ctx: Ctx) {
  const thisHour = Math.floor(ctx.now.getTime() / HOUR) * HOUR
  const from = new Date(thisHour - 23 * HOUR)
  const own = and(eq(requestLog.merchantId, ctx.actor.merchantId), gt(requestLog.at, from))
  const hour = sql<number>`floor(extract(epoch from ${requestLog.at}) / 3600)::float8`
  const perHour = await ctx.db
    .select({ hour, verdict: requestLog.verdict, calls: count() })
    .from(requestLog)
    .where(own)
    .groupBy(hour, requestLog.verdict)
  const reasons = await ctx.db
    .select({
      reason: requestLog.reason,
      address: requestLog.address,
      proven: requestLog.proven,
      calls: count(),
      since: min(requestLog.at),
      requestId: max(requestLog.requestId),
    })
    .from(requestLog)
    .where(and(own, eq(requestLog.verdict, 'refused'), isNotNull(requestLog.reason)))
    .groupBy(requestLog.reason, requestLog.address, requestLog.proven)
    .orderBy(desc(count()))
    .limit(200)
  const [last] = await ctx.db
    .select({ at: requestLog.at, verdict: requestLog.verdict, address: requestLog.address })
    .from(requestLog)
    .where(eq(requestLog.merchantId, ctx.actor.merchantId))
    .orderBy(desc(requestLog.at))
    .limit(1)

  const hours = Array.from({ length: 24 }, (_, i) => {
    const start = from.getTime() + i * HOUR
    const of = (verdict: string) =>
      perHour.find((r) => Number(r.hour) * HOUR === start && r.verdict === verdict)?.calls ?? 0
    return { from: new Date(start), accepted: of('accepted'), refused: of('refused') }
  })
  return {
    hours,
    last: last ?? null,
    reasons: reasons.map(
      (r): ReasonRow => ({
        reason: r.reason ?? '',
        address: r.address,
        proven: r.proven,
        calls: r.calls,
        since: r.since ?? ctx.now,
        requestId: r.requestId ?? '',
      }),
    ),
  }
}

async function merchantNews(ctx: Ctx): Promise<News[]> {
  const [m] = await ctx.db.select().from(merchant).where(eq(merchant.id, ctx.actor.merchantId))
  if (m?.state === 'suspended') return [{ kind: 'suspended', since: m.stateSince, reason: m.stateReason }]
  return m?.state === 'pending' ? [{ kind: 'waiting_for_activation', since: m.stateSince }] : []
}

async function credentialNews(ctx: Ctx, all: Awaited<ReturnType<typeof generationsOf>>): Promise<News[]> {
  const views = await generationViews(
    ctx,
    all.filter((g) => g.state === 'pending' || g.state === 'unconfirmed' || g.state === 'retiring'),
  )
  return views.flatMap((g): News[] => {
    const publicId = maskPublicId(g.publicId)
    if (g.state === 'pending') return [{ kind: 'pending_pair', publicId, pendingUntil: g.pendingUntil }]
    if (g.state === 'unconfirmed')
      return [{ kind: 'unconfirmed_pair', publicId, firstUsedAt: g.firstUsedAt ?? g.createdAt }]
    return [{ kind: 'overlap_running', publicId, endsAt: g.retiresAt ?? ctx.now, hostsLastHour: g.hostsLastHour }]
  })
}

function refusalNews(
  reasons: ReasonRow[],
  on: boolean,
  whitelist: { state: string; entries: unknown[] },
  seen: (address: string) => string,
): News[] {
  const byAddress = reasons.filter((r) => r.reason === 'address_not_listed' && r.proven)
  const off = reasons.filter((r) => r.reason === 'credential_inactive').reduce((n, r) => n + r.calls, 0)
  const total = byAddress.reduce((n, r) => n + r.calls, 0)
  const news: News[] =
    whitelist.state === 'on' && whitelist.entries.length === 0
      ? [{ kind: 'whitelist_empty', refused: total }]
      : byAddress.slice(0, 3).map((r) => ({
          kind: 'address_refused',
          address: seen(r.address),
          calls: r.calls,
          since: r.since,
          requestId: r.requestId,
        }))
  if (!on && off > 0) news.push({ kind: 'api_user_off', refused: off })
  return news
}

/** A discarded pair that somebody still presents is worth its own line. */
async function discardedNews(ctx: Ctx, seen: (address: string) => string): Promise<News[]> {
  const [row] = await ctx.db
    .select({ publicId: requestLog.publicId, at: requestLog.at, address: requestLog.address })
    .from(requestLog)
    .where(
      and(
        eq(requestLog.merchantId, ctx.actor.merchantId),
        gt(requestLog.at, new Date(ctx.now.getTime() - 24 * HOUR)),
        eq(requestLog.reason, 'generation_discarded'),
        eq(requestLog.proven, true),
      ),
    )
    .orderBy(desc(requestLog.at))
    .limit(1)
  return row
    ? [{ kind: 'discarded_used', publicId: maskPublicId(row.publicId ?? ''), at: row.at, address: seen(row.address) }]
    : []
}

function sumByReason(rows: ReasonRow[]): { reason: string; calls: number }[] {
  const sums = new Map<string, number>()
  for (const r of rows) sums.set(r.reason, (sums.get(r.reason) ?? 0) + r.calls)
  return [...sums].map(([reason, calls]) => ({ reason, calls })).sort((a, b) => b.calls - a.calls)
}
