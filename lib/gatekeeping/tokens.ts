import { createHmac, createSecretKey, hash, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto'
import { twoAgeCache } from './cache'
import type { GateRecord } from './record'
import type { TokenClaims } from './verdict'

/**
 * Our own access tokens (CONTRACTS 3): HS256, `typ: at+jwt`, read by gates only. The strict reader knows nothing but
 * what this file writes: the header must be, byte for byte, the one of a key we hold, so that `alg`, `kid`, `jku`
 * and `crit` of a foreign token are never looked at.
 */
export const TOKEN_SECONDS = 3600
/** What is told to clients: one second less, so that none uses a token in the second it ends. */
export const EXPIRES_IN = TOKEN_SECONDS - 1

export type TokenKey = { id: string; key: Buffer }
export type TokenReading = { claims: TokenClaims | null; fault: 'bad_token' | 'token_expired' | null }

export type Tokens = {
  /** Signs with the newest key. */
  mint(record: GateRecord, at: Date): string
  /** Never throws and never waits. An expired token still says whose it was. */
  read(token: string, at: Date): TokenReading
  /** Replaces the keys; what was verified under a key that is gone is forgotten. */
  use(keys: readonly TokenKey[]): void
  /** Whether the token's header names no key we hold: a reason to look for a newer key once. */
  isForeign(token: string): boolean
}

const AUDIENCE = 'gate'
const LONGEST = 1024
const CACHED = 50_000
const BAD: TokenReading = { claims: null, fault: 'bad_token' }

const headerOf = (kid: string): string => base64url(JSON.stringify({ alg: 'HS256', typ: 'at+jwt', kid }))
const base64url = (text: string): string => Buffer.from(text).toString('base64url')

/** @param issuer the gate's public URL */
export function accessTokens(issuer: string, keys: readonly TokenKey[]): Tokens {
  let byHeader = new Map<string, KeyObject>()
  let signing = { header: '', key: createSecretKey(randomBytes(32)) }
  const verified = twoAgeCache<TokenClaims>(CACHED)

  function use(next: readonly TokenKey[]): void {
    if (next.length === byHeader.size && next.every(({ id }) => byHeader.has(headerOf(id)))) return
    byHeader = new Map(next.map(({ id, key }) => [headerOf(id), createSecretKey(key)]))
    const newest = [...byHeader].at(-1)
    if (newest) signing = { header: newest[0], key: newest[1] }
    verified.clear()
  }
  use(keys)

  function mint(record: GateRecord, at: Date): string {
    const iat = Math.floor(at.getTime() / 1000)
    const claims = {
      iss: issuer,
      aud: AUDIENCE,
      sub: record.credentialId,
      gen: record.generationId,
      mrc: record.merchantId,
      iat,
      exp: iat + TOKEN_SECONDS,
      jti: randomBytes(16).toString('base64url'),
    }
    const signed = `${signing.header}.${base64url(JSON.stringify(claims))}`
    return `${signed}.${sign(signed, signing.key)}`
  }

  function verify(token: string): TokenClaims | null {
    const first = token.indexOf('.')
    const last = token.lastIndexOf('.')
    const key = byHeader.get(token.slice(0, first))
    if (!key || last === first) return null
    const expected = Buffer.from(sign(token.slice(0, last), key))
    const given = Buffer.from(token.slice(last + 1))
    if (expected.length !== given.length || !timingSafeEqual(expected, given)) return null
    return readClaims(token.slice(first + 1, last), issuer)
  }

  return {
    mint,
    use,
    read(token, at) {
      if (token.length > LONGEST) return BAD
      const cacheKey = hash('sha256', token, 'hex')
      let claims = verified.get(cacheKey)
      if (!claims) {
        claims = verify(token) ?? undefined
        if (!claims) return BAD
        verified.set(cacheKey, claims)
      }
      return { claims, fault: claims.expiresAt > at.getTime() ? null : 'token_expired' }
    },
    isForeign: (token) =>
      /^[\w-]{20,200}\.[\w-]{20,800}\.[\w-]{43}$/.test(token) && !byHeader.has(token.split('.')[0]!),
  }
}

const sign = (signed: string, key: KeyObject): string => createHmac('sha256', key).update(signed).digest('base64url')

/** The signature was right, so this is a token of ours, unless a key served two installations: every claim is checked. */
function readClaims(payload: string, issuer: string): TokenClaims | null {
  const claims = parseObject(Buffer.from(payload, 'base64url').toString())
  if (!claims) return null
  const { iss, aud, sub, gen, mrc, iat, exp, jti } = claims
  if (iss !== issuer || aud !== AUDIENCE) return null
  if (typeof sub !== 'string' || typeof gen !== 'string' || typeof mrc !== 'string' || typeof jti !== 'string')
    return null
  if (!Number.isSafeInteger(iat) || exp !== (iat as number) + TOKEN_SECONDS) return null
  return { credential: sub, generation: gen, merchant: mrc, expiresAt: (exp as number) * 1000 }
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
