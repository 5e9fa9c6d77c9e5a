import { and, eq, gt, sql } from 'drizzle-orm'
import type { Tx } from '@/db/client'
import { credential, generation, whitelist } from '@/db/schema'
import { proveCode, spend } from '@/lib/access/step-up'
import { change } from '@/lib/change'
import type { Ctx } from '@/lib/context'
import { tellOwners } from '@/lib/mail/enqueue'
import { err, ok, type Result } from '@/lib/result'
import { type Credential, lockApiUser } from './generations'
import { type MoneyOutRefusal, overlapMs } from './model'

/** *Allow withdrawals* on: password and code, and only while the whitelist is on. A running overlap is cut to 24 hours. */
export async function allowMoneyOut(
  ctx: Ctx,
  proven: { ticket: string; code: string },
): Promise<Result<null, MoneyOutRefusal>> {
  if (ctx.installation.insecure) return err('insecure_console')
  const proof = await proveCode(ctx, { ...proven, operation: 'money_out.allow', params: {} })
  if (!proof.ok) return proof

  return change(ctx, 'money_out.switch', async ({ tx, record }) => {
    const user = await lockApiUser(tx, ctx.actor.merchantId)
    if (user.moneyOut) return err('stale')
    const [list] = await tx
      .select({ state: whitelist.state })
      .from(whitelist)
      .where(and(eq(whitelist.merchantId, user.merchantId), eq(whitelist.credentialId, user.id)))
    if (list?.state !== 'on') return err('needs_whitelist')
    const spent = await spend(tx, ctx, proof.value)
    if (!spent.ok) return spent

    const latest = new Date(ctx.now.getTime() + overlapMs['24_hours'])
    await tx
      .update(generation)
      .set({ retiresAt: latest })
      .where(
        and(
          eq(generation.merchantId, user.merchantId),
          eq(generation.credentialId, user.id),
          gt(generation.retiresAt, latest),
        ),
      )
    await set(tx, ctx, user, true)
    await record({ action: 'money_out.allowed', subject: user.id })
    return ok(null)
  })
}

/** Off at once. */
export async function forbidMoneyOut(ctx: Ctx): Promise<Result<null, MoneyOutRefusal>> {
  return change(ctx, 'money_out.switch', async ({ tx, record }) => {
    const user = await lockApiUser(tx, ctx.actor.merchantId)
    if (!user.moneyOut) return err('stale')
    await set(tx, ctx, user, false)
    await record({ action: 'money_out.forbidden', subject: user.id })
    return ok(null)
  })
}

async function set(tx: Tx, ctx: Ctx, user: Credential, moneyOut: boolean) {
  await tx
    .update(credential)
    .set({ moneyOut, revision: sql`${credential.revision} + 1` })
    .where(eq(credential.id, user.id))
  await tellOwners(tx, ctx.actor.merchantId, {
    notice: 'money_out_switched',
    values: {
      name: ctx.actor.name,
      merchant: ctx.actor.merchantName,
      on: moneyOut ? 'on' : 'off',
      address: ctx.address,
      at: ctx.now.toISOString(),
    },
    now: ctx.now,
  })
}
