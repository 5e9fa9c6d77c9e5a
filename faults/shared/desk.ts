import type { Db } from '@/db/client'
import { contextOf } from '@/lib/access/actor'
import { endSession, sessionOf } from '@/lib/access/sessions'
import { signIn } from '@/lib/access/sign-in'
import type { OpenTicket } from '@/lib/access/step-up'
import { openTicket } from '@/lib/access/step-up'
import type { Clock } from '@/lib/clock'
import type { Ctx, Installation, PersonCtx, Visit } from '@/lib/context'
import { acknowledge } from '@/lib/credentials/acknowledge'
import { discard } from '@/lib/credentials/discard'
import { endOverlap, shortenOverlap } from '@/lib/credentials/end-overlap'
import type { Overlap, RegenerateParams } from '@/lib/credentials/model'
import { allowMoneyOut, forbidMoneyOut } from '@/lib/credentials/money-out'
import { regenerate } from '@/lib/credentials/regenerate'
import { switchOff, switchOn } from '@/lib/credentials/switch-api-user'
import { changeApiWhitelist, turnOff, turnOn } from '@/lib/whitelist/change'
import type { WhitelistChange } from '@/lib/whitelist/model'
import type { Person, Shop } from './world'

/** Where a person changes things: the same verbs through the code of `lib`, or through the console over HTTP. */
export type Proven = { ticket: string; code: string }
export type Told = { ok: true; value: unknown } | { ok: false; error: string }
/** `gone`: the session is over. */
export type Desk = {
  isSignedIn(who: Person): boolean
  signIn(who: Person, code: string): Promise<Told>
  signOut(who: Person): Promise<Told>
  openTicket(who: Person, given: OpenTicket): Promise<Told>
  regenerate(who: Person, given: Proven & { params: RegenerateParams }): Promise<Told>
  acknowledge(who: Person, generationId: string): Promise<Told>
  discard(who: Person, generationId: string): Promise<Told>
  endOverlap(who: Person): Promise<Told>
  shortenOverlap(who: Person, lasts: Exclude<Overlap, 'at_once'>): Promise<Told>
  switchOff(who: Person): Promise<Told>
  switchOn(who: Person, proven: Proven | null): Promise<Told>
  allowMoneyOut(who: Person, proven: Proven): Promise<Told>
  forbidMoneyOut(who: Person): Promise<Told>
  changeWhitelist(who: Person, given: Proven & { params: WhitelistChange }): Promise<Told>
  turnWhitelist(who: Person, state: 'on' | 'off', given: Proven & { version: number }): Promise<Told>
}

/** The cookies of a browser, by person: a new process goes on with them. */
export type Cookies = { session: string | null; device: string | null }
export type Jar = Record<string, Cookies>

type Settings = { db: Db; clock: Clock; installation: Installation; shop: Shop; jar: Jar; kept: () => void }

/** @param kept called whenever the jar has changed */
export function libDesk({ db, clock, installation, shop, jar, kept }: Settings): Desk {
  const visit = (): Visit => ({
    db,
    installation,
    now: clock.now(),
    address: shop.address,
    userAgent: 'a browser in a fault run',
  })
  const cookies = (who: Person): Cookies => (jar[who.id] ??= { session: null, device: null })

  async function own(who: Person): Promise<PersonCtx | null> {
    const { session } = cookies(who)
    const found = session ? await sessionOf(visit(), session) : null
    if (!found && session) {
      cookies(who).session = null
      kept()
    }
    return found
  }

  async function within(who: Person, verb: (ctx: Ctx) => Promise<Told>): Promise<Told> {
    const signedIn = await own(who)
    const ctx = signedIn && (await contextOf(signedIn, shop.merchantId))
    return ctx ? verb(ctx) : { ok: false, error: 'gone' }
  }

  return {
    isSignedIn: (who) => cookies(who).session !== null,
    async signIn(who, code) {
      const given = { email: who.email, password: who.password, code, deviceToken: cookies(who).device }
      const done = await signIn(visit(), given)
      if (!done.ok) return done
      Object.assign(cookies(who), { session: done.value.sessionToken, device: done.value.deviceToken })
      kept()
      return { ok: true, value: null }
    },
    async signOut(who) {
      const signedIn = await own(who)
      if (!signedIn) return { ok: false, error: 'gone' }
      const done = await endSession(signedIn, signedIn.person.sessionId)
      cookies(who).session = null
      kept()
      return done
    },
    openTicket: (who, given) => within(who, (ctx) => openTicket(ctx, given)),
    regenerate: (who, given) =>
      within(who, async (ctx) => {
        const done = await regenerate(ctx, given)
        return done.ok ? { ok: true, value: { ...done.value, apiSecret: done.value.apiSecret.reveal() } } : done
      }),
    acknowledge: (who, generationId) => within(who, (ctx) => acknowledge(ctx, { generationId })),
    discard: (who, generationId) => within(who, (ctx) => discard(ctx, { generationId })),
    endOverlap: (who) => within(who, endOverlap),
    shortenOverlap: (who, lasts) => within(who, (ctx) => shortenOverlap(ctx, { lasts })),
    switchOff: (who) => within(who, switchOff),
    switchOn: (who, proven) => within(who, (ctx) => switchOn(ctx, proven)),
    allowMoneyOut: (who, proven) => within(who, (ctx) => allowMoneyOut(ctx, proven)),
    forbidMoneyOut: (who) => within(who, forbidMoneyOut),
    changeWhitelist: (who, given) => within(who, (ctx) => changeApiWhitelist(ctx, given)),
    turnWhitelist: (who, state, given) => within(who, (ctx) => (state === 'on' ? turnOn : turnOff)(ctx, given)),
  }
}
