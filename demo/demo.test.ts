import { createHash, createHmac } from 'node:crypto'
import { createTransport } from 'nodemailer'
import { expect, test } from 'vitest'
import { readMail } from './shared/mail'
import { verifyAssertion } from './verify-assertion'

const secret = '7cT0sS8yQmJ2rW5vXbZ1nK4hLpG6dF9aEuYiOoPqRsT='
const now = Date.UTC(2026, 0, 1)
const seconds = now / 1000
const body = Buffer.from('{"amount":"1"}')
const claims = {
  iss: 'http://127.0.0.1:4000',
  aud: 'upstream',
  iat: seconds,
  exp: seconds + 30,
  method: 'POST',
  path: '/deposits?x=1',
  merchant: 'harbour-vale',
  credential: 'c1',
  generation: 'g1',
  permissions: ['deposits:write'],
  request_id: 'r1',
  body_sha256: createHash('sha256').update(body).digest('hex'),
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
function token(payload: unknown = claims, header: unknown = { alg: 'HS256', typ: 'JWT' }, key = secret): string {
  const text = `${encode(header)}.${encode(payload)}`
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
}
const request = { method: 'POST', path: '/deposits?x=1', body }
const verify = (assertion: string | undefined, changed: object = {}, at = now) =>
  verifyAssertion({ ...request, ...changed, assertion }, secret, at)

test('an assertion of the gate tells who calls', () => {
  expect(verify(token())).toEqual({
    merchant: 'harbour-vale',
    credential: 'c1',
    generation: 'g1',
    permissions: ['deposits:write'],
    requestId: 'r1',
  })
  expect(verify(token(), {}, now + 34_000)).not.toBeNull()
})

// CHECKS 79
test.each([
  ['nothing', undefined],
  ['no token', 'x.y'],
  ['four parts', `${token()}.x`],
  ['another key', token(claims, undefined, 'x'.repeat(44))],
  ['alg none', `${encode({ alg: 'none' })}.${encode(claims)}.`],
  ['another algorithm', token(claims, { alg: 'HS512' })],
  ['another audience', token({ ...claims, aud: 'gate' })],
  ['no expiry', token({ ...claims, exp: undefined })],
  ['no time of issue', token({ ...claims, iat: undefined })],
  ['an expiry in words', token({ ...claims, exp: '9999999999' })],
])('%s is nobody', (_, assertion) => {
  expect(verify(assertion)).toBeNull()
})

test('it is good for this request alone, and for half a minute', () => {
  expect(verify(token(), { method: 'GET' })).toBeNull()
  expect(verify(token(), { path: '/deposits?x=2' })).toBeNull()
  expect(verify(token(), { body: Buffer.from('{"amount":"9"}') })).toBeNull()
  expect(verify(token(), {}, now + 36_000)).toBeNull()
  expect(verify(token(), {}, now - 6_000)).toBeNull()
})

test('the mailbox reads what our own dispatcher writes', async () => {
  const text = 'Żółw = turtle — 100 %\n\nhttps://console.example.test/a?b=c&d=e'.padEnd(299, ' and on')
  const composed = await createTransport({ streamTransport: true, buffer: true }).sendMail({
    from: 'Gatehouse <gatehouse@example.test>',
    to: 'tomas@example.test',
    subject: 'New API credentials for Tomás Ferreira de Albuquerque at Harbour & Vale Payments Ltd',
    text,
    html: '<p>not this</p>',
    messageId: '<id@gatehouse>',
  })
  expect(readMail(composed.message as Buffer)).toEqual({
    id: '<id@gatehouse>',
    subject: 'New API credentials for Tomás Ferreira de Albuquerque at Harbour & Vale Payments Ltd',
    text,
  })
})
