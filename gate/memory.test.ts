import { randomBytes } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { afterAll, expect, inject, it, test } from 'vitest'
import { mintPublicId } from '@/lib/secrets/format'
import { testDb, testKeys } from '@/lib/testing'
import { databaseBetween } from '@/testing/database-between'
import { apiUser, bearer, changeCredential, exchange, startPair, tokenFor } from './testing'

/** The login of this file alone, so that it can be made read-only. On the embedded database everybody is one user. */
const separate = inject('urlOf').gate !== inject('databaseUrl')
const login = `gate_${randomBytes(4).toString('hex')}`
if (separate) await testDb().execute(sql.raw(`create role ${login} login in role gatehouse_gate`))
const database = await databaseBetween(inject('urlOf').gate.replace('gate_login', login))
afterAll(() => database.close())
// Behind a proxy, so that each caller can have an address of its own: failures are limited by address.
const { base, gate } = await startPair({
  databaseUrl: database.url,
  proxies: [{ family: 4, words: [0x7f000001], prefix: 32, masks: [-1] }],
})
let callers = 0
const newAddress = () => ({ 'X-Forwarded-For': `11.${(callers >> 8) & 255}.${callers++ & 255}.9` })
const ask = (user: { clientId: string; clientSecret: string }) => exchange(base, user, '/token/', newAddress())

const reads = (): number => database.statements().filter((text) => text.includes('from "generation"')).length
const unknownId = (): string => mintPublicId('test', testKeys.tag)

// CHECKS 82
test('many calls that need the same record share one read', async () => {
  const user = await apiUser()
  reads()
  const answers = await Promise.all(Array.from({ length: 100 }, () => ask(user)))
  expect(answers.map((a) => a.status)).toEqual(Array(100).fill(200))
  // One, and another for each push of a change that came while it was on its way.
  expect(reads()).toBeLessThanOrEqual(3)
})

test('that nobody has an id is remembered for a moment, and not for longer', async () => {
  const stranger = { clientId: unknownId(), clientSecret: 'gts_test_x' }
  reads()
  await Promise.all(Array.from({ length: 8 }, () => ask(stranger)))
  await ask(stranger)
  expect(reads()).toBe(1)
  const readAgain = async () => {
    await ask(stranger)
    return reads()
  }
  await expect.poll(readAgain, { timeout: 4_000, interval: 300 }).toBe(1)
})

// CHECKS 82
test('what we did not mint never reaches the database', async () => {
  const user = await apiUser()
  const token = await tokenFor(base, user)
  const forged = `${token.split('.').slice(0, 2).join('.')}.${'A'.repeat(43)}`
  const badTag = `${user.clientId.slice(0, -1)}${user.clientId.endsWith('a') ? 'b' : 'a'}`
  const [head, claims, mac] = token.split('.')
  reads()
  const before = gate.health().misses
  for (let i = 0; i < 40; i++) {
    const random = randomBytes(16).toString('hex')
    await Promise.all([
      ...[badTag, random, `gtk_test_${random.slice(0, 22)}`, user.clientId.replace('_test_', '_live_')].map((id) =>
        ask({ clientId: id, clientSecret: 'gts_test_x' }),
      ),
      ...[forged, random, `${random}.${random}.${random}`, `${head}.${claims}x.${mac}`].map((bad) =>
        fetch(`${base}/wallets`, { headers: bearer(bad) }),
      ),
    ])
  }
  expect([reads(), gate.health().misses - before]).toEqual([0, 0])
})

it.skipIf(!separate)(
  'a database that takes no commits is not believed, though it answers',
  async () => {
    const user = await apiUser({ moneyOut: true, ranges: ['127.0.0.1'] })
    const token = await tokenFor(base, user)
    const status = async (path: string, method = 'GET') =>
      (await fetch(base + path, { method, headers: bearer(token) })).status
    const readOnly = async (on: boolean) => {
      await testDb().execute(sql.raw(`alter role ${login} set default_transaction_read_only = ${on}`))
      database.thaw()
    }
    await expect.poll(() => status('/payouts', 'POST'), { timeout: 3_000 }).toBe(200)
    await readOnly(true)
    await expect.poll(() => status('/payouts', 'POST'), { timeout: 8_000 }).toBe(503)
    expect(gate.health().ready).toBe(false)
    await expect.poll(() => status('/wallets'), { timeout: 5_000 }).toBe(503)
    // It answered all the time: what was revoked elsewhere would never have been seen here.
    expect(database.statements().some((text) => text.includes('gate_heartbeat'))).toBe(true)
    await changeCredential(user, { state: 'inactive' })
    await readOnly(false)
    await expect.poll(() => status('/wallets'), { timeout: 5_000 }).toBe(401)
  },
  30_000,
)
