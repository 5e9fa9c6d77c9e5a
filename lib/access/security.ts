import { eq } from 'drizzle-orm'
import { person } from '@/db/schema'
import type { PersonCtx } from '@/lib/context'
import { activeFactor } from './factors'
import type { FactorPurpose, FactorView, SecurityView } from './model'
import { listSessions } from './sessions'

/** What Profile and security shows of a person. Never a seed. */
export async function securityOf(ctx: PersonCtx): Promise<SecurityView> {
  const [who] = await ctx.db.select({ at: person.passwordChangedAt }).from(person).where(eq(person.id, ctx.person.id))
  if (!who) throw new Error('a signed-in person does not exist')
  return {
    signIn: await factorView(ctx, 'sign_in'),
    operations: await factorView(ctx, 'operations'),
    sessions: await listSessions(ctx),
    passwordChangedAt: who.at,
  }
}

async function factorView(ctx: PersonCtx, purpose: FactorPurpose): Promise<FactorView> {
  const f = await activeFactor(ctx.db, ctx.person.id, purpose)
  if (!f?.enrolledAt) return null
  return { purpose, enrolledAt: f.enrolledAt, usableFrom: f.usableFrom && f.usableFrom > ctx.now ? f.usableFrom : null }
}
