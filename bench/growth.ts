import { sql } from 'drizzle-orm'
import { connect, type Db } from '@/db/client'
import { gateMemory, type Memory } from '@/lib/gatekeeping/memory'

/**
 * How the memory of a gate behaves as the database and the memory itself grow. Prints results for the report. Started
 * with `--expose-gc`; the database holds what `fixture` made.
 */
const [, , url = '', most = '100000'] = process.argv
const db = connect(url, { max: 4 })
const FEW = 1000
const READS = 2000
const CACHED = 20_000

const sizes = { few: await fillTo(FEW), many: FEW }
const missFew = await missMicros(db)
sizes.many = await fillTo(Number(most))
const missMany = await missMicros(db)
const cached = Math.min(CACHED, sizes.many)
const before = heapBytes()
const memory = await remember(db, cached)
const bytes = (heapBytes() - before) / memory.size()
await db.$client.end()

const us = (n: number): string => `${n.toFixed(2)} us`
process.stdout.write(
  JSON.stringify([
    {
      name: `V11 a miss with ${sizes.many} credentials / with ${sizes.few}`,
      value: missMany / missFew,
      target: { most: 1.5 },
      detail: `${us(missMany)} against ${us(missFew)}, median`,
    },
    {
      name: 'V11 memory for one remembered credential, bytes',
      value: bytes,
      target: { most: 512 },
      detail: `${cached} of them, one whitelisted range each`,
    },
  ]),
)

/** Copies of what is there, by the database alone. @returns how many generations there are then */
async function fillTo(wanted: number): Promise<number> {
  const { rows } = await db.execute<{ n: number }>(sql`select count(*)::int as n from generation`)
  const missing = wanted - (rows[0]?.n ?? 0)
  if (missing <= 0) return rows[0]?.n ?? 0
  await db.transaction(async (tx) => {
    // Nobody listens yet: without the triggers that tell gates.
    await tx.execute(sql`set local session_replication_role = replica`)
    await tx.execute(sql`create table if not exists growth (n bigint, c uuid, w uuid)`)
    await tx.execute(sql`truncate growth`)
    await tx.execute(
      sql`insert into growth select n, gen_random_uuid(), gen_random_uuid() from generate_series(1, ${missing}) n`,
    )
    const id = sql`'mrc_growth' || ${wanted}::text || '_' || n`
    await tx.execute(sql`insert into merchant (id, name, state) select ${id}, 'growth', 'active' from growth`)
    await tx.execute(sql`insert into credential (id, merchant_id, kind, scheme, name, state, state_changed_at, permissions, created_at)
      select c, ${id}, 'api_user', 'token', 'API user', 'active', now(), '{*}', now() from growth`)
    await tx.execute(sql`insert into generation (id, merchant_id, kind, credential_id, scheme, public_id, digest, fingerprint, reason, overlap, created_at, created_by, pending_until, acknowledged_at)
      select gen_random_uuid(), ${id}, 'credential', c, 'token', ${id}, md5(n::text), '00000000', 'first_set_up', 'at_once', now(), (select id from person limit 1), now(), now() from growth`)
    await tx.execute(
      sql`insert into whitelist (id, merchant_id, credential_id, state, changed_at) select w, ${id}, c, 'on', now() from growth`,
    )
    await tx.execute(
      sql`insert into whitelist_entry (id, merchant_id, whitelist_id, range, added_at) select gen_random_uuid(), ${id}, w, '127.0.0.1', now() from growth`,
    )
    await tx.execute(sql`drop table growth`)
  })
  await db.execute(sql`analyze`)
  return wanted
}

async function idsOf(database: Db, many: number): Promise<string[]> {
  const { rows } = await database.execute<{ id: string }>(
    sql`select id from generation order by md5(id::text) limit ${many}`,
  )
  return rows.map((r) => r.id)
}

async function missMicros(database: Db): Promise<number> {
  const memory = gateMemory(database, () => 0)
  const times: number[] = []
  for (const value of await idsOf(database, Math.min(READS, FEW))) {
    const began = performance.now()
    await memory.get({ by: 'generation', value })
    times.push((performance.now() - began) * 1000)
  }
  return middle(times)
}

async function remember(database: Db, many: number): Promise<Memory> {
  const memory = gateMemory(database, () => 0)
  const ids = await idsOf(database, many)
  for (let from = 0; from < ids.length; from += 4) {
    await Promise.all(ids.slice(from, from + 4).map((value) => memory.get({ by: 'generation', value })))
  }
  return memory
}

function heapBytes(): number {
  ;(globalThis as { gc?: () => void }).gc?.()
  return process.memoryUsage().heapUsed
}

function middle(times: number[]): number {
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN
}
