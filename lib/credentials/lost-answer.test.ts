import { connect as connectSocket, createServer, type Socket } from 'node:net'
import { eq } from 'drizzle-orm'
import { afterEach, expect, inject, test } from 'vitest'
import { connect, type Db } from '@/db/client'
import { generation } from '@/db/schema'
import { type World, world } from '@/lib/testing'
import { regenerate } from './regenerate'

const params = { reason: 'first_set_up', overlap: 'at_once' } as const
const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A way to the database that breaks at COMMIT: before it arrives, or after it and before its answer. */
async function breakingAt(moment: 'before' | 'after'): Promise<Db> {
  const url = new URL(inject('urlOf').console)
  const folder = decodeURIComponent(url.hostname)
  const toDatabase = (): Socket =>
    folder.startsWith('/')
      ? connectSocket(`${folder}/.s.PGSQL.${url.port || 5432}`)
      : connectSocket(Number(url.port || 5432), url.hostname)
  const server = createServer((client) => {
    const upstream = toDatabase()
    client.on('error', () => upstream.destroy())
    upstream.on('error', () => client.destroy())
    upstream.on('close', () => client.destroy())
    client.on('close', () => upstream.end())
    upstream.pipe(client)
    client.on('data', (chunk) => {
      if (!chunk.toString('latin1').toLowerCase().includes('commit\0')) return upstream.write(chunk)
      if (moment === 'before') return client.destroy()
      upstream.unpipe(client)
      upstream.once('data', () => client.destroy())
      upstream.write(chunk)
      upstream.resume()
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  const db = connect(`postgres://${url.username || 'gatehouse'}@127.0.0.1:${port}${url.pathname}`, { max: 1 })
  closing.push(
    () => db.$client.end(),
    () => new Promise((done) => server.close(done)),
  )
  return db
}

const pairs = (w: World) => w.db.select().from(generation).where(eq(generation.merchantId, w.merchantId))

// CHECKS 47, 48
test('the connection breaks after COMMIT: the retry is told that it was done, and no second secret exists', async () => {
  const w = await world()
  const proven = await w.prove(w.olivia, 'credentials.regenerate', params)
  const broken = { ...(await w.olivia.ctx()), db: await breakingAt('after') }
  await expect(regenerate(broken, { ...proven, params })).rejects.toThrow()
  expect(await pairs(w)).toHaveLength(1)
  expect(await regenerate(await w.olivia.ctx(), { ...proven, params })).toEqual({ ok: false, error: 'already_done' })
  expect(await pairs(w)).toHaveLength(1)
})

// CHECKS 48
test('the connection breaks before COMMIT: nothing happened, and the same confirmation still works', async () => {
  const w = await world()
  const proven = await w.prove(w.olivia, 'credentials.regenerate', params)
  const broken = { ...(await w.olivia.ctx()), db: await breakingAt('before') }
  await expect(regenerate(broken, { ...proven, params })).rejects.toThrow()
  expect(await pairs(w)).toHaveLength(0)
  expect(await regenerate(await w.olivia.ctx(), { ...proven, params })).toMatchObject({ ok: true })
})
