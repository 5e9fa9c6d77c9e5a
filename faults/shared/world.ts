import { v7 as uuid } from 'uuid'
import type { Db } from '@/db/client'
import { factor } from '@/db/schema'
import { sealSeed } from '@/lib/access/factors'
import type { Installation } from '@/lib/context'
import { readEnv } from '@/lib/env'
import { addMember, createMerchant, createPerson } from '@/lib/merchants/create'
import { hashPassword } from '@/lib/secrets/password'
import { mintSeed } from '@/lib/secrets/totp'

/** The merchants a run changes, each with two people who may do everything. Plain data: it travels to other processes. */
export type Person = { id: string; email: string; password: string; signIn: string; operations: string }
export type Shop = {
  merchantId: string
  /** Where its people come from; limits are counted per network. */
  address: string
  people: Person[]
  /** How its people work: through the code of `lib`, or through the console's pages. */
  through: 'lib' | 'console'
}

const PASSWORD = 'seven quiet herons wait'

export async function makeShops(db: Db, installation: Installation, lib: number, console: number): Promise<Shop[]> {
  const hash = await hashPassword(PASSWORD)
  const shops: Shop[] = []
  for (let n = 0; n < lib + console; n += 1) {
    const merchantId = `shop-${n}`
    const now = new Date()
    const people: Person[] = []
    for (const name of ['Ingrid', 'Olivia']) people.push(await makePerson(db, installation, `${name}-${n}`, hash, now))
    const [root, owner] = people as [Person, Person]
    await createMerchant(db, { id: merchantId, name: `Shop ${n}`, rootId: root.id, state: 'active', now })
    await addMember(db, { merchantId, personId: owner.id, role: 'owner', now })
    shops.push({ merchantId, address: `198.51.100.${n + 1}`, people, through: n < lib ? 'lib' : 'console' })
  }
  return shops
}

async function makePerson(db: Db, { keys }: Installation, name: string, hash: string, now: Date): Promise<Person> {
  const id = uuid()
  const email = `${name.toLowerCase()}@shops.example`
  const seeds = { sign_in: mintSeed(), operations: mintSeed() }
  await createPerson(db, { id, email, name, passwordHash: hash, now })
  for (const purpose of ['sign_in', 'operations'] as const) {
    const row = { id: uuid(), personId: id, purpose }
    const { sealed, keyId } = sealSeed(row, seeds[purpose], keys.totp)
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
  return { id, email, password: PASSWORD, signIn: seeds.sign_in, operations: seeds.operations }
}

/** What the console knows of the installation whose data directory this is. @param env DATA_DIR and the ports */
export function installationOf(env: Record<string, string>): Installation {
  const { tagKey, totpKeys } = readEnv('console', { ...env, GATEHOUSE_DEMO: '1', GATEHOUSE_ENV: 'test' })
  return { environment: 'test', demo: true, insecure: false, keys: { tag: tagKey, totp: totpKeys } }
}
