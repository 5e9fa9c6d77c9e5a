import { and, inArray, lt, lte, sql } from 'drizzle-orm'
import type { Db } from '@/db/client'
import { attempt, device, mail, nonce, signIn, ticket } from '@/db/schema'

/** How long things are kept, in days (DESIGN.md section 7; sessions have their own rule in `access/sessions`). */
export const keptDays = { requests: 30, audit: 400, signIns: 180, mails: 90, attempts: 1, gateChanges: 1, tickets: 1 }

/** At most so many rows of one kind in one statement: a chore must not hold its locks for long. */
const AT_ONCE = 5_000

const before = (now: Date, days: number): Date => new Date(now.getTime() - days * 86_400_000)

/** Forgets what nobody needs any more. Counts of failures stay while they still lock somebody out. */
export async function forgetOld(db: Db, now: Date): Promise<void> {
  await dropPartitions(db, 'request_log', before(now, keptDays.requests))
  await dropPartitions(db, 'audit', before(now, keptDays.audit))
  await db.execute(sql`select forget_gate_changes(${before(now, keptDays.gateChanges).toISOString()})`)
  await db.delete(nonce).where(lte(nonce.expiresAt, now))
  await db.delete(device).where(lte(device.expiresAt, now))
  await db.delete(attempt).where(
    inArray(
      attempt.lane,
      db
        .select({ lane: attempt.lane })
        .from(attempt)
        .where(and(lt(attempt.windowStartedAt, before(now, keptDays.attempts)), lt(attempt.consecutive, 100)))
        .limit(AT_ONCE),
    ),
  )
  await db.delete(signIn).where(
    inArray(
      signIn.id,
      db
        .select({ id: signIn.id })
        .from(signIn)
        .where(lt(signIn.at, before(now, keptDays.signIns)))
        .limit(AT_ONCE),
    ),
  )
  await db.delete(mail).where(lt(mail.sentAt, before(now, keptDays.mails)))
  await db.delete(ticket).where(lt(ticket.expiresAt, before(now, keptDays.tickets)))
}

async function dropPartitions(db: Db, table: 'request_log' | 'audit', olderThan: Date): Promise<void> {
  await db.execute(sql`select drop_partitions(${table}, ${olderThan.toISOString()})`)
}
