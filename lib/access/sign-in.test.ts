import { and, eq, sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { attempt, audit, factor, mail, person, session, signIn as signInTable } from '@/db/schema'
import { networkOf } from '@/lib/net/network'
import { sha256 } from '@/lib/secrets/format'
import { hashPassword } from '@/lib/secrets/password'
import { currentCode } from '@/lib/secrets/totp'
import { PASSWORD, type World, world } from '@/lib/testing'
import { changePassword } from './change-password'
import { normaliseEmail } from './email'
import { finishEnrolment, startEnrolment } from './enrol'
import { lockPerson } from './own-change'
import { endAllOtherSessions, endSession, listSessions, renewSession, sessionOf, startSession } from './sessions'
import { signIn } from './sign-in'

type Try = { email?: string; password?: string; code?: string; deviceToken?: string | null; address?: string }

const attemptAs = (w: World, t: Try = {}) =>
  signIn(w.visit(t.address), {
    email: t.email ?? w.olivia.email,
    password: t.password ?? PASSWORD,
    code: t.code ?? w.olivia.code('sign_in'),
    deviceToken: t.deviceToken ?? null,
  })

async function signedIn(w: World, t: Try = {}) {
  w.clock.advance(30_000)
  const done = await attemptAs(w, t)
  if (!done.ok) throw new Error(done.error)
  return done.value
}

let next = 0
/** An address nobody else in this file uses: tries are counted per network too. */
const address = () => `2001:db8:${(++next).toString(16)}:${Math.floor(Math.random() * 65_000).toString(16)}::1`

test('password and code together open a session; the address is normalised', async () => {
  const w = await world()
  const done = await signedIn(w, { email: `  ${w.olivia.email.toUpperCase()} `, address: address() })
  const who = await sessionOf(w.visit(), done.sessionToken)
  expect(who?.person).toMatchObject({ name: 'Olivia' })
})

// CHECKS 1
test('a sign-in code opens one session', async () => {
  const w = await world()
  w.clock.advance(30_000)
  const code = w.olivia.code('sign_in')
  expect(await attemptAs(w, { code, address: address() })).toMatchObject({ ok: true })
  expect(await attemptAs(w, { code, address: address() })).toEqual({ ok: false, error: 'refused' })
})

test('a sign-in on a new device is written down and told; it counts against no network', async () => {
  const w = await world()
  const from = address()
  const { deviceToken } = await signedIn(w, { address: from })
  const told = () =>
    w.db
      .select()
      .from(mail)
      .where(and(eq(mail.recipient, w.olivia.email), eq(mail.template, 'new_device')))
  expect(await told()).toHaveLength(1)
  await signedIn(w, { address: from, deviceToken })
  expect(await told()).toHaveLength(1)
  const rows = await w.db
    .select()
    .from(audit)
    .where(and(eq(audit.chain, `person:${w.olivia.id}`), eq(audit.action, 'person.signed_in')))
  expect(rows.map((r) => (r.detail as { newDevice: boolean }).newDevice).sort()).toEqual([false, true])
  const [lane] = await w.db
    .select()
    .from(attempt)
    .where(eq(attempt.lane, `sign-in:network:${networkOf(from)}`))
  expect(lane?.failures).toBe(0)
})

// CHECKS 10
test('a device is known for 180 days and no longer', async () => {
  const w = await world()
  const { deviceToken } = await signedIn(w, { address: address() })
  const lockedOut = async () => {
    for (let i = 0; i < 10; i++) await attemptAs(w, { password: 'wrong', address: address() })
    w.clock.advance(30_000)
  }
  w.clock.advance(179 * 86_400_000)
  await lockedOut()
  expect(await attemptAs(w, { address: address(), deviceToken })).toMatchObject({ ok: true })
  w.clock.advance(86_400_000)
  await lockedOut()
  expect(await attemptAs(w, { address: address(), deviceToken })).toMatchObject({ ok: false, error: 'locked' })
})

// CHECKS 12
test('an unknown person, a wrong password, a wrong code and a missing code read the same', async () => {
  const w = await world()
  for (const t of [
    { email: 'nobody@nowhere.example' },
    { password: 'not the right one' },
    { code: '000000' },
    { code: '' },
    { email: 'two@at@signs' },
  ]) {
    expect(await attemptAs(w, { ...t, address: address() })).toEqual({ ok: false, error: 'refused' })
  }
})

// CHECKS 12
test('an unknown person takes as long as a wrong password', async () => {
  const w = await world()
  const time = async (t: Try) => {
    const times: number[] = []
    for (let i = 0; i < 8; i++) {
      const start = process.hrtime.bigint()
      await attemptAs(w, { ...t, address: address() })
      times.push(Number(process.hrtime.bigint() - start) / 1e6)
    }
    return times.sort((a, b) => a - b)[4]!
  }
  const unknown = await time({ email: 'nobody@nowhere.example' })
  const wrong = await time({ password: 'not the right one' })
  // Without the dummy hash the unknown person answers in a tenth of the time.
  expect(unknown).toBeGreaterThan(wrong / 3)
})

// CHECKS 8
test('ten wrong tries from anywhere lock the shared lane for 15 minutes, and the person is told once', async () => {
  const w = await world()
  for (let i = 0; i < 10; i++) await attemptAs(w, { password: 'wrong', address: address() })
  w.clock.advance(30_000)
  expect(await attemptAs(w, { address: address() })).toMatchObject({
    ok: false,
    error: 'locked',
    retryAt: expect.any(Date),
  })
  const told = await w.db
    .select()
    .from(mail)
    .where(and(eq(mail.recipient, w.olivia.email), eq(mail.template, 'sign_in_locked')))
  expect(told).toHaveLength(1)
  w.clock.advance(15 * 60_000)
  expect(await attemptAs(w, { address: address() })).toMatchObject({ ok: true })
})

// CHECKS 8
test('however slowly: never more than a hundred wrong tries in a row are looked at', async () => {
  const w = await world()
  let looked = 0
  for (let i = 0; i < 105; i++) {
    if (i % 10 === 0) w.clock.advance(15 * 60_000)
    const r = await attemptAs(w, { password: 'wrong', address: address() })
    if (!r.ok && r.error === 'refused') looked++
  }
  expect(looked).toBe(100)
}, 60_000)

// CHECKS 9
test('whoever locks an owner out on purpose does not stop her own browser', async () => {
  const w = await world()
  const { deviceToken } = await signedIn(w, { address: address() })
  for (let i = 0; i < 12; i++) await attemptAs(w, { password: 'wrong', address: address() })
  w.clock.advance(30_000)
  expect(await attemptAs(w, { address: address() })).toMatchObject({ ok: false, error: 'locked' })
  expect(await attemptAs(w, { address: address(), deviceToken })).toMatchObject({ ok: true })
})

// CHECKS 9
test('a network that somebody filled with wrong tries does not stop a browser that signed in before', async () => {
  const w = await world()
  const from = address()
  const { deviceToken } = await signedIn(w, { address: from })
  for (let i = 0; i < 30; i++) await attemptAs(w, { email: `x${i}@nowhere.example`, password: 'wrong', address: from })
  w.clock.advance(30_000)
  expect(await attemptAs(w, { address: from })).toMatchObject({ ok: false, error: 'locked' })
  expect(await attemptAs(w, { address: from, deviceToken })).toMatchObject({ ok: true })
}, 30_000)

// CHECKS 8, 9
test('a hundred wrong tries in a row close the shared lane until the person signs in on a browser of theirs', async () => {
  const w = await world()
  const { deviceToken } = await signedIn(w, { address: address() })
  await w.db.insert(attempt).values({
    lane: `sign-in:account:${sha256(w.olivia.email)}`,
    failures: 10,
    windowStartedAt: w.clock.now(),
    consecutive: 100,
  })
  w.clock.advance(16 * 60_000)
  expect(await attemptAs(w, { address: address() })).toMatchObject({ ok: false, error: 'locked' })
  expect(await attemptAs(w, { address: address(), deviceToken })).toMatchObject({ ok: true })
  w.clock.advance(30_000)
  expect(await attemptAs(w, { address: address() })).toMatchObject({ ok: true })
})

// CHECKS 10
test('a device cookie of somebody else, or a forged one, is worth nothing', async () => {
  const w = await world()
  const ingrids = await (async () => {
    w.clock.advance(30_000)
    const r = await signIn(w.visit(address()), {
      email: w.ingrid.email,
      password: PASSWORD,
      code: w.ingrid.code('sign_in'),
      deviceToken: null,
    })
    if (!r.ok) throw new Error(r.error)
    return r.value.deviceToken
  })()
  for (let i = 0; i < 10; i++) await attemptAs(w, { password: 'wrong', address: address() })
  w.clock.advance(30_000)
  for (const deviceToken of [ingrids, 'forged', 'x'.repeat(5_000)]) {
    expect(await attemptAs(w, { address: address(), deviceToken })).toMatchObject({ ok: false, error: 'locked' })
  }
})

test('thirty tries in ten minutes from one network are the limit, whoever they name', async () => {
  const w = await world()
  const from = address()
  const tries = []
  for (let i = 0; i < 31; i++) tries.push(await attemptAs(w, { email: `p${i}@nowhere.example`, address: from }))
  expect(tries.filter((r) => !r.ok && r.error === 'refused')).toHaveLength(30)
  expect(tries[30]).toMatchObject({ ok: false, error: 'locked' })
}, 30_000)

// CHECKS 26
test('a session that was ended stays dead, and only its owner ends it', async () => {
  const w = await world()
  const { sessionToken } = await signedIn(w, { address: address() })
  const who = await sessionOf(w.visit(), sessionToken)
  expect(await endSession(await w.ingrid.own(), who!.person.sessionId)).toEqual({ ok: false, error: 'not_found' })
  expect(await endSession(who!, who!.person.sessionId)).toMatchObject({ ok: true })
  expect(await sessionOf(w.visit(), sessionToken)).toBeNull()
})

// CHECKS 25
test('after a step-up the cookie changes and the one before dies within seconds', async () => {
  const w = await world()
  const { sessionToken } = await signedIn(w, { address: address() })
  const who = await sessionOf(w.visit(), sessionToken)
  const renewed = await renewSession(w.db, who!.person.sessionId, w.clock.now())
  w.clock.advance(6_000)
  expect(await sessionOf(w.visit(), sessionToken)).toBeNull()
  expect((await sessionOf(w.visit(), renewed))?.person.sessionId).toBe(who!.person.sessionId)
})

// CHECKS 30
test('15 minutes idle end a session though its page polls; 12 hours end it though it is used', async () => {
  const w = await world()
  const { sessionToken } = await signedIn(w, { address: address() })
  for (let i = 0; i < 15; i++) {
    w.clock.advance(61_000)
    await sessionOf(w.visit(), sessionToken, true)
  }
  expect(await sessionOf(w.visit(), sessionToken, true)).toBeNull()

  const second = await signedIn(w, { address: address() })
  for (let i = 0; i < 12 * 6 - 1; i++) {
    w.clock.advance(10 * 60_000)
    expect(await sessionOf(w.visit(), second.sessionToken)).not.toBeNull()
  }
  w.clock.advance(10 * 60_000)
  expect(await sessionOf(w.visit(), second.sessionToken)).toBeNull()
})

// CHECKS 24
test('a malformed stored hash refuses without a throw; an old one is made anew at the next good sign-in', async () => {
  const w = await world()
  await w.db.update(person).set({ passwordHash: 'rubbish' }).where(eq(person.id, w.olivia.id))
  expect(await attemptAs(w, { address: address() })).toEqual({ ok: false, error: 'refused' })
  const { hash } = await import('@node-rs/argon2')
  const old = await hash(PASSWORD, { memoryCost: 8192, timeCost: 1 })
  await w.db.update(person).set({ passwordHash: old }).where(eq(person.id, w.olivia.id))
  await signedIn(w, { address: address() })
  const [row] = await w.db.select().from(person).where(eq(person.id, w.olivia.id))
  expect(row?.passwordHash).toContain('m=19456,t=2,p=1')
})

// CHECKS 17, 18, 20
test('replacing a factor needs password and current code, ends other sessions, and a pending one proves nothing', async () => {
  const w = await world()
  await signedIn(w, { address: address() })
  w.clock.advance(30_000)
  const own = await w.olivia.own()
  const start = (given: { password: string; code: string }) => startEnrolment(own, { purpose: 'sign_in', ...given })
  expect(await start({ password: PASSWORD, code: '000000' })).toEqual({ ok: false, error: 'wrong_code' })
  expect(await start({ password: 'wrong', code: w.olivia.code('sign_in') })).toEqual({
    ok: false,
    error: 'wrong_password',
  })
  const fresh = await start({ password: PASSWORD, code: w.olivia.code('sign_in') })
  if (!fresh.ok) throw new Error(fresh.error)
  expect(JSON.stringify(fresh)).not.toContain(fresh.value.seed.reveal())

  w.clock.advance(30_000)
  const newSeed = fresh.value.seed.reveal()
  const withPending = await attemptAs(w, { code: currentCode(newSeed, w.clock.now()), address: address() })
  expect(withPending).toEqual({ ok: false, error: 'refused' })

  const now = await w.olivia.own()
  expect(await finishEnrolment(now, { purpose: 'sign_in', code: '123456' })).toEqual({ ok: false, error: 'wrong_code' })
  const done = await finishEnrolment(now, { purpose: 'sign_in', code: currentCode(newSeed, w.clock.now()) })
  expect(done).toMatchObject({ ok: true, value: { replaced: true, sessionsEnded: 1 } })
  expect(await listSessions(await w.olivia.own())).toHaveLength(1)
  const told = await w.db.select().from(mail).where(eq(mail.recipient, w.olivia.email))
  expect(told.map((m) => m.template)).toContain('factor_replaced')
})

// CHECKS 7
test('the code that finishes an enrolment may be guessed five times', async () => {
  const w = await world()
  w.clock.advance(30_000)
  const own = await w.olivia.own()
  const purpose = 'operations' as const
  const fresh = await startEnrolment(own, { purpose, password: PASSWORD, code: w.olivia.code() })
  if (!fresh.ok) throw new Error(fresh.error)
  for (let i = 0; i < 5; i++)
    expect(await finishEnrolment(own, { purpose, code: '000000' })).toEqual({ ok: false, error: 'wrong_code' })
  const code = currentCode(fresh.value.seed.reveal(), w.clock.now())
  expect(await finishEnrolment(own, { purpose, code })).toMatchObject({ ok: false, error: 'too_many_attempts' })
})

// CHECKS 18
test('an enrolment left half done is gone after ten minutes and leaves the old factor as it was', async () => {
  const w = await world()
  w.clock.advance(30_000)
  const fresh = await startEnrolment(await w.olivia.own(), {
    purpose: 'operations',
    password: PASSWORD,
    code: w.olivia.code(),
  })
  if (!fresh.ok) throw new Error(fresh.error)
  w.clock.advance(10 * 60_000)
  const code = currentCode(fresh.value.seed.reveal(), w.clock.now())
  expect(await finishEnrolment(await w.olivia.own(), { purpose: 'operations', code })).toEqual({
    ok: false,
    error: 'enrolment_expired',
  })
  const active = await w.db
    .select()
    .from(factor)
    .where(and(eq(factor.personId, w.olivia.id), eq(factor.state, 'active')))
  expect(active).toHaveLength(2)
})

test('a first operations factor needs a sign-in code, waits one hour, and Root and Owners are told', async () => {
  const w = await world()
  await w.db
    .update(factor)
    .set({ state: 'replaced' })
    .where(and(eq(factor.personId, w.adam.id), eq(factor.purpose, 'operations')))
  w.clock.advance(30_000)
  const fresh = await startEnrolment(await w.adam.own(), {
    purpose: 'operations',
    password: PASSWORD,
    code: w.adam.code('sign_in'),
  })
  if (!fresh.ok) throw new Error(fresh.error)
  const code = currentCode(fresh.value.seed.reveal(), w.clock.now())
  expect(await finishEnrolment(await w.adam.own(), { purpose: 'operations', code })).toMatchObject({ ok: true })
  const [row] = await w.db
    .select()
    .from(factor)
    .where(and(eq(factor.personId, w.adam.id), eq(factor.purpose, 'operations'), eq(factor.state, 'active')))
  expect(row?.usableFrom?.getTime()).toBe(w.clock.now().getTime() + 3_600_000)
  const told = await w.db.select().from(mail).where(eq(mail.template, 'factor_enrolled'))
  expect(told.map((m) => m.recipient)).toEqual(expect.arrayContaining([w.ingrid.email, w.olivia.email, w.adam.email]))
})

// CHECKS 17
test('replacing a first operations factor in its hour of waiting does not end the hour', async () => {
  const w = await world()
  await w.db
    .update(factor)
    .set({ state: 'replaced' })
    .where(and(eq(factor.personId, w.adam.id), eq(factor.purpose, 'operations')))
  const enrol = async (code: () => string) => {
    w.clock.advance(30_000)
    const fresh = await startEnrolment(await w.adam.own(), { purpose: 'operations', password: PASSWORD, code: code() })
    if (!fresh.ok) throw new Error(fresh.error)
    const made = fresh.value.seed.reveal()
    const done = await finishEnrolment(await w.adam.own(), {
      purpose: 'operations',
      code: currentCode(made, w.clock.now()),
    })
    if (!done.ok) throw new Error(done.error)
    return made
  }
  const usableFrom = async () => {
    const [row] = await w.db
      .select()
      .from(factor)
      .where(and(eq(factor.personId, w.adam.id), eq(factor.purpose, 'operations'), eq(factor.state, 'active')))
    return row?.usableFrom
  }
  const first = await enrol(() => w.adam.code('sign_in'))
  const waits = await usableFrom()
  await enrol(() => currentCode(first, w.clock.now()))
  expect(await usableFrom()).toEqual(waits)
})

// CHECKS 22
test('a new password: long enough, not common, not about you, and every other session ends', async () => {
  const w = await world()
  await signedIn(w, { address: address() })
  w.clock.advance(30_000)
  const own = await w.olivia.own()
  const to = (nextPassword: string) =>
    changePassword(own, { password: PASSWORD, code: w.olivia.code('sign_in'), next: nextPassword })
  expect(await to('password1')).toEqual({ ok: false, error: 'too_common' })
  expect(await to('gatehouse2026')).toEqual({ ok: false, error: 'too_common' })
  expect(await to('passwordpassword')).toEqual({ ok: false, error: 'too_common' })
  expect(await to(w.olivia.email)).toEqual({ ok: false, error: 'contains_you' })
  expect(await to('k7#Qz!p2w')).toEqual({ ok: false, error: 'too_short' })
  expect(await to('x9Lq'.repeat(33))).toEqual({ ok: false, error: 'too_long' })
  expect(await to('lake\0over the thin mountain road')).toEqual({ ok: false, error: 'not_text' })
  expect(await to('lake over the thin mountain road')).toMatchObject({ ok: true, value: { sessionsEnded: 1 } })
  w.clock.advance(30_000)
  expect(await attemptAs(w, { address: address() })).toEqual({ ok: false, error: 'refused' })
  expect(await attemptAs(w, { password: 'lake over the thin mountain road', address: address() })).toMatchObject({
    ok: true,
  })
})

test('every sign-in leaves its outcome', async () => {
  const w = await world()
  await attemptAs(w, { password: 'wrong', address: address() })
  await signedIn(w, { address: address() })
  const rows = await w.db.select().from(signInTable).where(eq(signInTable.personId, w.olivia.id))
  expect(rows.map((r) => r.outcome).sort()).toEqual(['failed', 'ok'])
})

// CHECKS 120
test('sessions, devices and seeds are stored as digests and ciphertext', async () => {
  const w = await world()
  const { sessionToken, deviceToken } = await signedIn(w, { address: address() })
  const dump = JSON.stringify([await w.db.select().from(session), await w.db.select().from(factor)])
  for (const secret of [sessionToken, deviceToken, w.olivia.seeds.sign_in, w.olivia.seeds.operations]) {
    expect(dump).not.toContain(secret)
    expect(dump).not.toContain(Buffer.from(secret).toString('hex'))
  }
})

test('an e-mail is one plain address', () => {
  expect(normaliseEmail(' Olivia@Example.COM ')).toBe('olivia@example.com')
  expect(normaliseEmail('olivia＠example.com')).toBe('olivia@example.com')
  expect(normaliseEmail('zoë@bücher.example')).toBeNull()
  expect(normaliseEmail('zoe@bücher.example')).toBe('zoe@xn--bcher-kva.example')
  for (const bad of [
    '',
    'a',
    'a@b',
    '"a@evil.example"@b.example',
    'a@b.example,c@d.example',
    'a b@c.example',
    'a@b.example\r\nBcc: x',
  ])
    expect(normaliseEmail(bad)).toBeNull()
})

test('passwords are taken exactly as typed, in NFC, up to 128 code points', async () => {
  const { verifyPassword } = await import('@/lib/secrets/password')
  const stored = await hashPassword(' pässword with spaces 😀 ')
  expect(await verifyPassword(' pässword with spaces 😀 '.normalize('NFD'), stored)).toBe(true)
  expect(await verifyPassword('pässword with spaces 😀', stored)).toBe(false)
})

/** The same database, where something happens between what was checked and the transaction that relies on it. */
const interrupted = (db: World['db'], meanwhile: () => Promise<unknown>): World['db'] =>
  new Proxy(db, {
    get(target, name) {
      if (name !== 'transaction') return Reflect.get(target, name)
      return async (...given: Parameters<typeof target.transaction>) => {
        await meanwhile()
        return target.transaction(...given)
      }
    },
  })

// CHECKS 29
test('a password that is changed while an old one is being checked opens no session', async () => {
  const w = await world()
  w.clock.advance(30_000)
  const visit = w.visit(address())
  const newHash = await hashPassword('lake over the thin mountain road')
  const db = interrupted(w.db, () =>
    w.db.update(person).set({ passwordHash: newHash }).where(eq(person.id, w.olivia.id)),
  )
  const input = { email: w.olivia.email, password: PASSWORD, code: w.olivia.code('sign_in'), deviceToken: null }
  expect(await signIn({ ...visit, db }, input)).toEqual({ ok: false, error: 'refused' })
  expect(await w.db.select().from(session).where(eq(session.personId, w.olivia.id))).toEqual([])
})

// CHECKS 28
test('a session that is ended under a change of password or factor changes nothing', async () => {
  const w = await world()
  const own = await w.olivia.own()
  const db = interrupted(w.db, () =>
    w.db.update(session).set({ endedAt: w.clock.now() }).where(eq(session.id, own.person.sessionId)),
  )
  w.clock.advance(30_000)
  const proof = { password: PASSWORD, code: w.olivia.code('sign_in') }
  const ctx = { ...own, now: w.clock.now(), db }
  expect(await changePassword(ctx, { ...proof, next: 'lake over the thin mountain road' })).toEqual({
    ok: false,
    error: 'signed_out',
  })
  expect(await startEnrolment(ctx, { ...proof, purpose: 'sign_in' })).toEqual({ ok: false, error: 'signed_out' })
})

test('changing the password waits for a change in another session before it holds anything that one needs', async () => {
  const w = await world()
  const { sessionToken } = await signedIn(w, { address: address() })
  const other = await sessionOf(w.visit(), sessionToken)
  w.clock.advance(30_000)
  const own = await w.olivia.own()
  const next = 'lake over the thin mountain road'
  let changing: Promise<unknown> = Promise.resolve()
  await w.db.transaction(async (tx) => {
    await tx.select().from(session).where(eq(session.id, other!.person.sessionId)).for('share')
    changing = changePassword(own, { password: PASSWORD, code: w.olivia.code('sign_in'), next })
    await new Promise((resolve) => setTimeout(resolve, 400))
    await tx.execute(sql`set local lock_timeout = '200ms'`)
    await tx.delete(attempt).where(eq(attempt.lane, `step-up:${w.olivia.id}`))
  })
  expect(await changing).toMatchObject({ ok: true })
})

test('ending the other sessions waits for a change of password before it holds any of them', async () => {
  const w = await world()
  const start = async () => (await startSession(w.db, w.olivia.id, w.visit())).sessionId
  const [third, changing, ending] = [await start(), await start(), await start()]
  const own = await w.olivia.own()
  let ended: Promise<number> = Promise.resolve(0)
  await w.db.transaction(async (tx) => {
    await lockPerson(tx, w.olivia.id)
    await tx.select().from(session).where(eq(session.id, changing)).for('share')
    ended = endAllOtherSessions({ ...own, person: { ...own.person, sessionId: ending } })
    await new Promise((resolve) => setTimeout(resolve, 300))
    await tx.execute(sql`set local lock_timeout = '200ms'`)
    await tx.update(session).set({ endedAt: w.clock.now() }).where(eq(session.id, third))
  })
  expect(await ended).toBe(2)
})
