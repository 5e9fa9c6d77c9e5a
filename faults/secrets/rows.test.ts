import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { mintSecret } from '@/lib/secrets/format'
import { testDb } from '@/lib/testing'
import { rowsOf } from './rows'
import { homes, randomPart, type Secret } from './secret-kinds'
import { sweep } from './sweep'

// CHECKS 50, 120
test('a canary in a text, in JSON, in bytes, in a partition: each column is searched', async () => {
  const db = testDb()
  const plain = mintSecret('test').secret.reveal()
  const secret: Secret = { kind: 'apiSecret', value: randomPart(plain), home: homes.apiSecret }
  const id = crypto.randomUUID()
  await db.execute(sql`insert into merchant (id, name) values (${id}, ${`Shop ${plain}`})`)
  await db.execute(sql`insert into mail (id, recipient, template, "values", created_at, next_at)
    values (${id}, 'a@shops.example', 'none', ${JSON.stringify({ who: plain })}::jsonb, now(), now() + interval '1 day')`)
  await db.execute(sql`insert into sealing_key (id, purpose, canary) values (${id}, 'totp', ${Buffer.from(plain)})`)
  await db.execute(sql`insert into request_log (at, request_id, method, path, address, hops, verdict, proven, checks, status, duration_ms)
    values (now(), ${id}, 'GET', ${`/${plain}`}, '127.0.0.1', '[]', 'refused', false, '[]', 404, 1)`)
  try {
    const { places, rows } = await rowsOf(db)
    expect(rows).toBeGreaterThanOrEqual(4)
    const found = sweep([secret], places).leaks.map(({ label, encoding }) => `${label} ${encoding}`)
    expect(found.sort()).toEqual([
      'row mail.values itself',
      'row merchant.name itself',
      'row request_log.path itself',
      'row sealing_key.canary hex',
      'row sealing_key.canary itself',
    ])
  } finally {
    await db.execute(sql`delete from request_log where request_id = ${id}`)
    await db.execute(sql`delete from sealing_key where id = ${id}`)
    await db.execute(sql`delete from mail where id = ${id}`)
    await db.execute(sql`delete from merchant where id = ${id}`)
  }
})
