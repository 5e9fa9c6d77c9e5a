import { and, desc, eq, gt, inArray, isNull, lt, ne, or } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { type Db, type Queryable, transact } from '@/db/client'
import { person, session, ticket } from '@/db/schema'
import { append, whereabouts } from '@/lib/activity/record'
import type { PersonCtx, Visit } from '@/lib/context'
import { refusable } from '@/lib/refusable'
import { err, ok, type Result } from '@/lib/result'
import { mintToken, sha256 } from '@/lib/secrets/format'
import { SESSION_HOURS, SESSION_IDLE_MINUTES, type SessionView } from './model'
import { lockPerson } from './own-change'

const idleSince = (now: Date): Date => new Date(now.getTime() - SESSION_IDLE_MINUTES * 60_000)

/** A live session is one that was not ended, not left idle and not older than its absolute end. */
const live = (now: Date) =>
  and(isNull(session.endedAt), gt(session.lastSeenAt, idleSince(now)), gt(session.expiresAt, now))

/** The current cookie, or the one before it within its few seconds. */
const carries = (digest: string, now: Date) =>
  or(eq(session.digest, digest), and(eq(session.previousDigest, digest), gt(session.previousUntil, now)))

const GRACE_MS = 5_000

/** A new random id for the same session, after a person proved themselves again (ASVS 7.2.4). */
export async function renewSession(db: Queryable, sessionId: string, now: Date): Promise<string> {
  const { token, digest } = mintToken()
  await db
    .update(session)
    .set({ previousDigest: session.digest, previousUntil: new Date(now.getTime() + GRACE_MS), digest })
    .where(and(eq(session.id, sessionId), isNull(session.endedAt)))
  return token
}

/** @returns the random id for the cookie; the database keeps its digest */
export async function startSession(
  db: Queryable,
  personId: string,
  visit: Pick<Visit, 'now' | 'address' | 'userAgent'>,
) {
  const { token, digest } = mintToken()
  const id = uuid()
  await db.insert(session).values({
    id,
    digest,
    personId,
    createdAt: visit.now,
    lastSeenAt: visit.now,
    expiresAt: new Date(visit.now.getTime() + SESSION_HOURS * 3_600_000),
    address: visit.address,
    userAgent: visit.userAgent.slice(0, 400),
  })
  return { token, sessionId: id }
}

/**
 * Whose session this token is, or null. A person's own doing keeps it alive; `polling` does not
 * (CHECKS 30: a page that refreshes itself must not keep a left desk signed in).
 */
export async function sessionOf(visit: Visit, token: string, polling = false): Promise<PersonCtx | null> {
  const [row] = await visit.db
    .select({
      id: session.id,
      lastSeenAt: session.lastSeenAt,
      personId: person.id,
      name: person.name,
      email: person.email,
    })
    .from(session)
    .innerJoin(person, eq(person.id, session.personId))
    .where(and(carries(sha256(token), visit.now), live(visit.now)))
  if (!row) return null
  // Once in ten seconds is enough: a click must not cost a write.
  if (!polling && visit.now.getTime() - row.lastSeenAt.getTime() > 10_000) {
    await visit.db
      .update(session)
      .set({ lastSeenAt: visit.now })
      .where(and(eq(session.id, row.id), lt(session.lastSeenAt, visit.now)))
  }
  return { ...visit, person: { id: row.personId, sessionId: row.id, name: row.name, email: row.email } }
}

export async function listSessions(ctx: PersonCtx): Promise<SessionView[]> {
  const rows = await ctx.db
    .select()
    .from(session)
    .where(and(eq(session.personId, ctx.person.id), live(ctx.now)))
    .orderBy(desc(session.lastSeenAt))
    .limit(100)
  return rows.map((s) => ({
    id: s.id,
    current: s.id === ctx.person.sessionId,
    createdAt: s.createdAt,
    lastSeenAt: s.lastSeenAt,
    address: s.address,
    userAgent: s.userAgent,
  }))
}

/** Ends one of the person's own sessions. Somebody else's id is simply not found. */
export async function endSession(ctx: PersonCtx, sessionId: string): Promise<Result<null, 'not_found'>> {
  const own = sessionId === ctx.person.sessionId
  return refusable(ctx.db, async (tx) => {
    await lockPerson(tx, ctx.person.id)
    const ended = await tx
      .update(session)
      .set({ endedAt: ctx.now, endReason: own ? 'signed_out' : 'ended' })
      .where(and(eq(session.id, sessionId), eq(session.personId, ctx.person.id), isNull(session.endedAt)))
      .returning({ id: session.id, address: session.address })
    if (!ended[0]) return err('not_found')
    await append(tx, {
      chain: `person:${ctx.person.id}`,
      at: ctx.now,
      action: own ? 'person.signed_out' : 'person.session_ended',
      actorId: ctx.person.id,
      subject: sessionId,
      personal: { ...whereabouts(ctx), endedAddress: ended[0].address },
    })
    return ok(null)
  })
}

/** Ends every other session of the person, inside the caller's transaction. @returns how many */
export async function endOtherSessions(tx: Queryable, ctx: PersonCtx, reason: string): Promise<number> {
  const ended = await tx
    .update(session)
    .set({ endedAt: ctx.now, endReason: reason })
    .where(and(eq(session.personId, ctx.person.id), ne(session.id, ctx.person.sessionId), isNull(session.endedAt)))
    .returning({ id: session.id })
  return ended.length
}

export async function endAllOtherSessions(ctx: PersonCtx): Promise<number> {
  return transact(ctx.db, async (tx) => {
    // Two that end each other, or one beside a change of password, take turns instead of waiting for each other.
    await lockPerson(tx, ctx.person.id)
    const count = await endOtherSessions(tx, ctx, 'ended')
    await append(tx, {
      chain: `person:${ctx.person.id}`,
      at: ctx.now,
      action: 'person.session_ended',
      actorId: ctx.person.id,
      detail: { sessions: count },
      personal: whereabouts(ctx),
    })
    return count
  })
}

const KEPT_DAYS = 180

/** Sessions that ended long ago, with the tickets that were opened in them. */
export async function forgetOldSessions(db: Db, now: Date): Promise<void> {
  const old = lt(session.expiresAt, new Date(now.getTime() - KEPT_DAYS * 86_400_000))
  await transact(db, async (tx) => {
    await tx.delete(ticket).where(inArray(ticket.sessionId, tx.select({ id: session.id }).from(session).where(old)))
    await tx.delete(session).where(old)
  })
}
