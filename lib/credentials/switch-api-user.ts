import { eq, sql } from 'drizzle-orm'
import type { Tx } from '@/db/client'
import { credential } from '@/db/schema'
import { proveCode, spend } from '@/lib/access/step-up'
import { change } from '@/lib/change'
import type { Ctx } from '@/lib/context'
import { tellOwners } from '@/lib/mail/enqueue'
import { err, ok, type Result } from '@/lib/result'
import { type Credential, generationsOf, lockApiUser } from './generations'
import { passes, type SwitchRefusal } from './model'

type Proven = { ticket: string; code: string }

/** *Activate API user* off: every credential and token of it is refused within 2 seconds. Nothing is deleted. */
export async function switchOff(ctx: Ctx): Promise<Result<null, SwitchRefusal>> {
  return change(ctx, 'api_user.switch', async ({ tx, record }) => {
    const user = await lockApiUser(tx, ctx.actor.merchantId)
    if (user.state !== 'active') return err('stale')
    await set(tx, ctx, user, 'inactive')
    await record({ action: 'api_user.switched_off', subject: user.id })
    return ok(null)
  })
}

/** On again: asks for the code only if a live pair would come back to life, so that a first set-up has no extra prompt. */
export async function switchOn(ctx: Ctx, proven: Proven | null): Promise<Result<null, SwitchRefusal>> {
  const proof = proven ? await proveCode(ctx, { ...proven, operation: 'api_user.switch_on', params: {} }) : null
  if (proof && !proof.ok) return proof

  return change(ctx, 'api_user.switch', async ({ tx, record }) => {
    const user = await lockApiUser(tx, ctx.actor.merchantId)
    if (user.state === 'active') return err('stale')
    const live = (await generationsOf(tx, user, ctx.now)).some((g) => passes(g.state))
    if (live && !proof) return err('needs_code')
    if (proof?.ok) {
      const spent = await spend(tx, ctx, proof.value)
      if (!spent.ok) return spent
    }
    await set(tx, ctx, user, 'active')
    await record({ action: 'api_user.switched_on', subject: user.id, detail: { livePair: live } })
    return ok(null)
  })
}

async function set(tx: Tx, ctx: Ctx, user: Credential, state: 'active' | 'inactive') {
  await tx
    .update(credential)
    .set({ state, stateChangedAt: ctx.now, revision: sql`${credential.revision} + 1` })
    .where(eq(credential.id, user.id))
  await tellOwners(tx, ctx.actor.merchantId, {
    notice: 'api_user_switched',
    values: {
      name: ctx.actor.name,
      merchant: ctx.actor.merchantName,
      on: state === 'active' ? 'on' : 'off',
      address: ctx.address,
      at: ctx.now.toISOString(),
    },
    now: ctx.now,
  })
}
