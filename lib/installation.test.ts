import { randomBytes } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { migrate } from '@/db/migrate'
import { freshDatabase, migratedDatabase, migrations } from '@/testing/fresh-database'
import { keepTokenKey, loadTokenKeys } from './gatekeeping/token-key'
import { establish, refuseForeignDatabase, verifyInstallation, WrongInstallation } from './installation'
import { mintKeyPair } from './secrets/hpke'
import type { KeyRing } from './secrets/keys'
import { proveGateKeys, provePublicKey, proveTotpKeys, rememberKeys, WrongKey } from './secrets/known-keys'

const demo = { environment: 'test', demo: true } as const
const live = { environment: 'live', demo: false } as const

test('a demo takes an empty database and makes it a demo for good', async () => {
  const { url, db } = await freshDatabase()
  await refuseForeignDatabase(db, demo)
  await migrate(url, migrations)
  await establish(db, demo)
  await refuseForeignDatabase(db, demo)
  await verifyInstallation(db, demo)
  await expect(verifyInstallation(db, live)).rejects.toThrow(/database of a demo/)
  await expect(establish(db, live)).rejects.toThrow(WrongInstallation)
})

test('a demo leaves a production database and a stranger’s alone, before it changes anything', async () => {
  const production = await migratedDatabase()
  await establish(production.db, live)
  await expect(refuseForeignDatabase(production.db, demo)).rejects.toThrow(/not a demo/)
  const stranger = await freshDatabase()
  await stranger.db.execute(sql`create table theirs (n int)`)
  await expect(refuseForeignDatabase(stranger.db, demo)).rejects.toThrow(/not a demo/)
  await refuseForeignDatabase(stranger.db, live)
})

test('live stays live, and a program finds out that nobody has migrated', async () => {
  const { db } = await migratedDatabase()
  await expect(verifyInstallation(db, live)).rejects.toThrow(/not been migrated/)
  await establish(db, live)
  await expect(verifyInstallation(db, { ...live, environment: 'test' })).rejects.toThrow(/live for good/)
})

// CHECKS 142
test('two that migrate at once take turns, and the schema is made once', async () => {
  const { url, db } = await freshDatabase()
  await Promise.all(Array.from({ length: 4 }, () => migrate(url, migrations)))
  const { rows } = await db.execute<{ n: number; files: number }>(
    sql`select count(*)::int as n, count(distinct hash)::int as files from drizzle.__drizzle_migrations`,
  )
  expect(rows[0]?.n).toBeGreaterThan(0)
  expect(rows[0]?.n).toBe(rows[0]?.files)
})

// CHECKS 142
test('a migration that fails half-way leaves nothing of itself', async () => {
  const { url, db } = await freshDatabase()
  // In the way of one of the later tables of the first migration.
  await db.execute(sql`create table whitelist_entry (n int)`)
  await expect(migrate(url, migrations)).rejects.toThrow()
  const { rows } = await db.execute<{ table_name: string }>(
    sql`select table_name from information_schema.tables where table_schema = 'public'`,
  )
  expect(rows.map((r) => r.table_name)).toEqual(['whitelist_entry'])
  await db.execute(sql`drop table whitelist_entry`)
  await migrate(url, migrations)
})

const ring = (...entries: [string, Buffer][]): KeyRing => ({ current: entries[0]?.[0] ?? '', byId: new Map(entries) })

async function withKeys() {
  const { db } = await migratedDatabase()
  const totp = ring(['totp-1', randomBytes(32)])
  const pair = await mintKeyPair()
  const gate = { id: 'gate-1', raw: pair.publicKey }
  await rememberKeys(db, { totp, gate }, new Date())
  return { db, totp, gate, gatePrivate: ring(['gate-1', pair.privateKey]) }
}

// CHECKS 124
test('the right keys are recognised, also after a rotation', async () => {
  const { db, totp, gate, gatePrivate } = await withKeys()
  await proveTotpKeys(db, totp)
  await provePublicKey(db, gate)
  await proveGateKeys(db, gatePrivate)
  const rotated = ring(['totp-2', randomBytes(32)], ...totp.byId)
  await expect(proveTotpKeys(db, rotated)).rejects.toThrow(/does not know a key totp-2/)
  await rememberKeys(db, { totp: rotated, gate }, new Date())
  await proveTotpKeys(db, rotated)
})

// CHECKS 124
test('a wrong key, a missing one and an old one that is still needed stop the program', async () => {
  const { db, totp, gate, gatePrivate } = await withKeys()
  await expect(proveTotpKeys(db, ring(['totp-1', randomBytes(32)]))).rejects.toThrow(WrongKey)
  await expect(proveTotpKeys(db, ring(['totp-9', randomBytes(32)]))).rejects.toThrow(WrongKey)
  await rememberKeys(db, { totp: ring(['totp-2', randomBytes(32)], ...totp.byId), gate }, new Date())
  await expect(proveTotpKeys(db, totp)).rejects.toThrow(/lacks the key totp-2/)
  const other = await mintKeyPair()
  await expect(proveGateKeys(db, ring(['gate-1', other.privateKey]))).rejects.toThrow(WrongKey)
  await expect(provePublicKey(db, { id: 'gate-1', raw: other.publicKey })).rejects.toThrow(WrongKey)
  await proveGateKeys(db, gatePrivate)
  // Migrating with wrong keys does not make them right.
  await expect(
    rememberKeys(db, { totp: ring(['totp-1', randomBytes(32)], ['totp-2', randomBytes(32)]), gate }, new Date()),
  ).rejects.toThrow(WrongKey)
})

// CHECKS 123
test('a key goes once nothing is sealed with it, and not before', async () => {
  const { db, totp, gate } = await withKeys()
  const both = ring(['totp-2', randomBytes(32)], ...totp.byId)
  const onlyNew = ring(['totp-2', both.byId.get('totp-2')!])
  expect(await rememberKeys(db, { totp: both, gate }, new Date())).toEqual({ fresh: ['totp-2'] })
  expect(await rememberKeys(db, { totp: both, gate }, new Date())).toEqual({ fresh: [] })
  await db.execute(
    sql`insert into person (id, email, name, password_hash) values (gen_random_uuid(), 'a@b.example', 'A', 'x')`,
  )
  await db.execute(sql`insert into factor (id, person_id, purpose, state, sealed, sealing_key_id, created_at, pending_until)
    select gen_random_uuid(), id, 'sign_in', 'active', '', 'totp-1', now(), now() from person`)
  await expect(rememberKeys(db, { totp: onlyNew, gate }, new Date())).rejects.toThrow(/lacks the key totp-1/)
  await db.execute(sql`update factor set sealing_key_id = 'totp-2'`)
  await rememberKeys(db, { totp: onlyNew, gate }, new Date())
  await proveTotpKeys(db, onlyNew)
})

// CHECKS 123
test('a new gate key brings a new key for access tokens; the older one is retired a day later, and its gate key then', async () => {
  const { db, totp, gate, gatePrivate } = await withKeys()
  await keepTokenKey(db, gate, new Date())
  await keepTokenKey(db, gate, new Date())
  const pair = await mintKeyPair()
  const next = { id: 'gate-2', raw: pair.publicKey }
  const bothHalves = ring(['gate-2', pair.privateKey], ...gatePrivate.byId)
  const day = 86_400_000
  const run = async (now: number) => {
    await rememberKeys(db, { totp, gate: next }, new Date(now))
    await keepTokenKey(db, next, new Date(now))
  }
  const start = Date.now()
  await run(start)
  expect(await loadTokenKeys(db, bothHalves)).toHaveLength(2)
  await expect(proveGateKeys(db, ring(['gate-2', pair.privateKey]))).rejects.toThrow(/lacks the key gate-1/)
  await run(start + day / 2)
  expect(await loadTokenKeys(db, bothHalves)).toHaveLength(2)
  await run(start + 2 * day)
  await run(start + 2 * day)
  expect(await loadTokenKeys(db, ring(['gate-2', pair.privateKey]))).toHaveLength(1)
  await proveGateKeys(db, ring(['gate-2', pair.privateKey]))
})

// CHECKS 124
test('what is said about a wrong key holds nothing of any key', async () => {
  const { db, totp } = await withKeys()
  const wrong = randomBytes(32)
  const message = await proveTotpKeys(db, ring(['totp-1', wrong])).catch((e: Error) => e.message)
  for (const key of [wrong, totp.byId.get('totp-1')!]) {
    expect(message).not.toContain(key.toString('base64'))
    expect(message).not.toContain(key.toString('hex'))
  }
})
