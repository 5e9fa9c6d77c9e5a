import pg from 'pg'

/** About two seconds of recovery, and what the log takes on the disk until then. */
const LONGEST_LOG_BYTES = 32 * 1024 * 1024
const EVERY_MS = 30_000

/**
 * The embedded database has no checkpointer of its own: without this its log grows until it is closed, and after a
 * crash all of it is read again. Asked for like any other client does, so that it never stands inside a transaction.
 * @param url of the owner's own socket
 * @returns what ends it
 */
export function keepLogShort(
  url: string,
  { everyMs = EVERY_MS, longestBytes = LONGEST_LOG_BYTES } = {},
): () => Promise<void> {
  let turn: Promise<void> = Promise.resolve()
  const look = async () => {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => {})
    try {
      await client.connect()
      if ((await logBytes(client)) > longestBytes) await client.query('checkpoint')
    } catch (error) {
      // A database that cannot answer ends by itself; the next look finds one that can.
      process.stderr.write(`no checkpoint: ${error instanceof Error ? error.message : String(error)}\n`)
    } finally {
      await client.end().catch(() => {})
    }
  }
  const timer = setInterval(() => {
    turn = turn.then(look)
  }, everyMs)
  timer.unref()
  return () => {
    clearInterval(timer)
    return turn
  }
}

/** Bytes of log that a start after a crash would read. */
export async function logBytes(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>(
    'select pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn) as bytes from pg_control_checkpoint()',
  )
  return Number(rows[0]?.bytes)
}
