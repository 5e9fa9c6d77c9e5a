import type { Server } from 'node:http'
import { log } from '@/lib/log'

/** How much of a gate strangers may hold, and for how long, before they have proved who they are. */
export type Patience = {
  /** Connections at once on one listener; what comes beyond is closed at once. */
  mostConnections: number
  /** From the first byte, or from the connection where none comes, to the last header. */
  headersMs: number
  /** To the last byte of the body. */
  requestMs: number
  /** A connection on which nothing moves, in either direction: a client that does not read its answer. */
  stillMs: number
  /** For the small body of a token request. */
  tokenBodyMs: number
}

export const patience: Patience = {
  mostConnections: 10_000,
  headersMs: 10_000,
  requestMs: 120_000,
  stillMs: 150_000,
  tokenBodyMs: 10_000,
}

const TOLD_EVERY_MS = 60_000

/** Sets what the server holds back, and says once a minute that it turns connections away. */
export function hold(server: Server, { mostConnections, headersMs, requestMs, stillMs }: Patience): Server {
  server.maxConnections = mostConnections
  server.headersTimeout = headersMs
  server.requestTimeout = requestMs
  server.timeout = stillMs
  let toldAt = Number.NEGATIVE_INFINITY
  server.on('drop', () => {
    if (performance.now() - toldAt < TOLD_EVERY_MS) return
    toldAt = performance.now()
    log('warn', 'connections.refused', { most: mostConnections })
  })
  return server
}
