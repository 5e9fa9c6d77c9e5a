import { createHmac } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import addressparser from 'nodemailer/lib/addressparser/index.js'
import type { z } from 'zod'
import { readSessionCookie, writeSessionCookie } from '@/app/session-cookie'
import { normaliseEmail } from '@/lib/access/email'
import * as access from '@/lib/access/input'
import { PASSWORD_MAX, PASSWORD_MIN, passwordWeakness } from '@/lib/access/password-rules'
import { returnPath } from '@/lib/access/return-path'
import { OpenTicketInput } from '@/lib/access/ticket-input'
import * as credentials from '@/lib/credentials/input'
import { currentCode, matchingStep, stepOf } from '@/lib/secrets/totp'
import * as whitelist from '@/lib/whitelist/input'
import { must, type Target } from '../fuzz'

const id = '01890a5d-ac96-774b-bcce-b302099a8057'
const change = { version: 1, add: [{ range: '10.0.0.1', note: 'office' }], remove: [id], notes: [{ id, note: 'new' }] }
const fresh = { reason: 'planned', overlap: '24_hours' }
const good: unknown[] = [
  { email: 'a@b.example', password: 'x', code: '123456' },
  { purpose: 'operations', password: 'x', code: '1' },
  { purpose: 'sign_in', code: '1' },
  { password: 'x', code: '1', next: 'y' },
  { sessionId: id },
  { ticket: 't', code: '1' },
  { ticket: 't', code: '1', params: fresh },
  { generationId: id },
  { lasts: '1_hour' },
  {},
  { ticket: 't', code: '1', params: change },
  { ticket: 't', code: '1', version: 1 },
  change,
  { version: 3 },
  { operation: 'credentials.regenerate', params: fresh, password: 'x' },
  { operation: 'api_whitelist.change', params: change },
  { operation: 'api_user.switch_on', params: {} },
]

/** Every schema of every action, as the modules export them: a new one is fuzzed without being named here. */
const schemas = Object.entries({ ...access, ...credentials, ...whitelist, OpenTicketInput }) as [string, z.ZodType][]

/** Values that JSON cannot say and that an action can receive: React's encoding of arguments carries them. */
const exotic: Record<string, unknown> = {
  $undefined: undefined,
  $NaN: Number.NaN,
  $Infinity: Number.POSITIVE_INFINITY,
  '$-0': -0,
  $bigint: 1n,
  $date: new Date(0),
  $map: new Map([['email', 'x']]),
  $set: new Set(['x']),
  $form: new FormData(),
  $symbol: Symbol.for('x'),
  $string: new String('x'),
  $null: Object.create(null),
}
const revive = (_: string, value: unknown): unknown =>
  typeof value === 'string' && Object.hasOwn(exotic, value) ? exotic[value] : value

/** Nothing is turned into something else: what passes is what came, but for notes, whose blanks are trimmed. */
export const actionInput: Target = {
  name: 'action-input',
  examples: [
    ...good.map((value) => JSON.stringify(value)),
    '[]',
    'null',
    '"x"',
    '1',
    '{"__proto__":{"email":"x"}}',
    '"$map"',
  ],
  words: [
    ...Object.keys(exotic).map((name) => JSON.stringify(name)),
    '"merchantId":"x",',
    '"role":"root",',
    '"revoked_at":null,',
    '"version":"1"',
    '1e3',
    '-0',
    '2147483648',
    '9007199254740993',
    '[',
    ']',
    '{}',
    ',',
    '"constructor":{}',
    `"${id}"`,
    '"note":"\\u0000"',
    '"note":"\\ud800"',
    '"note":"\\u202e"',
  ],
  check(text) {
    let value: unknown
    try {
      value = JSON.parse(text, revive)
    } catch {
      return 'not JSON'
    }
    const passed: string[] = []
    for (const [name, schema] of schemas) {
      const read = schema.safeParse(value)
      must(Object.keys(Object.prototype).length === 0, 'Object.prototype is changed')
      if (!read.success) continue
      passed.push(name)
      // Where nothing is taken, any object without fields is nothing.
      if (isDeepStrictEqual(read.data, {})) continue
      must(isDeepStrictEqual(withoutNotes(read.data), withoutNotes(value)), `${name} turned it into something else`)
    }
    return `${passed.join()} ${typeof value}`
  },
}

const withoutNotes = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, inner) => (key === 'note' ? null : typeof inner === 'bigint' ? `${inner}n` : inner)) ??
      'null',
  )

const origin = 'https://console.example'

/** Never another origin, in the reading of any URL parser, and never more than one of our own pages. */
export const returnTo: Target = {
  name: 'return-path',
  examples: [
    '/m/harbour',
    '/m/harbour/access/api',
    '//evil',
    '/\\evil',
    'https://host.evil',
    'javascript:alert(1)',
    '/m/..//evil',
    '/m/a\r\nX: y',
    '/m/a?next=//evil',
    '\t/m/a',
  ],
  words: ['/m/', '//', '/\\', 'https:', 'javascript:', '@', '%0d%0a', '%2f%2fevil', '..', '?', '#'],
  check(text) {
    const path = returnPath(text)
    must(path === '/' || path === text, 'neither the front page nor what was wanted')
    must(/^\/[A-Za-z0-9_/-]*$/.test(path) && !path.includes('//'), 'a path that two parsers can read differently')
    const url = new URL(path, `${origin}/sign-in`)
    must(url.origin === origin && url.pathname === path && url.href === origin + path, 'another place')
    must(returnPath([text]) === '/' && returnPath({ toString: () => text }) === '/', 'something that is no text')
    return `${path === '/'} ${path.split('/').length}`
  },
}

export const email: Target = {
  name: 'e-mail',
  examples: [
    'a@b.example',
    'A.B+c@Example.COM',
    'a@bücher.example',
    'a＠b.example',
    '"e@attacker"@victim.example',
    'a@b.example, c@d.example',
    'a@b.example\r\nBcc: x@y.example',
    'a@127.1',
    'a@[127.0.0.1]',
    'a@b..example',
    'a@b.example.',
  ],
  words: [
    '@',
    '.',
    '"',
    '<',
    '>',
    ',',
    ';',
    ':',
    '(x)',
    '\r\nBcc: ',
    'xn--',
    '＠',
    '。',
    '\u00ad',
    '\u200d',
    'ß',
    'İ',
    '%',
    '0x7f.1',
  ],
  check(text) {
    const address = normaliseEmail(text)
    if (address === null) return `null ${text.includes('@')}`
    must(normaliseEmail(address) === address, `not its own form: ${normaliseEmail(address)}`)
    const parsed = addressparser(address) as { address?: string; name?: string; group?: unknown }[]
    must(
      parsed.length === 1 && parsed[0]?.address === address && !parsed[0]?.group && !parsed[0]?.name,
      'the mailer reads another address',
    )
    must(
      /^[!-~]+$/.test(address) && address.split('@').length === 2 && address.length <= 320,
      'more than one plain address',
    )
    const domain = address.split('@')[1] as string
    must(
      domain.split('.').every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label)),
      `no host name: ${domain}`,
    )
    must(!/^[\d.]+$/.test(domain), 'an address of a machine')
    return `ok ${address.includes('xn--')} ${address.length}`
  },
}

const seed = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const now = new Date(1_800_000_015_000)

/** RFC 4226 5.3 with node's own HMAC; the seed above is the one of RFC 6238, as bytes. */
function hotp(step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', '12345678901234567890').update(counter).digest()
  const at = (mac.at(-1) as number) & 15
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
const [current, before] = [hotp(stepOf(now)), hotp(stepOf(now) - 1)]

export const totpCode: Target = {
  name: 'totp-code',
  examples: [
    current,
    before,
    hotp(stepOf(now) + 1),
    hotp(stepOf(now) - 2),
    '１２３４５６',
    '',
    ` ${current}`,
    `${current}\n`,
    '-12345',
    '1e5000',
  ],
  words: [current, before, '٣', '１', '+', '-', ' ', 'e'],
  make: (random) => String(random.int(1_000_000)).padStart(6, '0'),
  check(code) {
    const step = matchingStep(seed, code, now)
    const expected = code === current ? stepOf(now) : code === before ? stepOf(now) - 1 : null
    must(step === expected, `the model says ${expected}, we say ${step}`)
    must(currentCode(seed, now) === current, 'another code than the model')
    return `${step}`
  },
}

const sessionSecret = 'a-session-secret-of-this-test-only-0123456789'
const ours = await writeSessionCookie('sid-1', sessionSecret)
const others = await Promise.all([
  writeSessionCookie('sid-2', 'another-session-secret-of-this-test-0123456789'),
  writeSessionCookie('sid-3', sessionSecret, -60),
])
const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sid":"sid-4"}').toString('base64url')}.`

/** No cookie that the secret did not write reads as a session; a tampered one reads as nothing or as what was written. */
export const sessionCookie: Target = {
  name: 'session-cookie',
  examples: [ours, ...others, none, '', '....', 'a.b.c.d.e'],
  words: ['.', '..', '=', 'eyJhbGciOiJub25lIn0', 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0', 'A', '_'],
  most: 300_000,
  slowest: 20,
  async check(cookie) {
    const sid = await readSessionCookie(cookie, sessionSecret)
    // Unused bits at the end of a part have four spellings, which all carry the same bytes.
    must(sid === null || (sid === 'sid-1' && sameBytes(cookie)), `a cookie that was never written reads as ${sid}`)
    return `${sid} ${cookie.split('.').length}`
  },
}

const sameBytes = (cookie: string): boolean =>
  isDeepStrictEqual(
    cookie.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex')),
    ours.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex')),
  )

const about = { email: 'olivia@harbour.example', name: 'Olivia Ng' }

/** Length in code points, the same answer for both ways of writing an accent, and no text that cannot be typed again. */
export const password: Target = {
  name: 'password',
  examples: [
    'correct horse battery staple',
    'é'.repeat(20),
    '😀'.repeat(128),
    'x'.repeat(129),
    ' leading spaces are kept ',
    'a\0b and more than fifteen',
    'password1',
    'olivia@harbour.example2026',
    '\ud800 and more than fifteen',
    'qwertyuiop[]asdfghjkl',
  ],
  words: [
    'password',
    '2026',
    'olivia',
    'gatehouse',
    '1qaz2wsx',
    'zxcvbnm',
    'aaaaaaaa',
    '😀',
    'e\u0301',
    '\u1e9b\u0323',
    ' ',
  ],
  most: 5_000,
  // Checked once per change of password, behind a sign-in and five tries in fifteen minutes.
  slowest: 250,
  check(text) {
    const why = passwordWeakness(text, about)
    const composed = text.normalize('NFC')
    const length = [...composed].length
    must(passwordWeakness(composed, about) === why, 'the accent decides')
    if (!text.isWellFormed() || text.includes('\0')) must(why === 'not_text', `${why} for what is no text`)
    else if (length > PASSWORD_MAX) must(why === 'too_long', `${why} for ${length} characters`)
    else if (length < PASSWORD_MIN) must(why === 'too_short' || why === 'too_common', `${why} for ${length} characters`)
    return `${why} ${Math.min(length, 130)}`
  },
}
