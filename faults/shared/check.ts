import { and, asc, eq, inArray, isNull, like, sql } from 'drizzle-orm'
import type { Db } from '@/db/client'
import { audit, auditHead, credential, generation, session, ticket, whitelist, whitelistEntry } from '@/db/schema'
import { verifyChain } from '@/lib/activity/verify'
import { generationState } from '@/lib/credentials/model'
import type { Entry, Journal } from './journal'
import { type AuditRow, type Expected, replay } from './replay'
import type { Shop } from './world'

/** What is wrong in the database, by kind, in words. All four are empty in a database that holds. */
export type Findings = { lost: string[]; unverified: string[]; halfMade: string[]; mismatched: string[] }
export type Checked = {
  findings: Findings
  /** Of each pair ever made: whether it would pass the gate now from 127.0.0.1. */
  passes: Map<string, boolean>
  chains: number
}

/**
 * Compares the database with the journal of those who used it, and with itself. Nobody may be changing anything
 * meanwhile. Changes whose outcome was unknown are looked up and become known.
 */
export async function check(db: Db, shops: readonly Shop[], journal: Journal): Promise<Checked> {
  const findings: Findings = { lost: [], unverified: [], halfMade: [], mismatched: [] }
  const heads = await db.select({ chain: auditHead.chain }).from(auditHead)
  for (const { chain } of heads) {
    const report = await verifyChain(db, chain)
    if (!report.ok) findings.unverified.push(`${chain} at entry ${report.badSeq}`)
  }
  const { rows } = await db.execute<{ ms: number }>(
    sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 + coalesce((select shift_ms from clock_shift), 0) as ms`,
  )
  const now = new Date(Number(rows[0]?.ms))
  const passes = new Map<string, boolean>()
  for (const shop of shops) {
    const chains = [shop.merchantId, ...shop.people.map((p) => `person:${p.id}`)]
    const trail = await db
      .select()
      .from(audit)
      .where(and(inArray(audit.chain, chains), eq(audit.result, 'ok'), eq(audit.actorKind, 'person')))
      .orderBy(asc(audit.seq))
    for (const chain of chains) {
      const own = trail.filter((row) => row.chain === chain)
      compare(chain, own, journal, findings)
    }
    const own = trail.filter((row) => row.chain === shop.merchantId)
    await compareTables(db, shop, replay(own, now), now, findings, passes)
    await compareTickets(db, shop, own, findings)
    await compareSessions(
      db,
      shop,
      trail.filter((row) => row.chain !== shop.merchantId),
      findings,
    )
  }
  await compareGenerations(db, journal, findings)
  return { findings, passes, chains: heads.length }
}

/** Written beside a new pair in the same transaction; what was asked for is the pair. */
const companions = new Set(['credential.replaced', 'credential.leak_ended'])

/** Every acknowledged change once, in order; one whose outcome is unknown once or not; nothing else. */
function compare(chain: string, trail: readonly AuditRow[], journal: Journal, findings: Findings): void {
  const written = trail.filter((row) => !companions.has(row.action))
  let at = 0
  for (const entry of [...journal.of(chain)]) {
    const row = written[at]
    const fits = row?.action === entry.action && (entry.subject === null || row.subject === entry.subject)
    if (row && fits) {
      at += 1
      entry.outcome = 'done'
      entry.subject = row.subject
    } else if (entry.outcome === 'done') {
      findings.lost.push(`${chain}: ${tell(entry)}, and the audit trail has ${row?.action ?? 'nothing'} there`)
      return
    } else journal.strike(entry)
  }
  for (const row of written.slice(at)) {
    findings.mismatched.push(`${chain}: ${row.action} of ${row.subject} stands in the trail, and nobody asked for it`)
  }
}

const tell = (entry: Entry): string => `${entry.action}${entry.subject ? ` of ${entry.subject}` : ''} was acknowledged`

async function compareTables(
  db: Db,
  shop: Shop,
  expected: Expected,
  now: Date,
  findings: Findings,
  passes: Map<string, boolean>,
): Promise<void> {
  const wrong = (what: string) => findings.mismatched.push(`${shop.merchantId}: ${what}`)
  const [user] = await db
    .select()
    .from(credential)
    .where(and(eq(credential.merchantId, shop.merchantId), eq(credential.kind, 'api_user')))
  const [list] = await db
    .select()
    .from(whitelist)
    .where(and(eq(whitelist.merchantId, shop.merchantId), eq(whitelist.credentialId, user?.id ?? '')))
  const entries = await db
    .select({ range: whitelistEntry.range })
    .from(whitelistEntry)
    .where(and(eq(whitelistEntry.whitelistId, list?.id ?? ''), isNull(whitelistEntry.removedAt)))
  if (!user || !list) {
    wrong('has no API user or no whitelist')
    return
  }
  const on = user.state === 'active'
  if (on !== expected.on) wrong(`the API user is ${user.state}, the trail says ${expected.on ? 'on' : 'off'}`)
  if (user.moneyOut !== expected.moneyOut) wrong(`money-out is ${user.moneyOut}, the trail says ${expected.moneyOut}`)
  if (list.state !== expected.whitelist.state) wrong(`the whitelist is ${list.state}, the trail says otherwise`)
  if (list.version !== expected.whitelist.version) {
    wrong(`the whitelist has version ${list.version}, the trail says ${expected.whitelist.version}`)
  }
  const here = entries.map((e) => e.range).sort()
  const there = [...expected.whitelist.ranges].sort()
  if (here.join() !== there.join()) wrong(`the whitelist holds ${here}, the trail says ${there}`)

  const reachable = on && (list.state === 'off' || here.includes('127.0.0.1'))
  const found = await db.select().from(generation).where(eq(generation.merchantId, shop.merchantId))
  for (const g of found) {
    const state = generationState(g, now)
    const kind = state === 'pending' || state === 'unconfirmed' ? 'open' : state === 'active' ? 'current' : state
    const said = expected.generations.get(g.id)
    const byClock = g.discardedBy === null && !g.firstUsedAt && g.pendingUntil <= now
    const fits = said?.state === kind || (said?.state === 'open' && kind === 'discarded' && byClock)
    if (!fits) wrong(`the pair ${g.id} is ${state}, the trail says ${said?.state ?? 'that nobody made it'}`)
    if (kind === 'retiring' && g.retiresAt?.getTime() !== said?.retiresAt?.getTime()) {
      wrong(`the pair ${g.id} ends at ${g.retiresAt?.toISOString()}, the trail says ${said?.retiresAt?.toISOString()}`)
    }
    passes.set(g.id, reachable && (kind === 'open' || kind === 'current' || kind === 'retiring'))
  }
  for (const id of expected.generations.keys()) {
    if (!found.some((g) => g.id === id)) wrong(`the pair ${id} stands in the trail and does not exist`)
  }
  for (const kind of ['open', 'current', 'retiring'] as const) {
    const many = found.filter((g) => {
      const state = generationState(g, now)
      return kind === 'open'
        ? state === 'pending' || state === 'unconfirmed'
        : state === (kind === 'current' ? 'active' : kind)
    })
    if (many.length > 1) findings.halfMade.push(`${shop.merchantId}: ${many.length} pairs are ${kind}`)
  }
}

/** A ticket is spent in the transaction of its change: as many spent ones as rows. */
async function compareTickets(db: Db, shop: Shop, trail: readonly AuditRow[], findings: Findings): Promise<void> {
  const used = await db
    .select({ operation: ticket.operation })
    .from(ticket)
    .where(and(eq(ticket.merchantId, shop.merchantId), sql`${ticket.usedAt} is not null`))
  const spent = (operation: string) => used.filter((t) => t.operation === operation).length
  const rows = (action: string) => trail.filter((r) => r.action === action).length
  const pairs = [
    ['credentials.regenerate', 'credential.regenerated'],
    ['api_whitelist.change', 'whitelist.changed'],
    ['api_whitelist.turn_on', 'whitelist.turned_on'],
    ['api_whitelist.turn_off', 'whitelist.turned_off'],
    ['money_out.allow', 'money_out.allowed'],
  ] as const
  for (const [operation, action] of pairs) {
    if (spent(operation) === rows(action)) continue
    findings.halfMade.push(
      `${shop.merchantId}: ${spent(operation)} tickets of ${operation} are spent, ${rows(action)} changes were made`,
    )
  }
}

/** A session exists if and only if its sign-in stands in the trail, and is ended if and only if that stands there. */
async function compareSessions(db: Db, shop: Shop, trail: readonly AuditRow[], findings: Findings): Promise<void> {
  const ids = shop.people.map((p) => p.id)
  const found = await db.select().from(session).where(inArray(session.personId, ids))
  const subjects = (action: string) => new Set(trail.filter((r) => r.action === action).map((r) => r.subject))
  const [started, ended] = [subjects('person.signed_in'), subjects('person.signed_out')]
  for (const s of found) {
    if (!started.has(s.id)) findings.halfMade.push(`${shop.merchantId}: the session ${s.id} has no sign-in`)
    if ((s.endedAt !== null) !== ended.has(s.id)) findings.halfMade.push(`${shop.merchantId}: the end of ${s.id}`)
  }
  for (const id of started) {
    if (!found.some((s) => s.id === id)) findings.lost.push(`${shop.merchantId}: the session ${id}`)
  }
}

/** Every pair has its credential, its secret and exactly one row; what was revealed and every ticket is there. */
async function compareGenerations(db: Db, journal: Journal, findings: Findings): Promise<void> {
  const all = await db
    .select({ id: generation.id, digest: generation.digest, publicId: generation.publicId, owner: credential.id })
    .from(generation)
    .leftJoin(credential, eq(credential.id, generation.credentialId))
    .where(like(generation.merchantId, 'shop-%'))
  const rows = await db.select({ subject: audit.subject }).from(audit).where(eq(audit.action, 'credential.regenerated'))
  const byId = new Map(all.map((g) => [g.id, g]))
  for (const g of all) {
    const count = rows.filter((r) => r.subject === g.id).length
    if (!g.digest || !g.owner || count !== 1) {
      findings.halfMade.push(
        `the pair ${g.id}: digest ${g.digest !== null}, credential ${g.owner !== null}, rows ${count}`,
      )
    }
  }
  for (const pair of journal.pairs.values()) {
    if (byId.get(pair.generationId)?.publicId !== pair.apiKey) findings.lost.push(`the pair ${pair.generationId}`)
  }
  const known = new Set((await db.select({ digest: ticket.digest }).from(ticket)).map((t) => t.digest))
  for (const digest of journal.tickets) if (!known.has(digest)) findings.lost.push(`the ticket ${digest.slice(0, 8)}`)
}
