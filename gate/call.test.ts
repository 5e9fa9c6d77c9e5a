import { createHash } from 'node:crypto'
import { eq } from 'drizzle-orm'
import * as jose from 'jose'
import { describe, expect, it } from 'vitest'
import { usage } from '@/db/schema'
import { mintSecret } from '@/lib/secrets/format'
import { testDb } from '@/lib/testing'
import {
  apiUser,
  bearer,
  changeCredential,
  ISSUER,
  logged,
  speak,
  startPair,
  tokenFor,
  UPSTREAM_SECRET,
} from './testing'

const { base, up, gate } = await startPair()
const lonely = await startPair({ upstreamUrl: 'http://127.0.0.1:9' })
const port = gate.publicPort
const last = () => up.seen.at(-1)!
type Errors = { errors: { id: string; status: string; code: string; meta?: unknown }[] }

/** A raw request with these header lines, and the answer as text. */
const raw = (line: string, headers: string[], body = '') =>
  speak(port, [`${line} HTTP/1.1`, 'Host: gate', ...headers, '', body].join('\r\n'))
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])
const ownId = /^X-Request-Id: [0-9a-f]{32}\r$/m

describe('an accepted call', () => {
  it('reaches the upstream with every byte of its path and query, its body and its own headers', async () => {
    const token = await tokenFor(base, await apiUser())
    const path = '/echo/?a=%2F%2e;&b=c%20d&&x[]=1&e=é'.replace('é', '%C3%A9')
    const body = '{"z":  1}'
    const answer = await raw(
      `POST ${path}`,
      [
        `Authorization: Bearer ${token}`,
        'Content-Type: application/json',
        'X-Custom: kept',
        `Content-Length: ${body.length}`,
        'Connection: close',
      ],
      body,
    )
    expect(statusOf(answer)).toBe(200)
    expect(answer).toMatch(ownId)
    expect(last()).toMatchObject({ method: 'POST', url: path, body })
    expect(last().headers).toMatchObject({
      'x-custom': 'kept',
      'content-type': 'application/json',
      host: `127.0.0.1:${up.port}`,
    })
    expect(last().headers).not.toHaveProperty('authorization')
  })

  it('names the caller completely, with an assertion the upstream can check', async () => {
    const user = await apiUser({ permissions: ['wallets:read'] })
    const token = await tokenFor(base, user)
    const answer = await fetch(`${base}/wallets?x=1`, { headers: bearer(token) })
    const { headers } = last()
    const requestId = answer.headers.get('x-request-id')
    expect(headers).toMatchObject({
      'x-gatehouse-merchant': user.merchantId,
      'x-gatehouse-credential': user.credentialId,
      'x-gatehouse-scheme': 'token',
      'x-gatehouse-permissions': 'wallets:read',
      'x-gatehouse-wallets': '*',
      'x-gatehouse-request-id': requestId,
    })
    const { payload, protectedHeader } = await jose.jwtVerify(
      headers['gatehouse-assertion'] as string,
      UPSTREAM_SECRET,
      {
        algorithms: ['HS256'],
        audience: 'upstream',
        issuer: ISSUER,
      },
    )
    expect(protectedHeader.alg).toBe('HS256')
    expect(payload).toMatchObject({
      method: 'GET',
      path: '/wallets?x=1',
      merchant: user.merchantId,
      credential: user.credentialId,
      generation: user.generationId,
      permissions: ['wallets:read'],
      request_id: requestId,
      body_sha256: createHash('sha256').digest('hex'),
    })
    expect(payload.exp! - payload.iat!).toBe(30)

    await changeCredential(user, { permissions: [] })
    await new Promise((resolve) => setTimeout(resolve, 300))
    await fetch(`${base}/me`, { headers: bearer(token) })
    expect(last().headers['x-gatehouse-permissions']).toBe('-')
  })

  it('drops what pretends to be the gate, a proxy or another request', async () => {
    // CHECKS 63, 78
    const user = await apiUser()
    const token = await tokenFor(base, user)
    const forged = [
      'X-Gatehouse-Merchant: other',
      'x_gatehouse_merchant: other',
      'X-GATEHOUSE-Anything: other',
      'Gatehouse-Assertion: other',
      'gatehouse_assertion: other',
      'X-Original-URL: /other',
      'X_Original_Uri: /other',
      'X-Rewrite-URL: /other',
      'X-HTTP-Method-Override: DELETE',
      'X-Method-Override: DELETE',
      'X-HTTP-Method: DELETE',
      'Forwarded: for=198.51.100.4',
      'X-Forwarded-For: 198.51.100.4',
      'X-Forwarded-Host: other',
      'X-Real-IP: 198.51.100.4',
      'True-Client-IP: 198.51.100.4',
      'X-Forwarded: for=198.51.100.4',
      'Client_IP: 198.51.100.4',
      'X-Remote-Addr: 198.51.100.4',
      'X-Host: other',
      'X-Envoy-Original-Path: /other',
      'X-Processing-Timestamp: other',
      'Keep-Alive: timeout=5',
      'TE: trailers',
      'Trailer: X-Late',
      'Proxy-Authorization: other',
      'X-Secret-Hop: other',
      'Connection: close, X-Secret-Hop, X-Gatehouse-Merchant, Content-Length, Host, Gatehouse-Assertion',
    ]
    const answer = await raw('POST /echo', [`Authorization: Bearer ${token}`, ...forged, 'Content-Length: 2'], 'ok')
    expect(statusOf(answer)).toBe(200)
    const names = last()
      .rawHeaders.filter((_, i) => i % 2 === 0)
      .map((name) => name.toLowerCase())
    expect(names.sort()).toEqual([
      'connection',
      'content-length',
      'gatehouse-assertion',
      'host',
      'x-gatehouse-credential',
      'x-gatehouse-merchant',
      'x-gatehouse-permissions',
      'x-gatehouse-request-id',
      'x-gatehouse-scheme',
      'x-gatehouse-wallets',
    ])
    expect(JSON.stringify(last().rawHeaders)).not.toContain('other')
    expect(last()).toMatchObject({ body: 'ok', headers: { 'x-gatehouse-merchant': user.merchantId } })
  })

  it('streams a chunked body without its trailers, and an answer without its connection headers', async () => {
    const token = await tokenFor(base, await apiUser())
    up.answer = (_, res, body) => {
      res.writeHead(201, {
        Connection: 'X-Internal',
        'X-Internal': 'no',
        'X-Request-Id': 'theirs',
        'Set-Cookie': ['a=1', 'b=2'],
      })
      res.write(`${body}-`)
      res.end('done')
    }
    const chunked = '4\r\nab\u0001c\r\n3\r\ndef\r\n0\r\nX-Late: other\r\nAuthorization: Bearer other\r\n\r\n'
    const answer = await raw(
      'POST /echo',
      [`Authorization: Bearer ${token}`, 'Transfer-Encoding: chunked', 'Connection: close'],
      chunked,
    )
    expect(last().body).toBe('ab\u0001cdef')
    expect(JSON.stringify(last())).not.toContain('other')
    expect(statusOf(answer)).toBe(201)
    expect(answer).not.toMatch(/X-Internal|theirs/)
    expect(answer.match(/^Set-Cookie: /gm)).toHaveLength(2)
    expect(answer).toMatch(ownId)
    up.answer = (_, res) => void res.end('{}')
  })

  it('takes HEAD as GET and ignores one trailing slash', async () => {
    const token = await tokenFor(base, await apiUser({ permissions: ['wallets:read'] }))
    const head = await fetch(`${base}/wallets/`, { method: 'HEAD', headers: bearer(token) })
    expect([head.status, last().method, last().url]).toEqual([200, 'HEAD', '/wallets/'])
  })

  it('waits for 100 Continue only when the call is let in', async () => {
    const token = await tokenFor(base, await apiUser())
    const expecting = ['Expect: 100-continue', 'Content-Length: 2', 'Connection: close']
    const accepted = await raw('POST /echo', [`Authorization: Bearer ${token}`, ...expecting], 'ok')
    expect(accepted).toMatch(/^HTTP\/1\.1 100 Continue/)
    const refused = await raw('POST /echo', ['Authorization: Bearer nobody', ...expecting])
    expect(statusOf(refused)).toBe(401)
  })

  it('is logged with every column, and counted as usage', async () => {
    const user = await apiUser()
    const token = await tokenFor(base, user)
    const answer = await fetch(`${base}/echo?secret=1`, {
      method: 'POST',
      body: 'hello',
      headers: {
        ...bearer(token),
        'X-Request-Id': `mine\u00e9${'x'.repeat(200)}`,
        'User-Agent': 'client/1 \u001b[31m'.replace('\u001b', '\u0085'),
      },
    })
    const text = await answer.text()
    const row = await logged(answer.headers.get('x-request-id')!)
    expect(row).toMatchObject({
      merchantId: user.merchantId,
      credentialId: user.credentialId,
      generationId: user.generationId,
      publicId: user.clientId,
      scheme: 'token',
      method: 'POST',
      route: '/echo',
      path: '/echo',
      address: '127.0.0.1',
      hops: [{ address: '127.0.0.1', trusted: false }],
      verdict: 'accepted',
      reason: null,
      proven: true,
      status: 200,
      upstreamStatus: 200,
      requestBytes: 5,
      responseBytes: text.length,
    })
    expect(row.clientRequestId).toHaveLength(128)
    expect(row.checks.every((check) => check.ok !== false)).toBe(true)
    const [used] = await testDb().select().from(usage).where(eq(usage.generationId, user.generationId))
    expect(used).toMatchObject({ lastUsedFrom: '127.0.0.1', calls: 2 })
  })
})

// CHECKS 50
it('a secret in the path, as user agent or as request id is not kept, and neither is the query', async () => {
  const secret = mintSecret('test').secret.reveal()
  const paths = [`/wallets/${secret}`, `/%zz${secret}`, `/${'x'.repeat(2030)}${secret}`, `/wallets?s=${secret}`]
  const headers = { 'User-Agent': `curl ${secret}`, 'X-Request-Id': `${'x'.repeat(120)}${secret}` }
  const answers = await Promise.all(paths.map((path) => fetch(base + path, { headers })))
  for (const answer of answers) {
    const row = await logged(answer.headers.get('x-request-id')!)
    expect(row.userAgent).toBe('curl gts_test_removed')
    expect(JSON.stringify(row)).not.toContain(secret.slice(9, 14))
  }
})

describe('a refused call', () => {
  it('is answered in the dialect of what was presented', async () => {
    const nothing = await fetch(`${base}/wallets`)
    expect(nothing.status).toBe(401)
    expect(nothing.headers.get('content-type')).toBe('application/problem+json')
    expect(nothing.headers.get('www-authenticate')).toBe('Bearer realm="gatehouse"')
    const id = nothing.headers.get('x-request-id')
    expect(await nothing.json()).toMatchObject({
      status: 401,
      code: 'not_authenticated',
      instance: `urn:gatehouse:request:${id}`,
    })

    const jsonApi = await fetch(`${base}/wallets`, { headers: { Accept: 'application/vnd.api+json' } })
    expect(((await jsonApi.json()) as Errors).errors[0]).toMatchObject({ status: '401', code: 'not_authenticated' })

    const forged = await fetch(`${base}/wallets`, { headers: bearer('a.b.c') })
    expect([forged.status, forged.headers.get('cache-control')]).toEqual([401, 'no-store'])
    expect(forged.headers.get('www-authenticate')).toBe('Bearer realm="gatehouse", error="invalid_token"')
    expect(((await forged.json()) as Errors).errors[0]).toMatchObject({ code: 'not_authenticated' })
  })

  it('for its right or its route is 403 permission_denied', async () => {
    const token = await tokenFor(base, await apiUser({ permissions: ['wallets:read'] }))
    const before = up.seen.length
    const cases: [string, string, string][] = [
      ['POST', '/deposits', 'permission_missing'],
      ['GET', '/nowhere', 'unknown_route'],
      ['DELETE', '/wallets', 'unknown_route'],
      ['GET', '/WALLETS', 'unknown_route'],
      ['GET', '/api', 'unknown_route'],
    ]
    for (const [method, path, reason] of cases) {
      const answer = await fetch(base + path, { method, headers: bearer(token) })
      expect([path, answer.status]).toEqual([path, 403])
      expect(((await answer.json()) as Errors).errors[0]).toMatchObject({ code: 'permission_denied', meta: { reason } })
    }
    expect(up.seen.length).toBe(before)
    expect((await fetch(`${base}/api/any/thing`, { headers: bearer(token) })).status).toBe(200)
  })

  it('with an ambiguous path is 400 before any look-up, unless its row says raw', async () => {
    // CHECKS 78
    const token = await tokenFor(base, await apiUser())
    const before = up.seen.length
    const paths = [
      '/wallets//',
      '//wallets',
      '/a//b',
      '/./wallets',
      '/a/../wallets',
      '/a/..',
      '/wallets%2f',
      '/wallets%2F..%2fpayouts',
      '/%5cwallets',
      '/a\\b',
      '/%2e%2e/wallets',
      '/%2E/wallets',
      '/wallets%25',
      '/wallets;v=1',
      '/wallets%3bv',
      '/wallets%00',
      '/wallets%0d%0a',
      '/wallets%7f',
      '/wallets%ff',
      '/wallets%c0%af',
      '/wallets%zz',
      '/wallets%',
      '/wallets#x',
      `http://127.0.0.1:${port}/wallets`,
      '*',
    ]
    for (const path of paths) {
      const answer = await raw(`GET ${path}`, [`Authorization: Bearer ${token}`, 'Connection: close'])
      expect([path, statusOf(answer)]).toEqual([path, 400])
      expect(answer).toMatch(ownId)
    }
    expect(up.seen.length).toBe(before)
    expect(statusOf(await raw('GET /raw/a%2Fb', [`Authorization: Bearer ${token}`, 'Connection: close']))).toBe(200)
    expect(last().url).toBe('/raw/a%2Fb')
  })

  it('cannot smuggle: two lengths, two framings, folded or doubled credentials', async () => {
    // CHECKS 87
    const token = await tokenFor(base, await apiUser())
    const auth = `Authorization: Bearer ${token}`
    const before = up.seen.length
    const attacks: [string, string[], string][] = [
      [
        'POST /echo',
        [auth, 'Content-Length: 4', 'Transfer-Encoding: chunked'],
        '0\r\n\r\nGET /payouts HTTP/1.1\r\n\r\n',
      ],
      ['POST /echo', [auth, 'Content-Length: 4', 'Content-Length: 5'], 'abcde'],
      ['POST /echo', [auth, 'Content-Length: +4'], 'abcd'],
      ['POST /echo', [auth, 'Transfer-Encoding: chunked, identity'], '0\r\n\r\n'],
      ['POST /echo', [auth, 'Transfer-Encoding: xchunked'], '0\r\n\r\n'],
      ['POST /echo', [auth, 'Transfer-Encoding : chunked'], '0\r\n\r\n'],
      ['GET /echo', [auth, auth], ''],
      ['GET /echo', [auth, 'authorization: Bearer other'], ''],
      ['GET /echo', [auth, 'X-Processing-Key: k', 'X-Processing-Signature: s'], ''],
      ['GET /echo', [auth, 'Host: other'], ''],
      ['GET /echo', [auth, 'Upgrade: websocket', 'Connection: Upgrade'], ''],
      ['GET /echo', [auth, ...Array.from({ length: 120 }, (_, i) => `X-Many-${i}: 1`)], ''],
      ['CONNECT 127.0.0.1:1', [auth], ''],
    ]
    for (const [line, headers, body] of attacks) {
      const answer = await raw(line, headers, body)
      expect([line, headers.at(-1), statusOf(answer)]).toEqual([
        line,
        headers.at(-1),
        line.startsWith('CONNECT') ? 405 : 400,
      ])
      expect(answer).toMatch(ownId)
    }
    const hostless = await speak(port, `GET /echo HTTP/1.1\r\n${auth}\r\nConnection: close\r\n\r\n`)
    expect([statusOf(hostless), ownId.test(hostless)]).toEqual([400, true])
    const folded = await raw('GET /echo', ['X-A: b', ` ${auth}`])
    expect([400, 401]).toContain(statusOf(folded))
    expect(statusOf(await raw('GET /echo', [auth, `X-Long: ${'x'.repeat(20_000)}`]))).toBe(431)
    expect(up.seen.length).toBe(before)
    const h2c = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__']
    expect(statusOf(await raw('GET /echo', [auth, ...h2c]))).toBe(200)
    expect(last().rawHeaders.join()).not.toMatch(/h2c|HTTP2/i)
  })

  it('with a body above its row’s limit is 413, also when it does not say how long it is', async () => {
    // CHECKS 107
    const user = await apiUser()
    const token = await tokenFor(base, user)
    const declared = await fetch(`${base}/deposits`, { method: 'POST', body: 'x'.repeat(1001), headers: bearer(token) })
    expect(declared.status).toBe(413)
    expect(await logged(declared.headers.get('x-request-id')!)).toMatchObject({
      reason: 'body_too_large',
      merchantId: user.merchantId,
      proven: true,
    })
    const chunk = `3e8\r\n${'x'.repeat(1000)}\r\n`
    const chunked = await raw(
      'POST /deposits',
      [`Authorization: Bearer ${token}`, 'Transfer-Encoding: chunked'],
      `${chunk}${chunk}0\r\n\r\n`,
    )
    expect(statusOf(chunked)).toBe(413)
    expect(
      (await fetch(`${base}/deposits`, { method: 'POST', body: 'x'.repeat(1000), headers: bearer(token) })).status,
    ).toBe(200)
  })
})

describe('money-out', () => {
  const soon = () => new Date(Date.now() + 600_000)
  const payout = async (user: Awaited<ReturnType<typeof apiUser>>) => {
    const answer = await fetch(`${base}/payouts`, {
      method: 'POST',
      body: '{}',
      headers: bearer(await tokenFor(base, user)),
    })
    const body = answer.status === 200 ? null : ((await answer.json()) as Errors)
    return [answer.status, (body?.errors[0]?.meta as { reason: string } | undefined)?.reason]
  }

  it('needs the switch, a whitelist that is on, the permission and an acknowledged pair', async () => {
    const ranges = ['127.0.0.1']
    expect(await payout(await apiUser({ moneyOut: true, ranges }))).toEqual([200, undefined])
    expect(await payout(await apiUser({ moneyOut: false, ranges }))).toEqual([403, 'money_out_off'])
    expect(await payout(await apiUser({ moneyOut: true }))).toEqual([403, 'money_out_whitelist_off'])
    expect(await payout(await apiUser({ moneyOut: true, ranges, permissions: ['payouts:read'] }))).toEqual([
      403,
      'permission_missing',
    ])
    const pending = { acknowledgedAt: null, firstUsedAt: null, pendingUntil: soon() }
    expect(await payout(await apiUser({ moneyOut: true, ranges, generation: pending }))).toEqual([
      403,
      'money_out_unconfirmed',
    ])
    const unconfirmed = { acknowledgedAt: null, pendingUntil: new Date(Date.now() - 1000) }
    expect(await payout(await apiUser({ moneyOut: true, ranges, generation: unconfirmed }))).toEqual([
      403,
      'money_out_unconfirmed',
    ])
    const retiring = { retiresAt: soon() }
    expect(await payout(await apiUser({ moneyOut: true, ranges, generation: retiring }))).toEqual([200, undefined])
  })
})

describe('the upstream', () => {
  it('is never asked twice, and its failures say whether anything was sent', async () => {
    const token = await tokenFor(base, await apiUser())
    const before = up.seen.length
    up.answer = (req) => void req.socket.destroy()
    const lost = await fetch(`${base}/echo`, { method: 'POST', body: 'x', headers: bearer(token) })
    expect([lost.status, ((await lost.json()) as Errors).errors[0]!.code]).toEqual([502, 'outcome_unknown'])
    expect(up.seen.length).toBe(before + 1)
    expect(await logged(lost.headers.get('x-request-id')!)).toMatchObject({
      verdict: 'accepted',
      status: 502,
      upstreamStatus: null,
    })

    up.answer = (_, res) => {
      res.writeHead(200, { 'Content-Length': '100' })
      res.write('half')
      setTimeout(() => res.destroy(), 50)
    }
    await expect(fetch(`${base}/echo`, { headers: bearer(token) }).then((a) => a.text())).rejects.toThrow()
    up.answer = (_, res) => void res.end('{}')
  })

  it('that cannot be reached was sent nothing', async () => {
    const token = await tokenFor(lonely.base, await apiUser())
    const answer = await fetch(`${lonely.base}/echo`, { headers: bearer(token) })
    expect([answer.status, ((await answer.json()) as Errors).errors[0]!.code]).toEqual([502, 'upstream_unreachable'])
  })

  it('is let go when the client leaves', async () => {
    const token = await tokenFor(base, await apiUser())
    const closed = new Promise<void>((resolve) => {
      up.answer = (_, res) => void res.on('close', () => resolve())
    })
    const leave = new AbortController()
    const call = fetch(`${base}/echo`, { headers: bearer(token), signal: leave.signal }).catch(() => {})
    setTimeout(() => leave.abort(), 200)
    await call
    await closed
    up.answer = (_, res) => void res.end('{}')
  })
})

it('answers a ping without credentials', async () => {
  const answer = await fetch(`${base}/ping`)
  expect([answer.status, answer.headers.get('x-request-id')?.length]).toEqual([200, 32])
})
