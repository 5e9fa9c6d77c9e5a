import { sql } from 'drizzle-orm'
import type { Db } from '@/db/client'
import { log } from '@/lib/log'

/**
 * Database time, kept as this process's monotonic clock plus an offset: the only source of `ctx.now`.
 * A host whose wall clock jumps neither locks nor unlocks anything, and it never runs backwards: when the database's own
 * clock is set back it stands still until that has caught up, so what has expired stays expired. How far it had come is
 * remembered in the heartbeats, for programs that start meanwhile.
 */
export type Clock = {
  now(): Date
  /** How far a demo or a test has moved `now`, in ms: what is signed for another machine is dated without it. */
  shiftMs(): number
  /** Reads the database's time once; also called by `start` each second. */
  refresh(): Promise<void>
  /** Wall clock of this host minus database time, in ms; over 2 s is said in the log. */
  skewMs(): number
  /** Whether the database told its time when it was last asked, and has not been silent for 2 s since. */
  answering(): boolean
  start(): void
  stop(): void
}

/** Beyond this a difference between two clocks is worth a line in the log, in ms. */
const ALARM_MS = 2000
/** A reading that took longer says too little about the moment it was taken, in ms. */
const SLOWEST_MS = 1000
/** A question that is open for longer has no answer, in ms. */
const SILENT_MS = 2000
/** A database that is set back further than this was wrong before: standing still would stop the product, in ms. */
const LONGEST_STAND_MS = 10 * 60_000

export function databaseClock(db: Db, refreshMs = 1000): Clock {
  let offsetMs: number | null = null
  let highestMs = Number.NEGATIVE_INFINITY
  let answered = false
  let askedAt = 0
  let shift = 0
  let timer: NodeJS.Timeout | undefined
  let reading: Promise<void> | null = null
  const skew = alarm('clock_skew', 'skewMs')
  const behind = alarm('clock_regression', 'behindMs')

  /** Database time without the demo's shift, never less than it was. */
  function standing(): number {
    if (offsetMs === null) throw new Error('the clock was read before its first refresh')
    highestMs = Math.max(highestMs, performance.now() + offsetMs)
    return highestMs
  }

  async function read(): Promise<void> {
    const sent = performance.now()
    const { rows } = await db.execute<{ ms: number; mark: number | null; shift: number }>(
      sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms,
            (select extract(epoch from max(at)) * 1000 from heartbeat)::float8 as mark,
            coalesce((select shift_ms from clock_shift where exists (select from installation where demo)), 0)::float8
              as shift`,
    )
    const received = performance.now()
    const ms = Number(rows[0]?.ms)
    shift = Number(rows[0]?.shift)
    if (offsetMs !== null && received - sent > SLOWEST_MS) return
    if (offsetMs === null) startAt(Number(rows[0]?.mark ?? 0), ms)
    take(ms - (sent + received) / 2)
    skew.set(Date.now() - (ms + (received - sent) / 2))
  }

  /** A program that starts while the database's clock is set back begins where the others stand. */
  function startAt(mark: number, ms: number): void {
    if (mark - ms <= LONGEST_STAND_MS) highestMs = mark
  }

  function take(measured: number): void {
    const before = offsetMs === null ? highestMs : standing()
    offsetMs = measured
    const fell = before - (performance.now() + measured)
    behind.set(Math.max(fell, 0))
    if (fell > LONGEST_STAND_MS) highestMs = Number.NEGATIVE_INFINITY
  }

  /** One reading at a time: while the database is silent they would fill the pool. */
  function refresh(): Promise<void> {
    if (reading) return reading
    askedAt = performance.now()
    reading = read()
      .then(
        () => {
          answered = true
        },
        (error: unknown) => {
          answered = false
          throw error
        },
      )
      .finally(() => {
        reading = null
      })
    return reading
  }

  return {
    refresh,
    now: () => new Date(standing() + shift),
    skewMs: () => skew.value(),
    answering: () => answered && (reading === null || performance.now() - askedAt < SILENT_MS),
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

/** Says once in the log that a value has gone beyond what is normal, and once that it is back. */
function alarm(event: string, field: string) {
  let value = 0
  let raised = false
  return {
    value: () => value,
    set(next: number): void {
      value = next
      const over = Math.abs(next) > ALARM_MS
      if (over !== raised) log(over ? 'warn' : 'info', event, { [field]: Math.round(next), over })
      raised = over
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
    answering: () => true,
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
