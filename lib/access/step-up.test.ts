import { and, eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { transact } from '@/db/client'
import { attempt, audit, factor, mail, ticket } from '@/db/schema'
import type { Ctx } from '@/lib/context'
import { regenerate } from '@/lib/credentials/regenerate'
import { switchOff, switchOn } from '@/lib/credentials/switch-api-user'
import { currentCode } from '@/lib/secrets/totp'
import { PASSWORD, type World, world } from '@/lib/testing'
import { changeApiWhitelist } from '@/lib/whitelist/change'
import type { WhitelistChange } from '@/lib/whitelist/model'
import { activeFactor, checkCode, spendCode } from './factors'
import { startSession } from './sessions'
import { openTicket, proveCode, spend } from './step-up'

const add: WhitelistChange = { version: 0, add: [{ range: '203.0.113.7', note: '' }], remove: [], notes: [] }

async function ticketFor(w: World, params: unknown = add): Promise<{ ctx: Ctx; ticket: string }> {
  w.clock.advance(30_000)
  const ctx = await w.olivia.ctx()
  const opened = await openTicket(ctx, { operation: 'api_whitelist.change', params })
  if (!opened.ok) throw new Error(opened.error)
  return { ctx, ticket: opened.value.ticket }
}

const prove = (ctx: Ctx, ticketText: string, code: unknown, params: unknown = add) =>
  proveCode(ctx, { operation: 'api_whitelist.change', params, ticket: ticketText, code: code as string })

// CHECKS 1
test('of a hundred simultaneous submissions of one code, one is accepted', async () => {
  const w = await world()
  const f = await activeFactor(w.db, w.olivia.id, 'operations')
  const check = checkCode(f!, w.olivia.code(), w.visit().installation.keys.totp, w.clock.now())
  if (!check.ok) throw new Error('the code does not fit')
  const won = await Promise.all(Array.from({ length: 100 }, () => spendCode(w.db, check)))
  expect(won.filter(Boolean)).toHaveLength(1)
})

// CHECKS 1, 44
test('twenty whole submissions with one ticket and code change once', async () => {
  const w = await world()
  const { ctx, ticket: t } = await ticketFor(w)
  const replies = await Promise.all(
    Array.from({ length: 20 }, () => changeApiWhitelist(ctx, { ticket: t, code: w.olivia.code(), params: add })),
  )
  expect(replies.filter((r) => r.ok)).toHaveLength(1)
})

// CHECKS 2, 3
test('a spent code is refused as used, with the time of the next one; an older step after a newer one too', async () => {
  const w = await world()
  const { ctx, ticket: t } = await ticketFor(w)
  const code = w.olivia.code()
  const earlier = currentCode(w.olivia.seeds.operations, new Date(w.clock.now().getTime() - 30_000))
  expect(await changeApiWhitelist(ctx, { ticket: t, code, params: add })).toMatchObject({ ok: true })
  const params = { ...add, version: 1, add: [{ range: '203.0.113.8', note: '' }] }
  const opened = await openTicket(ctx, { operation: 'api_whitelist.change', params })
  if (!opened.ok) throw new Error(opened.error)
  for (const spent of [code, earlier]) {
    const refused = await prove(ctx, opened.value.ticket, spent, params)
    expect(refused).toMatchObject({ ok: false, error: 'code_already_used' })
    const wait = (refused.ok ? 0 : (refused.retryAt?.getTime() ?? 0)) - w.clock.now().getTime()
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(30_000)
  }
})

// CHECKS 6
test('a malformed code is refused without a throw and counts as a try', async () => {
  const w = await world()
  const { ctx, ticket: t } = await ticketFor(w)
  for (const code of ['', '12345', '1234567', '１２３４５６', null]) {
    expect(await prove(ctx, t, code)).toMatchObject({ ok: false, error: 'wrong_code' })
  }
  expect(await prove(ctx, t, w.olivia.code())).toMatchObject({ ok: false })
  const [lane] = await w.db
    .select()
    .from(attempt)
    .where(eq(attempt.lane, `step-up:${w.olivia.id}`))
  expect(lane?.failures).toBe(5)
})

// CHECKS 7
test('five wrong tries end the ticket, lock further ones for 15 minutes, are audited and mailed to Root and Owner', async () => {
  const w = await world()
  const { ctx, ticket: t } = await ticketFor(w)
  for (let i = 0; i < 5; i++) expect(await prove(ctx, t, '000000')).toMatchObject({ ok: false, error: 'wrong_code' })
  const [row] = await w.db.select().from(ticket).where(eq(ticket.sessionId, ctx.actor.sessionId))
  expect(row?.endedAt).not.toBeNull()
  const locked = await openTicket(ctx, { operation: 'money_out.allow', params: {}, password: PASSWORD })
  expect(locked).toMatchObject({ ok: false, error: 'too_many_attempts', retryAt: expect.any(Date) })
  const told = await w.db
    .select()
    .from(mail)
    .where(and(eq(mail.merchantId, w.merchantId), eq(mail.template, 'step_up_locked')))
  expect(told.map((m) => m.recipient).sort()).toEqual([w.ingrid.email, w.olivia.email].sort())
  const rows = await w.db
    .select()
    .from(audit)
    .where(and(eq(audit.chain, w.merchantId), eq(audit.action, 'person.step_up_failed')))
  expect(rows).toHaveLength(5)
  w.clock.advance(15 * 60_000)
  const again = await w.olivia.ctx()
  expect(
    await openTicket({ ...ctx, now: again.now }, { operation: 'money_out.allow', params: {}, password: PASSWORD }),
  ).toMatchObject({ ok: true })
})

// CHECKS 7
test('once the tries are gone neither the ended ticket nor a new one lets another guess through', async () => {
  const w = await world()
  const { ctx, ticket: t } = await ticketFor(w)
  for (let i = 0; i < 5; i++) await prove(ctx, t, '000000')
  expect(await prove(ctx, t, w.olivia.code())).toEqual({ ok: false, error: 'ticket_invalid' })
  const { ctx: later, ticket: another } = await ticketFor(w)
  expect(await prove(later, another, w.olivia.code())).toMatchObject({ ok: false, error: 'too_many_attempts' })
})

test('right codes are no failures, however often the operation itself is refused', async () => {
  const w = await world()
  const stale = { ...add, version: 7 }
  for (let i = 0; i < 6; i++) {
    const proven = await w.prove(w.olivia, 'api_whitelist.change', stale)
    const refused = await changeApiWhitelist(await w.olivia.ctx(), { ...proven, params: stale })
    expect(refused).toEqual({ ok: false, error: 'stale' })
  }
})

// CHECKS 13
test('a ticket is spent once and in its time, also by two who had both proved a code of their own', async () => {
  const w = await world()
  const { ctx, ticket: t } = await ticketFor(w)
  const before = currentCode(w.olivia.seeds.operations, new Date(w.clock.now().getTime() - 30_000))
  const proofs = [await prove(ctx, t, before), await prove(ctx, t, w.olivia.code())]
  const [first, second] = proofs.map((proof) => (proof.ok ? proof.value : null))
  if (!first || !second) throw new Error('a code was not taken')
  const late = { ...ctx, now: new Date(ctx.now.getTime() + 120_000) }
  const spending = (by: Ctx, proof: typeof first) => transact(w.db, (tx) => spend(tx, by, proof))
  expect(await spending(late, first)).toEqual({ ok: false, error: 'already_done' })
  expect(await spending(ctx, first)).toMatchObject({ ok: true })
  expect(await spending(ctx, second)).toEqual({ ok: false, error: 'already_done' })
})

// CHECKS 7
test('knowing the password does not reset the count of wrong codes', async () => {
  const w = await world()
  const ctx = await w.olivia.ctx()
  for (let i = 0; i < 5; i++) {
    const opened = await openTicket(ctx, { operation: 'money_out.allow', params: {}, password: PASSWORD })
    if (!opened.ok) throw new Error(opened.error)
    await proveCode(ctx, { operation: 'money_out.allow', params: {}, ticket: opened.value.ticket, code: '000000' })
  }
  expect(await openTicket(ctx, { operation: 'money_out.allow', params: {}, password: PASSWORD })).toMatchObject({
    ok: false,
    error: 'too_many_attempts',
  })
})

// CHECKS 13, 14
test('a ticket is bound to its operation, parameters, session and merchant', async () => {
  const w = await world()
  const { ctx, ticket: t } = await ticketFor(w)
  const code = w.olivia.code()
  const changed = { ...add, add: [{ range: '198.51.100.1', note: '' }] }
  expect(await prove(ctx, t, code, changed)).toEqual({ ok: false, error: 'ticket_invalid' })
  expect(await proveCode(ctx, { operation: 'credentials.regenerate', params: add, ticket: t, code })).toEqual({
    ok: false,
    error: 'ticket_invalid',
  })
  const { sessionId } = await startSession(w.db, w.olivia.id, w.visit())
  expect(await prove({ ...ctx, actor: { ...ctx.actor, sessionId } }, t, code)).toEqual({
    ok: false,
    error: 'ticket_invalid',
  })
  const other = await world()
  expect(await prove({ ...ctx, actor: { ...ctx.actor, merchantId: other.merchantId } }, t, code)).toEqual({
    ok: false,
    error: 'ticket_invalid',
  })
  // Nothing above spent the code.
  expect(await changeApiWhitelist(ctx, { ticket: t, code, params: add })).toMatchObject({ ok: true })
})

// CHECKS 15
test('the code step alone, without a ticket, does nothing and looks at no code', async () => {
  const w = await world()
  w.clock.advance(30_000)
  const ctx = await w.olivia.ctx()
  expect(await changeApiWhitelist(ctx, { ticket: 'guess', code: w.olivia.code(), params: add })).toEqual({
    ok: false,
    error: 'ticket_invalid',
  })
  const { ticket: t } = await ticketFor(w)
  expect(await prove(await w.olivia.ctx(), t, w.olivia.code())).toMatchObject({ ok: true })
})

// CHECKS 16
test('the server decides whether the password is asked: leaving it out is a wrong password', async () => {
  const w = await world()
  expect(
    await openTicket(await w.olivia.ctx(), {
      operation: 'credentials.regenerate',
      params: { reason: 'lost', overlap: 'at_once' },
    }),
  ).toEqual({ ok: false, error: 'wrong_password' })
})

test('a ticket lives 120 seconds', async () => {
  const w = await world()
  const { ticket: t } = await ticketFor(w)
  w.clock.advance(120_000)
  expect(await prove(await w.olivia.ctx(), t, w.olivia.code())).toEqual({ ok: false, error: 'ticket_invalid' })
})

test('a sign-in code in the operations box is recognised and said', async () => {
  const w = await world()
  const { ctx, ticket: t } = await ticketFor(w)
  expect(await prove(ctx, t, w.olivia.code('sign_in'))).toEqual({ ok: false, error: 'sign_in_code' })
})

test('without an operations factor, or while a new one waits, the popup says so before anything is asked', async () => {
  const w = await world()
  const of = and(eq(factor.personId, w.olivia.id), eq(factor.purpose, 'operations'))
  const usableFrom = new Date(w.clock.now().getTime() + 3_600_000)
  await w.db.update(factor).set({ usableFrom }).where(of)
  const ctx = await w.olivia.ctx()
  expect(await openTicket(ctx, { operation: 'api_whitelist.change', params: add })).toEqual({
    ok: false,
    error: 'operations_factor_waits',
    retryAt: usableFrom,
  })
  await w.db.update(factor).set({ state: 'replaced' }).where(of)
  expect(await openTicket(ctx, { operation: 'api_whitelist.change', params: add })).toEqual({
    ok: false,
    error: 'operations_factor_missing',
  })
})

// CHECKS 59
test('the switch: off at once, on without a code on first set-up, with one when a live pair would come back', async () => {
  const w = await world()
  expect(await switchOn(await w.olivia.ctx(), null)).toMatchObject({ ok: true })
  expect(await switchOff(await w.adam.ctx())).toEqual({ ok: false, error: 'forbidden' })
  expect(await switchOff(await w.olivia.ctx())).toMatchObject({ ok: true })
  expect(await switchOff(await w.olivia.ctx())).toEqual({ ok: false, error: 'stale' })
  const params = { reason: 'first_set_up', overlap: 'at_once' } as const
  const first = await w.prove(w.olivia, 'credentials.regenerate', params)
  expect(await regenerate(await w.olivia.ctx(), { ...first, params })).toMatchObject({ ok: true })
  expect(await switchOn(await w.olivia.ctx(), null)).toEqual({ ok: false, error: 'needs_code' })
  const proven = await w.prove(w.olivia, 'api_user.switch_on', {})
  expect(await switchOn(await w.olivia.ctx(), proven)).toMatchObject({ ok: true })
  // What was confirmed once brings nothing back a second time.
  expect(await switchOff(await w.olivia.ctx())).toMatchObject({ ok: true })
  expect(await switchOn(await w.olivia.ctx(), proven)).toEqual({ ok: false, error: 'already_done' })
  const told = await w.db
    .select()
    .from(mail)
    .where(and(eq(mail.merchantId, w.merchantId), eq(mail.template, 'api_user_switched')))
  const each = told.filter((m) => m.recipient === w.ingrid.email).map((m) => (m.values as { on: string }).on)
  expect(each.sort()).toEqual(['off', 'off', 'on', 'on'])
})

// CHECKS 5
test('for a program that starts after the database was set back 90 s, what was used or locked stays so', async () => {
  const w = await world()
  const { ctx, ticket: t } = await ticketFor(w)
  const code = w.olivia.code()
  expect(await changeApiWhitelist(ctx, { ticket: t, code, params: add })).toMatchObject({ ok: true })
  w.clock.advance(-90_000)
  expect(await changeApiWhitelist(await w.olivia.ctx(), { ticket: t, code, params: add })).toMatchObject({
    error: 'already_done',
  })
  const again = await ticketFor(w)
  for (const tried of [code, w.olivia.code()])
    expect((await prove(again.ctx, again.ticket, tried)).ok, tried).toBe(false)
  for (let n = 0; n < 3; n++) await prove(again.ctx, again.ticket, '000000')
  w.clock.advance(-90_000)
  const locked = await prove(await w.olivia.ctx(), again.ticket, w.olivia.code())
  expect(locked).toMatchObject({ ok: false })
  expect(['too_many_attempts', 'ticket_invalid']).toContain(locked.ok ? '' : locked.error)
})
