import { v7 as uuid } from 'uuid'
import { generation } from '@/db/schema'
import { proveCode, spend } from '@/lib/access/step-up'
import { change } from '@/lib/change'
import type { Ctx } from '@/lib/context'
import { tellOwners } from '@/lib/mail/enqueue'
import { err, ok, type Result } from '@/lib/result'
import { mintPublicId, mintSecret } from '@/lib/secrets/format'
import type { Secret } from '@/lib/secrets/secret'
import { discardGenerations, generationsOf, lockApiUser, revokeGenerations, settle } from './generations'
import { allowedOverlaps, maskPublicId, PENDING_MINUTES, type RegenerateParams, type RegenerateRefusal } from './model'

export type Fresh = { generationId: string; apiKey: string; apiSecret: Secret; pendingUntil: Date }

/**
 * Makes a new pair of the API user, pending until a person acknowledges it. The pair in use goes on untouched,
 * unless it leaked: then it, its tokens and any overlap end in this same transaction, before anything is revealed.
 */
export async function regenerate(
  ctx: Ctx,
  given: { ticket: string; code: string; params: RegenerateParams },
): Promise<Result<Fresh, RegenerateRefusal>> {
  const proof = await proveCode(ctx, { ...given, operation: 'credentials.regenerate' })
  if (!proof.ok) return proof
  const { reason, overlap } = given.params

  return change(ctx, 'credentials.regenerate', async ({ tx, record }) => {
    const user = await lockApiUser(tx, ctx.actor.merchantId)
    if (!allowedOverlaps(reason, user.moneyOut).includes(overlap)) return err('overlap_not_allowed')
    const spent = await spend(tx, ctx, proof.value)
    if (!spent.ok) return spent

    await settle(tx, ctx.now, user)
    const existing = await generationsOf(tx, user, ctx.now)
    const inState = (...states: string[]) => existing.filter((g) => states.includes(g.state))
    if (reason === 'leaked') {
      const ended = inState('active', 'retiring')
      await revokeGenerations(
        tx,
        ended.map((g) => g.id),
        ctx.actor.personId,
        ctx.now,
      )
      await discardGenerations(
        tx,
        inState('pending', 'unconfirmed').map((g) => g.id),
        ctx.actor.personId,
        ctx.now,
      )
      await record({
        action: 'credential.leak_ended',
        subject: user.id,
        detail: { keys: ended.map((g) => maskPublicId(g.publicId ?? '')) },
      })
    } else {
      if (inState('retiring').length > 0) return err('overlap_running')
      if (inState('unconfirmed').length > 0) return err('unconfirmed_waiting')
      for (const replaced of inState('pending')) {
        await discardGenerations(tx, [replaced.id], ctx.actor.personId, ctx.now)
        await record({
          action: 'credential.replaced',
          subject: replaced.id,
          detail: { key: maskPublicId(replaced.publicId ?? '') },
        })
      }
    }

    const { environment, keys } = ctx.installation
    const apiKey = mintPublicId(environment, keys.tag)
    const { secret, digest, fingerprint } = mintSecret(environment)
    const id = uuid()
    const pendingUntil = new Date(ctx.now.getTime() + PENDING_MINUTES * 60_000)
    await tx.insert(generation).values({
      id,
      merchantId: ctx.actor.merchantId,
      kind: 'credential',
      credentialId: user.id,
      scheme: user.scheme,
      publicId: apiKey,
      digest,
      fingerprint,
      reason,
      overlap,
      createdAt: ctx.now,
      createdBy: ctx.actor.personId,
      pendingUntil,
    })
    await record({
      action: 'credential.regenerated',
      subject: id,
      detail: { key: maskPublicId(apiKey), fingerprint, reason, overlap },
    })
    await tellOwners(tx, ctx.actor.merchantId, {
      notice: reason === 'leaked' ? 'leak_ended' : 'pair_generated',
      values: {
        name: ctx.actor.name,
        merchant: ctx.actor.merchantName,
        key: maskPublicId(apiKey),
        address: ctx.address,
        at: ctx.now.toISOString(),
      },
      now: ctx.now,
    })
    return ok({ generationId: id, apiKey, apiSecret: secret, pendingUntil })
  })
}
