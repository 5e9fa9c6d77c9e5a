import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import pg from 'pg'
import type { Db } from '@/db/client'
import { monotonicMs, within } from './time'

/**
 * How a gate learns of changes: pushed by LISTEN, and read from the change log each second as a backstop, by
 * transaction id against the last snapshot, so that a long transaction that commits late is never missed.
 */
export type ChangeFeed = {
  /** Reads the log once and returns when the answer held good; starts both loops. Throws if the database is silent. */
  start(): Promise<void>
  stop(): Promise<void>
  /** Monotonic ms at which memory was last known to hold everything committed; -Infinity before the first read. */
  freshAt(): number
  /** Whether pushes arrive. */
  listening(): boolean
}

export type FeedEvents = {
  /** Records of these merchants are no longer true. */
  changed(merchantIds: readonly string[]): void
  /** Something may have been missed: nothing remembered is to be trusted. */
  lost(): void
}

const POLL_MS = 1000
const POLL_TIMEOUT_MS = 1500
const SHORTEST_PAUSE_MS = 50
/** A connection that takes what it is told and answers nothing is given up. */
const LISTEN_MS = 3000
/** A database that is slow for a moment keeps its LISTEN connection: losing it costs everything that is remembered. */
const MOST_FAILURES = 3
const CHANNEL = 'gate_change'

export function changeFeed(db: Db, url: string, events: FeedEvents): ChangeFeed {
  let snapshot: string | null = null
  let freshAt = Number.NEGATIVE_INFINITY
  let listening = false
  let failures = 0
  /** Ends the LISTEN connection: one that a partition left half open would be believed for hours. */
  let hangUp: () => void = () => {}
  let timer: NodeJS.Timeout | undefined
  const stopped = new AbortController()

  async function poll(): Promise<void> {
    const asked = monotonicMs()
    const found = await within(POLL_TIMEOUT_MS, readLog(db, snapshot))
    if (asked < freshAt) return
    if (found.rewound) events.lost()
    else if (found.changed.length > 0) events.changed(found.changed)
    snapshot = found.snapshot
    freshAt = asked
  }

  /** Each second from beginning to beginning: a slow answer is not waited for and then paused after. */
  function pollAgain(beganAt = monotonicMs()): void {
    timer = setTimeout(
      () => {
        const began = monotonicMs()
        void poll()
          .then(
            () => {
              failures = 0
            },
            () => {
              failures += 1
              if (failures % MOST_FAILURES === 0) hangUp()
            },
          )
          .finally(() => {
            if (!stopped.signal.aborted) pollAgain(began)
          })
      },
      Math.max(SHORTEST_PAUSE_MS, beganAt + POLL_MS - monotonicMs()),
    )
  }

  /** Holds one LISTEN connection until it breaks. */
  async function listenOnce(): Promise<void> {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3000, keepAlive: true })
    const broken = new Promise<void>((resolve) => {
      client.once('end', resolve)
      client.on('error', () => resolve())
      hangUp = resolve
    })
    const brokenBefore = broken.then(() => {
      throw new Error('the connection broke before it listened')
    })
    brokenBefore.catch(() => {})
    client.on('notification', ({ payload }) => events.changed([payload ?? '']))
    try {
      await within(LISTEN_MS, Promise.race([client.connect(), brokenBefore]))
      await within(LISTEN_MS, Promise.race([client.query(`listen ${CHANNEL}`), brokenBefore]))
      // What was pushed while nobody listened is gone.
      events.lost()
      listening = true
      await broken
    } finally {
      listening = false
      await within(1000, client.end()).catch(() => {})
    }
  }

  async function listenForEver(): Promise<void> {
    while (!stopped.signal.aborted) {
      await listenOnce().catch(() => {})
      await sleep(250, undefined, { signal: stopped.signal }).catch(() => {})
    }
  }

  let loop: Promise<void> = Promise.resolve()
  return {
    async start() {
      await poll()
      pollAgain()
      loop = listenForEver()
    },
    async stop() {
      stopped.abort()
      clearTimeout(timer)
      hangUp()
      await loop
    },
    freshAt: () => freshAt,
    listening: () => listening,
  }
}

/**
 * The look is a heartbeat as well: it counts only when the database took a commit. One that is read-only, in recovery
 * or cut off from its synchronous standby still answers, and may lag behind the one where a key was revoked.
 * `rewound`: the log is behind what we have seen, so this is another database or an older copy of it.
 */
async function readLog(db: Db, since: string | null) {
  const seen = sql`coalesce(${since}::pg_snapshot, pg_current_snapshot())`
  const { rows } = await db.execute<{ snapshot: string; rewound: boolean; changed: string[] | null }>(sql`
    select gate_heartbeat() as beat,
           pg_current_snapshot()::text as snapshot,
           pg_snapshot_xmax(${seen}) > pg_snapshot_xmax(pg_current_snapshot()) as rewound,
           (select array_agg(distinct merchant_id) from gate_change
             where xid >= pg_snapshot_xmin(${seen}) and not pg_visible_in_snapshot(xid, ${seen})) as changed`)
  const row = rows[0]
  if (!row) throw new Error('the change log gave no row')
  return { snapshot: row.snapshot, rewound: row.rewound, changed: row.changed ?? [] }
}
