import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import { factor, membership, person, signIn } from '@/db/schema'
import { can } from '@/lib/access/model'
import type { Ctx } from '@/lib/context'
import { err, ok, type Result } from '@/lib/result'
import type { StaffRow } from './model'

/** The people of this merchant, the strongest role first. A membership shows nothing of other merchants. */
export async function listStaff(ctx: Ctx): Promise<Result<StaffRow[], 'forbidden'>> {
  if (!can(ctx.actor.role, 'access_list.read')) return err('forbidden')
  const people = await ctx.db
    .select({ id: person.id, name: person.name, email: person.email, role: membership.role })
    .from(membership)
    .innerJoin(person, eq(person.id, membership.personId))
    .where(and(eq(membership.merchantId, ctx.actor.merchantId), eq(membership.state, 'active')))
    .orderBy(sql`array_position(array['root','owner','admin','member'], ${membership.role})`, asc(person.name))
    .limit(500)
  const ids = people.map((p) => p.id)
  const factors = await ctx.db
    .select({ personId: factor.personId, purpose: factor.purpose })
    .from(factor)
    .where(and(inArray(factor.personId, ids), eq(factor.state, 'active')))
  const signIns = await ctx.db
    .selectDistinctOn([signIn.personId], { personId: signIn.personId, at: signIn.at, address: signIn.address })
    .from(signIn)
    .where(and(inArray(signIn.personId, ids), eq(signIn.outcome, 'ok')))
    .orderBy(signIn.personId, sql`${signIn.at} desc`)

  return ok(
    people.map((p) => {
      const last = signIns.find((s) => s.personId === p.id)
      const has = (purpose: string) => factors.some((f) => f.personId === p.id && f.purpose === purpose)
      return {
        personId: p.id,
        name: p.name,
        email: p.email,
        role: p.role,
        lastSignIn: last ? { at: last.at, address: last.address } : null,
        signInFactor: has('sign_in'),
        operationsFactor: has('operations'),
        you: p.id === ctx.actor.personId,
      }
    }),
  )
}
