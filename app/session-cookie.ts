import { decode, encode } from 'next-auth/jwt'
import { SESSION_HOURS } from '@/lib/access/model'

/** What the session cookie holds: a random session id, encrypted and authenticated, until the session's absolute end. */
export const writeSessionCookie = (sid: string, secret: string, maxAge = SESSION_HOURS * 3600): Promise<string> =>
  encode({ token: { sid }, secret, maxAge })

/**
 * The session id, or null for anything that this secret did not write: tampered with, expired, another algorithm or
 * secret. There is no overlap of secrets: a new one signs everybody out.
 */
export async function readSessionCookie(cookie: string, secret: string): Promise<string | null> {
  // Not through the library's session: that one is also served as JSON, where a script of the page could read the id.
  const read = await decode({ token: cookie, secret }).catch(() => null)
  const sid = read?.['sid']
  return typeof sid === 'string' ? sid : null
}
