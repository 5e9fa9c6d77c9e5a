import { AsyncLocalStorage } from 'node:async_hooks'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import * as schema from './schema'

export type Db = NodePgDatabase<typeof schema> & { $client: pg.Pool }
export type Tx = Parameters<Parameters<NodePgDatabase<typeof schema>['transaction']>[0]>[0]
/** Anything that can run a query: the pool, or the transaction one stands in. */
export type Queryable = Db | Tx

// Counts as text would surprise; int8 columns here stay far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

const inTransaction = new AsyncLocalStorage<true>()

/**
 * Opens a pool. Nothing connects before the first query.
 * The time limits travel with the start of a connection; the embedded database, one for all, ignores them.
 * @param url a PostgreSQL connection string; `postgres://gatehouse@%2Fpath%2Fto%2Fsocket-dir/gatehouse` reaches a Unix socket
 * @param max connections at most
 * @param queryMs how long one query may take before its connection is given up: a partition must not eat the pool
 */
export function connect(url: string, { max = 8, queryMs }: { max?: number; queryMs?: number } = {}): Db {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 15_000,
    lock_timeout: 10_000,
    idle_in_transaction_session_timeout: 15_000,
    ...(queryMs === undefined ? {} : { query_timeout: queryMs }),
  })
  // A connection that breaks (restart, failover), idle or inside a transaction, must not end the process: whoever
  // waits for it gets the error, the next query gets a new connection.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const query = pool.query.bind(pool)
  // One embedded connection serves everybody: a query outside the transaction one stands in would wait for itself.
  pool.query = ((...args: Parameters<typeof query>) => {
    if (inTransaction.getStore()) throw new Error('a query on the pool inside a transaction: use its tx')
    return query(...args)
  }) as typeof pool.query
  return drizzle(pool, { schema }) as Db
}

/** The one way to open a transaction. Inside `fn` only `tx` may be used; no other connection is awaited. */
export function transact<T>(db: Db, fn: (tx: Tx) => Promise<T>): Promise<T> {
  if (inTransaction.getStore()) throw new Error('a transaction inside a transaction: pass the tx on')
  // Awaited inside: a query of the builder starts only when somebody waits for it.
  return db.transaction((tx) => inTransaction.run(true, async () => await fn(tx)))
}

/** The part of a database error that may be logged: never the statement's parameters. */
export function sqlState(error: unknown): string | undefined {
  for (let e = error; e instanceof Error; e = e.cause as Error) {
    const code = (e as { code?: unknown }).code
    if (typeof code === 'string') return code
  }
  return undefined
}
