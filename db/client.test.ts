import { sql } from 'drizzle-orm'
import { afterAll, expect, inject, test } from 'vitest'
import { connect, sqlState, transact } from './client'

const db = connect(inject('controlUrl'), { max: 2 })
afterAll(() => db.$client.end())

const SECRET = 'gts_test_canary'
const errorOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (e: unknown) => e,
  )

// CHECKS 129
test('of a database error while a secret is written, only its SQLSTATE may be logged', async () => {
  const error = await errorOf(db.execute(sql`insert into nowhere (secret) values (${SECRET})`))
  // The library's own message holds the parameters: this is why it is never logged.
  expect(JSON.stringify(error) + String(error)).toContain(SECRET)
  expect(sqlState(error)).toBe('42P01')
  expect(sqlState(await errorOf(db.execute(sql`select ${SECRET}::int`)))).toBe('22P02')
  expect(sqlState(new Error(SECRET))).toBeUndefined()
})

test('inside a transaction the pool is out of reach: on the embedded database it would wait for itself', async () => {
  await expect(transact(db, () => db.execute(sql`select 1`))).rejects.toMatchObject({
    cause: { message: expect.stringContaining('use its tx') },
  })
  await expect(transact(db, () => transact(db, async () => 1))).rejects.toThrow(/pass the tx on/)
  expect(await transact(db, async (tx) => (await tx.execute(sql`select 1 as one`)).rows)).toEqual([{ one: 1 }])
})

test('a connection that the server ends does not end the process, and the next query gets a new one', async () => {
  const { rows } = await db.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`)
  const other = connect(inject('controlUrl'), { max: 1 })
  await other.execute(sql`select pg_terminate_backend(${rows[0]?.pid})`)
  await other.$client.end()
  await expect
    .poll(() =>
      db.execute(sql`select 1`).then(
        () => 'answers',
        () => 'fails',
      ),
    )
    .toBe('answers')
})

// CHECKS 135
test('no query waits for ever: for a connection, for a lock, for itself or in a transaction that does nothing', async () => {
  const { rows } = await db.execute(sql`select current_setting('statement_timeout') as statement,
    current_setting('lock_timeout') as lock, current_setting('idle_in_transaction_session_timeout') as idle`)
  expect(rows).toEqual([{ statement: '15s', lock: '10s', idle: '15s' }])

  const busy = connect(inject('controlUrl'), { max: 2, queryMs: 6_000 })
  const held = Promise.all([1, 2].map(() => errorOf(busy.execute(sql`select pg_sleep(12)`))))
  const began = performance.now()
  const waiting = await Promise.all(Array.from({ length: 20 }, () => errorOf(busy.execute(sql`select 1`))))
  expect(waiting.filter((error) => error instanceof Error)).toHaveLength(20)
  expect(performance.now() - began).toBeGreaterThan(4_000)
  // The two that hold the connections are given up; what they did not give back is opened anew.
  expect((await held).every((error) => error instanceof Error)).toBe(true)
  expect((await busy.execute(sql`select 1 as one`)).rows).toEqual([{ one: 1 }])
  expect(performance.now() - began).toBeLessThan(12_000)
  await busy.$client.end()
})
