import { and, asc, eq, gt } from 'drizzle-orm'
import type { Db } from '@/db/client'
import { audit, auditHead } from '@/db/schema'
import { commitment, entryHash } from './record'

export type ChainReport = { chain: string; entries: number; ok: true } | { chain: string; ok: false; badSeq: number }

/** Walks one chain from its first entry and names the first sequence number that does not hold. */
export async function verifyChain(db: Db, chain: string): Promise<ChainReport> {
  let seq = 0
  let hash = ''
  for (;;) {
    const page = await db
      .select()
      .from(audit)
      .where(and(eq(audit.chain, chain), gt(audit.seq, seq)))
      .orderBy(asc(audit.seq))
      .limit(500)
    for (const e of page) {
      const honest =
        e.seq === seq + 1 &&
        e.previousHash === hash &&
        entryHash(e) === e.hash &&
        Object.entries(e.personal ?? {}).every(([k, p]) => commitment(k, p) === e.commitments[k])
      if (!honest) return { chain, ok: false, badSeq: seq + 1 }
      seq = e.seq
      hash = e.hash
    }
    if (page.length < 500) break
  }
  const [head] = await db.select().from(auditHead).where(eq(auditHead.chain, chain))
  if ((head?.seq ?? 0) !== seq || (head?.hash ?? '') !== hash) return { chain, ok: false, badSeq: seq + 1 }
  return { chain, entries: seq, ok: true }
}
