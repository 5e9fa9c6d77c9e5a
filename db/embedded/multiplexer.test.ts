import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, connect as dial, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { type Embedded, startEmbedded } from '@/testing/embedded'

/** The same scenarios on the embedded database and on a real PostgreSQL as control: both must answer alike. */
let embedded: Embedded
beforeAll(async () => {
  embedded = await startEmbedded()
})
afterAll(() => embedded.stop())

const open: pg.Client[] = []
async function client(url: string): Promise<pg.Client> {
  const made = new pg.Client({ connectionString: url })
  made.on('error', () => {})
  await made.connect()
  open.push(made)
  return made
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((c) => c.end().catch(() => {})))
})

const socketOf = (c: pg.Client): Socket => (c as unknown as { connection: { stream: Socket } }).connection.stream
const codeOf = (e: unknown): unknown => (e as { code?: unknown }).code
const refusalOf = (c: pg.Client, sql: string, values?: unknown[]): Promise<unknown> =>
  c.query(sql, values).then(() => null, codeOf)

let tables = 0
async function table(c: pg.Client, columns: string): Promise<string> {
  tables += 1
  const name = `t${process.pid}_${tables}`
  await c.query(`create table ${name} (${columns})`)
  return name
}

describe.each(['embedded', 'control'] as const)('%s', (kind) => {
  const url = () => (kind === 'embedded' ? embedded.url : inject('controlUrl'))

  test('while one client is in a transaction, others get their own answers to their own parameters', async () => {
    const [a, b, c] = await Promise.all([client(url()), client(url()), client(url())])
    const t = await table(a, 'n int')
    for (let round = 0; round < 30; round += 1) {
      await a.query('begin')
      await a.query(`insert into ${t} values ($1)`, [round])
      const two = b.query('select $1::int + $2::int as sum', [round, 1])
      const one = c.query('select $1::text as said', [`round ${round}`])
      await a.query('commit')
      expect((await two).rows).toEqual([{ sum: round + 1 }])
      expect((await one).rows).toEqual([{ said: `round ${round}` }])
    }
    expect((await b.query(`select count(*)::int as n from ${t}`)).rows).toEqual([{ n: 30 }])
  })

  test('what one client has not committed no other sees, and its failed transaction is nobody else’s', async () => {
    const [a, b] = await Promise.all([client(url()), client(url())])
    const t = await table(a, 'n int')
    await a.query('begin')
    await a.query(`insert into ${t} values (1)`)
    const seen = b.query(`select count(*)::int as n from ${t}`)
    await sleep(30)
    await a.query('rollback')
    expect((await seen).rows).toEqual([{ n: 0 }])
    await a.query('begin')
    expect(await refusalOf(a, 'select 1 / 0')).toBe('22012')
    const one = b.query('select 1 as one')
    await sleep(30)
    await a.query('rollback')
    expect((await one).rows).toEqual([{ one: 1 }])
  })

  test('sixteen tasks over eight connections never see each other’s parameters', async () => {
    const pool = new pg.Pool({ connectionString: url(), max: 8 })
    const wrong: number[] = []
    await Promise.all(
      Array.from({ length: 16 }, async (_, task) => {
        for (let i = 0; i < 30; i += 1) {
          const { rows } = await pool.query('select $1::int as n', [task * 1000 + i])
          if (rows[0]?.n !== task * 1000 + i) wrong.push(task)
        }
      }),
    )
    await pool.end()
    expect(wrong).toEqual([])
  })

  test('the same name for a prepared statement means another statement on each connection', async () => {
    const [a, b] = await Promise.all([client(url()), client(url())])
    for (let i = 0; i < 3; i += 1) {
      expect((await a.query({ name: 'k', text: 'select $1::int * 2 as x', values: [i] })).rows).toEqual([{ x: i * 2 }])
      expect((await b.query({ name: 'k', text: 'select $1::int * 3 as x', values: [i] })).rows).toEqual([{ x: i * 3 }])
    }
  })

  test('a notification reaches those who listen, at commit and not before, and never after a rollback', async () => {
    const [a, b, c, teller] = await Promise.all([client(url()), client(url()), client(url()), client(url())])
    const heard: string[] = []
    for (const [name, listener] of [
      ['a', a],
      ['b', b],
      ['c', c],
      ['teller', teller],
    ] as const) {
      listener.on('notification', (n) => heard.push(`${name}:${n.payload}`))
    }
    const channel = `news_${process.pid}_${kind}`
    await a.query(`listen ${channel}`)
    await b.query(`LISTEN "${channel}"`)
    await teller.query('begin')
    await teller.query(`select pg_notify('${channel}', 'kept')`)
    await sleep(50)
    expect(heard).toEqual([])
    await teller.query('commit')
    await teller.query('begin')
    await teller.query(`notify ${channel}, 'lost'`)
    await teller.query('rollback')
    await expect.poll(() => heard.toSorted()).toEqual(['a:kept', 'b:kept'])
    await a.query(`unlisten ${channel}`)
    await teller.query(`notify ${channel}, 'again'`)
    await expect.poll(() => heard.toSorted()).toEqual(['a:kept', 'b:again', 'b:kept'])
    await b.query('unlisten *')
    await teller.query(`notify ${channel}, 'nobody'`)
    await sleep(50)
    expect(heard).toHaveLength(3)
  })

  test('a client that vanishes inside a transaction leaves nothing, and others go on at once', async () => {
    const [a, b] = await Promise.all([client(url()), client(url())])
    const t = await table(b, 'n int')
    await a.query('begin')
    await a.query(`insert into ${t} values (1)`)
    socketOf(a).destroy()
    const before = Date.now()
    expect((await b.query(`select count(*)::int as n from ${t}`)).rows).toEqual([{ n: 0 }])
    expect(Date.now() - before).toBeLessThan(1000)
  })

  test('an error inside a transaction spoils that transaction alone', async () => {
    const [a, b] = await Promise.all([client(url()), client(url())])
    await a.query('begin')
    expect(await refusalOf(a, 'select 1 / 0')).toBe('22012')
    expect(await refusalOf(a, 'select 1')).toBe('25P02')
    expect((await a.query('commit')).command).toBe('ROLLBACK')
    expect((await b.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    expect(await refusalOf(b, 'select $1::int', ['no number'])).toBe('22P02')
    expect(await refusalOf(b, 'selec 1')).toBe('42601')
    expect((await b.query('select $1::int as n', [2])).rows).toEqual([{ n: 2 }])
  })

  test('large values and long results arrive whole', async () => {
    const a = await client(url())
    const big = 'x'.repeat(3_000_000)
    expect((await a.query('select length($1::text) as n', [big])).rows).toEqual([{ n: 3_000_000 }])
    expect((await a.query(`select repeat('y', 5000000) as text`)).rows[0].text).toHaveLength(5_000_000)
    expect((await a.query('select i from generate_series(1, 20000) i')).rows).toHaveLength(20_000)
  })

  test('a connection cut into pieces of seven bytes says the same', async () => {
    const { host, stop } = await fragmenting(url())
    const a = await client(`postgres://gatehouse@${encodeURIComponent(host)}/gatehouse`)
    const t = await table(a, 'n int, said text')
    await a.query('begin')
    await a.query({ name: 'put', text: `insert into ${t} values ($1, $2)`, values: [1, 'żółw'.repeat(100)] })
    await a.query('commit')
    expect((await a.query(`select n, length(said) as l from ${t}`)).rows).toEqual([{ n: 1, l: 400 }])
    expect(((await a.query(`select 1 as a; select 2 as b`)) as unknown as pg.QueryResult[]).map((r) => r.rows)).toEqual(
      [[{ a: 1 }], [{ b: 2 }]],
    )
    await a.end()
    await stop()
  })

  test('rows are taken with SKIP LOCKED once each', async () => {
    const pool = new pg.Pool({ connectionString: url(), max: 6 })
    const setUp = await client(url())
    const t = await table(setUp, 'id int primary key, taken boolean default false')
    await setUp.query(`insert into ${t} select generate_series(1, 120)`)
    const taken: number[] = []
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        for (;;) {
          const { rows } = await pool.query(
            `update ${t} set taken = true where id = (select id from ${t} where not taken limit 1 for update skip locked) returning id`,
          )
          if (rows.length === 0) return
          taken.push(rows[0].id)
        }
      }),
    )
    await pool.end()
    expect(taken).toHaveLength(120)
    expect(new Set(taken).size).toBe(120)
  })
})

describe('what one shared session cannot offer is refused, and leaves nothing behind', () => {
  test.each([
    'set search_path to nowhere',
    'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY',
    "/* hidden */ set /* x */ timezone = 'Europe/Oslo'",
    'reset all',
    'discard all',
    'create temp table x (n int)',
    'create temporary table if not exists x (n int)',
    'create or replace temporary view x as select 1',
    'select 1 into temp x',
    'prepare p as select 1',
    'deallocate all',
    'select pg_advisory_lock(1)',
    'select PG_TRY_ADVISORY_LOCK (1)',
    'select "pg_advisory_lock"(1)',
    `select set_config('timezone', 'UTC', false)`,
    'copy x from stdin',
    'copy x (a, b) from /* */ stdin with csv',
    'declare c cursor with hold for select 1',
    'select 1; set x.y = 1',
    'do $$ begin perform pg_advisory_lock(1); end $$',
    'select 1; listen x',
  ])('%s', async (sql) => {
    const a = await client(embedded.url)
    expect(await refusalOf(a, sql)).toBe('0A000')
    if (!sql.includes(';')) expect(await refusalOf(a, `${sql} -- $1`, [])).toBe('0A000')
    expect((await a.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  test.each([
    'begin; set local lock_timeout = 100; commit',
    'set transaction isolation level serializable',
    'select pg_advisory_xact_lock(1)',
    'select pg_try_advisory_xact_lock(1)',
    `select set_config('lock_timeout', '100', true)`,
    `select 'set x; create temp table y'`,
    'select 1 -- set x',
    'select $$ discard all $$',
    'update pg_description set description = description where false',
  ])('%s is allowed', async (sql) => {
    expect(await refusalOf(await client(embedded.url), sql)).toBeNull()
  })

  test('a refusal aborts the transaction around it, as an error in PostgreSQL would', async () => {
    const a = await client(embedded.url)
    await a.query('begin')
    expect(await refusalOf(a, 'set x.y = 1')).toBe('0A000')
    expect(await refusalOf(a, 'select 1')).toBe('25P02')
    await a.query('rollback')
    await a.query('begin')
    expect(await refusalOf(a, 'listen x')).toBe('0A000')
    await a.query('rollback')
  })

  test('a setting in the connection string is refused at the door; a time limit, which has no effect here, is not', async () => {
    await expect(client(`${embedded.url}?options=-c%20search_path%3Dx`)).rejects.toMatchObject({ code: '0A000' })
    const limited = await client(`${embedded.url}?statement_timeout=5`)
    expect((await limited.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })
})

test('whoever idles inside a transaction loses it: the others wait for nobody longer than that', async () => {
  const [a, b] = await Promise.all([client(embedded.url), client(embedded.url)])
  const t = await table(b, 'n int')
  const ended = new Promise<unknown>((resolve) => a.once('error', (e) => resolve(codeOf(e))))
  await a.query('begin')
  await a.query(`insert into ${t} values (1)`)
  const before = Date.now()
  // Others keep asking in the meantime, which must not make the transaction look alive.
  const others = Array.from({ length: 5 }, (_, i) =>
    sleep(i * 900).then(async () => (await client(embedded.url)).query('select 1')),
  )
  expect((await b.query(`select count(*)::int as n from ${t}`)).rows).toEqual([{ n: 0 }])
  expect(Date.now() - before).toBeGreaterThan(4000)
  expect(Date.now() - before).toBeLessThan(8000)
  expect(await ended).toBe('25P03')
  await Promise.all(others)
})

test('a message of impossible length and a stranger’s protocol end that connection alone', async () => {
  const path = socketPath(embedded.url)
  for (const bytes of ['GET / HTTP/1.1\r\n\r\n', '\0\0\0\x08\0\x02\0\0', '\x7f\xff\xff\xff\0\0\0\0']) {
    const socket = dial(path)
    socket.on('error', () => {})
    socket.resume()
    socket.write(Buffer.from(bytes, 'latin1'))
    await new Promise((done) => socket.once('close', done))
  }
  expect((await (await client(embedded.url)).query('select 1 as one')).rows).toEqual([{ one: 1 }])
})

const socketPath = (url: string): string => join(decodeURIComponent(/@([^/]+)/.exec(url)?.[1] ?? ''), '.s.PGSQL.5432')

/** A proxy before the database that hands everything on in pieces of seven bytes. */
async function fragmenting(url: string): Promise<{ host: string; stop: () => Promise<void> }> {
  const target = socketPath(url)
  const host = mkdtempSync(join(tmpdir(), 'gatehouse-cut-'))
  const server = createServer((near) => {
    const far = dial(target)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (chunk: Buffer) => {
        for (let at = 0; at < chunk.length; at += 7) to.write(chunk.subarray(at, at + 7))
      })
      from.on('close', () => to.destroy())
      from.on('error', () => {})
      from.setNoDelay(true)
    }
  })
  await new Promise<void>((done) => server.listen(join(host, '.s.PGSQL.5432'), done))
  return {
    host,
    async stop() {
      await new Promise<void>((done) => server.close(() => done()))
      rmSync(host, { recursive: true, force: true })
    },
  }
}
