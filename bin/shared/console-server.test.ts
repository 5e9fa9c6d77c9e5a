import { type IncomingHttpHeaders, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseRange, type Range } from '@/lib/whitelist/model'
import { consoleServer } from './console-server'
import { drain, listenOn, PortInUse } from './listen'

const CONSOLE = 'https://console.example.test'
const loopback = ['127.0.0.1/32', '::1'].map((text) => {
  const parsed = parseRange(text)
  if (!parsed.ok) throw new Error(text)
  return parsed.range
})

type Seen = { method: string; headers: IncomingHttpHeaders }
const seen: Seen[] = []
const servers: Server[] = []

/** What stands where the framework does: says what it was given. */
async function start(trustedProxies: readonly Range[], consoleUrl = CONSOLE, away = () => false): Promise<number> {
  const server = consoleServer({
    consoleUrl,
    trustedProxies,
    away,
    async handle(req, res) {
      seen.push({ method: req.method ?? '', headers: { ...req.headers } })
      if (req.url === '/fails') throw new Error('broken page')
      if (req.url?.startsWith('/_next/static/')) res.setHeader('Cache-Control', 'public, max-age=31536000, immutable')
      if (req.url === '/missing') res.statusCode = 404
      res.setHeader('Content-Type', req.url?.endsWith('.js') ? 'application/javascript' : 'text/html')
      for await (const _ of req);
      res.end('hello')
    },
  })
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return (server.address() as AddressInfo).port
}

let direct: number
let proxied: number
beforeAll(async () => {
  direct = await start([])
  proxied = await start(loopback)
})
afterAll(() => drain(servers, 500))

type Answer = { status: number; headers: IncomingHttpHeaders; text: string }

function ask(
  port: number,
  options: { method?: string; path?: string; headers?: Record<string, string | string[]>; body?: string | Buffer } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', path = '/', headers = {}, body } = options
    const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
    const req = request(
      { host: '127.0.0.1', port, method, path, headers: { ...length, ...headers }, agent: false },
      (res) => {
        let text = ''
        res.on('data', (chunk) => {
          text += chunk
        })
        res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text }))
      },
    )
    req.on('error', reject)
    req.end(body)
  })
}

function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('close', () => resolve(answer))
  })
}

const post = (port: number, headers: Record<string, string>, path = '/') =>
  ask(port, { method: 'POST', path, headers, body: 'x=1' })

// CHECKS 101
test.each([
  ['no Origin', {}],
  ['an Origin of null', { Origin: 'null' }],
  ['another site', { Origin: 'https://evil.example.test' }],
  [
    'another site that forges the host',
    { Origin: 'https://evil.example.test', 'X-Forwarded-Host': 'evil.example.test', Host: 'evil.example.test' },
  ],
  ['a sub-domain', { Origin: 'https://a.console.example.test' }],
  ['the parent domain', { Origin: 'https://example.test' }],
  ['another port', { Origin: 'https://console.example.test:8443' }],
  ['the same host without TLS', { Origin: 'http://console.example.test' }],
  ['a path behind the origin', { Origin: `${CONSOLE}/` }],
])('a write from %s is refused and reaches nobody', async (_, headers) => {
  const before = seen.length
  for (const path of ['/', '/api/auth/callback/credentials']) {
    expect((await post(proxied, headers as Record<string, string>, path)).status).toBe(403)
  }
  expect(seen).toHaveLength(before)
})

// CHECKS 102
test.each(['cross-site', 'same-site', 'none', 'anything'])('a write whose browser says %s is refused', async (site) => {
  expect((await post(direct, { Origin: CONSOLE, 'Sec-Fetch-Site': site })).status).toBe(403)
})

// CHECKS 101
test('a write from our own page passes', async () => {
  expect((await post(direct, { Origin: CONSOLE })).status).toBe(200)
  expect((await post(direct, { Origin: CONSOLE, 'Sec-Fetch-Site': 'same-origin' })).status).toBe(200)
})

// CHECKS 102
test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'])('%s is not spoken', async (method) => {
  expect((await ask(direct, { method, headers: { Origin: CONSOLE } })).status).toBe(405)
})

// CHECKS 63
test('headers are not pushed out by more headers: the address that a proxy adds last is not lost', async () => {
  const junk = (n: number) => Array.from({ length: n }, (_, i) => `X-${i}: 1\r\n`).join('')
  const forwarded = (n: number) =>
    raw(proxied, `GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${junk(n)}X-Forwarded-For: 203.0.113.9\r\n\r\n`)
  const before = seen.length
  expect(await forwarded(110)).toMatch(/^HTTP\/1\.1 431 /)
  expect(seen).toHaveLength(before)
  expect(await forwarded(90)).toMatch(/^HTTP\/1\.1 200 /)
  expect(seen.at(-1)?.headers['x-real-ip']).toBe('203.0.113.9')
})

// CHECKS 63
test('with no proxy configured nothing the client says about its address is believed', async () => {
  const forged = {
    'X-Forwarded-For': '203.0.113.9',
    'X-Real-IP': '203.0.113.9',
    Forwarded: 'for=203.0.113.9',
    'X-Forwarded-Port': '1',
    'X-Forwarded-Host': 'evil.example.test',
    'X-Forwarded-Proto': 'http',
  }
  await ask(direct, { headers: forged })
  const { headers } = seen.at(-1)!
  expect(headers).toMatchObject({
    'x-forwarded-for': '127.0.0.1',
    'x-real-ip': '127.0.0.1',
    'x-forwarded-host': 'console.example.test',
    'x-forwarded-proto': 'https',
    host: 'console.example.test',
    'x-gatehouse-unbelieved-proxy': '1',
  })
  expect(headers).not.toHaveProperty('forwarded')
  expect(headers).not.toHaveProperty('x-forwarded-port')
})

// CHECKS 63
test('behind a configured proxy the right-most hop is the caller; two headers are one list', async () => {
  await ask(proxied, { headers: { 'X-Forwarded-For': ['6.6.6.6', '198.51.100.4'], 'X-Real-IP': '6.6.6.6' } })
  expect(seen.at(-1)!.headers).toMatchObject({ 'x-forwarded-for': '198.51.100.4', 'x-real-ip': '198.51.100.4' })
  expect(seen.at(-1)!.headers).not.toHaveProperty('x-gatehouse-unbelieved-proxy')
  expect((await ask(proxied, { headers: { 'X-Forwarded-For': 'nonsense' } })).status).toBe(400)
})

// CHECKS 37, 63
test('what the framework sends to itself keeps the caller’s address, and nobody else can send it', async () => {
  await ask(proxied, { headers: { 'X-Forwarded-For': '198.51.100.4' } })
  const handedOn = seen.at(-1)!.headers as Record<string, string>
  const own = { 'x-gatehouse-own-word': handedOn['x-gatehouse-own-word']!, 'x-forwarded-for': '198.51.100.4' }
  const chunked = { ...own, Origin: CONSOLE, 'Transfer-Encoding': 'chunked', 'X-Action-Forwarded': '1' }
  expect((await ask(direct, { method: 'POST', headers: chunked })).status).toBe(200)
  expect(seen.at(-1)!.headers).toMatchObject({ 'x-real-ip': '198.51.100.4', 'x-action-forwarded': '1' })
  expect(
    (await ask(direct, { method: 'POST', headers: { ...chunked, Origin: 'https://evil.example.test' } })).status,
  ).toBe(403)
  const guessed = { ...chunked, 'x-gatehouse-own-word': 'x'.repeat(43) }
  expect((await ask(direct, { method: 'POST', headers: guessed })).status).toBe(411)
  const { 'Transfer-Encoding': _, ...plain } = guessed
  await ask(direct, { headers: plain })
  expect(seen.at(-1)!.headers).toMatchObject({ 'x-real-ip': '127.0.0.1' })
  expect(seen.at(-1)!.headers).not.toHaveProperty('x-action-forwarded')
})

// CHECKS 42
test('headers that steer the framework or pretend to be ours do not pass', async () => {
  await ask(direct, {
    path: '/m/harbour?x=1',
    headers: {
      'X-Middleware-Subrequest': 'middleware:middleware',
      'X-Middleware-Rewrite': '/',
      'X-Gatehouse-Path': '//evil',
      'Content-Security-Policy': `script-src 'nonce-known'`,
    },
  })
  const { headers } = seen.at(-1)!
  expect(Object.keys(headers).filter((name) => name.startsWith('x-middleware-'))).toEqual([])
  expect(headers['x-gatehouse-path']).toBe('/m/harbour?x=1')
  expect(headers['content-security-policy']).not.toContain('nonce-known')
})

const always = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'strict-transport-security': expect.stringMatching(/max-age=\d{8}/),
  'permissions-policy': expect.stringContaining('camera=()'),
  'content-security-policy': expect.stringContaining(`frame-ancestors 'none'`),
  'cache-control': 'private, no-store',
}

// CHECKS 103, 106
test.each([
  ['a page', 200, {}],
  ['a page that is missing', 404, { path: '/missing' }],
  ['a page that breaks', 500, { path: '/fails' }],
  ['a refused write', 403, { method: 'POST', body: 'x' }],
  ['a method that is not spoken', 405, { method: 'PUT' }],
  ['a body that is too large', 413, { method: 'POST', headers: { Origin: CONSOLE, 'Content-Length': '200000' } }],
])('%s carries every security header', async (_, status, options) => {
  const answer = await ask(direct, options)
  expect(answer.status).toBe(status)
  expect(answer.headers).toMatchObject(always)
  expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
  expect(answer.headers).not.toHaveProperty('x-powered-by')
})

// CHECKS 103, 106
test('so does an answer to what is no HTTP', async () => {
  const answer = (await raw(direct, 'GET / HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n')).toLowerCase()
  expect(answer).toMatch(/^http\/1.1 400 /)
  for (const name of Object.keys(always)) expect(answer).toContain(`\r\n${name}: `)
  expect(await raw(direct, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /)
})

test('no promise of TLS is made where there is none', async () => {
  const plain = await start([], 'http://127.0.0.1:3000')
  expect((await ask(plain)).headers).not.toHaveProperty('strict-transport-security')
})

// CHECKS 104
test('each answer has a nonce of its own, which the page is told', async () => {
  const nonces = new Set<string>()
  for (let i = 0; i < 5; i += 1) {
    const { headers } = await ask(direct)
    expect(seen.at(-1)!.headers['content-security-policy']).toBe(headers['content-security-policy'])
    expect(headers['content-security-policy']).not.toMatch(/script-src[^;]*unsafe|style-src-elem[^;]*unsafe/)
    nonces.add(/'nonce-([^']+)'/.exec(String(headers['content-security-policy']))?.[1] ?? '')
  }
  expect(nonces.size).toBe(5)
})

test('files named after their content may be kept; an error in their place may not', async () => {
  expect((await ask(direct, { path: '/_next/static/chunks/a.js' })).headers['cache-control']).toContain('immutable')
  expect((await ask(direct, { path: '/page.js' })).headers['cache-control']).toBeUndefined()
})

// CHECKS 107
test.each([
  ['/', 100 * 1024, 200],
  ['/', 100 * 1024 + 1, 413],
  ['/api/auth/callback/credentials', 16 * 1024, 200],
  ['/api/auth/callback/credentials', 16 * 1024 + 1, 413],
])('a body to %s of %i bytes is answered %i', async (path, size, status) => {
  const before = seen.length
  const answer = await ask(direct, { method: 'POST', path, headers: { Origin: CONSOLE }, body: Buffer.alloc(size, 97) })
  expect(answer.status).toBe(status)
  expect(seen.length - before).toBe(status === 200 ? 1 : 0)
})

// CHECKS 107
test('a body of 60 MB is refused before it is read, and the connection ends', async () => {
  const head = `POST / HTTP/1.1\r\nHost: x\r\nOrigin: ${CONSOLE}\r\nContent-Length: 62914560\r\n\r\n`
  expect(await raw(direct, head)).toMatch(/^HTTP\/1.1 413 [\s\S]*connection: close/i)
})

// CHECKS 107
test('a body that does not say its length, or comes with a GET, is refused', async () => {
  expect(
    (await ask(direct, { method: 'POST', headers: { Origin: CONSOLE, 'Transfer-Encoding': 'chunked' } })).status,
  ).toBe(411)
  expect((await ask(direct, { method: 'GET', body: 'x' })).status).toBe(400)
})

// CHECKS 101
test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ''])(
  'a form of another site, sent as %j, is refused',
  async (type) => {
    const before = seen.length
    for (const origin of [{}, { Origin: 'null' }, { Origin: 'https://evil.example.test' }]) {
      expect((await post(direct, { 'Content-Type': type, 'Next-Action': 'x', ...origin } as never)).status).toBe(403)
    }
    expect(seen).toHaveLength(before)
  },
)

test('a target that is no path is refused', async () => {
  const before = seen.length
  for (const target of ['http://evil.example.test/m/harbour', '*', 'evil.example.test:80']) {
    const answer = await raw(direct, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    expect([target, answer.slice(0, 12)]).toEqual([target, 'HTTP/1.1 400'])
  }
  expect(seen).toHaveLength(before)
})

// CHECKS 107
test('connections beyond a number are closed, and a silent one loses its place though it reads nothing', async () => {
  const few = consoleServer({
    consoleUrl: CONSOLE,
    trustedProxies: [],
    mostConnections: 5,
    handle: async (_, res) => void res.end('hello'),
  })
  expect([few.timeout, few.maxConnections]).toEqual([60_000, 5])
  few.headersTimeout = 300
  servers.push(few)
  await new Promise<void>((done) => few.listen(0, '127.0.0.1', done))
  const { port } = few.address() as AddressInfo
  const held = Array.from({ length: 12 }, () => connect(port, '127.0.0.1').on('error', () => {}))
  let closed = 0
  for (const socket of held) socket.on('close', () => closed++)
  await expect.poll(() => closed, { timeout: 5000 }).toBeGreaterThanOrEqual(7)
  const status = () =>
    ask(port).then(
      (answer) => answer.status,
      () => 0,
    )
  await expect.poll(status, { timeout: 8000 }).toBe(200)
  for (const socket of held) socket.destroy()
})

// CHECKS 107
test('headers that trickle in lose their connection', async () => {
  const slow = consoleServer({ consoleUrl: CONSOLE, trustedProxies: [], handle: async (_, res) => void res.end() })
  expect([slow.headersTimeout, slow.requestTimeout]).toEqual([10_000, 20_000])
  slow.headersTimeout = 300
  slow.requestTimeout = 600
  servers.push(slow)
  await new Promise<void>((done) => slow.listen(0, '127.0.0.1', done))
  expect(await raw((slow.address() as AddressInfo).port, 'GET / HTTP/1.1\r\nHost: x\r\nX-A: ')).toMatch(
    /^HTTP\/1.1 408 /,
  )
})

test('a busy port is an error that names its variable, never the next number', async () => {
  const busy = await start([])
  const listening = listenOn(() => consoleServer({ consoleUrl: CONSOLE, trustedProxies: [], handle: async () => {} }), {
    addresses: ['127.0.0.1', '::1'],
    port: busy,
    name: 'CONSOLE_PORT',
  })
  await expect(listening).rejects.toThrow(PortInUse)
  await expect(listening).rejects.toThrow(/CONSOLE_PORT/)
})

test('answers under way are finished when the server stops', async () => {
  let finish: (() => void) | undefined
  const server = consoleServer({
    consoleUrl: CONSOLE,
    trustedProxies: [],
    async handle(_, res) {
      res.write('first ')
      await new Promise<void>((done) => {
        finish = done
      })
      res.end('last')
    },
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const answer = ask((server.address() as AddressInfo).port)
  await expect.poll(() => finish !== undefined).toBe(true)
  const stopped = drain([server])
  finish?.()
  expect((await answer).text).toBe('first last')
  await stopped
})

// CHECKS 133
test('while the database is away a person gets a page that says so and comes back, a program 503, and files come', async () => {
  let gone = true
  const port = await start([], CONSOLE, () => gone)
  const page = await ask(port, { headers: { accept: 'text/html,application/xhtml+xml' } })
  expect(page.status).toBe(503)
  expect(page.headers).toMatchObject({ 'retry-after': '5', 'cache-control': 'private, no-store' })
  expect(page.text).toContain('cannot reach its database')
  expect(page.text).toContain('http-equiv="refresh"')
  const nonce = /'nonce-([^']+)'/.exec(String(page.headers['content-security-policy']))?.[1]
  expect(page.text).toContain(`<style nonce="${nonce}">`)
  const post = await ask(port, { method: 'POST', headers: { origin: CONSOLE }, body: 'x' })
  expect([post.status, post.headers['retry-after']]).toEqual([503, '5'])
  expect((await ask(port, { path: '/_next/static/a.js' })).status).toBe(200)
  expect((await ask(port, { method: 'POST', headers: { origin: 'https://evil.example' }, body: 'x' })).status).toBe(403)
  gone = false
  expect((await ask(port)).status).toBe(200)
})
