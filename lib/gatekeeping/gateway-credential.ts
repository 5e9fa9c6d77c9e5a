import { eq } from 'drizzle-orm'
import type { Db } from '@/db/client'
import { gatewayCredential } from '@/db/schema'
import type { Clock } from '@/lib/clock'
import { sha256 } from '@/lib/secrets/format'
import { twoAgeCache } from './cache'
import { monotonicMs, within } from './time'

/** What a gateway credential (`gtg_…`) may be used for on the internal listener. */
export type GatewayScope = 'verify' | 'events' | 'provision' | 'metrics'

export type GatewayCredentials = {
  /** Whether the token holds the scope now. Rejects when the database is silent and nothing recent is known. */
  allows(token: string, scope: GatewayScope): Promise<boolean>
}

type Row = typeof gatewayCredential.$inferSelect
type Known = { row: Row | null; at: number }

/** An answer of the database is used this long, so that a revoked credential ends within it. */
const KNOWN_MS = 1000
/** Probes of readiness give up soon: a database that is silent for longer is the answer. */
const PATIENCE_MS = 1000
const TOKEN = /^gtg_[A-Za-z0-9_-]{20,200}$/

export function gatewayCredentials(db: Db, clock: Clock): GatewayCredentials {
  const known = twoAgeCache<Known>(1000)

  async function find(digest: string): Promise<Row | null> {
    const recent = known.get(digest)
    if (recent && monotonicMs() - recent.at < KNOWN_MS) return recent.row
    const query = db.select().from(gatewayCredential).where(eq(gatewayCredential.digest, digest)).limit(1)
    const [row] = await within(PATIENCE_MS, query)
    known.set(digest, { row: row ?? null, at: monotonicMs() })
    return row ?? null
  }

  return {
    async allows(token, scope) {
      if (!TOKEN.test(token)) return false
      const row = await find(sha256(token))
      if (!row || row.revokedAt) return false
      return row.scopes.includes(scope) && (!row.expiresAt || row.expiresAt > clock.now())
    },
  }
}
