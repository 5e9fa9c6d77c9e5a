import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { requestLog } from '@/db/schema'
import { type World, world } from '@/lib/testing'
import { acknowledge } from './acknowledge'
import { proofOf } from './proof'
import { regenerate } from './regenerate'

const params = { reason: 'first_set_up', overlap: 'at_once' } as const

async function generate(w: World): Promise<string> {
  const proven = await w.prove(w.olivia, 'credentials.regenerate', params)
  const fresh = await regenerate(await w.olivia.ctx(), { ...proven, params })
  if (!fresh.ok) throw new Error(fresh.error)
  return fresh.value.generationId
}

const call = (w: World, generationId: string, verdict: 'accepted' | 'refused', address: string) =>
  w.db.insert(requestLog).values({
    at: w.clock.now(),
    requestId: randomBytes(16).toString('hex'),
    merchantId: w.merchantId,
    generationId,
    method: 'GET',
    path: '/me',
    address,
    hops: [],
    verdict,
    reason: verdict === 'refused' ? 'address_not_listed' : null,
    proven: true,
    checks: [],
    status: verdict === 'refused' ? 403 : 200,
    durationMs: 1,
  })

test('the popup shows the newest call of each kind of its own pair', async () => {
  const w = await world()
  const first = await generate(w)
  expect(await proofOf(await w.adam.ctx(), first)).toMatchObject({ ok: true, value: { accepted: null, refused: null } })
  await call(w, first, 'refused', '198.51.100.4')
  await call(w, first, 'accepted', '203.0.113.7')
  const second = await generate(w)
  expect(await proofOf(await w.adam.ctx(), first)).toMatchObject({
    ok: true,
    value: {
      accepted: { address: '203.0.113.7' },
      refused: { address: '198.51.100.4', reason: 'address_not_listed' },
      replacedBy: 'Olivia',
    },
  })
  expect(await proofOf(await w.adam.ctx(), second)).toMatchObject({ ok: true, value: { accepted: null } })
  expect(await proofOf(await w.mia.ctx(), second)).toEqual({ ok: false, error: 'forbidden' })
})

// CHECKS 35
test('another merchant’s pair is not there, whatever it is asked for', async () => {
  const w = await world()
  const other = await world()
  const generationId = await generate(other)
  expect(await acknowledge(await other.olivia.ctx(), { generationId })).toMatchObject({ ok: true })
  expect(await proofOf(await w.olivia.ctx(), generationId)).toEqual({ ok: false, error: 'not_found' })
  expect(await acknowledge(await w.olivia.ctx(), { generationId })).toEqual({ ok: false, error: 'not_found' })
})
