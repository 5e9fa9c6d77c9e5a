'use server'
import 'server-only'
import { cookies } from 'next/headers'
import { cookieOptions, deviceCookie, sessionCookie } from '@/app/auth'
import { actingPerson, fromOurPage, setSessionCookie, visit } from '@/app/session'
import { SignInInput } from '@/lib/access/input'
import { DEVICE_DAYS, type SignInRefusal } from '@/lib/access/model'
import { returnPath } from '@/lib/access/return-path'
import { endSession } from '@/lib/access/sessions'
import { signIn } from '@/lib/access/sign-in'
import { err, ok, type Result } from '@/lib/result'

/** @returns where to go; the browser goes there by itself, so that the form can show what was refused */
export async function signInAction(given: unknown, next: unknown): Promise<Result<{ path: string }, SignInRefusal>> {
  await fromOurPage()
  const input = SignInInput.safeParse(given)
  if (!input.success) return err('invalid_input')
  const jar = await cookies()

  const signedIn = await signIn(await visit(), { ...input.data, deviceToken: jar.get(deviceCookie())?.value ?? null })
  if (!signedIn.ok) return signedIn

  await setSessionCookie(signedIn.value.sessionToken)
  jar.set(deviceCookie(), signedIn.value.deviceToken, { ...cookieOptions(), maxAge: DEVICE_DAYS * 86_400 })
  return ok({ path: returnPath(next) })
}

/** @returns where to go, as a new page: what the browser remembers of the old ones goes with them (`next.config.js`) */
export async function signOutAction(): Promise<{ path: string }> {
  const who = await actingPerson()
  if (who.ok) await endSession(who.value, who.value.person.sessionId)
  ;(await cookies()).delete({ name: sessionCookie(), ...cookieOptions() })
  return { path: '/sign-in?signed-out=1' }
}
