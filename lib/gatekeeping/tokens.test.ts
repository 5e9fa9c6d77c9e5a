import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto'
import * as jose from 'jose'
import { describe, expect, it } from 'vitest'
import type { GateRecord } from './record'
import { accessTokens } from './tokens'

const issuer = 'https://gate.example'
const key = { id: 't1', key: Buffer.alloc(32, 1) }
const at = new Date('2026-11-21T12:00:00.500Z')
const iat = Math.floor(at.getTime() / 1000)
const record = { credentialId: 'cred', generationId: 'gen', merchantId: 'mrc' } as GateRecord
const tokens = accessTokens(issuer, [key])

const b64 = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const goodHeader = { alg: 'HS256', typ: 'at+jwt', kid: 't1' }
const goodClaims = { iss: issuer, aud: 'gate', sub: 'cred', gen: 'gen', mrc: 'mrc', iat, exp: iat + 3600, jti: 'x' }
const forge = (header: unknown, claims: unknown, secret: Buffer | string = key.key, hash = 'sha256'): string => {
  const signed = `${b64(header)}.${b64(claims)}`
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`
}
const fault = (token: string, now = at) => tokens.read(token, now).fault

describe('our access tokens', () => {
  it('are what an independent library reads and writes', async () => {
    const token = tokens.mint(record, at)
    const { payload, protectedHeader } = await jose.jwtVerify(token, key.key, {
      algorithms: ['HS256'],
      typ: 'at+jwt',
      audience: 'gate',
      issuer,
      currentDate: at,
    })
    expect(protectedHeader).toEqual(goodHeader)
    expect(payload).toMatchObject({ sub: 'cred', gen: 'gen', mrc: 'mrc', iat, exp: iat + 3600 })
    expect(tokens.read(token, at)).toMatchObject({
      fault: null,
      claims: { credential: 'cred', generation: 'gen', merchant: 'mrc' },
    })
    const theirs = await new jose.SignJWT(goodClaims).setProtectedHeader(goodHeader).sign(key.key)
    expect(tokens.read(theirs, at).fault).toBeNull()
  })

  it('end at exp, to the second, also when they were read before', () => {
    const token = tokens.mint(record, at)
    expect(fault(token, new Date((iat + 3600) * 1000 - 1))).toBeNull()
    expect(fault(token, new Date((iat + 3600) * 1000))).toBe('token_expired')
    expect(fault(token)).toBeNull()
  })

  it('cannot be forged', () => {
    // CHECKS 79
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string
    const other = randomBytes(32)
    const good = forge(goodHeader, goodClaims)
    expect(fault(good)).toBeNull()
    const [header, claims, signature] = good.split('.') as [string, string, string]
    const bad: Record<string, string> = {
      'alg none': `${b64({ ...goodHeader, alg: 'none' })}.${claims}.`,
      'alg None with our signature': forge({ ...goodHeader, alg: 'None' }, goodClaims),
      'alg HS512 signed so': forge({ ...goodHeader, alg: 'HS512' }, goodClaims, key.key, 'sha512'),
      'alg RS256 with a public key as secret': forge({ ...goodHeader, alg: 'RS256' }, goodClaims, pem),
      'alg missing': forge({ typ: 'at+jwt', kid: 't1' }, goodClaims),
      'typ JWT': forge({ ...goodHeader, typ: 'JWT' }, goodClaims),
      'typ missing': forge({ alg: 'HS256', kid: 't1' }, goodClaims),
      'kid unknown': forge({ ...goodHeader, kid: 't2' }, goodClaims),
      'kid traversal': forge({ ...goodHeader, kid: '../../dev/null' }, goodClaims, ''),
      'kid missing': forge({ alg: 'HS256', typ: 'at+jwt' }, goodClaims),
      'kid prototype': forge({ ...goodHeader, kid: '__proto__' }, goodClaims),
      jku: forge({ ...goodHeader, jku: 'https://evil.example/keys' }, goodClaims),
      jwk: forge({ ...goodHeader, jwk: { kty: 'oct', k: b64('k') } }, goodClaims, 'k'),
      crit: forge({ ...goodHeader, crit: ['x'], x: 1 }, goodClaims),
      b64: forge({ ...goodHeader, b64: false, crit: ['b64'] }, goodClaims),
      'another key': forge(goodHeader, goodClaims, other),
      'wrong aud': forge(goodHeader, { ...goodClaims, aud: 'upstream' }),
      'aud list': forge(goodHeader, { ...goodClaims, aud: ['gate'] }),
      'aud missing': forge(goodHeader, { ...goodClaims, aud: undefined }),
      'wrong iss': forge(goodHeader, { ...goodClaims, iss: 'https://evil.example' }),
      'no exp': forge(goodHeader, { ...goodClaims, exp: undefined }),
      'exp far away': forge(goodHeader, { ...goodClaims, exp: iat + 10 ** 9 }),
      'exp text': forge(goodHeader, { ...goodClaims, exp: String(iat + 3600) }),
      'iat missing': forge(goodHeader, { ...goodClaims, iat: undefined }),
      'sub object': forge(goodHeader, { ...goodClaims, sub: { toString: 'x' } }),
      'claims null': forge(goodHeader, 'null'),
      'claims no JSON': forge(goodHeader, '{'),
      'signature cut': good.slice(0, -1),
      'signature padded': `${good}=`,
      'signature empty': `${header}.${claims}.`,
      'signature respelt': `${header}.${claims}.${signature.slice(0, -1)}${respelt(signature.at(-1)!)}`,
      'claims changed': `${header}.${b64({ ...goodClaims, mrc: 'other' })}.${signature}`,
      'four parts': `${good}.x`,
      'two parts': `${header}.${claims}`,
      'too long': forge(goodHeader, { ...goodClaims, pad: 'x'.repeat(2000) }),
      empty: '',
      dots: '..',
    }
    for (const [name, token] of Object.entries(bad)) expect([name, fault(token)]).toEqual([name, 'bad_token'])
  })

  it('die with their key, also those that were read before', () => {
    const mine = accessTokens(issuer, [key])
    const token = mine.mint(record, at)
    expect(mine.read(token, at).fault).toBeNull()
    expect(mine.isForeign(token)).toBe(false)
    mine.use([{ id: 't2', key: Buffer.alloc(32, 2) }])
    expect(mine.read(token, at).fault).toBe('bad_token')
    expect(mine.isForeign(token)).toBe(true)
    mine.use([key, { id: 't2', key: Buffer.alloc(32, 2) }])
    expect(mine.read(token, at).fault).toBeNull()
    expect(jose.decodeProtectedHeader(mine.mint(record, at)).kid).toBe('t2')
  })
})

/** The last character of 32 bytes in base64url carries two unused bits: three other spellings decode alike. */
function respelt(last: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return alphabet[alphabet.indexOf(last) ^ 1] as string
}
