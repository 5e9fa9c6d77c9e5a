import http from 'node:http'
import { afterAll, expect, test } from 'vitest'
import { apiUser, bearer, logged, startPair, tokenFor } from './testing'

const loopback = { family: 4, words: [0x7f000001], prefix: 32, masks: [-1] } as const
const { base } = await startPair({ proxies: [loopback] })
/** As a proxy does: one connection for the calls of everybody. */
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
afterAll(() => agent.destroy())

/** A call that a proxy hands on; several texts are several headers. */
function callFrom(forwardedFor: string | string[], token: string) {
  return new Promise<{ status: number; port: number; requestId: string }>((resolve, reject) => {
    const headers = { ...bearer(token), 'X-Forwarded-For': forwardedFor }
    const req = http.get(`${base}/wallets`, { agent, headers }, (res) => {
      const { localPort: port } = res.socket
      res.resume().on('end', () => {
        resolve({ status: res.statusCode ?? 0, port: port ?? 0, requestId: String(res.headers['x-request-id']) })
      })
    })
    req.on('error', reject)
  })
}

async function insider(): Promise<string> {
  const user = await apiUser({ ranges: ['127.0.0.1', '203.0.113.7'] })
  return tokenFor(base, user)
}

// CHECKS 64
test('callers that share a connection of a proxy are told apart', async () => {
  const token = await insider()
  const answers = []
  for (const from of ['203.0.113.7', '198.51.100.4', '203.0.113.7']) answers.push(await callFrom(from, token))
  expect(answers.map((a) => a.status)).toEqual([200, 403, 200])
  expect(new Set(answers.map((a) => a.port)).size).toBe(1)
})

// CHECKS 64
test('several headers are one list in their order: the last hop of the last one is the caller', async () => {
  const token = await insider()
  const inside = await callFrom(['198.51.100.4', '192.0.2.1, 203.0.113.7'], token)
  const outside = await callFrom(['203.0.113.7', '198.51.100.4'], token)
  expect([inside.status, outside.status]).toEqual([200, 403])
  expect((await logged(outside.requestId)).address).toBe('198.51.100.4')
})
