import { change } from '@/lib/change'
import type { Ctx } from '@/lib/context'
import { err, ok, type Result } from '@/lib/result'
import { discardGenerations, generationsOf, lockApiUser } from './generations'
import { type DiscardRefusal, maskPublicId } from './model'

/** Throws a pending or unconfirmed pair away, at once and for good. The pair before it goes on as it was. */
export async function discard(ctx: Ctx, given: { generationId: string }): Promise<Result<null, DiscardRefusal>> {
  return change(ctx, 'credentials.discard', async ({ tx, record }) => {
    const user = await lockApiUser(tx, ctx.actor.merchantId)
    const mine = (await generationsOf(tx, user, ctx.now)).find((g) => g.id === given.generationId)
    if (!mine || mine.state === 'discarded') return err('not_found')
    if (mine.acknowledgedAt) return err('already_acknowledged')
    await discardGenerations(tx, [mine.id], ctx.actor.personId, ctx.now)
    await record({
      action: 'credential.discarded',
      subject: mine.id,
      detail: { key: maskPublicId(mine.publicId ?? ''), used: mine.firstUsedAt !== null },
    })
    return ok(null)
  })
}
