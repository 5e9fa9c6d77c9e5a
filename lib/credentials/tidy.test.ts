import { and, eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { generation, mail } from '@/db/schema'
import { dbOf, used, type World, world } from '@/lib/testing'
import { regenerate } from './regenerate'
import { tidyGenerations } from './tidy'

const params = { reason: 'first_set_up', overlap: 'at_once' } as const

/** A pair whose ten minutes have just ended. */
async function overduePair(w: World): Promise<string> {
  const proof = await w.prove(w.olivia, 'credentials.regenerate', params)
  const made = await regenerate(await w.olivia.ctx(), { ...proof, params })
  if (!made.ok) throw new Error(made.error)
  const { generationId } = made.value
  await w.db.update(generation).set({ pendingUntil: w.clock.now() }).where(eq(generation.id, generationId))
  return generationId
}

const rowOf = async (w: World, id: string) => (await w.db.select().from(generation).where(eq(generation.id, id)))[0]

const told = (w: World) =>
  w.db
    .select({ to: mail.recipient })
    .from(mail)
    .where(and(eq(mail.merchantId, w.merchantId), eq(mail.template, 'pair_unconfirmed')))

test('a pair that nobody used is written down as discarded, and nobody is told', async () => {
  const w = await world()
  const id = await overduePair(w)
  await tidyGenerations(dbOf('dispatcher'), w.clock.now())
  expect((await rowOf(w, id))?.discardedAt).toEqual(w.clock.now())
  expect(await told(w)).toEqual([])
})

test('a used pair stays, and Root and Owner are told of it once', async () => {
  const w = await world()
  const id = await overduePair(w)
  await used(w, id)
  await tidyGenerations(dbOf('dispatcher'), w.clock.now())
  await tidyGenerations(dbOf('dispatcher'), w.clock.now())
  expect((await rowOf(w, id))?.discardedAt).toBeNull()
  expect((await told(w)).map((m) => m.to).sort()).toEqual([w.ingrid.email, w.olivia.email].sort())
})
