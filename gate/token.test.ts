import * as jose from 'jose'
import * as oauth from 'oauth4webapi'
import { describe, expect, it } from 'vitest'
import { mintPublicId, mintSecret } from '@/lib/secrets/format'
import { testKeys } from '@/lib/testing'
import { apiUser, bearer, exchange, firstUsedAt, JSON_API, logged, pairBody, startPair, tokenFor } from './testing'

const { base } = await startPair()

const post = (path: string, body: string | Buffer, headers: Record<string, string> = { 'Content-Type': JSON_API }) =>
  fetch(base + path, { method: 'POST', headers, body: body as string })

type Errors = { errors: { id: string; status: string; code: string; detail: string; meta?: unknown }[] }

describe('POST /token/', () => {
  it('gives a token in the vendor’s shape, with and without the slash', async () => {
    const user = await apiUser()
    for (const path of ['/token/', '/token']) {
      const answer = await exchange(base, user, path)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toBe(JSON_API)
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
      const { data } = (await answer.json()) as {
        data: { type: string; id: string; attributes: Record<string, unknown> }
      }
      expect(data).toEqual({
        type: 'auth-token',
        id: '0',
        attributes: { access: expect.any(String), expires_in: 3599, token_type: 'Bearer' },
      })
      const header = jose.decodeProtectedHeader(data.attributes['access'] as string)
      const claims = jose.decodeJwt(data.attributes['access'] as string)
      expect(header).toMatchObject({ alg: 'HS256', typ: 'at+jwt', kid: expect.any(String) })
      expect(claims).toMatchObject({
        aud: 'gate',
        sub: user.credentialId,
        gen: user.generationId,
        mrc: user.merchantId,
      })
      expect(claims.exp! - claims.iat!).toBe(3600)
      expect((await fetch(`${base}/me`, { headers: bearer(data.attributes['access'] as string) })).status).toBe(200)
    }
  })

  it('takes plain JSON as well', async () => {
    const user = await apiUser()
    const flat = JSON.stringify({ client_id: user.clientId, client_secret: user.clientSecret })
    for (const body of [flat, pairBody(user.clientId, user.clientSecret)]) {
      const answer = await post('/token', body, { 'Content-Type': 'application/json; charset=utf-8' })
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toBe('application/json')
    }
  })

  it('says the same about everything that is not authentic', async () => {
    // CHECKS 57, 71
    const user = await apiUser()
    const discarded = await apiUser({ generation: { acknowledgedAt: null, discardedAt: new Date() } })
    const cases: [string, string, string][] = [
      ['wrong_secret', user.clientId, mintSecret('test').secret.reveal()],
      ['unknown_id', mintPublicId('test', testKeys.tag), user.clientSecret],
      ['malformed_id', `gtk_test_${'a'.repeat(22)}`, user.clientSecret],
      ['malformed_id', 'nobody', 'nothing'],
      ['generation_discarded', discarded.clientId, discarded.clientSecret],
    ]
    const texts = new Set<string>()
    for (const [reason, id, secret] of cases) {
      const answer = await post('/token/', pairBody(id, secret))
      const text = await answer.text()
      const { errors } = JSON.parse(text) as Errors
      expect(answer.status).toBe(400)
      expect(errors[0]!.id).toBe(answer.headers.get('x-request-id'))
      expect(errors[0]).toMatchObject({
        status: '400',
        code: '2006',
        detail: 'No active account found with the given credentials',
      })
      const row = await logged(errors[0]!.id)
      expect(row).toMatchObject({ verdict: 'refused', reason, status: 400, scheme: 'token', path: '/token/' })
      if (!row.proven) texts.add(text.replace(errors[0]!.id, ''))
    }
    expect(texts.size).toBe(1)
  })

  it('refuses a key of the other environment as such, without a look-up', async () => {
    const answer = await post(
      '/token/',
      pairBody(mintPublicId('live', testKeys.tag), mintSecret('live').secret.reveal()),
    )
    const { errors } = (await answer.json()) as Errors
    expect([answer.status, errors[0]!.code, errors[0]!.meta]).toEqual([400, '2006', { reason: 'other_environment' }])
  })

  it('answers 2016 to a proven caller from an address that is not listed, and never echoes it', async () => {
    // CHECKS 71
    const user = await apiUser({ ranges: ['198.51.100.4'] })
    const answer = await exchange(base, user)
    const text = await answer.text()
    expect(answer.status).toBe(403)
    expect((JSON.parse(text) as Errors).errors[0]).toMatchObject({
      code: '2016',
      detail: expect.stringContaining('white list'),
    })
    expect(text).not.toContain('127.0.0.1')
    expect(text).not.toContain('198.51.100.4')
    const row = await logged(answer.headers.get('x-request-id')!)
    expect(row).toMatchObject({ reason: 'address_not_listed', proven: true, address: '127.0.0.1' })
    expect((await post('/token/', pairBody(user.clientId, 'gts_test_wrong'))).status).toBe(400)
  })

  it('refuses what is not the request it takes: 400, never 500', async () => {
    // CHECKS 113, 114
    const wrong: unknown[] = [null, 1, -0, 1e300, [], {}, '', 'x'.repeat(5000), true, ['a'], { a: 1 }]
    const bodies = [
      ...wrong.map((value) => pairBody(value, value)),
      ...wrong.map((value) => JSON.stringify(value)),
      ...wrong.map((value) => JSON.stringify({ data: value })),
      '',
      '{',
      '{"data":{"type":"auth-token","attributes":{"client_id":"a","client_id":"b","client_secret":"c"}}}',
      '{"__proto__":{"polluted":1},"data":{"type":"auth-token","attributes":{"client_id":"a","client_secret":"c"}}}',
      '{"data":{"type":"auth-token","attributes":{"constructor":{"prototype":{"polluted":1}},"client_id":"a","client_secret":"c"}}}',
      '['.repeat(5000),
      pairBody('a\u0000b', 'c'),
    ]
    for (const body of bodies)
      expect([body.slice(0, 60), (await post('/token/', body)).status]).toEqual([body.slice(0, 60), 400])
    expect((await post('/token/', Buffer.from([0x22, 0xff, 0x22]))).status).toBe(400)
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
    expect((await post('/token/', '<xml/>', { 'Content-Type': 'text/xml' })).status).toBe(415)
    const get = await fetch(`${base}/token/`)
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it('explains the retired v2 client in the log and answers 2006', async () => {
    const body = JSON.stringify({ data: { type: 'auth-token', attributes: { login: 'a', password: 'b' } } })
    const answer = await post('/token/', body)
    expect(((await answer.json()) as Errors).errors[0]!.code).toBe('2006')
    expect(await logged(answer.headers.get('x-request-id')!)).toMatchObject({ reason: 'retired_v2' })
  })

  it('does not read more than 16 KB', async () => {
    // CHECKS 107
    expect((await post('/token/', 'x'.repeat(2_000_000))).status).toBe(413)
    const chunked = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(8192))
      },
    })
    const answer = await fetch(`${base}/token/`, {
      method: 'POST',
      headers: { 'Content-Type': JSON_API },
      body: chunked,
      duplex: 'half',
    } as RequestInit).catch(() => null)
    if (answer) expect(answer.status).toBe(413)
  })

  it('limits failures per client id and network, and counts no success', async () => {
    // CHECKS 88
    const user = await apiUser()
    for (let i = 0; i < 12; i++) expect((await exchange(base, user)).status).toBe(200)
    const statuses = []
    for (let i = 0; i < 12; i++) statuses.push((await post('/token/', pairBody(user.clientId, 'wrong'))).status)
    expect(statuses).toEqual([...new Array(10).fill(400), 429, 429])
    const answer = await exchange(base, user)
    expect(answer.status).toBe(429)
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    const text = await answer.text()
    expect((JSON.parse(text) as Errors).errors[0]!.code).toBe('throttled')
    expect(text).not.toContain(user.clientSecret)
    expect((await exchange(base, await apiUser())).status).toBe(200)
  })
})

describe('POST /oauth/token', () => {
  const as: oauth.AuthorizationServer = { issuer: base, token_endpoint: `${base}/oauth/token` }
  const insecure = { [oauth.allowInsecureRequests]: true }
  const grant = (auth: oauth.ClientAuth, id: string, parameters = {}) =>
    oauth.clientCredentialsGrantRequest(as, { client_id: id }, auth, parameters, insecure)

  it('serves an ordinary OAuth client, by Basic and by body', async () => {
    const user = await apiUser()
    for (const auth of [oauth.ClientSecretBasic(user.clientSecret), oauth.ClientSecretPost(user.clientSecret)]) {
      const client = { client_id: user.clientId }
      const result = await oauth.processClientCredentialsResponse(as, client, await grant(auth, user.clientId))
      expect(result).toMatchObject({ token_type: 'bearer', expires_in: 3599 })
      const called = await oauth.protectedResourceRequest(
        result.access_token,
        'GET',
        new URL(`${base}/wallets`),
        undefined,
        undefined,
        insecure,
      )
      expect(called.status).toBe(200)
    }
  })

  it('refuses in the words of RFC 6749', async () => {
    const user = await apiUser()
    const basic = await grant(oauth.ClientSecretBasic('wrong'), user.clientId)
    expect([basic.status, await basic.json()]).toMatchObject([401, { error: 'invalid_client' }])
    expect(basic.headers.get('www-authenticate')).toMatch(/^Basic /)
    const inBody = await grant(oauth.ClientSecretPost('wrong'), user.clientId)
    expect([inBody.status, await inBody.json()]).toMatchObject([401, { error: 'invalid_client' }])
    expect(inBody.headers.get('www-authenticate')).toBeNull()

    const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const said = async (body: string, headers: Record<string, string> = form) => {
      const answer = await post('/oauth/token', body, headers)
      return [answer.status, ((await answer.json()) as { error: string }).error]
    }
    const pair = `client_id=${user.clientId}&client_secret=${user.clientSecret}`
    const header = `Basic ${Buffer.from(`${user.clientId}:${user.clientSecret}`).toString('base64')}`
    expect(await said(`grant_type=password&${pair}`)).toEqual([400, 'unsupported_grant_type'])
    expect(await said(pair)).toEqual([400, 'invalid_request'])
    expect(await said(`grant_type=client_credentials&${pair}&client_id=x`)).toEqual([400, 'invalid_request'])
    expect(await said(`grant_type=client_credentials&${pair}`, { ...form, Authorization: header })).toEqual([
      400,
      'invalid_request',
    ])
    expect(await said(`grant_type=client_credentials`)).toEqual([401, 'invalid_client'])
    expect(await said(`grant_type=client_credentials&scope=all&${pair}`)).toEqual([400, 'invalid_scope'])
    expect(await said('{}', { 'Content-Type': 'application/json' })).toEqual([400, 'invalid_request'])
    expect(await said(`grant_type=client_credentials`, { ...form, Authorization: 'Basic ###' })).toEqual([
      401,
      'invalid_client',
    ])
  })
})

describe('the first use of a pending pair', () => {
  const soon = () => new Date(Date.now() + 600_000)
  it('is marked by the exchange, once, before the token is given', async () => {
    const user = await apiUser({ generation: { acknowledgedAt: null, firstUsedAt: null, pendingUntil: soon() } })
    const answers = await Promise.all([exchange(base, user), exchange(base, user), exchange(base, user)])
    expect(answers.map((a) => a.status)).toEqual([200, 200, 200])
    const token = await tokenFor(base, user)
    expect((await fetch(`${base}/wallets`, { headers: bearer(token) })).status).toBe(200)
    expect(await firstUsedAt(user)).toBeInstanceOf(Date)
  })

  it('is not marked by a call that is refused for its address', async () => {
    const user = await apiUser({
      ranges: ['198.51.100.4'],
      generation: { acknowledgedAt: null, firstUsedAt: null, pendingUntil: soon() },
    })
    expect((await exchange(base, user)).status).toBe(403)
    expect(await firstUsedAt(user)).toBeNull()
  })

  it('comes too late after the ten minutes', async () => {
    const user = await apiUser({
      generation: { acknowledgedAt: null, firstUsedAt: null, pendingUntil: new Date(Date.now() - 1000) },
    })
    const answer = await exchange(base, user)
    expect(answer.status).toBe(400)
    expect(await logged(answer.headers.get('x-request-id')!)).toMatchObject({
      reason: 'generation_discarded',
      proven: true,
    })
  })
})
