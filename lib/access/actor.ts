import { and, asc, eq } from 'drizzle-orm'
import { membership, merchant } from '@/db/schema'
import type { Ctx, PersonCtx } from '@/lib/context'
import { activeFactor } from './factors'
import type { MerchantState, Role } from './model'

export type MembershipView = {
  merchantId: string
  name: string
  state: MerchantState
  stateReason: string | null
  stateSince: Date
  role: Role
}

/** The merchants a person belongs to, by name. */
export async function membershipsOf(ctx: PersonCtx): Promise<MembershipView[]> {
  return ctx.db
    .select({
      merchantId: merchant.id,
      name: merchant.name,
      state: merchant.state,
      stateReason: merchant.stateReason,
      stateSince: merchant.stateSince,
      role: membership.role,
    })
    .from(membership)
    .innerJoin(merchant, eq(merchant.id, membership.merchantId))
    .where(and(eq(membership.personId, ctx.person.id), eq(membership.state, 'active')))
    .orderBy(asc(merchant.name))
    .limit(100)
}

/** Ids as operators give them. A path can hold anything, also what the database takes for no text. */
const MERCHANT_ID = /^[A-Za-z0-9_-]{1,64}$/

/** The person inside one merchant, as the database has it now; null if they do not belong there. */
export async function contextOf(ctx: PersonCtx, merchantId: string): Promise<Ctx | null> {
  if (!MERCHANT_ID.test(merchantId)) return null
  const [row] = await ctx.db
    .select({ role: membership.role, name: merchant.name, state: merchant.state })
    .from(membership)
    .innerJoin(merchant, eq(merchant.id, membership.merchantId))
    .where(
      and(
        eq(membership.merchantId, merchantId),
        eq(membership.personId, ctx.person.id),
        eq(membership.state, 'active'),
      ),
    )
  if (!row) return null
  const { person: who, ...visit } = ctx
  return {
    ...visit,
    actor: {
      personId: who.id,
      sessionId: who.sessionId,
      merchantId,
      merchantName: row.name,
      merchantState: row.state,
      role: row.role,
      name: who.name,
      email: who.email,
    },
  }
}

/** Root, Owner and Admin open the Access list only with both factors enrolled. */
export async function hasBothFactors(ctx: Ctx): Promise<boolean> {
  const [signIn, operations] = [
    await activeFactor(ctx.db, ctx.actor.personId, 'sign_in'),
    await activeFactor(ctx.db, ctx.actor.personId, 'operations'),
  ]
  return signIn !== null && operations !== null
}
