import { desc, eq } from 'drizzle-orm'
import { auditHead, requestLog } from '@/db/schema'
import type { Ctx } from '@/lib/context'

/** A text that changes when the gate decided something new for this merchant, or somebody changed something. */
export async function pulseOf(ctx: Ctx): Promise<string> {
  const [last] = await ctx.db
    .select({ id: requestLog.requestId })
    .from(requestLog)
    .where(eq(requestLog.merchantId, ctx.actor.merchantId))
    .orderBy(desc(requestLog.at), desc(requestLog.requestId))
    .limit(1)
  const [head] = await ctx.db
    .select({ seq: auditHead.seq })
    .from(auditHead)
    .where(eq(auditHead.chain, ctx.actor.merchantId))
  return `${last?.id ?? ''}.${head?.seq ?? 0}`
}
