import { eq, sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { beforeEach, expect, test } from 'vitest'
import { mail } from '@/db/schema'
import { dbOf } from '@/lib/testing'
import { deliverDue, type Send } from './deliver'

const db = dbOf('dispatcher')
/** Far from what other tests enqueue: they write mails due now. */
const start = new Date('2001-01-01T00:00:00Z')
const after = (seconds: number): Date => new Date(start.getTime() + seconds * 1000)

beforeEach(async () => {
  await db.delete(mail).where(sql`${mail.recipient} like '%@deliver.example'`)
})

async function enqueue(recipient: string): Promise<string> {
  const id = uuid()
  const values = { at: start.toISOString(), who: 'Olivia', merchant: 'Harbour' }
  await db.insert(mail).values({ id, recipient, template: 'pair_generated', values, createdAt: start, nextAt: start })
  return id
}

const rowOf = async (id: string) => (await db.select().from(mail).where(eq(mail.id, id)))[0]!

test('a mail is sent once, with an id that does not change', async () => {
  const id = await enqueue('one@deliver.example')
  const sent: string[] = []
  const send: Send = async (m) => void sent.push(`${m.id} ${m.to} ${m.subject.length > 0}`)
  expect(await deliverDue(db, start, send)).toEqual({ sent: 1, failed: 0 })
  expect(await deliverDue(db, after(3600), send)).toEqual({ sent: 0, failed: 0 })
  expect(sent).toEqual([`${id} one@deliver.example true`])
  expect((await rowOf(id)).sentAt).toEqual(start)
})

test('ten dispatchers at once send each mail once', async () => {
  for (let i = 0; i < 20; i += 1) await enqueue(`n${i}@deliver.example`)
  const sent: string[] = []
  const send: Send = async (m) => void sent.push(m.to)
  await Promise.all(Array.from({ length: 10 }, () => deliverDue(db, start, send)))
  expect(sent).toHaveLength(20)
  expect(new Set(sent).size).toBe(20)
})

test('a failure delays that mail alone, longer each time, and says nothing of its content', async () => {
  const bad = await enqueue('bad@deliver.example')
  await enqueue('good@deliver.example')
  const send: Send = async (m) => {
    if (m.to.startsWith('bad'))
      throw Object.assign(new Error(`no such user ${m.to}`), { code: 'EENVELOPE', responseCode: 550 })
  }
  expect(await deliverDue(db, start, send)).toEqual({ sent: 1, failed: 1 })
  expect(await rowOf(bad)).toMatchObject({ nextAt: after(5), lastError: 'EENVELOPE 550', sentAt: null })
  expect(await deliverDue(db, after(4), send)).toEqual({ sent: 0, failed: 0 })
  await deliverDue(db, after(5), send)
  expect((await rowOf(bad)).nextAt).toEqual(after(15))
})

test('what a crashed dispatcher held is due again after its lease', async () => {
  const id = await enqueue('crash@deliver.example')
  let release = () => {}
  const stuck = deliverDue(
    db,
    start,
    () =>
      new Promise<void>((done) => {
        release = done
      }),
  )
  await expect.poll(async () => (await rowOf(id)).attempts).toBe(1)
  const sent: string[] = []
  const send: Send = async (m) => void sent.push(m.to)
  await deliverDue(db, after(59), send)
  expect(sent).toEqual([])
  await deliverDue(db, after(61), send)
  expect(sent).toEqual(['crash@deliver.example'])
  release()
  await stuck
})
