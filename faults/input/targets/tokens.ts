import { createHmac } from 'node:crypto'
import { jwtVerify } from 'jose'
import type { GateRecord } from '@/lib/gatekeeping/record'
import { accessTokens } from '@/lib/gatekeeping/tokens'
import { must, type Target } from '../fuzz'
import type { Random } from '../random'

const issuer = 'https://gate.example'
const key = Buffer.alloc(32, 7)
const at = new Date('2026-11-21T12:00:00Z')
const iat = Math.floor(at.getTime() / 1000)
const record = { credentialId: 'cred', generationId: 'gen', merchantId: 'mrc' } as GateRecord
const tokens = accessTokens(issuer, [{ id: 't1', key }])
const minted = new Set(Array.from({ length: 20 }, () => tokens.mint(record, at)))

const header = { alg: 'HS256', typ: 'at+jwt', kid: 't1' }
const claims = { iss: issuer, aud: 'gate', sub: 'cred', gen: 'gen', mrc: 'mrc', iat, exp: iat + 3600, jti: 'j' }

/** Signs with the right key when the text begins with `!`: what it then says must still be exactly ours. */
function tokenOf(input: string): { token: string; signed: boolean } {
  if (!input.startsWith('!')) return { token: input, signed: false }
  const [head = '', body = ''] = input.slice(1).split('\n')
  const text = `${Buffer.from(head).toString('base64url')}.${Buffer.from(body).toString('base64url')}`
  return { token: `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`, signed: true }
}

export const accessToken: Target = {
  name: 'access-token',
  examples: [
    ...[...minted].slice(0, 4),
    `!${JSON.stringify(header)}\n${JSON.stringify(claims)}`,
    `!{"alg":"none"}\n${JSON.stringify(claims)}`,
    `!${JSON.stringify(header)}\n{"iss":"${issuer}","iss":"x"}`,
    'a.b.c',
    '..',
    '',
  ],
  words: [
    '"alg":"none"',
    '"alg":"HS512"',
    '"alg":"RS256"',
    '"kid":"../../dev/null"',
    '"jku":"https://x"',
    '"typ":"JWT"',
    '"aud":["gate"]',
    '"exp":1e99',
    '"nbf":9999999999',
    '.',
    '=',
    '==',
    '-',
    '_',
    '+',
    '/',
    'eyJhbGciOiJub25lIn0',
    '"iss":"x",',
  ],
  make(random: Random) {
    const change = (of: Record<string, unknown>): string => {
      const copy: Record<string, unknown> = { ...of }
      const name = random.pick(Object.keys(of))
      if (random.chance(3)) delete copy[name]
      else copy[name] = random.pick([null, 0, -1, iat, iat + 3600, '', 'gate', [], {}, true, 1e21, 'none'])
      const text = JSON.stringify(random.chance(4) ? of : copy)
      return random.chance(5) ? text.replace('{', `{${random.pick(['"exp":1,', '"alg":"none",', '"iss":"x",'])}`) : text
    }
    return `!${random.chance(2) ? JSON.stringify(header) : change(header)}\n${change(claims)}`
  },
  async check(input) {
    const { token, signed } = tokenOf(input)
    const { claims: read, fault } = tokens.read(token, at)
    must((read === null) === (fault === 'bad_token'), 'no claims and no fault')
    tokens.isForeign(token)
    if (!read) return `refused ${signed} ${token.split('.').length}`
    must(signed || minted.has(token), 'a token is accepted that was never minted')
    if (signed) {
      // jose reads claims as of RFC 7519; ours are stricter, never looser.
      const theirs = await jwtVerify(token, key, {
        issuer,
        audience: 'gate',
        typ: 'at+jwt',
        algorithms: ['HS256'],
        currentDate: new Date((iat + 1) * 1000),
        clockTolerance: 10 ** 9,
        requiredClaims: ['iss', 'aud', 'iat', 'exp', 'sub', 'jti'],
      })
      must(theirs.payload.sub === read.credential && theirs.protectedHeader.kid === 't1', 'jose reads other claims')
    }
    return `accepted ${signed} ${fault}`
  },
}
