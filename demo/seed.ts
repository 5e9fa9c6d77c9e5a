import { eq } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { ready, run } from '@/bin/shared/process'
import { connect, type Db } from '@/db/client'
import { factor, gatewayCredential, merchant, person } from '@/db/schema'
import { sealSeed } from '@/lib/access/factors'
import { readEnv } from '@/lib/env'
import { verifyInstallation } from '@/lib/installation'
import { addMember, addWallet, createMerchant, createPerson } from '@/lib/merchants/create'
import { sha256 } from '@/lib/secrets/format'
import type { KeyRing } from '@/lib/secrets/keys'
import { hashPassword } from '@/lib/secrets/password'
import { type DemoMerchant, type DemoPerson, demoSecrets } from './shared/state'

/** Fills a demo database with two merchants, once. What is there stays as people left it. */
run(async () => {
  const env = readEnv('demo')
  const db = connect(env.databaseUrl, { max: 2 })
  await verifyInstallation(db, { environment: env.gatehouseEnv, demo: true })
  const { merchants, gatewayToken } = demoSecrets(env.dataDir)
  for (const each of merchants) await seedMerchant(db, each, env.totpKeys)
  await db
    .insert(gatewayCredential)
    .values({
      id: uuid(),
      name: 'Demo gateway',
      digest: sha256(gatewayToken),
      scopes: ['verify', 'metrics'],
      createdAt: new Date(),
    })
    .onConflictDoNothing()
  await db.$client.end()
  ready('seeded')
})

const wallets = [
  ['eur-main', 'Main account', 'EUR'],
  ['usd-settlement', 'Settlement, card acquiring North America', 'USD'],
  ['btc-treasury', 'Treasury', 'BTC'],
  ['usdt-payouts', 'Payouts to marketplace sellers', 'USDT'],
] as const

async function seedMerchant(db: Db, given: DemoMerchant, keys: KeyRing): Promise<void> {
  const [known] = await db.select({ id: merchant.id }).from(merchant).where(eq(merchant.id, given.id))
  if (known) return proveOwn(db, given)
  const now = new Date()
  const ids = new Map<string, string>()
  for (const each of given.people) ids.set(each.email, await seedPerson(db, each, keys, now))
  const [root, ...others] = given.people
  const rootId = ids.get(root?.email ?? '')
  if (!rootId) throw new Error('a merchant without its Root')
  await createMerchant(db, { id: given.id, name: given.name, rootId, state: given.state, now })
  for (const { email, role } of others) {
    const personId = ids.get(email)
    if (personId && role !== 'root') await addMember(db, { merchantId: given.id, personId, role, now })
  }
  if (given.state !== 'active') return
  for (const [id, name, currency] of wallets) await addWallet(db, { merchantId: given.id, id, name, currency, now })
}

/** The people of a database that another clone filled have passwords that nobody here knows. */
async function proveOwn(db: Db, given: DemoMerchant): Promise<void> {
  const [first] = given.people
  const [row] = await db
    .select({ id: person.id })
    .from(person)
    .where(eq(person.email, first?.email ?? ''))
  const [known] = row ? await db.select({ id: factor.id }).from(factor).where(eq(factor.personId, row.id)) : []
  if (!known) throw new Error('the demo database was filled by another version: remove its data directory')
}

/** Goes on where an interrupted seeding stopped. */
async function seedPerson(db: Db, each: DemoPerson, keys: KeyRing, now: Date): Promise<string> {
  const [known] = await db.select({ id: person.id }).from(person).where(eq(person.email, each.email))
  if (known) return known.id
  const id = uuid()
  await createPerson(db, {
    id,
    email: each.email,
    name: each.name,
    passwordHash: await hashPassword(each.password),
    now,
  })
  for (const [purpose, seed] of [
    ['sign_in', each.signInTotp],
    ['operations', each.operationsTotp],
  ] as const) {
    const row = { id: uuid(), personId: id, purpose }
    const { sealed, keyId } = sealSeed(row, seed, keys)
    await db.insert(factor).values({
      ...row,
      state: 'active',
      sealed,
      sealingKeyId: keyId,
      createdAt: now,
      pendingUntil: now,
      enrolledAt: now,
    })
  }
  return id
}
