import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { startPostgres } from './postgres'

const primary = await startPostgres({ durable: true })
afterAll(() => primary.stop())

test('a server that is told to be durable is, and both ways of ending it keep what was committed', async () => {
  expect(primary.sql('show fsync')).toBe('on')
  primary.sql('create table kept (n int)')
  for (const how of ['fast', 'immediate'] as const) {
    primary.sql('insert into kept values (1)')
    await primary.end(how)
    expect(() => primary.sql('select 1')).toThrow(/psql failed/)
    await primary.start()
  }
  expect(primary.sql('select count(*) from kept')).toBe('2')
})

test('a paused server keeps its connections and answers when it goes on', async () => {
  const client = new pg.Client({ connectionString: primary.url })
  await client.connect()
  primary.pause()
  const asked = client.query('select 1 as one')
  expect(await Promise.race([asked, sleep(300, 'silent')])).toBe('silent')
  primary.resume()
  expect((await asked).rows).toEqual([{ one: 1 }])
  await client.end()
})

// CHECKS 134
test('a commit waits for its synchronous standby, which has it when it takes over', async () => {
  const standby = await primary.standby()
  primary.sql('create table copied (n int)')
  standby.pause()
  const client = new pg.Client({ connectionString: primary.url })
  await client.connect()
  const written = client.query('insert into copied values (1)')
  expect(await Promise.race([written, sleep(300, 'waits')])).toBe('waits')
  standby.resume()
  await written
  await client.end()
  await primary.end('immediate')
  standby.promote()
  expect(standby.sql('insert into copied values (2); select count(*) from copied')).toBe('2')
  await standby.stop()
}, 30_000)
