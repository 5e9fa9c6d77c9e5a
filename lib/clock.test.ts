import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, afterEach, beforeEach, expect, inject, test, vi } from 'vitest'
import { connect, type Db } from '@/db/client'
import { type Clock, databaseClock } from './clock'

/** A database whose own clock can be set: its `clock_timestamp` stands before PostgreSQL's in the search path. */
const admin = new pg.Client({ connectionString: inject('controlUrl') })
await admin.connect()
const name = `clock_${randomBytes(6).toString('hex')}`
await admin.query(`create database ${name}`)
await admin.query(`alter database ${name} set search_path = moved, pg_catalog, public`)
const url = inject('controlUrl').replace(/[^/]*$/, name)
const db: Db = connect(url, { max: 1 })
await db.$client.query(`
  create schema moved;
  create table clock_shift (shift_ms bigint); create table installation (demo boolean);
  create table heartbeat (name text primary key, at timestamptz);
  create table moved.by (ms float8 not null, seconds float8 not null); insert into moved.by values (0, 0);
  create function moved.clock_timestamp() returns timestamptz volatile language sql as $$
    select pg_catalog.clock_timestamp() + make_interval(secs => ms / 1000)
      from moved.by, lateral (select pg_sleep(seconds)) slept $$`)
afterAll(async () => {
  await db.$client.end()
  await admin.query(`drop database ${name}`)
  await admin.end()
})

let lines: { event: string; over?: boolean; behindMs?: number; skewMs?: number }[]
beforeEach(async () => {
  await setDatabase(0)
  lines = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    lines.push(JSON.parse(String(text)))
    return true
  })
})
afterEach(() => vi.restoreAllMocks())

const setDatabase = (ms: number, answersAfterSeconds = 0) =>
  db.$client.query('update moved.by set ms = $1, seconds = $2', [ms, answersAfterSeconds])

async function started(): Promise<Clock> {
  const clock = databaseClock(db)
  await clock.refresh()
  return clock
}

const SECOND = 1000
const MINUTE = 60_000

// CHECKS 5
test('a database clock that is set back 90 s takes nothing back: time stands until it has caught up, and is logged', async () => {
  const clock = await started()
  const before = clock.now().getTime()
  await setDatabase(-90 * SECOND)
  await clock.refresh()
  const after = clock.now().getTime()
  expect(after).toBeGreaterThanOrEqual(before)
  expect(after - before).toBeLessThan(5 * SECOND)
  await clock.refresh()
  expect(clock.now().getTime()).toBe(after)
  expect(lines).toMatchObject([
    { event: 'clock_regression', over: true, level: 'warn' },
    { event: 'clock_skew', over: true },
  ])
  expect(lines[0]?.behindMs).toBeGreaterThan(85 * SECOND)

  await setDatabase(0)
  await clock.refresh()
  expect(clock.now().getTime()).toBeGreaterThan(after)
  expect(lines.slice(2)).toMatchObject([
    { event: 'clock_regression', over: false },
    { event: 'clock_skew', over: false },
  ])
})

// CHECKS 5
test('a program that starts while the database’s clock is set back begins where the others stand', async () => {
  const beat = (ms: number) =>
    db.$client.query(
      `insert into heartbeat values ('gate', pg_catalog.clock_timestamp() + make_interval(secs => $1::float8 / 1000))
       on conflict (name) do update set at = excluded.at`,
      [ms],
    )
  await beat(0)
  await setDatabase(-90 * SECOND)
  const clock = await started()
  expect(Math.abs(clock.now().getTime() - Date.now())).toBeLessThan(5 * SECOND)
  expect(lines[0]).toMatchObject({ event: 'clock_regression', over: true })
  await setDatabase(0)
  await beat(24 * 60 * MINUTE)
  expect(Math.abs((await started()).now().getTime() - Date.now())).toBeLessThan(5 * SECOND)
  await db.$client.query('delete from heartbeat')
})

test('a database that was a day ahead and is corrected does not hold the product for a day', async () => {
  await setDatabase(24 * 60 * MINUTE)
  const clock = await started()
  await setDatabase(0)
  await clock.refresh()
  expect(Math.abs(clock.now().getTime() - Date.now())).toBeLessThan(5 * SECOND)
  expect(lines.map(({ event }) => event)).toContain('clock_regression')
})

// CHECKS 140
test('the host’s own clock decides nothing, and more than 2 s between it and the database is said once', async () => {
  const real = Date.now()
  for (const skew of [10 * MINUTE, -10 * MINUTE]) {
    lines = []
    vi.spyOn(Date, 'now').mockImplementation(() => real + skew)
    const clock = await started()
    await clock.refresh()
    expect(Math.abs(clock.now().getTime() - real)).toBeLessThan(10 * SECOND)
    expect(Math.abs(clock.skewMs() - skew)).toBeLessThan(10 * SECOND)
    expect(lines).toMatchObject([{ event: 'clock_skew', over: true, level: 'warn' }])
  }
})

test('an answer that was long on its way does not move time, and only one question is under way', async () => {
  const clock = await started()
  await setDatabase(0, 1.2)
  const before = clock.now().getTime() - performance.now()
  const [first, second] = [clock.refresh(), clock.refresh()]
  expect(second).toBe(first)
  await first
  expect(Math.abs(clock.now().getTime() - performance.now() - before)).toBeLessThan(50)
  expect(clock.answering()).toBe(true)
})

test('a database that is silent for two seconds, or refuses, does not answer until it does', async () => {
  const clock = await started()
  await setDatabase(0, 3.5)
  const asked = clock.refresh()
  expect(clock.answering()).toBe(true)
  await expect.poll(clock.answering, { timeout: 3400 }).toBe(false)
  await asked
  expect(clock.answering()).toBe(true)
  await setDatabase(0)
  await db.$client.query('alter function moved.clock_timestamp() rename to elsewhere')
  await db.$client.query('alter table clock_shift rename to elsewhere')
  await expect(clock.refresh()).rejects.toThrow()
  expect(clock.answering()).toBe(false)
  await db.$client.query('alter function moved.elsewhere() rename to clock_timestamp')
  await db.$client.query('alter table elsewhere rename to clock_shift')
  await clock.refresh()
  expect(clock.answering()).toBe(true)
})
