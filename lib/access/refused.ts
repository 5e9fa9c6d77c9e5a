import { transact } from '@/db/client'
import { append, whereabouts } from '@/lib/activity/record'
import type { Ctx, PersonCtx } from '@/lib/context'
import { withoutSecrets } from '@/lib/secrets/format'
import type { Permission } from './model'

/** Somebody asked for a merchant they do not belong to: written on their own chain, the other merchant learns nothing. */
export async function recordForeignMerchant(ctx: PersonCtx, merchantId: string): Promise<void> {
  await transact(ctx.db, (tx) =>
    append(tx, {
      chain: `person:${ctx.person.id}`,
      at: ctx.now,
      action: 'access.refused',
      result: 'refused',
      actorId: ctx.person.id,
      // Typed by anybody: only what can be an id is kept, and no audited word can be taken back.
      subject: withoutSecrets(merchantId)
        .replace(/[^A-Za-z0-9_-]/g, '?')
        .slice(0, 64),
      personal: whereabouts(ctx),
    }),
  )
}

/** Somebody asked for what their role may not do; the merchant's own people read it. */
export async function recordForbidden(ctx: Ctx, permission: Permission): Promise<void> {
  await transact(ctx.db, (tx) =>
    append(tx, {
      chain: ctx.actor.merchantId,
      at: ctx.now,
      action: 'access.refused',
      result: 'refused',
      actorId: ctx.actor.personId,
      subject: permission,
      detail: { role: ctx.actor.role },
      personal: whereabouts(ctx),
    }),
  )
}
