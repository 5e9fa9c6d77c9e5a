import 'server-only'
import { cookies, headers } from 'next/headers'
import { notFound, redirect } from 'next/navigation'
import { cache } from 'react'
import { contextOf, hasBothFactors, membershipsOf } from '@/lib/access/actor'
import { SESSION_HOURS } from '@/lib/access/model'
import { recordForeignMerchant } from '@/lib/access/refused'
import { returnPath } from '@/lib/access/return-path'
import { renewSession, sessionOf } from '@/lib/access/sessions'
import type { Ctx, PersonCtx, Visit } from '@/lib/context'
import { err, ok, type Result } from '@/lib/result'
import { runtime } from '@/lib/runtime'
import { cookieOptions, sessionCookie } from './auth'
import { readSessionCookie, writeSessionCookie } from './session-cookie'

export type { Ctx, PersonCtx }
export { membershipsOf }

/** The only door to a `Ctx`. `bin/console` has already resolved the address and dropped what the client claimed. */
export async function visit(): Promise<Visit> {
  const { db, clock, installation } = runtime()
  const h = await headers()
  return {
    db,
    installation,
    now: clock.now(),
    address: h.get('x-real-ip') ?? '',
    userAgent: h.get('user-agent') ?? '',
  }
}

/** Whose browser this is; null when nobody is signed in. Read from the database once per request. */
export const whoIsThere = cache((polling: boolean) => readPerson(polling))

async function readPerson(polling: boolean): Promise<PersonCtx | null> {
  const cookie = (await cookies()).get(sessionCookie())?.value
  const sid = cookie ? await readSessionCookie(cookie, runtime().sessionSecret) : null
  return sid === null ? null : sessionOf(await visit(), sid, polling)
}

/** For pages: the person, or the sign-in page. */
export async function signedInPerson(): Promise<PersonCtx> {
  const who = await whoIsThere(false)
  if (who) return who
  const path = returnPath((await headers()).get('x-gatehouse-path'))
  return redirect(path === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(path)}`)
}

/** For pages: the person inside the merchant of the URL. Somebody else's merchant does not exist (CHECKS 35). */
export const signedIn = cache(async (merchantId: string): Promise<Ctx> => inside(await signedInPerson(), merchantId))

/** What the frame of every signed-in page shows: whose merchants, which one, and what the installation is. */
export const frame = cache(async (merchantId: string) => {
  const ctx = await signedIn(merchantId)
  const merchants = await membershipsOf(await signedInPerson())
  const current = merchants.find((m) => m.merchantId === merchantId)
  if (!current) return notFound()
  const { environment, demo } = ctx.installation
  return { ctx, merchants, current, environment, demo, bothFactors: await hasBothFactors(ctx) }
})

/** For routes that a page reads by itself: nobody is redirected, and polling keeps no session alive. */
export async function watching(merchantId: string): Promise<Result<Ctx, 'signed_out' | 'not_found'>> {
  const who = await whoIsThere(true)
  if (!who) return err('signed_out')
  const ctx = await contextOrRefusal(who, merchantId)
  return ctx ? ok(ctx) : err('not_found')
}

/** For actions: the same, after the request has proved that it comes from our own page. */
export async function acting(merchantId: unknown): Promise<Result<Ctx, 'signed_out'>> {
  const who = await actingPerson()
  return who.ok ? { ok: true, value: await inside(who.value, String(merchantId)) } : who
}

export async function actingPerson(): Promise<Result<PersonCtx, 'signed_out'>> {
  await fromOurPage()
  const who = await readPerson(false)
  return who ? { ok: true, value: who } : err('signed_out')
}

/** Origin and Sec-Fetch-Site against the configured public URL, never against the Host header (CHECKS 101, 102). */
export async function fromOurPage(): Promise<void> {
  const h = await headers()
  const site = h.get('sec-fetch-site')
  if (h.get('origin') !== runtime().consoleUrl || (site !== null && site !== 'same-origin')) {
    throw new Error('an action from a foreign page was refused')
  }
}

async function inside(who: PersonCtx, merchantId: string): Promise<Ctx> {
  return (await contextOrRefusal(who, merchantId)) ?? notFound()
}

/** Somebody else's merchant and none at all look alike; the asking is written down. */
async function contextOrRefusal(who: PersonCtx, merchantId: string): Promise<Ctx | null> {
  const ctx = await contextOf(who, merchantId)
  if (!ctx) await recordForeignMerchant(who, merchantId)
  return ctx
}

/** Puts the session into the browser. */
export async function setSessionCookie(token: string): Promise<void> {
  const value = await writeSessionCookie(token, runtime().sessionSecret)
  ;(await cookies()).set(sessionCookie(), value, { ...cookieOptions(), maxAge: SESSION_HOURS * 3600 })
}

/** After a step-up the cookie changes: one that was copied before stops working. */
export async function renewCookie(ctx: Ctx | PersonCtx): Promise<void> {
  const sessionId = 'actor' in ctx ? ctx.actor.sessionId : ctx.person.sessionId
  await setSessionCookie(await renewSession(ctx.db, sessionId, ctx.now))
}
