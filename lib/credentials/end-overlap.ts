import { eq } from 'drizzle-orm'
import { generation } from '@/db/schema'
import { change } from '@/lib/change'
import type { Ctx } from '@/lib/context'
import { err, ok, type Result } from '@/lib/result'
import { generationsOf, lockApiUser, revokeGenerations } from './generations'
import { type EndOverlapRefusal, maskPublicId, type Overlap, overlapMs } from './model'

/** *End it now*: the old pair and its tokens are refused from here on. */
export async function endOverlap(ctx: Ctx): Promise<Result<null, EndOverlapRefusal>> {
  return change(ctx, 'overlap.end', async ({ tx, record }) => {
    const user = await lockApiUser(tx, ctx.actor.merchantId)
    const old = (await generationsOf(tx, user, ctx.now)).find((g) => g.state === 'retiring')
    if (!old) return err('no_overlap')
    await revokeGenerations(tx, [old.id], ctx.actor.personId, ctx.now)
    await record({
      action: 'credential.overlap_ended',
      subject: old.id,
      detail: { key: maskPublicId(old.publicId ?? '') },
    })
    return ok(null)
  })
}

/** Brings the end nearer: so long from now. Nobody lengthens an overlap. */
export async function shortenOverlap(
  ctx: Ctx,
  given: { lasts: Exclude<Overlap, 'at_once'> },
): Promise<Result<{ endsAt: Date }, EndOverlapRefusal>> {
  return change(ctx, 'overlap.shorten', async ({ tx, record }) => {
    const user = await lockApiUser(tx, ctx.actor.merchantId)
    const old = (await generationsOf(tx, user, ctx.now)).find((g) => g.state === 'retiring')
    if (!old?.retiresAt) return err('no_overlap')
    const endsAt = new Date(ctx.now.getTime() + overlapMs[given.lasts])
    if (endsAt >= old.retiresAt) return err('only_shorter')
    await tx.update(generation).set({ retiresAt: endsAt }).where(eq(generation.id, old.id))
    await record({
      action: 'credential.overlap_shortened',
      subject: old.id,
      detail: { key: maskPublicId(old.publicId ?? ''), endsAt: endsAt.toISOString() },
    })
    return ok({ endsAt })
  })
}
