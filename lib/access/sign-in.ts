import { and, eq, gt } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import type { Db, Tx } from '@/db/client'
import { device, person, signIn as signInTable } from '@/db/schema'
import { append } from '@/lib/activity/record'
import type { Visit } from '@/lib/context'
import { tellPerson } from '@/lib/mail/enqueue'
import { networkOf } from '@/lib/net/network'
import { refusable } from '@/lib/refusable'
import { err, ok, type Result } from '@/lib/result'
import { mintToken, sha256 } from '@/lib/secrets/format'
import { BUSY_MS, needsRehash } from '@/lib/secrets/password'
import { clearAttempts, forgetConsecutive, giveBack, limits, takeAttempt } from './attempts'
import { normaliseEmail } from './email'
import { activeFactor, checkCode, spendCode } from './factors'
import { DEVICE_DAYS, type SignInRefusal } from './model'
import { lockPerson } from './own-change'
import { checkPassword, newHash } from './password-check'
import { startSession } from './sessions'

export type SignInInput = {
  email: string
  password: string
  code: string
  /** The device cookie, if the browser has one. */
  deviceToken: string | null
}
export type SignedIn = { personId: string; sessionToken: string; deviceToken: string }

/**
 * Password and code together, one uniform refusal: an unknown person, a wrong password and a wrong code cost the same
 * work and say the same. Tries are counted per account in two lanes, so that whoever locks the shared lane on purpose
 * does not lock out a browser that signed in before (OWASP device cookies), and per network for all other browsers.
 */
export async function signIn(visit: Visit, input: SignInInput): Promise<Result<SignedIn, SignInRefusal>> {
  const email = normaliseEmail(input.email) ?? `unreadable:${sha256(input.email).slice(0, 16)}`
  const [who] = await visit.db.select().from(person).where(eq(person.email, email))
  const known = who && input.deviceToken ? await deviceOf(visit.db, who.id, input.deviceToken, visit.now) : null

  const account = `sign-in:account:${sha256(email)}`
  const lane = known ? `sign-in:device:${known}` : account
  const network = `sign-in:network:${networkOf(visit.address)}`
  // Whoever shares a network with a stranger, or a proxy nobody configured, is not locked out of their own browser.
  const lanes = known
    ? ([[lane, limits.signInDevice]] as const)
    : ([
        [network, limits.signInAddress],
        [lane, limits.signInUntrusted],
      ] as const)
  let lastTry = false
  for (const [name, limit] of lanes) {
    const taken = await takeAttempt(visit.db, name, limit, visit.now)
    if (!taken.allowed) {
      await remember(visit, who?.id ?? null, 'blocked')
      return err('locked', taken.retryAt)
    }
    lastTry ||= taken.last && name !== network
  }

  const names = lanes.map(([name]) => name)
  const knows = await checkPassword(visit.db, names, input.password, who?.passwordHash ?? null)
  if (knows === 'busy') return err('busy', new Date(visit.now.getTime() + BUSY_MS))
  if (lastTry && who) await tellLocked(visit, who.id)
  const step = await stepFor(visit, who?.id ?? null, input.code)
  if (!who || !knows || !step.ok) {
    await remember(visit, who?.id ?? null, 'failed')
    return err('refused')
  }
  // Where there is no room for a new hash now, the next sign-in makes it.
  const fresh = needsRehash(who.passwordHash) ? await newHash(visit.db, [], input.password) : 'busy'

  return await refusable(visit.db, async (tx) => {
    // Checking takes a while: a password changed meanwhile has ended every session, and opens none any more.
    if ((await lockPerson(tx, who.id)) !== who.passwordHash) return err('refused')
    if (step.spend && !(await spendCode(tx, step.spend))) return err('refused')
    if (fresh !== 'busy') await tx.update(person).set({ passwordHash: fresh.hash }).where(eq(person.id, who.id))
    await clearAttempts(tx, [lane])
    if (known) await forgetConsecutive(tx, account)
    else await giveBack(tx, network)
    const { token, sessionId } = await startSession(tx, who.id, visit)
    const deviceToken = known && input.deviceToken ? input.deviceToken : await newDevice(tx, visit, who.id)
    await tx.insert(signInTable).values(row(visit, who.id, 'ok'))
    if (!known) await tellPerson(tx, who.id, null, { notice: 'new_device', values: where(visit), now: visit.now })
    await append(tx, {
      chain: `person:${who.id}`,
      at: visit.now,
      action: 'person.signed_in',
      actorId: who.id,
      subject: sessionId,
      detail: { newDevice: !known },
      personal: {
        name: who.name,
        email: who.email,
        address: visit.address,
        userAgent: visit.userAgent.slice(0, 200),
      },
    })
    return ok({ personId: who.id, sessionToken: token, deviceToken })
  })
}

/** The code of the sign-in factor, if one is enrolled. Without a factor an empty box is right and anything else wrong. */
async function stepFor(visit: Visit, personId: string | null, code: string) {
  const f = personId ? await activeFactor(visit.db, personId, 'sign_in') : null
  if (!f) return { ok: personId !== null && code === '', spend: null }
  const check = checkCode(f, code, visit.installation.keys.totp, visit.now)
  return check.ok ? { ok: true, spend: check } : { ok: false, spend: null }
}

async function deviceOf(db: Db, personId: string, token: string, now: Date): Promise<string | null> {
  const [row] = await db
    .select({ digest: device.digest })
    .from(device)
    .where(and(eq(device.digest, sha256(token)), eq(device.personId, personId), gt(device.expiresAt, now)))
  return row?.digest ?? null
}

async function newDevice(tx: Tx, visit: Visit, personId: string): Promise<string> {
  const { token, digest } = mintToken()
  const expiresAt = new Date(visit.now.getTime() + DEVICE_DAYS * 86_400_000)
  await tx.insert(device).values({ digest, personId, createdAt: visit.now, expiresAt })
  return token
}

const row = (visit: Visit, personId: string | null, outcome: 'ok' | 'failed' | 'blocked') => ({
  id: uuid(),
  personId,
  at: visit.now,
  address: visit.address,
  userAgent: visit.userAgent.slice(0, 400),
  outcome,
})

const where = (visit: Visit) => ({ address: visit.address, at: visit.now.toISOString() })

const remember = (visit: Visit, personId: string | null, outcome: 'failed' | 'blocked') =>
  visit.db.insert(signInTable).values(row(visit, personId, outcome))

const tellLocked = (visit: Visit, personId: string) =>
  tellPerson(visit.db, personId, null, {
    notice: 'sign_in_locked',
    values: where(visit),
    now: visit.now,
  })
