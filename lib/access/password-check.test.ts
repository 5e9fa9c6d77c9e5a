import { eq, like } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { attempt, person } from '@/db/schema'
import { hashPassword } from '@/lib/secrets/password'
import { PASSWORD, world } from '@/lib/testing'
import { changePassword } from './change-password'
import { startEnrolment } from './enrol'
import { signIn } from './sign-in'
import { openTicket } from './step-up'

/** Keeps every place taken, those in the queue too, until it is told to stop. */
function flood(): () => Promise<void> {
  let over = false
  const one = async () => {
    while (!over) await hashPassword('a guess')
  }
  const all = Promise.all(Array.from({ length: 204 }, one))
  return async () => {
    over = true
    await all
  }
}

// CHECKS 23
test('in a flood of passwords every step that asks for one says busy, counts nothing, and the rest goes on', async () => {
  const w = await world()
  w.clock.advance(30_000)
  const [ctx, own] = [await w.olivia.ctx(), await w.olivia.own()]
  const before = process.memoryUsage().rss
  const stop = flood()
  try {
    const given = { password: PASSWORD, code: w.olivia.code('sign_in') }
    const busy = { ok: false, error: 'busy', retryAt: new Date(w.clock.now().getTime() + 5000) }
    const params = { reason: 'planned', overlap: '24_hours' }
    expect(await signIn(w.visit(), { email: w.olivia.email, deviceToken: null, ...given })).toEqual(busy)
    expect(await openTicket(ctx, { operation: 'credentials.regenerate', params, password: PASSWORD })).toEqual(busy)
    expect(await startEnrolment(own, { purpose: 'sign_in', ...given })).toEqual(busy)
    expect(await changePassword(own, { ...given, next: 'four quiet herons on a roof' })).toEqual(busy)
    const counted = await w.db
      .select()
      .from(attempt)
      .where(like(attempt.lane, `step-up:${w.olivia.id}`))
    expect(counted.every(({ failures }) => failures === 0)).toBe(true)
    expect(await w.db.select({ id: person.id }).from(person).where(eq(person.id, w.olivia.id))).toHaveLength(1)
    // Four hashes of 19 MiB at once, whoever waits.
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024)
  } finally {
    await stop()
  }
  expect(
    (await openTicket(ctx, { operation: 'api_user.switch_on', params: {} })).ok,
    'and afterwards everything is as before',
  ).toBe(true)
})
