import { randomBytes } from 'node:crypto'
import { eq, sql } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import { inject } from 'vitest'
import { connect, type Db } from '@/db/client'
import type { ProgramRole } from '@/db/roles'
import { factor, generation, sealingKey, usage } from '@/db/schema'
import { contextOf } from './access/actor'
import { sealSeed } from './access/factors'
import type { Role } from './access/model'
import { startSession } from './access/sessions'
import { type Operation, openTicket } from './access/step-up'
import { fixedClock } from './clock'
import type { Ctx, Installation, PersonCtx, Visit } from './context'
import { addMember, addWallet, createMerchant, createPerson } from './merchants/create'
import type { ConsoleKeys } from './secrets/keys'
import { hashPassword } from './secrets/password'
import { currentCode, mintSeed, STEP_SECONDS } from './secrets/totp'

declare module 'vitest' {
  export interface ProvidedContext {
    /** As the owner of the tables: for what a test prepares and looks up. */
    databaseUrl: string
    /** As each program connects: on PostgreSQL with its own role and no other rights. */
    urlOf: Record<ProgramRole, string>
  }
}

/** Shared by every test of a run: one database, one set of keys. Each world has its own merchant and people. */
let shared: Db | undefined
export const testDb = (): Db => {
  shared ??= connect(inject('databaseUrl'), { max: 6 })
  return shared
}

const opened = new Map<ProgramRole, Db>()
/** A pool with the rights of a program and no others. */
export function dbOf(role: ProgramRole): Db {
  const known = opened.get(role) ?? connect(inject('urlOf')[role], { max: 6 })
  opened.set(role, known)
  return known
}

const totpKey = Buffer.alloc(32, 7)
export const testKeys: ConsoleKeys = {
  tag: Buffer.alloc(32, 9),
  totp: { current: 'totp-test', byId: new Map([['totp-test', totpKey]]) },
}
export const testInstallation: Installation = { environment: 'test', demo: true, insecure: false, keys: testKeys }

export const PASSWORD = 'seven quiet herons wait'
let passwordHash: Promise<string> | undefined

export type TestPerson = {
  id: string
  name: string
  email: string
  seeds: { sign_in: string; operations: string }
  /** A signed-in context inside the world's merchant, at the world's time. */
  ctx(): Promise<Ctx>
  own(): Promise<PersonCtx>
  code(purpose?: 'sign_in' | 'operations'): string
}

export type World = {
  db: Db
  merchantId: string
  clock: ReturnType<typeof fixedClock>
  ingrid: TestPerson
  olivia: TestPerson
  adam: TestPerson
  mia: TestPerson
  visit(address?: string): Visit
  /** Ticket and code for an operation, ready to be used. Moves the clock one code step on, so that no code repeats. */
  prove(who: TestPerson, operation: Operation, params: unknown): Promise<{ ticket: string; code: string }>
}

/** A merchant of its own with Root Ingrid, Owner Olivia, Admin Adam and Member Mia, all with both factors. */
export async function world(options: { state?: 'pending' | 'active' } = {}): Promise<World> {
  const db = testDb()
  const clock = fixedClock(await databaseTime(db))
  const merchantId = `mrc_${randomBytes(6).toString('hex')}`
  await db
    .insert(sealingKey)
    .values({ id: 'totp-test', purpose: 'totp', canary: Buffer.alloc(1) })
    .onConflictDoNothing()
  passwordHash ??= hashPassword(PASSWORD)

  const visit = (address = '203.0.113.44'): Visit => ({
    db: dbOf('console'),
    installation: testInstallation,
    now: clock.now(),
    address,
    userAgent: 'test browser',
  })

  async function person(name: string, role: Role): Promise<TestPerson> {
    const id = uuid()
    const email = `${name.toLowerCase()}@${merchantId.replace('_', '-')}.example`
    await createPerson(db, { id, email, name, passwordHash: await passwordHash!, now: clock.now() })
    const seeds = { sign_in: mintSeed(), operations: mintSeed() }
    for (const purpose of ['sign_in', 'operations'] as const) {
      const row = { id: uuid(), personId: id, purpose }
      const { sealed, keyId } = sealSeed(row, seeds[purpose], testKeys.totp)
      await db.insert(factor).values({
        ...row,
        state: 'active',
        sealed,
        sealingKeyId: keyId,
        createdAt: clock.now(),
        pendingUntil: clock.now(),
        enrolledAt: clock.now(),
      })
    }
    if (role === 'root')
      await createMerchant(db, {
        id: merchantId,
        name: 'Harbour Test',
        rootId: id,
        state: options.state ?? 'active',
        now: clock.now(),
      })
    else await addMember(db, { merchantId, personId: id, role, now: clock.now() })
    let sessionId: string | undefined
    const own = async (): Promise<PersonCtx> => {
      sessionId ??= (await startSession(db, id, visit())).sessionId
      return { ...visit(), person: { id, sessionId, name, email } }
    }
    return {
      id,
      name,
      email,
      seeds,
      own,
      code: (purpose = 'operations') => currentCode(seeds[purpose], clock.now()),
      async ctx() {
        const ctx = await contextOf(await own(), merchantId)
        if (!ctx) throw new Error(`${name} does not belong to the merchant`)
        return ctx
      },
    }
  }

  const made: World = {
    db,
    merchantId,
    clock,
    ingrid: await person('Ingrid', 'root'),
    olivia: await person('Olivia', 'owner'),
    adam: await person('Adam', 'admin'),
    mia: await person('Mia', 'member'),
    visit,
    async prove(who, operation, params) {
      clock.advance(STEP_SECONDS * 1000)
      const opened = await openTicket(await who.ctx(), { operation, params, password: PASSWORD })
      if (!opened.ok) throw new Error(`no ticket: ${opened.error}`)
      return { ticket: opened.value.ticket, code: who.code() }
    },
  }
  await addWallet(db, { merchantId, id: 'eur-main', name: 'EUR main', currency: 'EUR', now: clock.now() })
  return made
}

async function databaseTime(db: Db): Promise<Date> {
  const { rows } = await db.execute<{ ms: number }>(
    sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`,
  )
  return new Date(Math.floor(Number(rows[0]?.ms)))
}

/** What the gate does when the first call of a pair arrives. */
export async function used(w: World, generationId: string): Promise<void> {
  await w.db.update(generation).set({ firstUsedAt: w.clock.now() }).where(eq(generation.id, generationId))
  await w.db
    .insert(usage)
    .values({
      generationId,
      merchantId: w.merchantId,
      lastUsedAt: w.clock.now(),
      lastUsedFrom: '203.0.113.7',
      calls: 1,
    })
    .onConflictDoNothing()
}
