import { getTableName, is, sql } from 'drizzle-orm'
import { PgTable } from 'drizzle-orm/pg-core'
import pg from 'pg'
import { describe, expect, inject, it, test } from 'vitest'
import { sqlState } from '@/db/client'
import { grantRights, type ProgramRole, programRoles, rightsOf } from '@/db/roles'
import * as schema from '@/db/schema'
import { dbOf, testDb, world } from '@/lib/testing'

/** On the embedded database everybody is one user; every other test of the project `postgres` runs with these rights. */
const separate = inject('urlOf').gate !== inject('databaseUrl')
const INSUFFICIENT_PRIVILEGE = '42501'

const outcome = (role: ProgramRole, statement: string): Promise<string | undefined> =>
  dbOf(role)
    .execute(sql.raw(statement))
    .then(() => 'allowed', sqlState)

test('rights name tables that exist', () => {
  const tables = Object.values(schema).flatMap((t) => (is(t, PgTable) ? [getTableName(t)] : []))
  for (const role of programRoles) {
    const { run: _, ...named } = rightsOf[role]
    expect(tables).toEqual(expect.arrayContaining(Object.keys(named)))
  }
})

describe.skipIf(!separate)('each program has its own rights', () => {
  // CHECKS 125
  it.each(programRoles)('%s can neither change nor remove what was audited', async (role) => {
    for (const change of [
      'update audit set detail = detail',
      'delete from audit',
      'truncate audit',
      'drop table audit',
    ]) {
      expect(await outcome(role, change), change).toMatch(/^42501$/)
    }
  })

  it.each<[ProgramRole, string]>([
    ['console', 'select digest from generation'],
    ['console', 'select sealed from generation'],
    ['console', 'select * from generation'],
    ['console', 'select * from token_key'],
    ['console', 'select * from gateway_credential'],
    ['console', "insert into merchant (id, name) values ('m', 'm')"],
    ['console', "update membership set role = 'owner'"],
    ['console', "update merchant set state = 'active'"],
    ['console', 'update generation set first_used_at = now()'],
    ['console', 'update generation set digest = digest'],
    ['console', "update credential set permissions = '{}'"],
    ['console', "insert into gate_change (merchant_id) values ('m')"],
    ['console', 'select mark_first_use(gen_random_uuid(), now())'],
    ['console', 'delete from sign_in'],
    ['console', 'select recipient from mail'],
    ['gate', 'select * from person'],
    ['gate', 'select * from factor'],
    ['gate', 'select * from session'],
    ['gate', 'select * from audit'],
    ['gate', 'update generation set revoked_at = null'],
    ['gate', "update credential set state = 'active'"],
    ['gate', 'update whitelist_entry set removed_at = null'],
    ['gate', 'delete from request_log'],
    ['gate', "insert into token_key (id, sealed, sealing_key_id) values ('t', '', 'k')"],
    ['gate', "select drop_partitions('request_log', '2000-01-01')"],
    ['gate', 'do $$ begin lock table heartbeat in access exclusive mode; end $$'],
    ['dispatcher', 'do $$ begin lock table heartbeat in access exclusive mode; end $$'],
    ['dispatcher', 'do $$ begin lock table gate_change in access exclusive mode; end $$'],
    ['dispatcher', 'delete from gate_change'],
    ['dispatcher', "select ensure_partitions(now() + interval '20 days')"],
    ['console', 'do $$ begin lock table generation in access exclusive mode; end $$'],
    ['dispatcher', 'select password_hash from person'],
    ['dispatcher', 'select * from factor'],
    ['dispatcher', 'select digest from generation'],
    ['dispatcher', 'select * from token_key'],
    ['dispatcher', 'delete from person'],
    ['dispatcher', 'update generation set acknowledged_at = now()'],
  ])('%s may not: %s', async (role, statement) => {
    expect(await outcome(role, statement)).toBe(INSUFFICIENT_PRIVILEGE)
  })

  // CHECKS 59
  it.each<[ProgramRole, string]>([
    ['console', 'revoked_at = null'],
    ['console', 'discarded_at = null'],
    ['console', 'acknowledged_at = null'],
    ['console', 'retires_at = null'],
    ['console', "retires_at = retires_at + interval '1 second'"],
    ['console', "sealed = '\\x00'"],
    ['dispatcher', 'revoked_at = null'],
    ['dispatcher', 'discarded_at = null'],
    ['dispatcher', "sealed = '\\x00'"],
  ])('what has ended or was confirmed stays so, whoever was broken into: %s, %s', async (role, change) => {
    expect(await outcome(role, `update generation set ${change} where id = '${await ended()}'`)).toBe('23000')
  })

  it('the first use of a pair that is over, or at another time, is not marked', async () => {
    const marked = async (id: string, at: string) => {
      const { rows } = await dbOf('gate').execute<{ marked: boolean }>(
        sql.raw(`select mark_first_use('${id}', ${at}) as marked`),
      )
      return rows[0]?.marked
    }
    expect(await marked(await ended(), 'now()')).toBe(false)
    const pending = await generationOf("now() + interval '10 minutes'", 'null')
    expect(await marked(pending, "'2000-01-01'")).toBe(false)
    expect(await marked(pending, 'now()')).toBe(true)
  })

  it('takes back what is not on the list, each time it runs, and two at once do not disturb each other', async () => {
    const clients = await Promise.all([connected(), connected()])
    await clients[0]?.query('grant select on person to gatehouse_gate')
    expect(await outcome('gate', 'select id from person limit 1')).toBe('allowed')
    await Promise.all(clients.map(grantRights))
    expect(await outcome('gate', 'select id from person limit 1')).toBe(INSUFFICIENT_PRIVILEGE)
    for (const client of clients) await client.end()
  })

  it('says what to run when the login may not make roles', async () => {
    const owner = await connected()
    await owner.query('create role plain_owner login')
    await owner.query('create database rights_elsewhere owner plain_owner')
    const theirs = inject('databaseUrl')
      .replace('//gatehouse@', '//plain_owner@')
      .replace(/gatehouse$/, 'rights_elsewhere')
    const client = await connected(theirs)
    await expect(grantRights(client)).rejects.toThrow('create role "rights_elsewhere_gate" nologin;')
    await client.end()
    await owner.end()
  })
})

// CHECKS 125
it('nobody can shorten the audit below ninety days, nor drop another table', async () => {
  const asked = (table: string, days: number) =>
    outcome('dispatcher', `select drop_partitions('${table}', now() - interval '${days} days')`)
  expect(await asked('audit', 400)).toBe('allowed')
  expect(await asked('audit', 89)).toBe('P0001')
  expect(await asked('request_log', 6)).toBe('P0001')
  expect(await asked('person', 400)).toBe('P0001')
  const { rows } = await testDb().execute(sql`select 1 from pg_inherits where inhparent = 'audit'::regclass`)
  expect(rows.length).toBeGreaterThan(1)
})

/** @returns the id of a generation that was acknowledged, retired, revoked and discarded */
const ended = (): Promise<string> => generationOf('now()', 'now()')

async function generationOf(pendingUntil: string, instant: string): Promise<string> {
  const w = await world()
  const { rows } = await testDb().execute<{ id: string }>(sql`
    insert into generation (id, merchant_id, kind, credential_id, scheme, public_id, digest, fingerprint, reason, overlap,
      created_at, created_by, pending_until, acknowledged_at, retires_at, revoked_at, discarded_at)
    select gen_random_uuid(), merchant_id, 'credential', id, 'token', id::text, 'd', '0', 'first_set_up', 'at_once',
      now(), ${w.olivia.id}, ${sql.raw(pendingUntil)}, ${sql.raw([instant, instant, instant, instant].join(', '))}
      from credential where merchant_id = ${w.merchantId} returning id`)
  return rows[0]?.id ?? ''
}

async function connected(url = inject('databaseUrl')): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}
