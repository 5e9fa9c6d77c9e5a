import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { credential } from '@/db/schema'
import { openTicket } from '@/lib/access/step-up'
import { type World, world } from '@/lib/testing'
import { changeApiWhitelist } from '@/lib/whitelist/change'
import { readWhitelist } from '@/lib/whitelist/read'
import { allowMoneyOut, forbidMoneyOut } from './money-out'

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
