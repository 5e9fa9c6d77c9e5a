import { and, asc, desc, eq, inArray, or, sql } from 'drizzle-orm'
import { audit, membership, person } from '@/db/schema'
import { can } from '@/lib/access/model'
import type { Ctx } from '@/lib/context'
import { err, ok, type Result } from '@/lib/result'
import type { ActivityEntry, ActivityFilter, ActivityPage, AuditAction } from './model'

const PAGE = 50

/** Of a member's own chain the merchant sees this: log-ins and what guards them, nothing of other merchants. */
const personal: AuditAction[] = [
  'person.signed_in',
  'person.signed_out',
  'person.session_ended',
  'person.password_changed',
  'person.factor_enrolled',
  'person.factor_replaced',
  'person.step_up_failed',
]

/** The audit of this merchant and its people's log-ins, newest first, one page by keyset over (at, chain, seq). */
export async function listActivity(ctx: Ctx, filter: ActivityFilter): Promise<Result<ActivityPage, 'forbidden'>> {
  if (!can(ctx.actor.role, 'activity.read')) return err('forbidden')
  const cursor = readCursor(filter.cursor)
  const upwards = filter.direction === 'newer' && cursor !== null
  const position = sql`(${audit.at}, ${audit.chain}, ${audit.seq})`
  const rows = await ctx.db
    .select()
    .from(audit)
    .where(
      and(
        or(
          eq(audit.chain, ctx.actor.merchantId),
          and(inArray(audit.chain, await chainsOfPeople(ctx)), inArray(audit.action, personal)),
        ),
        filter.action ? eq(audit.action, filter.action) : undefined,
        filter.personId ? eq(audit.actorId, filter.personId) : undefined,
        cursor === null
          ? undefined
          : sql`${position} ${upwards ? sql`>` : sql`<`} (${cursor.at}::timestamptz, ${cursor.chain}, ${cursor.seq})`,
      ),
    )
    .orderBy(...[audit.at, audit.chain, audit.seq].map(upwards ? asc : desc))
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
    newer: hasNewer && first ? writeCursor(first) : null,
    older: hasOlder && last ? writeCursor(last) : null,
  })
}

async function chainsOfPeople(ctx: Ctx): Promise<string[]> {
  const rows = await ctx.db
    .select({ id: membership.personId })
    .from(membership)
    .where(and(eq(membership.merchantId, ctx.actor.merchantId), eq(membership.state, 'active')))
    .limit(500)
  return rows.map(({ id }) => `person:${id}`)
}

type Cursor = { at: string; chain: string; seq: number }

const writeCursor = (e: ActivityEntry): string => `${e.at.getTime()}.${e.seq}.${e.chain}`

/** Null for anything that is not a cursor of ours: the first page. */
function readCursor(text: string | undefined): Cursor | null {
  const [, ms, seq, chain] = /^(\d{1,14})\.(\d{1,15})\.([\w:-]{1,80})$/.exec(text ?? '') ?? []
  return ms && seq && chain ? { at: new Date(Number(ms)).toISOString(), chain, seq: Number(seq) } : null
}

async function namesOf(ctx: Ctx, ids: string[]): Promise<Map<string, string>> {
  const unique = [...new Set(ids)].filter((id) => /^[0-9a-f-]{36}$/.test(id))
  if (unique.length === 0) return new Map()
  const rows = await ctx.db.select({ id: person.id, name: person.name }).from(person).where(inArray(person.id, unique))
  return new Map(rows.map((r) => [r.id, r.name]))
}
