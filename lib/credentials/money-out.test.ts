import { and, eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { credential, generation, mail } from '@/db/schema'
import { openTicket } from '@/lib/access/step-up'
import { type World, world } from '@/lib/testing'
import { changeApiWhitelist } from '@/lib/whitelist/change'
import { readWhitelist } from '@/lib/whitelist/read'
import { acknowledge } from './acknowledge'
import type { RegenerateParams } from './model'
import { allowMoneyOut, forbidMoneyOut } from './money-out'
import { regenerate } from './regenerate'

const isOn = async (w: World) => {
  const [row] = await w.db.select().from(credential).where(eq(credential.merchantId, w.merchantId))
  return row?.moneyOut
}

async function withWhitelist(): Promise<World> {
  const w = await world()
  const { version } = await readWhitelist(w.db, w.merchantId, w.clock.now())
  const params = { version, add: [{ range: '203.0.113.7', note: '' }], remove: [], notes: [] }
  const proven = await w.prove(w.olivia, 'api_whitelist.change', params)
  expect(await changeApiWhitelist(await w.olivia.ctx(), { ...proven, params })).toMatchObject({ ok: true })
  return w
}

async function pair(w: World, params: RegenerateParams): Promise<string> {
  const proven = await w.prove(w.olivia, 'credentials.regenerate', params)
  const fresh = await regenerate(await w.olivia.ctx(), { ...proven, params })
  if (!fresh.ok) throw new Error(fresh.error)
  return fresh.value.generationId
}
const confirm = async (w: World, generationId: string) => acknowledge(await w.olivia.ctx(), { generationId })
async function allow(w: World) {
  const proven = await w.prove(w.olivia, 'money_out.allow', {})
  return allowMoneyOut(await w.olivia.ctx(), proven)
}
const weekLong: RegenerateParams = { reason: 'planned_change', overlap: '7_days' }
const aDayFrom = (w: World) => new Date(w.clock.now().getTime() + 86_400_000)

test('with withdrawals no old pair lives longer than a day: neither a retiring one nor one that is replaced later', async () => {
  const running = await withWhitelist()
  const first = await pair(running, { reason: 'first_set_up', overlap: 'at_once' })
  await confirm(running, first)
  await confirm(running, await pair(running, weekLong))
  expect(await allow(running)).toMatchObject({ ok: true })
  const [old] = await running.db.select().from(generation).where(eq(generation.id, first))
  expect(old?.retiresAt).toEqual(aDayFrom(running))

  const later = await withWhitelist()
  await confirm(later, await pair(later, { reason: 'first_set_up', overlap: 'at_once' }))
  const waiting = await pair(later, weekLong)
  expect(await allow(later)).toMatchObject({ ok: true })
  expect(await confirm(later, waiting)).toEqual({ ok: true, value: { oldEndsAt: aDayFrom(later) } })
})

test('confirming a pair ends the one before it, and nobody else’s', async () => {
  const [w, other] = [await world(), await world()]
  const theirs = await pair(other, { reason: 'first_set_up', overlap: 'at_once' })
  await confirm(other, theirs)
  await confirm(w, await pair(w, { reason: 'first_set_up', overlap: 'at_once' }))
  await confirm(w, await pair(w, weekLong))
  const [row] = await w.db.select().from(generation).where(eq(generation.id, theirs))
  expect(row?.retiresAt).toBeNull()
})

test('Root and Owner are mailed when withdrawals are allowed and forbidden', async () => {
  const w = await withWhitelist()
  await allow(w)
  await forbidMoneyOut(await w.olivia.ctx())
  const told = await w.db
    .select()
    .from(mail)
    .where(and(eq(mail.merchantId, w.merchantId), eq(mail.template, 'money_out_switched')))
  const each = told.map((m) => `${m.recipient} ${(m.values as { on: string }).on}`)
  const expected = [w.ingrid, w.olivia].flatMap(({ email }) => [`${email} on`, `${email} off`])
  expect(each.sort()).toEqual(expected.sort())
})

// CHECKS 39 (money-out is the one right that can be widened yet)
test('a right is widened by the password and the code of just this operation, by whom it is for, and by nothing less', async () => {
  const w = await withWhitelist()
  const tried = async (proven: { ticket: string; code: string }, who = w.olivia) =>
    (await allowMoneyOut(await who.ctx(), proven)).ok
  expect(await openTicket(await w.olivia.ctx(), { operation: 'money_out.allow', params: {} })).toMatchObject({
    ok: false,
  })
  expect(await openTicket(await w.adam.ctx(), { operation: 'money_out.allow', params: {} })).toMatchObject({
    ok: false,
  })
  const { code } = await w.prove(w.olivia, 'money_out.allow', {})
  expect(await tried({ ticket: 'none', code })).toBe(false)
  const own = await w.prove(w.olivia, 'money_out.allow', {})
  expect(await tried({ ...own, code: w.olivia.code('sign_in') })).toBe(false)
  expect(await tried(own, w.ingrid)).toBe(false)
  expect(await isOn(w)).toBe(false)
  expect(await tried(own)).toBe(true)
  expect(await isOn(w)).toBe(true)
  expect(await forbidMoneyOut(await w.olivia.ctx())).toMatchObject({ ok: true })
  // Narrowed again, the same proof widens nothing.
  expect(await tried(own)).toBe(false)
  expect(await isOn(w)).toBe(false)
})
