import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { Secret } from './secret'

/**
 * The shapes of what we hand out (CONTRACTS 1): only `[A-Za-z0-9_]`, so safe in headers, quotes and shells.
 *
 *   public id  gtk_{live|test}_ + 17 random base62 + 5 base62 of a keyed tag (garbage never reaches the database)
 *   secret     gts_{live|test}_ + 43 random base62 + 6 base62 of CRC32 (a secret scanner can tell a real one)
 */
export type Environment = 'live' | 'test'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** `length` base62 characters, each uniform: bytes of 248 and above are thrown away (248 = 4 x 62). */
function randomBase62(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length * 2)) {
      if (byte < 248 && text.length < length) text += ALPHABET[byte % 62]
    }
  }
  return text
}

function base62(value: bigint, length: number): string {
  let text = ''
  for (let rest = value; text.length < length; rest /= 62n) text = ALPHABET[Number(rest % 62n)] + text
  return text
}

function tagOf(body: string, tagKey: Buffer): string {
  const mac = createHmac('sha256', tagKey).update(body).digest()
  return base62(mac.readBigUInt64BE(0), 5)
}

const sum = (body: string): string => base62(BigInt(crc32(body)), 6)

export function mintPublicId(environment: Environment, tagKey: Buffer): string {
  const body = `gtk_${environment}_${randomBase62(17)}`
  return body + tagOf(body, tagKey)
}

const PUBLIC_ID = /^gtk_(live|test)_[A-Za-z0-9]{22}$/

/** The environment a public id was minted for, or null when its shape or its tag is wrong. Never a look-up. */
export function readPublicId(text: string, tagKey: Buffer): Environment | null {
  const match = PUBLIC_ID.exec(text)
  if (!match) return null
  const body = text.slice(0, -5)
  return timingSafeEqual(Buffer.from(text.slice(-5)), Buffer.from(tagOf(body, tagKey)))
    ? (match[1] as Environment)
    : null
}

export function mintSecret(environment: Environment): { secret: Secret; digest: string; fingerprint: string } {
  const body = `gts_${environment}_${randomBase62(43)}`
  const plain = body + sum(body)
  const digest = sha256(plain)
  return { secret: new Secret(plain), digest, fingerprint: digest.slice(0, 8) }
}

const SECRET = /^gts_(live|test)_[A-Za-z0-9]{49}$/

/** The environment of a well-formed secret, or null when the shape or the checksum is wrong. */
export function readSecret(text: string): Environment | null {
  const match = SECRET.exec(text)
  return match && sum(text.slice(0, -6)) === text.slice(-6) ? (match[1] as Environment) : null
}

const PASTED = /gt(s_(?:live|test)_|g_)[\w-]{12,}/g

/**
 * A text that came from outside, for keeping or showing: a secret of ours that somebody pasted into it by mistake, or
 * the beginning of one, is taken out. Its prefix stays, so that a person sees what stood there.
 */
export const withoutSecrets = (text: string): string =>
  text.includes('gts_') || text.includes('gtg_') ? text.replace(PASTED, 'gt$1removed') : text

/** Lower-case hex. 256 random bits need no slow hash. */
export const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex')

/** Compares two lower-case hex digests of equal length in constant time. */
export const sameDigest = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))

/** A random token for cookies, tickets and devices: 43 base64url characters, and the digest that is stored. */
export function mintToken(): { token: string; digest: string } {
  const token = randomBytes(32).toString('base64url')
  return { token, digest: sha256(token) }
}
