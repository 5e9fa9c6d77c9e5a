import { expect, test } from 'vitest'
import { mintPublicId } from '@/lib/secrets/format'
import { testKeys } from '@/lib/testing'
import { apiUser, bearer, changeCredential, exchange, startPair, tokenFor } from './testing'

const { base } = await startPair()

// CHECKS 86
test('no answer of the gate’s own may be kept: tokens, refusals, what is not there', async () => {
  const user = await apiUser()
  for (const answer of [
    await exchange(base, user),
    await exchange(base, { ...user, clientSecret: 'wrong' }),
    await fetch(`${base}/me`),
    await fetch(`${base}/me`, { headers: bearer('rubbish') }),
    await fetch(`${base}/nowhere`, { headers: bearer(await tokenFor(base, user)) }),
    await fetch(`${base}/a%2fb`),
  ]) {
    expect([answer.url, answer.status, answer.headers.get('cache-control')]).toEqual([
      answer.url,
      answer.status,
      'no-store',
    ])
  }
})

// CHECKS 86
test('one URL, two callers: each is decided by what it presents, also when both are remembered', async () => {
  const allowed = await apiUser()
  const other = await apiUser()
  const [mine, theirs] = [await tokenFor(base, allowed), await tokenFor(base, other)]
  await changeCredential(other, { permissions: [] })
  await expect
    .poll(async () => (await fetch(`${base}/wallets`, { headers: bearer(theirs) })).status, { timeout: 3_000 })
    .toBe(403)
  for (let i = 0; i < 5; i++) {
    expect((await fetch(`${base}/wallets`, { headers: bearer(mine) })).status).toBe(200)
    expect((await fetch(`${base}/wallets`, { headers: bearer(theirs) })).status).toBe(403)
  }
})

// CHECKS 86
test('an id that was unknown a moment ago is known within a second of being made', async () => {
  const clientId = mintPublicId('test', testKeys.tag)
  expect((await exchange(base, { clientId, clientSecret: 'gts_test_none' })).status).toBe(400)
  const { clientSecret } = await apiUser({ generation: { publicId: clientId } })
  const status = async () => (await exchange(base, { clientId, clientSecret })).status
  await expect.poll(status, { timeout: 1_500, interval: 250 }).toBe(200)
})
