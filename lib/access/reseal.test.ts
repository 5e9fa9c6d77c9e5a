import { randomBytes } from 'node:crypto'
import { asc, eq } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { expect, test } from 'vitest'
import { factor, person, sealingKey } from '@/db/schema'
import type { KeyRing } from '@/lib/secrets/keys'
import { currentCode, mintSeed } from '@/lib/secrets/totp'
import { migratedDatabase } from '@/testing/fresh-database'
import { activeFactor, checkCode, sealSeed } from './factors'
import { resealSeeds } from './reseal'

const PEOPLE = 20
const now = new Date('2026-05-01T12:00:00Z')

async function peopleWithSeeds() {
  const { db } = await migratedDatabase()
  const old: KeyRing = { current: 'totp-1', byId: new Map([['totp-1', randomBytes(32)]]) }
  const both: KeyRing = { current: 'totp-2', byId: new Map([['totp-2', randomBytes(32)], ...old.byId]) }
  const canary = Buffer.alloc(1)
  await db.insert(sealingKey).values(['totp-1', 'totp-2'].map((id) => ({ id, purpose: 'totp' as const, canary })))
  const seeds = new Map<string, string>()
  for (let n = 0; n < PEOPLE; n += 1) {
    const row = { id: uuid(), personId: uuid(), purpose: 'operations' as const }
    seeds.set(row.personId, mintSeed())
    await db.insert(person).values({ id: row.personId, email: `${n}@reseal.example`, name: 'A', passwordHash: 'x' })
    const { sealed, keyId } = sealSeed(row, seeds.get(row.personId) ?? '', old)
    const instants = { createdAt: now, pendingUntil: now, enrolledAt: now }
    await db.insert(factor).values({ ...row, ...instants, state: 'active', sealed, sealingKeyId: keyId })
  }
  return { db, both, seeds }
}

// CHECKS 123
test('seeds are sealed anew while people use their codes; ended half-way it goes on where it stopped', async () => {
  const { db, both, seeds } = await peopleWithSeeds()
  const rows = () => db.select().from(factor).orderBy(asc(factor.id))
  const keys = async () => (await rows()).map((r) => r.sealingKeyId)
  const fits = async (personId: string, ring: KeyRing) => {
    const own = await activeFactor(db, personId, 'operations')
    return own && checkCode(own, currentCode(seeds.get(personId) ?? '', now), ring, now)
  }
  const stuck = (await rows())[7]
  if (!stuck) throw new Error('no seeds')
  await db
    .update(factor)
    .set({ sealed: Buffer.alloc(60) })
    .where(eq(factor.id, stuck.id))

  let checked = 0
  let stopped = false
  const others = [...seeds.keys()].filter((id) => id !== stuck.personId)
  const busy = Promise.all(
    others.map(async (id) => {
      for (; !stopped; checked += 1) expect(await fits(id, both)).toMatchObject({ ok: true })
    }),
  )
  await expect(resealSeeds(db, both)).rejects.toThrow()
  expect(await keys()).toEqual([...Array(7).fill('totp-2'), ...Array(PEOPLE - 7).fill('totp-1')])

  await db.update(factor).set({ sealed: stuck.sealed }).where(eq(factor.id, stuck.id))
  expect(await resealSeeds(db, both)).toBe(PEOPLE - 7)
  stopped = true
  await busy
  expect(checked).toBeGreaterThan(PEOPLE)
  expect(await keys()).toEqual(Array(PEOPLE).fill('totp-2'))
  const onlyNew: KeyRing = { current: 'totp-2', byId: new Map([...both.byId].filter(([id]) => id === 'totp-2')) }
  for (const id of seeds.keys()) expect(await fits(id, onlyNew)).toMatchObject({ ok: true })
  expect(await resealSeeds(db, both)).toBe(0)
})
