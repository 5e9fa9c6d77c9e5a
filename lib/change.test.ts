import { and, eq } from 'drizzle-orm'
import { expect, inject, test } from 'vitest'
import { sqlState } from '@/db/client'
import { credential, membership, session } from '@/db/schema'
import { change } from './change'
import { err, ok } from './result'
import { testDb, type World, world } from './testing'

/** The embedded database has one session: nobody else can do anything in the middle of a transaction. */
const separate = inject('urlOf').gate !== inject('databaseUrl')

const ofOlivia = (w: World) => and(eq(membership.personId, w.olivia.id), eq(membership.merchantId, w.merchantId))

/** What a person tries with a context that was made before something happened. */
async function triedAfter(w: World, meanwhile: () => Promise<unknown>) {
  const ctx = await w.olivia.ctx()
  await meanwhile()
  return change(ctx, 'api_user.switch', async ({ record }) => {
    await record({ action: 'api_user.switched_off' })
    return ok(null)
  })
}

// CHECKS 28
test('role, membership and session are read again where the change is made', async () => {
  const w = await world()
  expect(await triedAfter(w, async () => {})).toMatchObject({ ok: true })
  expect(await triedAfter(w, () => w.db.update(membership).set({ role: 'admin' }).where(ofOlivia(w)))).toEqual({
    ok: false,
    error: 'forbidden',
  })
  await w.db.update(membership).set({ role: 'owner' }).where(ofOlivia(w))
  expect(await triedAfter(w, () => w.db.update(membership).set({ state: 'removed' }).where(ofOlivia(w)))).toEqual({
    ok: false,
    error: 'signed_out',
  })
  await w.db.update(membership).set({ state: 'active' }).where(ofOlivia(w))
  const end = () => w.db.update(session).set({ endedAt: w.clock.now() }).where(eq(session.personId, w.olivia.id))
  expect(await triedAfter(w, end)).toEqual({ ok: false, error: 'signed_out' })
})

// CHECKS 28
test.skipIf(!separate)('nobody takes the role or ends the session in the middle of a change', async () => {
  const w = await world()
  const impatiently = (statement: (tx: Parameters<Parameters<World['db']['transaction']>[0]>[0]) => Promise<unknown>) =>
    testDb()
      .transaction(async (tx) => {
        await tx.execute(`set local lock_timeout = '100ms'`)
        await statement(tx)
      })
      .then(() => 'done', sqlState)
  const tried: unknown[] = []
  await change(await w.olivia.ctx(), 'api_user.switch', async ({ record }) => {
    tried.push(await impatiently((tx) => tx.update(membership).set({ role: 'member' }).where(ofOlivia(w))))
    tried.push(
      await impatiently((tx) =>
        tx.update(session).set({ endedAt: w.clock.now() }).where(eq(session.personId, w.olivia.id)),
      ),
    )
    await record({ action: 'api_user.switched_off' })
    return ok(null)
  })
  const LOCK_NOT_AVAILABLE = '55P03'
  expect(tried).toEqual([LOCK_NOT_AVAILABLE, LOCK_NOT_AVAILABLE])
})

// CHECKS 127
test('what a change did before it was refused has not happened', async () => {
  const w = await world()
  const refused = await change(await w.olivia.ctx(), 'api_user.switch', async ({ tx, record }) => {
    await tx.update(credential).set({ state: 'active' }).where(eq(credential.merchantId, w.merchantId))
    await record({ action: 'api_user.switched_on' })
    return err('stale')
  })
  expect(refused).toEqual({ ok: false, error: 'stale' })
  const [row] = await w.db.select().from(credential).where(eq(credential.merchantId, w.merchantId))
  expect(row?.state).toBe('inactive')
})
