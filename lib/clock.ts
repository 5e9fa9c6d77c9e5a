import { sql } from 'drizzle-orm'
import type { Db } from '@/db/client'

/**
 * Database time, kept as this process's monotonic clock plus an offset: the only source of `ctx.now`.
 * A host whose wall clock jumps neither locks nor unlocks anything.
 */
export type Clock = {
  now(): Date
  /** How far a demo or a test has moved `now`, in ms: what is signed for another machine is dated without it. */
  shiftMs(): number
  /** Reads the database's time once; also called by `start` each second. */
  refresh(): Promise<void>
  /** Wall clock of this host minus database time, in ms; over 2 s is shown. */
  skewMs(): number
  start(): void
  stop(): void
}

export function databaseClock(db: Db, refreshMs = 1000): Clock {
  let offsetMs: number | null = null
  let skew = 0
  let shift = 0
  let timer: NodeJS.Timeout | undefined

  async function refresh(): Promise<void> {
    const sent = performance.now()
    const { rows } = await db.execute<{ ms: number; shift: number }>(
      sql`select (extract(epoch from clock_timestamp()) * 1000)::float8
              as ms,
            coalesce((select shift_ms from clock_shift where exists (select from installation where demo)), 0)::float8
              as shift`,
    )
    const received = performance.now()
    const ms = Number(rows[0]?.ms)
    shift = Number(rows[0]?.shift)
    offsetMs = ms + shift - (sent + received) / 2
    skew = Date.now() - ms
  }

  return {
    refresh,
    now() {
      if (offsetMs === null) throw new Error('the clock was read before its first refresh')
      return new Date(performance.now() + offsetMs)
    },
    skewMs: () => skew,
    shiftMs: () => shift,
    start() {
      timer = setInterval(() => void refresh().catch(() => {}), refreshMs)
      timer.unref()
    },
    stop() {
      clearInterval(timer)
    },
  }
}

/** A clock that stands where a test puts it. */
export function fixedClock(start: Date): Clock & { set(at: Date): void; advance(ms: number): void } {
  let at = start
  return {
    now: () => at,
    refresh: async () => {},
    skewMs: () => 0,
    shiftMs: () => 0,
    start() {},
    stop() {},
    set(next) {
      at = next
    },
    advance(ms) {
      at = new Date(at.getTime() + ms)
    },
  }
}
