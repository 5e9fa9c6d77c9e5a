import { getTableColumns, sql } from 'drizzle-orm'
import type { Db } from '@/db/client'
import { requestLog } from '@/db/schema'
import { faultOf, log } from '@/lib/log'

/** One decided request, with every column of the request log. */
type Row = typeof requestLog.$inferSelect
export type LogEntry = Omit<Row, 'checks'> & { checks: Readonly<Row['checks']> }

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
/** Strangers fill half of the queue at most: a flood must not push out what a holder of a secret did. */
const MOST_UNPROVEN = MOST_QUEUED / 2

export function requestLogWriter(db: Db): RequestLog {
  /** Full batches and the one that fills; the first is written next. */
  const batches: Batch[] = [emptyBatch()]
  let queued = 0
  let dropped = 0
  let writing: Promise<void> = Promise.resolve()
  let failing = false
  const timer = setInterval(() => void flush(), EVERY_MS)
  timer.unref()

  async function writeAll(): Promise<void> {
    for (;;) {
      const batch = batches[0] as Batch
      if (batch.rows.length === 0) return
      if (batches.length === 1) batches.push(emptyBatch())
      try {
        await write(db, batch)
      } catch (error) {
        if (!failing) log('error', 'request_log.write_failed', { ...faultOf(error), queued })
        failing = true
        return
      }
      failing = false
      batches.shift()
      queued -= batch.rows.length
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
      if (queued >= (entry.proven ? MOST_QUEUED : MOST_UNPROVEN)) {
        dropped++
        return
      }
      queued++
      const filling = batches.at(-1) as Batch
      if (filling.rows.push(rowOf(entry, filling.shared)) < BATCH) return
      batches.push(emptyBatch())
      if (!failing) void flush()
    },
    async stop() {
      clearInterval(timer)
      await flush()
    },
    queued: () => queued,
    dropped: () => dropped,
  }
}

/**
 * One statement for a batch: rows that are already there (an answer that got lost) are skipped, and only the new
 * ones count as usage, which moves forward only. Sorted by id, so that two gates cannot wait for each other.
 * Rows travel as arrays in the order of `columns`, and what most of them share (checks, hops) once per batch.
 */
async function write(db: Db, { rows, shared }: Batch): Promise<void> {
  await db.execute(sql`
    with written as (
      insert into request_log (${names})
      select ${values} from (select ${storable(JSON.stringify([...shared.keys()]))}::jsonb as shared) s,
             jsonb_array_elements(${storable(`[${rows.join(',')}]`)}::jsonb) r
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

type Column = { key: keyof LogEntry; name: string; type: string; shared: boolean }
const columns: Column[] = Object.entries(getTableColumns(requestLog)).map(([key, column]) => {
  const type = column.getSQLType()
  return { key: key as keyof LogEntry, name: column.name, type, shared: type === 'jsonb' }
})
const names = sql.join(
  columns.map(({ name }) => sql.identifier(name)),
  sql`, `,
)
const values = sql.join(
  columns.map(({ type, shared }, i) => sql.raw(shared ? `s.shared -> (r ->> ${i})::int` : `(r ->> ${i})::${type}`)),
  sql`, `,
)

/**
 * Rows as JSON text, made when they come: one string survives the wait for the batch, not an object with its parts.
 * Lists are shared objects for most requests: told apart by identity, which costs nothing.
 */
type Batch = { rows: string[]; shared: Map<unknown, number> }
const emptyBatch = (): Batch => ({ rows: [], shared: new Map() })

function rowOf(entry: LogEntry, shared: Map<unknown, number>): string {
  return JSON.stringify(columns.map((column) => (column.shared ? place(entry[column.key], shared) : entry[column.key])))
}

function place(value: unknown, shared: Map<unknown, number>): number {
  const known = shared.get(value)
  if (known !== undefined) return known
  shared.set(value, shared.size)
  return shared.size - 1
}

/** PostgreSQL has no NUL in text; everything else that a client can send is kept as it was. */
const storable = (json: string): string => json.replaceAll('\\u0000', '\\ufffd')
