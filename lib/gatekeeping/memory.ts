import { and, eq, sql } from 'drizzle-orm'
import type { Db } from '@/db/client'
import { credential, generation, merchant, whitelist, whitelistEntry } from '@/db/schema'
import { parseRange } from '@/lib/whitelist/model'
import { twoAgeCache } from './cache'
import type { GateRecord, Policy } from './record'
import { monotonicMs } from './time'

/** How a record is asked for: by what a client presents, or by what our own token says. */
export type Key = { by: 'public-id' | 'generation'; value: string }

/** How far what is remembered can be trusted: money-out stops before everything does (DESIGN 7). */
export type Trust = 'fresh' | 'stale' | 'stale-no-money' | 'none'

export type Memory = {
  /** At once when remembered, else a promise; null: nobody has this id. Rejects when the database is silent. */
  get(key: Key): GateRecord | null | Promise<GateRecord | null>
  /** The records of a merchant are no longer true, also those on their way from the database. */
  forget(merchantIds: readonly string[]): void
  forgetAll(): void
  trust(): Trust
  size(): number
  misses(): number
}

/** While the last good read of the change log is this young, memory holds everything that was committed before it. */
const FRESH_MS = 2000
const MONEY_OUT_MS = 5000
const TRUSTED_MS = FRESH_MS + 5000
const REMEMBERED = 200_000
const NOBODY_MS = 1000
const NOBODY_LIMIT = 10_000
const RELOADS = 3

/** @param freshAt monotonic ms up to which changes are known (`./change-feed`) */
export function gateMemory(db: Db, freshAt: () => number): Memory {
  const queries = { 'public-id': recordQuery(db, 'public-id'), generation: recordQuery(db, 'generation') }
  const nobody = twoAgeCache<number>(NOBODY_LIMIT)
  const loading = new Map<string, Promise<GateRecord | null>>()
  const byMerchant = new Map<string, Set<GateRecord>>()
  const byGeneration = twoAgeCache<GateRecord>(REMEMBERED, drop)
  const byPublicId = new Map<string, GateRecord>()
  const policies = new Map<string, Policy>()
  const permissionSets = new Map<string, ReadonlySet<string>>()
  const forgottenAt = new Map<string, number>()
  let step = 0
  let allForgottenAt = 0
  let misses = 0

  function drop(record: GateRecord): void {
    byPublicId.delete(record.publicId)
    const siblings = byMerchant.get(record.merchantId)
    siblings?.delete(record)
    if (siblings?.size === 0) byMerchant.delete(record.merchantId)
  }

  function remember(record: GateRecord): void {
    const before = byGeneration.get(record.generationId)
    if (before) drop(before)
    byGeneration.set(record.generationId, record)
    byPublicId.set(record.publicId, record)
    const siblings = byMerchant.get(record.merchantId) ?? new Set()
    byMerchant.set(record.merchantId, siblings.add(record))
  }

  function remembered(key: Key): GateRecord | null | undefined {
    const record = key.by === 'generation' ? byGeneration.get(key.value) : byPublicId.get(key.value)
    if (record) return key.by === 'generation' ? record : byGeneration.get(record.generationId)
    const until = nobody.get(`${key.by} ${key.value}`)
    return until !== undefined && until > monotonicMs() ? null : undefined
  }

  async function load(key: Key): Promise<GateRecord | null> {
    for (let tries = 0; tries < RELOADS; tries++) {
      const began = ++step
      const record = await read(queries, key, { policies, permissionSets })
      const outdated = Math.max(allForgottenAt, (record && forgottenAt.get(record.merchantId)) ?? 0) > began
      if (!record) nobody.set(`${key.by} ${key.value}`, monotonicMs() + NOBODY_MS)
      if (!record || !outdated) {
        if (record) remember(record)
        return record
      }
    }
    throw new Error('the record keeps changing')
  }

  function get(key: Key): GateRecord | null | Promise<GateRecord | null> {
    const known = remembered(key)
    if (known !== undefined) return known
    const flight = `${key.by} ${key.value}`
    const same = loading.get(flight)
    if (same) return same
    misses++
    const work = load(key).finally(() => {
      loading.delete(flight)
      if (loading.size === 0) forgottenAt.clear()
    })
    loading.set(flight, work)
    return work
  }

  return {
    get,
    forget(merchantIds) {
      step++
      for (const id of merchantIds) {
        if (loading.size > 0) forgottenAt.set(id, step)
        for (const record of byMerchant.get(id) ?? []) {
          byGeneration.delete(record.generationId)
          byPublicId.delete(record.publicId)
        }
        byMerchant.delete(id)
      }
    },
    forgetAll() {
      allForgottenAt = ++step
      for (const store of [byGeneration, byPublicId, byMerchant, nobody, policies, permissionSets]) store.clear()
    },
    trust() {
      const age = monotonicMs() - freshAt()
      if (age <= FRESH_MS) return 'fresh'
      if (age <= MONEY_OUT_MS) return 'stale'
      return age <= TRUSTED_MS ? 'stale-no-money' : 'none'
    },
    size: () => byGeneration.size(),
    misses: () => misses,
  }
}

type Shared = { policies: Map<string, Policy>; permissionSets: Map<string, ReadonlySet<string>> }

/** Prepared once per connection: reading a record that is not remembered is what a gate does after each restart. */
const recordQuery = (db: Db, by: Key['by']) =>
  db
    .select({
      generation,
      credential,
      merchantState: merchant.state,
      whitelist: whitelist.state,
      // One row whatever the list's length: `range` and `expires_at` (ISO, or null) of each live entry, sorted.
      entries: sql<{ range: string; expires: string | null }[] | null>`(
        select json_agg(json_build_object('range', e.range, 'expires', e.expires_at) order by e.range)
          from ${whitelistEntry} e where e.whitelist_id = ${whitelist.id} and e.removed_at is null)`,
    })
    .from(generation)
    .innerJoin(
      credential,
      and(eq(credential.merchantId, generation.merchantId), eq(credential.id, generation.credentialId)),
    )
    .innerJoin(merchant, eq(merchant.id, generation.merchantId))
    .leftJoin(
      whitelist,
      and(eq(whitelist.merchantId, generation.merchantId), eq(whitelist.credentialId, generation.credentialId)),
    )
    .where(eq(by === 'generation' ? generation.id : generation.publicId, sql.placeholder('value')))
    .limit(1)
    .prepare(`gate_record_by_${by.replace('-', '_')}`)

type Queries = Record<Key['by'], ReturnType<typeof recordQuery>>

async function read(queries: Queries, key: Key, shared: Shared): Promise<GateRecord | null> {
  if (key.by === 'generation' && !UUID.test(key.value)) return null
  const [row] = await queries[key.by].execute({ value: key.value })
  if (!row?.generation.publicId) return null
  const { generation: g, credential: c } = row
  return {
    generationId: g.id,
    credentialId: c.id,
    merchantId: g.merchantId,
    publicId: row.generation.publicId,
    scheme: c.scheme,
    digest: g.digest,
    instants: instantsOf(g),
    merchantState: row.merchantState,
    credentialState: c.state,
    expiresAt: c.expiresAt,
    permissions: intern(shared.permissionSets, [...c.permissions].sort().join(' '), () => new Set(c.permissions)),
    moneyOut: c.moneyOut,
    allWallets: c.allWallets,
    whitelist: policyOf(row.whitelist === 'on', row.entries ?? [], shared.policies),
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

const instantsOf = (g: typeof generation.$inferSelect): GateRecord['instants'] => ({
  pendingUntil: g.pendingUntil,
  firstUsedAt: g.firstUsedAt,
  acknowledgedAt: g.acknowledgedAt,
  retiresAt: g.retiresAt,
  revokedAt: g.revokedAt,
  discardedAt: g.discardedAt,
})

/** An entry that no longer parses is left out: it lets nobody in. */
function policyOf(on: boolean, rows: readonly { range: string; expires: string | null }[], known: Map<string, Policy>) {
  return intern(known, JSON.stringify([on, rows]), () => ({
    on,
    entries: rows.flatMap(({ range: text, expires }) => {
      const parsed = parseRange(text)
      return parsed.ok ? [{ range: parsed.range, expiresAt: expires === null ? null : new Date(expires) }] : []
    }),
  }))
}

/** Many credentials share a permission set or an empty list; a bound keeps the index from growing for ever. */
function intern<V>(known: Map<string, V>, key: string, make: () => V): V {
  const same = known.get(key)
  if (same) return same
  if (known.size > 50_000) known.clear()
  const value = make()
  known.set(key, value)
  return value
}

/**
 * Marks the first accepted call of a pending generation, before it goes upstream. Compare-and-set in the database:
 * two gates, a Discard and the ten minutes may all race with it.
 * @returns whether the generation may be used; false: re-read it, somebody was faster
 */
export async function markFirstUse(db: Db, record: GateRecord, now: Date): Promise<boolean> {
  const { rows } = await db.execute<{ marked: boolean }>(
    sql`select mark_first_use(${record.generationId}, ${now.toISOString()}) as marked`,
  )
  return rows[0]?.marked === true
}
