import type { AuthOptions } from 'next-auth'
import { SESSION_HOURS } from '@/lib/access/model'
import { runtime } from '@/lib/runtime'

/** The cookie carries a random session id and nothing else; who that is and what they may do is read from the database. */
export type SessionToken = { sid: string }

export const sessionCookie = (): string => (runtime().secureCookies ? '__Host-gatehouse-session' : 'gatehouse-session')
export const deviceCookie = (): string => (runtime().secureCookies ? '__Host-gatehouse-device' : 'gatehouse-device')

export const cookieOptions = () => ({
  httpOnly: true,
  secure: runtime().secureCookies,
  sameSite: 'lax' as const,
  path: '/',
})

/** next-auth keeps the encrypted cookie; sign-in itself is `app/sign-in/actions.ts`, and none of its endpoints is served. */
export const authOptions = (): AuthOptions => ({
  secret: runtime().sessionSecret,
  session: { strategy: 'jwt', maxAge: SESSION_HOURS * 3600 },
  providers: [],
  cookies: {
    sessionToken: { name: sessionCookie(), options: cookieOptions() },
  },
})
