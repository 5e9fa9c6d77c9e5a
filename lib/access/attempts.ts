import { sql } from 'drizzle-orm'
import type { Queryable } from '@/db/client'

/** A lane counts failures; a guess is counted before it is looked at, so parallel guesses share the tries. */
export type Limit = { failures: number; windowMs: number; consecutive?: number }

const minutes = (n: number): number => n * 60_000

/** CHECKS "Numbers". */
export const limits = {
  /** A browser that signed in before. */
  signInDevice: { failures: 5, windowMs: minutes(15) },
  /** Everybody else, per account; whatever the window, never more than 100 in a row. */
  signInUntrusted: { failures: 10, windowMs: minutes(15), consecutive: 100 },
  signInAddress: { failures: 30, windowMs: minutes(10) },
  stepUp: { failures: 5, windowMs: minutes(15) },
} as const satisfies Record<string, Limit>

export type Taken = { allowed: true; last: boolean } | { allowed: false; retryAt: Date }

/**
 * Takes one try in one guarded statement. `last` says that this was the last one of the window: who fails it is locked out.
 * A success gives the tries back (`clearAttempts`).
 */
export async function takeAttempt(db: Queryable, lane: string, limit: Limit, now: Date): Promise<Taken> {
  const windowStart = new Date(now.getTime() - limit.windowMs)
  const cap = limit.consecutive ?? 2_000_000_000
  const { rows } = await db.execute<{ failures: number }>(sql`
    insert into attempt as a (lane, failures, window_started_at, consecutive) values (${lane}, 1, ${now.toISOString()}, 1)
    on conflict (lane) do update set
      failures = case when a.window_started_at <= ${windowStart.toISOString()} then 1 else a.failures + 1 end,
      window_started_at = case when a.window_started_at <= ${windowStart.toISOString()} then ${now.toISOString()} else a.window_started_at end,
      consecutive = a.consecutive + 1
    where (a.window_started_at <= ${windowStart.toISOString()} or a.failures < ${limit.failures}) and a.consecutive < ${cap}
    returning failures`)
  const taken = rows[0]
  if (taken) return { allowed: true, last: taken.failures === limit.failures }

  const state = await db.execute<{ at: Date }>(sql`select window_started_at as at from attempt where lane = ${lane}`)
  const startedAt = state.rows[0] ? new Date(state.rows[0].at) : now
  return { allowed: false, retryAt: new Date(startedAt.getTime() + limit.windowMs) }
}

export const clearAttempts = (db: Queryable, lanes: string[]): Promise<unknown> =>
  db.execute(sql`delete from attempt where lane in ${lanes}`)

/** Gives back the one try that turned out right, and leaves the failures of others in the lane. */
export const giveBack = (db: Queryable, lane: string): Promise<unknown> =>
  db.execute(
    sql`update attempt set failures = greatest(failures - 1, 0), consecutive = greatest(consecutive - 1, 0) where lane = ${lane}`,
  )

/**
 * The person has proved themselves elsewhere: the failures in a row of a lane begin anew (NIST SP 800-63B 3.2.2), or
 * whoever filled it would have closed it for good. Its window runs on.
 */
export const forgetConsecutive = (db: Queryable, lane: string): Promise<unknown> =>
  db.execute(sql`update attempt set consecutive = 0 where lane = ${lane}`)
