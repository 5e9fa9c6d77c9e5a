import { sql } from 'drizzle-orm'
import type { Db } from '@/db/client'
import { requestLog } from '@/db/schema'
import { faultOf, log } from '@/lib/log'

/** One decided request, with every column of the request log. */
export type LogEntry = typeof requestLog.$inferSelect

export type RequestLog = {
  /** Never waits and never throws. */
  add(entry: LogEntry): void
  /** Writes what is queued now. */
  flush(): Promise<void>
  stop(): Promise<void>
  queued(): number
  /** Entries that were given up because the database was silent for too long. */
  dropped(): number
}

const EVERY_MS = 1000
const BATCH = 500
const MOST_QUEUED = 50_000

export function requestLogWriter(db: Db): RequestLog {
  let queue: LogEntry[] = []
  let dropped = 0
  let writing: Promise<void> = Promise.resolve()
  let failing = false
  const timer = setInterval(() => void flush(), EVERY_MS)
  timer.unref()

  async function writeAll(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.slice(0, BATCH)
      try {
        await write(db, batch)
      } catch (error) {
        if (!failing) log('error', 'request_log.write_failed', { ...faultOf(error), queued: queue.length })
        failing = true
        return
      }
      failing = false
      queue = queue.slice(batch.length)
    }
  }

  /** One write at a time; the next begins where it ended. */
  function flush(): Promise<void> {
    writing = writing.then(writeAll)
    return writing
  }

  return {
    flush,
    add(entry) {
      if (queue.length >= MOST_QUEUED) {
        dropped++
        return
      }
      queue.push(entry)
      if (queue.length % BATCH === 0 && !failing) void flush()
    },
    async stop() {
      clearInterval(timer)
      await flush()
    },
    queued: () => queue.length,
    dropped: () => dropped,
  }
}

/**
 * One statement for a batch: rows that are already there (an answer that got lost) are skipped, and only the new
 * ones count as usage, which moves forward only. Sorted by id, so that two gates cannot wait for each other.
 */
async function write(db: Db, batch: readonly LogEntry[]): Promise<void> {
  const rows = JSON.stringify(batch.map(columnsOf))
  await db.execute(sql`
    with written as (
      insert into request_log select * from jsonb_populate_recordset(null::request_log, ${rows}::jsonb)
      on conflict do nothing
      returning merchant_id, generation_id, at, address, verdict
    )
    insert into usage (generation_id, merchant_id, last_used_at, last_used_from, calls)
    select generation_id, merchant_id, max(at), (array_agg(address order by at desc))[1], count(*)
      from written where verdict = 'accepted' and generation_id is not null
     group by generation_id, merchant_id order by generation_id
    on conflict (generation_id) do update
       set last_used_at = greatest(usage.last_used_at, excluded.last_used_at),
           last_used_from = case when excluded.last_used_at >= usage.last_used_at
                                 then excluded.last_used_from else usage.last_used_from end,
           calls = usage.calls + excluded.calls`)
}

const names = Object.fromEntries(
  Object.entries(requestLog).flatMap(([key, column]) =>
    typeof column === 'object' && column !== null && 'name' in column ? [[key, String(column.name)]] : [],
  ),
)

const columnsOf = (entry: LogEntry): Record<string, unknown> =>
  Object.fromEntries(Object.entries(entry).map(([key, value]) => [names[key] ?? key, storable(value)]))

/** PostgreSQL has no NUL in text; everything else that a client can send is kept as it was. */
const storable = (value: unknown): unknown => (typeof value === 'string' ? value.replaceAll('\u0000', '\ufffd') : value)
