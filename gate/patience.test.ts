import { once } from 'node:events'
import net from 'node:net'
import { describe, expect, it } from 'vitest'
import { gatewayCredential } from '@/db/schema'
import { sha256 } from '@/lib/secrets/format'
import { testDb } from '@/lib/testing'
import { apiUser, bearer, JSON_API, startPair, tokenFor } from './testing'

const { base, gate, up } = await startPair({
  patience: { mostConnections: 30, headersMs: 500, requestMs: 1500, stillMs: 3000, tokenBodyMs: 300 },
})
const port = gate.publicPort

/** Writes and then waits for the other side to close. @returns what came back */
async function heldUntilClosed(bytes: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1')
  socket.on('error', () => {})
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.write(bytes)
  await once(socket, 'close')
  return text
}

describe('a client that keeps the gate waiting', () => {
  it('loses its connection: nothing sent, half a header, half a body', async () => {
    // CHECKS 107
    const token = await tokenFor(base, await apiUser())
    const head = (path: string) => `POST ${path} HTTP/1.1\r\nHost: gate\r\nContent-Type: ${JSON_API}\r\n`
    const before = up.seen.length
    const [silent, header, body, exchange] = await Promise.all([
      heldUntilClosed(''),
      heldUntilClosed('GET /me HTTP/1.1\r\nHost: gate\r\nX-A: '),
      heldUntilClosed(`${head('/echo')}Authorization: Bearer ${token}\r\nContent-Length: 10\r\n\r\nab`),
      heldUntilClosed(`${head('/token/')}Content-Length: 100\r\n\r\n{"data"`),
    ])
    expect(silent).toMatch(/^HTTP\/1\.1 408 /)
    expect(header).toMatch(/^HTTP\/1\.1 408 /)
    expect(body).not.toMatch(/^HTTP\/1\.1 2/)
    expect(exchange).toMatch(/^HTTP\/1\.1 408 [\s\S]*X-Request-Id: [0-9a-f]{32}[\s\S]*"request_timeout"/)
    expect(up.seen.length).toBe(before)
  })
})

describe('a refused request that asked for 100 Continue', () => {
  it('ends its connection: what follows could be its body or the next request', async () => {
    // CHECKS 87
    const answer = await heldUntilClosed(
      'POST /echo HTTP/1.1\r\nHost: gate\r\nExpect: 100-continue\r\nContent-Length: 40\r\n\r\nGET /ping HTTP/1.1\r\nHost: gate\r\n\r\n',
    )
    expect(answer.match(/^HTTP\/1\.1 /gm)).toHaveLength(1)
    expect(answer).toMatch(/^HTTP\/1\.1 401 [\s\S]*Connection: close/)
  })
})

describe('a body made to be expensive', () => {
  it.each([
    ['ten thousand names', `{${Array.from({ length: 10_000 }, (_, i) => `"${i}":1`).join(',')}}`, 413],
    ['a thousand levels', `${'['.repeat(1000)}${']'.repeat(1000)}`, 400],
    ['names that repeat', `{${'"a":1,'.repeat(2000)}"b":1}`, 400],
    ['a name that reaches into prototypes', '{"__proto__":{"client_id":"a"}}', 400],
  ])('%s is refused', async (_, body, status) => {
    // CHECKS 107, 113
    const answer = await fetch(`${base}/token/`, { method: 'POST', headers: { 'Content-Type': JSON_API }, body })
    expect(answer.status).toBe(status)
  })
})

describe('the internal listener', () => {
  it('tells nothing but its own health without the right credential and scope', async () => {
    // CHECKS 84
    const internal = `http://127.0.0.1:${gate.internalPort}`
    const credential = async (scopes: ('verify' | 'metrics')[], more: object = {}) => {
      const token = `gtg_${crypto.randomUUID().replaceAll('-', '')}`
      const row = {
        id: crypto.randomUUID(),
        name: token.slice(0, 20),
        digest: sha256(token),
        scopes,
        createdAt: new Date(),
      }
      await testDb()
        .insert(gatewayCredential)
        .values({ ...row, ...more })
      return token
    }
    const good = await credential(['metrics'])
    const wrong: Record<string, string>[] = [
      {},
      bearer('gtg_'),
      bearer(`${good}x`),
      bearer(good.toUpperCase()),
      { Authorization: `Basic ${good}` },
      { Authorization: good },
      { 'X-Gatehouse-Gateway': good },
      bearer(await credential(['verify'])),
      bearer(await credential(['metrics'], { revokedAt: new Date(Date.now() - 1000) })),
      bearer(await credential(['metrics'], { expiresAt: new Date(Date.now() - 60_000) })),
      bearer(await tokenFor(base, await apiUser())),
    ]
    for (const headers of wrong) {
      for (const path of ['/metrics', '/readyz', '/v1/verify', '/nowhere']) {
        const answer = await fetch(internal + path, { headers })
        expect([path, answer.status]).toEqual([path, 401])
        expect(await answer.text()).not.toMatch(/gatehouse_|ready/)
      }
    }
    expect((await fetch(`${internal}/metrics`, { headers: bearer(good) })).status).toBe(200)
  })
})

// Last, because it takes every place.
describe('a crowd', () => {
  it('cannot hold more than its share of connections: the rest are served when it lets go', async () => {
    // CHECKS 107
    const held = Array.from({ length: 60 }, () => net.connect(port, '127.0.0.1').on('error', () => {}))
    const closed = new Set<net.Socket>()
    for (const socket of held) socket.on('close', () => closed.add(socket))
    await expect.poll(() => closed.size, { timeout: 5000 }).toBeGreaterThanOrEqual(30)
    // The silent ones lose their places in turn, though they read nothing and never close.
    const ping = () =>
      fetch(`${base}/ping`).then(
        ({ status }) => status,
        () => 0,
      )
    await expect.poll(ping, { timeout: 10_000 }).toBe(200)
    for (const socket of held) socket.destroy()
  })
})
