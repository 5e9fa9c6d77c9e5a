import { and, asc, eq, gt, isNull, or } from 'drizzle-orm'
import type { Queryable } from '@/db/client'
import { credential, person, whitelist, whitelistEntry } from '@/db/schema'
import { can } from '@/lib/access/model'
import type { Ctx } from '@/lib/context'
import { err, ok, type Result } from '@/lib/result'
import type { WhitelistView } from './model'

/** The API user's whitelist as it stands. */
export async function apiWhitelist(ctx: Ctx): Promise<Result<WhitelistView, 'forbidden'>> {
  if (!can(ctx.actor.role, 'access_list.read')) return err('forbidden')
  return ok(await readWhitelist(ctx.db, ctx.actor.merchantId, ctx.now))
}

export async function readWhitelist(db: Queryable, merchantId: string, now: Date): Promise<WhitelistView> {
  const [list] = await db
    .select({ list: whitelist, changedBy: person.name })
    .from(whitelist)
    .innerJoin(credential, and(eq(credential.id, whitelist.credentialId), eq(credential.kind, 'api_user')))
    .leftJoin(person, eq(person.id, whitelist.changedBy))
    .where(eq(whitelist.merchantId, merchantId))
  if (!list) throw new Error('a merchant has no API whitelist')
  const entries = await db
    .select({ entry: whitelistEntry, addedBy: person.name })
    .from(whitelistEntry)
    .leftJoin(person, eq(person.id, whitelistEntry.addedBy))
    .where(
      and(
        eq(whitelistEntry.merchantId, merchantId),
        eq(whitelistEntry.whitelistId, list.list.id),
        isNull(whitelistEntry.removedAt),
        or(isNull(whitelistEntry.expiresAt), gt(whitelistEntry.expiresAt, now)),
      ),
    )
    .orderBy(asc(whitelistEntry.addedAt), asc(whitelistEntry.id))
  return {
    id: list.list.id,
    state: list.list.state,
    version: list.list.version,
    changedAt: list.list.changedAt,
    changedBy: list.changedBy,
    entries: entries.map(({ entry, addedBy }) => ({
      id: entry.id,
      range: entry.range,
      note: entry.note,
      addedAt: entry.addedAt,
      addedBy,
      expiresAt: entry.expiresAt,
    })),
  }
}
