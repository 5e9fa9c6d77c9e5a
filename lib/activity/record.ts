import { createHash, randomBytes } from 'node:crypto'
import { eq } from 'drizzle-orm'
import type { Tx } from '@/db/client'
import { audit, auditHead } from '@/db/schema'
import { canonicalJson } from '@/lib/canonical-json'
import type { Ctx, PersonCtx } from '@/lib/context'
import type { AuditAction } from './model'

export type Detail = Record<string, string | number | boolean | null | string[]>

export type Entry = {
  /** A merchant's id, or `person:<id>`. */
  chain: string
  at: Date
  action: AuditAction
  result?: 'ok' | 'refused'
  actorKind?: 'person' | 'operator' | 'system'
  actorId: string | null
  subject?: string | null
  /** Never personal, never a secret: it is hashed and kept as it is. */
  detail?: Detail
  /** Names, addresses, user agents, notes: committed to with a salt, so that they can be erased. */
  personal?: Record<string, string>
}

/**
 * Appends one entry to its chain, inside the transaction of the change it tells of.
 * The head row stays locked until that transaction ends, so a chain neither forks nor has gaps.
 */
export async function append(tx: Tx, entry: Entry): Promise<void> {
  await tx.insert(auditHead).values({ chain: entry.chain, seq: 0, hash: '' }).onConflictDoNothing()
  const [head] = await tx.select().from(auditHead).where(eq(auditHead.chain, entry.chain)).for('update')
  if (!head) throw new Error('the audit chain has no head')

  const personal = Object.fromEntries(
    Object.entries(entry.personal ?? {}).map(([k, value]) => [k, { value, salt: randomBytes(16).toString('hex') }]),
  )
  const row = {
    chain: entry.chain,
    seq: head.seq + 1,
    at: entry.at,
    action: entry.action,
    result: entry.result ?? ('ok' as const),
    actorKind: entry.actorKind ?? ('person' as const),
    actorId: entry.actorId,
    subject: entry.subject ?? null,
    detail: entry.detail ?? {},
    commitments: Object.fromEntries(Object.entries(personal).map(([k, p]) => [k, commitment(k, p)])),
    previousHash: head.hash,
  }
  const hash = entryHash(row)
  await tx.insert(audit).values({ ...row, personal, hash })
  await tx.update(auditHead).set({ seq: row.seq, hash }).where(eq(auditHead.chain, entry.chain))
}

/** What stands in the chain for a personal value: SHA-256 over its salt, name and value, hex. */
export const commitment = (field: string, p: { value: string; salt: string }): string =>
  createHash('sha256')
    .update(JSON.stringify([p.salt, field, p.value]))
    .digest('hex')

export type HashedFields = Omit<typeof audit.$inferSelect, 'personal' | 'hash'>

/** SHA-256 over the entry without its personal values, keys sorted, chained to the hash before it. */
export function entryHash(e: HashedFields): string {
  return createHash('sha256')
    .update(
      canonicalJson([
        e.previousHash,
        e.chain,
        e.seq,
        e.at.toISOString(),
        e.action,
        e.result,
        e.actorKind,
        e.actorId,
        e.subject,
        e.detail,
        e.commitments,
      ]),
    )
    .digest('hex')
}

/** Who, from where and with what: the personal part of every entry a person causes. */
export const whereabouts = (ctx: Ctx | PersonCtx): Record<string, string> => {
  const who = 'actor' in ctx ? ctx.actor : ctx.person
  return { name: who.name, email: who.email, address: ctx.address, userAgent: ctx.userAgent.slice(0, 200) }
}
