import { randomBytes } from 'node:crypto'
import { and, eq, isNotNull, isNull } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { audit, factor, whitelist, whitelistEntry } from '@/db/schema'
import { contextOf } from '@/lib/access/actor'
import { sealSeed } from '@/lib/access/factors'
import { startSession } from '@/lib/access/sessions'
import { type Operation, openTicket } from '@/lib/access/step-up'
import { verifyChain } from '@/lib/activity/verify'
import type { Ctx } from '@/lib/context'
import { acknowledge } from '@/lib/credentials/acknowledge'
import { allowMoneyOut } from '@/lib/credentials/money-out'
import { regenerate } from '@/lib/credentials/regenerate'
import { switchOn } from '@/lib/credentials/switch-api-user'
import { addMember, createMerchant, createPerson } from '@/lib/merchants/create'
import type { Result } from '@/lib/result'
import { hashPassword } from '@/lib/secrets/password'
import { currentCode, mintSeed } from '@/lib/secrets/totp'
import { changeApiWhitelist } from '@/lib/whitelist/change'
import { databaseNow, type Place } from './place'

/** A merchant whose Root has a pair in use that may move money from this host, and whose Owner changes the whitelist. */
export type Merchant = {
  id: string
  pair: { key: string; secret: string }
  owner: Ctx
  ownerSeed: string
}

const PASSWORD = 'seven quiet herons wait'
const STEP_MS = 30_000
let passwordHash: Promise<string> | undefined

export async function makeMerchant(place: Place): Promise<Merchant> {
  const { db } = place
  const id = `mrc_${randomBytes(6).toString('hex')}`
  const now = await databaseNow(db)
  const rootId = uuid()
  const ownerId = uuid()
  const rootSeed = await makePerson(place, rootId, now)
  const ownerSeed = await makePerson(place, ownerId, now)
  await createMerchant(db, { id, name: 'Fault Test', rootId, state: 'active', now })
  await addMember(db, { merchantId: id, personId: ownerId, role: 'owner', now })

  // Each proof takes a code of its own: the set-up begins three codes ago.
  const root = await contextFor(place, rootId, id, now)
  const at = (steps: number): Ctx => ({ ...root, now: new Date(now.getTime() + steps * STEP_MS) })
  const range = { version: 0, add: [{ range: '127.0.0.0/8', note: '' }], remove: [], notes: [] }
  must(
    await changeApiWhitelist(at(-3), {
      ...(await prove(at(-3), rootSeed, 'api_whitelist.change', range)),
      params: range,
    }),
  )
  must(await allowMoneyOut(at(-2), await prove(at(-2), rootSeed, 'money_out.allow', {})))
  must(await switchOn(at(-1), null))
  const params = { reason: 'first_set_up', overlap: 'at_once' } as const
  const fresh = must(
    await regenerate(at(-1), { ...(await prove(at(-1), rootSeed, 'credentials.regenerate', params)), params }),
  )
  must(await acknowledge(at(0), { generationId: fresh.generationId }))
  // The Owner's day: two days ago, so that there is a code for each of many changes.
  const owner = await contextFor(place, ownerId, id, new Date(now.getTime() - 2 * 86_400_000))
  return { id, pair: { key: fresh.apiKey, secret: fresh.apiSecret.reveal() }, owner, ownerSeed }
}

async function makePerson({ db, installation }: Place, id: string, now: Date): Promise<string> {
  passwordHash ??= hashPassword(PASSWORD)
  await createPerson(db, { id, email: `${id}@fault.example`, name: 'Faye', passwordHash: await passwordHash, now })
  const row = { id: uuid(), personId: id, purpose: 'operations' as const }
  const seed = mintSeed()
  const { sealed, keyId } = sealSeed(row, seed, installation.keys.totp)
  const instants = { createdAt: now, pendingUntil: now, enrolledAt: now }
  await db.insert(factor).values({ ...row, state: 'active', sealed, sealingKeyId: keyId, ...instants })
  return seed
}

async function contextFor({ db, installation }: Place, personId: string, merchantId: string, now: Date): Promise<Ctx> {
  const visit = { db, installation, now, address: '127.0.0.1', userAgent: 'faults' }
  const { sessionId } = await startSession(db, personId, visit)
  const who = { id: personId, sessionId, name: 'Faye', email: `${personId}@fault.example` }
  const ctx = await contextOf({ ...visit, person: who }, merchantId)
  if (!ctx) throw new Error('not a member')
  return ctx
}

async function prove(ctx: Ctx, seed: string, operation: Operation, params: unknown) {
  const { ticket } = must(await openTicket(ctx, { operation, params, password: PASSWORD }))
  return { ticket, code: currentCode(seed, ctx.now) }
}

function must<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Error(`refused: ${result.error}`)
  return result.value
}

/** What a person was told of each change: done, or nothing (`unknown`: it may have been done). */
export type Journal = { merchant: Merchant; acknowledged: Set<string>; unknown: Set<string>; stop(): Promise<void> }

const MOST_ENTRIES = 150

/** Adds one address after the other to the merchant's whitelist, from two days ago on, until it is stopped. */
export function keepChanging({ db }: Place, merchant: Merchant): Journal {
  const journal = { merchant, acknowledged: new Set<string>(), unknown: new Set<string>() }
  let stopped = false
  let now = merchant.owner.now.getTime()

  async function addOne(n: number): Promise<void> {
    now += STEP_MS + 1000
    const ctx: Ctx = { ...merchant.owner, now: new Date(now) }
    const range = `10.${n >> 8}.${n & 255}.1`
    const [list] = await db.select().from(whitelist).where(listOf(merchant))
    const params = { version: list?.version ?? 0, add: [{ range, note: '' }], remove: [], notes: [] }
    const proof = await prove(ctx, merchant.ownerSeed, 'api_whitelist.change', params)
    journal.unknown.add(range)
    const done = await changeApiWhitelist(ctx, { ...proof, params })
    journal.unknown.delete(range)
    if (done.ok) journal.acknowledged.add(range)
    else if (done.error !== 'stale') throw new Error(`refused: ${done.error}`)
  }

  const loop = (async () => {
    for (let n = 1; !stopped && journal.acknowledged.size + journal.unknown.size < MOST_ENTRIES; n++) {
      await addOne(n).catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })()
  return {
    ...journal,
    stop() {
      stopped = true
      return loop
    },
  }
}

/** The API user's list, not the web's. */
const listOf = ({ id }: Merchant) => and(eq(whitelist.merchantId, id), isNotNull(whitelist.credentialId))

/** @returns what is wrong between what people were told and what the database holds */
export async function compare({ db }: Place, { merchant, acknowledged, unknown }: Journal): Promise<string[]> {
  const rows = await db
    .select({ range: whitelistEntry.range })
    .from(whitelistEntry)
    .where(and(eq(whitelistEntry.merchantId, merchant.id), isNull(whitelistEntry.removedAt)))
  const held = rows.map(({ range }) => range).filter((range) => range.startsWith('10.'))
  const wrong: string[] = []
  for (const range of acknowledged)
    if (!held.includes(range)) wrong.push(`${merchant.id}: ${range} was acknowledged and is gone`)
  if (new Set(held).size !== held.length) wrong.push(`${merchant.id}: an address stands twice`)
  for (const range of held)
    if (!acknowledged.has(range) && !unknown.has(range)) wrong.push(`${merchant.id}: ${range} was refused and is there`)
  const [list] = await db.select().from(whitelist).where(listOf(merchant))
  const changes = held.length + 1
  if (list?.version !== changes) wrong.push(`${merchant.id}: version ${list?.version} after ${changes} changes`)
  const entries = await db.select({ action: audit.action }).from(audit).where(eq(audit.chain, merchant.id))
  const audited = entries.filter(({ action }) => action === 'whitelist.changed').length
  if (audited !== changes) wrong.push(`${merchant.id}: ${audited} audit rows for ${changes} changes`)
  const chain = await verifyChain(db, merchant.id)
  if (!chain.ok) wrong.push(`${merchant.id}: the audit chain breaks at ${chain.badSeq}`)
  return wrong
}
