import { and, eq, gt, sql } from 'drizzle-orm'
import type { Tx } from '@/db/client'
import { requestLog } from '@/db/schema'
import type { Ctx } from '@/lib/context'

/**
 * Whether this merchant's own calls of the last hour came through a proxy that is not configured: the address we see
 * is then the proxy's, and a whitelist would decide about the wrong one (CHECKS 64). Only calls that proved their
 * secret count: anybody can send the header.
 */
export async function untrustedProxySeen(tx: Tx, ctx: Ctx): Promise<boolean> {
  const rows = await tx
    .select({ one: sql`1` })
    .from(requestLog)
    .where(
      and(
        eq(requestLog.merchantId, ctx.actor.merchantId),
        gt(requestLog.at, new Date(ctx.now.getTime() - 3_600_000)),
        eq(requestLog.proven, true),
        sql`jsonb_array_length(${requestLog.hops}) > 1 and ${requestLog.hops} -> 0 ->> 'trusted' = 'false'`,
      ),
    )
    .limit(1)
  return rows.length > 0
}
