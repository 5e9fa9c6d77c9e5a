import { and, eq, isNull } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { audit, mail, membership, requestLog, whitelistEntry } from '@/db/schema'
import { openTicket } from '@/lib/access/step-up'
import { allowMoneyOut } from '@/lib/credentials/money-out'
import { type TestPerson, testInstallation, type World, world } from '@/lib/testing'
import { changeApiWhitelist, turnOff, turnOn } from './change'
import { maxEntries, type WhitelistChange } from './model'
import { readWhitelist } from './read'

const read = (w: World) => readWhitelist(w.db, w.merchantId, w.clock.now())

async function save(w: World, given: Partial<WhitelistChange>, who: TestPerson = w.adam) {
  const params = { version: (await read(w)).version, add: [], remove: [], notes: [], ...given }
  const proven = await w.prove(who, 'api_whitelist.change', params)
  return changeApiWhitelist(await who.ctx(), { ...proven, params })
}

const adding = (...ranges: string[]) => ({ add: ranges.map((range) => ({ range, note: '' })) })

// CHECKS 67
test('ranges are kept canonical; a repeated one is one entry', async () => {
  const w = await world()
  expect(
    await save(w, adding('203.0.113.7/24', '2001:DB8::0:1', '::ffff:198.51.100.4', '203.0.113.0/24')),
  ).toMatchObject({ ok: true })
  expect((await read(w)).entries.map((e) => e.range).sort()).toEqual(['198.51.100.4', '2001:db8::1', '203.0.113.0/24'])
})

// CHECKS 66, 67
test('one bad range refuses the whole save and changes nothing', async () => {
  const w = await world()
  for (const bad of ['0.0.0.0/0', '::/0', '10.1', '012.0.0.1', '203.0.113.7/33', 'fe80::1%eth0']) {
    expect(await save(w, adding('203.0.113.7', bad))).toEqual({ ok: false, error: 'bad_range' })
  }
  expect(await read(w)).toMatchObject({ version: 0, state: 'off', entries: [] })
})

// CHECKS 73
test('on or off is stored: the first entry turns it on, removing the last leaves it on and refusing', async () => {
  const w = await world()
  await save(w, adding('203.0.113.7'))
  const one = await read(w)
  expect(one).toMatchObject({ state: 'on', version: 1 })
  await save(w, { remove: [one.entries[0]!.id] })
  expect(await read(w)).toMatchObject({ state: 'on', version: 2, entries: [] })
})

// CHECKS 73
test('turning it off is its own confirmed act, for Root and Owner', async () => {
  const w = await world()
  await save(w, adding('203.0.113.7'))
  const params = { version: 1 }
  const proven = await w.prove(w.olivia, 'api_whitelist.turn_off', params)
  expect(await turnOff(await w.adam.ctx(), { ...proven, ...params })).toMatchObject({ ok: false })
  expect(await turnOff(await w.olivia.ctx(), { ...proven, ...params })).toMatchObject({ ok: true })
  expect(await read(w)).toMatchObject({ state: 'off', entries: [{ range: '203.0.113.7' }] })
  // An entry more does not turn it on behind anybody's back; a person does.
  await save(w, adding('203.0.113.8'))
  expect(await read(w)).toMatchObject({ state: 'off' })
  const on = await w.prove(w.adam, 'api_whitelist.turn_on', { version: 2 })
  expect(await turnOn(await w.adam.ctx(), { ...on, version: 2 })).toMatchObject({ ok: false, error: 'stale' })
  const { version } = await read(w)
  const again = await w.prove(w.adam, 'api_whitelist.turn_on', { version })
  expect(await turnOn(await w.adam.ctx(), { ...again, version })).toMatchObject({ ok: true })
})

test('two editors lose nothing: the second is told, and its code is not spent', async () => {
  const w = await world()
  const params: WhitelistChange = { version: 0, ...adding('198.51.100.4'), remove: [], notes: [] }
  const proven = await w.prove(w.olivia, 'api_whitelist.change', params)
  const adams: WhitelistChange = { version: 0, ...adding('203.0.113.7'), remove: [], notes: [] }
  const opened = await openTicket(await w.adam.ctx(), { operation: 'api_whitelist.change', params: adams })
  if (!opened.ok) throw new Error(opened.error)
  await changeApiWhitelist(await w.adam.ctx(), { ticket: opened.value.ticket, code: w.adam.code(), params: adams })
  expect(await changeApiWhitelist(await w.olivia.ctx(), { ...proven, params })).toEqual({ ok: false, error: 'stale' })
  const rebased = { ...params, version: 1 }
  const second = await openTicket(await w.olivia.ctx(), { operation: 'api_whitelist.change', params: rebased })
  if (!second.ok) throw new Error(second.error)
  const saved = await changeApiWhitelist(await w.olivia.ctx(), {
    ticket: second.value.ticket,
    code: proven.code,
    params: rebased,
  })
  expect(saved).toMatchObject({ ok: true })
  expect((await read(w)).entries.map((e) => e.range)).toEqual(['203.0.113.7', '198.51.100.4'])
})

// CHECKS 35
test('another merchant’s entry is neither removed nor noted', async () => {
  const w = await world()
  const other = await world()
  await save(w, adding('203.0.113.7'))
  const { id } = (await read(w)).entries[0]!
  await save(other, { remove: [id], notes: [{ id, note: 'mine' }], ...adding('198.51.100.4') })
  expect((await read(w)).entries).toMatchObject([{ id, note: '' }])
})

// CHECKS 36
test('a member changes nothing; an admin may', async () => {
  const w = await world()
  await expect(save(w, adding('203.0.113.7'), w.mia)).rejects.toThrow('forbidden')
  expect(await save(w, adding('203.0.113.7'), w.adam)).toMatchObject({ ok: true })
})

// CHECKS 67
test(`no more than ${maxEntries} entries`, async () => {
  const w = await world()
  const many = Array.from({ length: maxEntries }, (_, i) => `203.0.${Math.floor(i / 200)}.${(i % 200) + 1}`)
  expect(await save(w, adding(...many))).toMatchObject({ ok: true })
  expect(await save(w, adding('198.51.100.4'))).toEqual({ ok: false, error: 'too_many_entries' })
})

/** A call that came through a proxy which nobody configured. */
const callThroughProxy = (w: World, proven: boolean) =>
  w.db.insert(requestLog).values({
    at: w.clock.now(),
    requestId: w.merchantId.slice(4).padEnd(32, '0'),
    merchantId: w.merchantId,
    method: 'GET',
    path: '/me',
    address: '10.0.0.1',
    hops: [
      { address: '10.0.0.1', trusted: false },
      { address: '203.0.113.7', trusted: false },
    ],
    verdict: 'accepted',
    proven,
    checks: [],
    status: 200,
    durationMs: 1,
  })

async function setState(w: World, state: 'on' | 'off', who: TestPerson = w.olivia) {
  const params = { version: (await read(w)).version }
  const proven = await w.prove(who, `api_whitelist.turn_${state}`, params)
  return (state === 'on' ? turnOn : turnOff)(await who.ctx(), { ...proven, ...params })
}

// CHECKS 64
test('a whitelist is not turned on while its calls come through a proxy that is not configured', async () => {
  const w = await world()
  await save(w, adding('198.51.100.4'))
  await setState(w, 'off')
  await callThroughProxy(w, true)
  expect(await setState(w, 'on')).toEqual({ ok: false, error: 'untrusted_proxy_in_front' })
  const empty = await world()
  await callThroughProxy(empty, true)
  expect(await save(empty, adding('203.0.113.7'))).toEqual({ ok: false, error: 'untrusted_proxy_in_front' })
})

// CHECKS 64
test('a stranger’s header keeps nobody from turning a whitelist on', async () => {
  const [w, other] = [await world(), await world()]
  await callThroughProxy(w, false)
  await callThroughProxy(other, true)
  expect(await save(w, adding('203.0.113.7'))).toMatchObject({ ok: true })
  expect(await read(w)).toMatchObject({ state: 'on' })
})

// CHECKS 28
test('who was demoted after the ticket does not turn it off', async () => {
  const w = await world()
  await save(w, adding('203.0.113.7'))
  const proven = await w.prove(w.olivia, 'api_whitelist.turn_off', { version: 1 })
  await w.db.update(membership).set({ role: 'admin' }).where(eq(membership.personId, w.olivia.id))
  expect(await turnOff(await w.olivia.ctx(), { ...proven, version: 1 })).toEqual({ ok: false, error: 'forbidden' })
  expect(await read(w)).toMatchObject({ state: 'on' })
})

test('Root and Owner are mailed about every change, saying whether the list is on', async () => {
  const w = await world()
  await save(w, adding('203.0.113.7'))
  await setState(w, 'off')
  const told = await w.db.select().from(mail).where(eq(mail.merchantId, w.merchantId)).orderBy(mail.createdAt)
  const each = told.map((m) => [m.template, m.recipient, (m.values as { on: string }).on])
  expect(each.sort()).toEqual(
    ['on', 'off'].flatMap((on) => [w.ingrid, w.olivia].map((who) => ['whitelist_changed', who.email, on])).sort(),
  )
})

test('money-out needs a whitelist that is on, and an audit row tells what was added', async () => {
  const w = await world()
  const proven = await w.prove(w.olivia, 'money_out.allow', {})
  expect(await allowMoneyOut(await w.olivia.ctx(), proven)).toEqual({ ok: false, error: 'needs_whitelist' })
  await save(w, adding('203.0.113.7'))
  const again = await w.prove(w.olivia, 'money_out.allow', {})
  const overHttp = { ...(await w.olivia.ctx()), installation: { ...testInstallation, insecure: true } }
  expect(await allowMoneyOut(overHttp, again)).toEqual({ ok: false, error: 'insecure_console' })
  expect(await allowMoneyOut(await w.olivia.ctx(), again)).toMatchObject({ ok: true })
  const rows = await w.db
    .select()
    .from(audit)
    .where(and(eq(audit.chain, w.merchantId), eq(audit.action, 'whitelist.changed')))
  expect(rows[0]?.detail).toMatchObject({ added: ['203.0.113.7'], on: true, role: 'admin' })
})

test('removed entries stay as history, with who removed them', async () => {
  const w = await world()
  await save(w, adding('203.0.113.7'))
  await save(w, { remove: [(await read(w)).entries[0]!.id] })
  const rows = await w.db.select().from(whitelistEntry).where(eq(whitelistEntry.merchantId, w.merchantId))
  expect(rows).toMatchObject([{ removedBy: w.adam.id }])
  expect(
    await w.db
      .select()
      .from(whitelistEntry)
      .where(and(eq(whitelistEntry.merchantId, w.merchantId), isNull(whitelistEntry.removedAt))),
  ).toHaveLength(0)
})
