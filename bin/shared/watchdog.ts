import pg from 'pg'

const EVERY_MS = 5000
const SILENT_FOR_MS = 15_000
const SQLSTATE = /^[0-9A-Z]{5}$/

/**
 * A query that never ends blocks everybody on the embedded database, and nothing inside can stop it
 * (`statement_timeout` has no effect there). Killing the owner loses nothing: a commit is durable or was not acknowledged.
 * @param kill called when `select 1` got no answer for 15 s
 * @returns what ends the watch
 */
export function watch(
  url: string,
  kill: () => void,
  { everyMs = EVERY_MS, silentForMs = SILENT_FOR_MS } = {},
): () => void {
  const mostSilent = Math.ceil(silentForMs / everyMs)
  let stopped = false
  // Turns without an answer, not time: whoever was frozen itself, or whose clock was set, blames nobody.
  let silent = 0
  let asking = false
  const ask = async () => {
    asking = true
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: silentForMs })
    client.on('error', () => {})
    const giveUp = setTimeout(() => void client.end().catch(() => {}), silentForMs + everyMs)
    try {
      await client.connect()
      await client.query('select 1')
      silent = 0
    } catch (error) {
      // Nobody listens: the owner is being restarted, and a dead one needs no killing. One that refuses is alive.
      const { code = '' } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ECONNREFUSED' || SQLSTATE.test(code)) silent = 0
    } finally {
      clearTimeout(giveUp)
      await client.end().catch(() => {})
      asking = false
    }
  }
  const timer = setInterval(() => {
    if (stopped) return
    if (silent >= mostSilent) {
      silent = 0
      kill()
    } else {
      silent += 1
      if (!asking) void ask()
    }
  }, everyMs)
  return () => {
    stopped = true
    clearInterval(timer)
  }
}
