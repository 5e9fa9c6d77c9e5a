import { and, asc, desc, eq, gt, inArray, lt } from 'drizzle-orm'
import { audit, person } from '@/db/schema'
import { can } from '@/lib/access/model'
import type { Ctx } from '@/lib/context'
import { err, ok, type Result } from '@/lib/result'
import type { ActivityEntry, ActivityFilter, ActivityPage, AuditAction } from './model'

const PAGE = 50

/** The audit of this merchant, newest first, one page by keyset. The cursor is a sequence number of the chain. */
export async function listActivity(ctx: Ctx, filter: ActivityFilter): Promise<Result<ActivityPage, 'forbidden'>> {
  if (!can(ctx.actor.role, 'activity.read')) return err('forbidden')
  const cursor = /^\d{1,15}$/.test(filter.cursor ?? '') ? Number(filter.cursor) : null
  const upwards = filter.direction === 'newer' && cursor !== null
  const rows = await ctx.db
    .select()
    .from(audit)
    .where(
      and(
        eq(audit.chain, ctx.actor.merchantId),
        filter.action ? eq(audit.action, filter.action) : undefined,
        filter.personId ? eq(audit.actorId, filter.personId) : undefined,
        cursor === null ? undefined : upwards ? gt(audit.seq, cursor) : lt(audit.seq, cursor),
      ),
    )
    .orderBy(upwards ? asc(audit.seq) : desc(audit.seq))
    .limit(PAGE + 1)

  const more = rows.length > PAGE
  const page = rows.slice(0, PAGE)
  if (upwards) page.reverse()
  const names = await namesOf(
    ctx,
    page.flatMap((e) => (e.actorId ? [e.actorId] : [])),
  )
  const entries: ActivityEntry[] = page.map((e) => ({
    chain: e.chain,
    seq: e.seq,
    at: e.at,
    action: e.action as AuditAction,
    result: e.result,
    actorKind: e.actorKind,
    actor: e.actorKind === 'person' ? (e.personal?.['name']?.value ?? names.get(e.actorId ?? '') ?? '') : '',
    address: e.personal?.['address']?.value ?? null,
    subject: e.subject,
    detail: e.detail,
    hash: e.hash.slice(0, 8),
  }))
  const first = entries[0]
  const last = entries[entries.length - 1]
  const hasNewer = upwards ? more : cursor !== null
  const hasOlder = upwards ? true : more
  return ok({
    entries,
    newer: hasNewer && first ? String(first.seq) : null,
    older: hasOlder && last ? String(last.seq) : null,
  })
}

async function namesOf(ctx: Ctx, ids: string[]): Promise<Map<string, string>> {
  const unique = [...new Set(ids)].filter((id) => /^[0-9a-f-]{36}$/.test(id))
  if (unique.length === 0) return new Map()
  const rows = await ctx.db.select({ id: person.id, name: person.name }).from(person).where(inArray(person.id, unique))
  return new Map(rows.map((r) => [r.id, r.name]))
}
