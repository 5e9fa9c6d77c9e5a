import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Db } from '@/db/client'
import { mail } from '@/db/schema'
import { type Rendered, render } from './render'

/** Hands one mail to a server. `id` is stable over retries, so that a receiver can tell a repetition. */
export type Send = (message: Rendered & { to: string; id: string }) => Promise<void>

/** While one dispatcher sends a mail, no other takes it; what a crashed one held is due again after this. */
const LEASE_SECONDS = 60
/** The last attempt comes about two days after the first. */
const MOST_ATTEMPTS = 60
const LONGEST_PAUSE_SECONDS = 3600

/**
 * Sends what is due, one by one. A mail is taken and marked in statements of its own: no transaction is open while a
 * server far away takes its time, and a failure delays that one mail alone.
 * @returns how many were sent and how many failed
 */
export async function deliverDue(db: Db, now: Date, send: Send, most = 20): Promise<{ sent: number; failed: number }> {
  const outcome = { sent: 0, failed: 0 }
  for (let i = 0; i < most; i += 1) {
    const due = await take(db, now)
    if (!due) break
    try {
      await send({ ...render(due), to: due.recipient, id: due.id })
      await db.update(mail).set({ sentAt: now, lastError: null }).where(eq(mail.id, due.id))
      outcome.sent += 1
    } catch (error) {
      const nextAt = new Date(now.getTime() + pauseSeconds(due.attempts) * 1000)
      await db
        .update(mail)
        .set({ nextAt, lastError: codeOf(error) })
        .where(and(eq(mail.id, due.id), isNull(mail.sentAt)))
      outcome.failed += 1
    }
  }
  return outcome
}

async function take(db: Db, now: Date): Promise<typeof mail.$inferSelect | null> {
  const lease = new Date(now.getTime() + LEASE_SECONDS * 1000)
  const next = sql`(select ${mail.id} from ${mail}
    where ${mail.sentAt} is null and ${mail.nextAt} <= ${now} and ${mail.attempts} < ${MOST_ATTEMPTS}
    order by ${mail.nextAt} limit 1 for update skip locked)`
  const [row] = await db
    .update(mail)
    .set({ nextAt: lease, attempts: sql`${mail.attempts} + 1` })
    .where(eq(mail.id, next))
    .returning()
  return row ?? null
}

/** 5 s, 10 s, 20 s, and so on up to an hour. */
const pauseSeconds = (attempts: number): number => Math.min(5 * 2 ** (attempts - 1), LONGEST_PAUSE_SECONDS)

/** The server's answer in short. Never its sentence: it may repeat the recipient or the content. */
function codeOf(error: unknown): string {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown }
  return (
    [code, responseCode].filter((part) => typeof part === 'string' || typeof part === 'number').join(' ') || 'failed'
  )
}
