import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { session, ticket } from '@/db/schema'
import { dbOf, world } from '@/lib/testing'
import { forgetOldSessions } from './sessions'

test('a session is forgotten 180 days after its end, also one in which something was confirmed', async () => {
  const w = await world()
  const rowsOf = async (sessionId: string) => [
    ...(await w.db.select({ id: session.id }).from(session).where(eq(session.id, sessionId))),
    ...(await w.db.select({ id: ticket.id }).from(ticket).where(eq(ticket.sessionId, sessionId))),
  ]
  const ended = async (sessionId: string, days: number) => {
    const expiresAt = new Date(w.clock.now().getTime() - days * 86_400_000)
    await w.db.update(session).set({ expiresAt }).where(eq(session.id, sessionId))
  }
  await w.prove(w.olivia, 'money_out.allow', {})
  await w.prove(w.ingrid, 'money_out.allow', {})
  const { sessionId: old } = (await w.olivia.ctx()).actor
  const { sessionId: recent } = (await w.ingrid.ctx()).actor
  await ended(old, 181)
  await ended(recent, 179)

  await forgetOldSessions(dbOf('dispatcher'), w.clock.now())

  expect(await rowsOf(old)).toEqual([])
  expect(await rowsOf(recent)).toHaveLength(2)
})
