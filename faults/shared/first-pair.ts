import { connect } from '@/db/client'
import { databaseClock } from '@/lib/clock'
import { currentCode } from '@/lib/secrets/totp'
import { libDesk, type Told } from './desk'
import type { Pair } from './journal'
import type { Product } from './product'
import { installationOf, makeShops } from './world'

/** A merchant whose API user is on and has an acknowledged pair, made as its people make it. */
export async function acknowledgedPair(its: Product): Promise<Pair> {
  const db = connect(its.databaseUrl, { max: 2 })
  const installation = installationOf(its.env)
  const [shop] = await makeShops(db, installation, 1, 0)
  const who = shop?.people[0]
  if (!shop || !who) throw new Error('no merchant was made')
  const clock = databaseClock(db)
  await clock.refresh()
  const desk = libDesk({ db, clock, installation, shop, jar: {}, kept: () => {} })
  taken(await desk.signIn(who, currentCode(who.signIn, clock.now())))
  taken(await desk.switchOn(who, null))
  const params = { reason: 'first_set_up', overlap: 'at_once' } as const
  const { ticket } = taken<{ ticket: string }>(
    await desk.openTicket(who, { operation: 'credentials.regenerate', params, password: who.password }),
  )
  const code = currentCode(who.operations, clock.now())
  const pair = taken<Omit<Pair, 'merchantId'>>(await desk.regenerate(who, { ticket, code, params }))
  taken(await desk.acknowledge(who, pair.generationId))
  await db.$client.end()
  return { merchantId: shop.merchantId, ...pair }
}

function taken<T>(told: Told): T {
  if (!told.ok) throw new Error(`refused: ${told.error}`)
  return told.value as T
}
