import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseRange, type Range } from '@/lib/whitelist/model'
import { type Chain, firstProxy, nginxMissing, secondProxy, startChain } from '@/testing/nginx'
import { consoleServer } from './console-server'
import { drain } from './listen'

/** The console's server behind two real nginx. Without nginx nothing of this can be shown. */
const missing = nginxMissing()
const CLIENT = '127.0.0.9'
const CONSOLE = 'https://console.example.test'
const range = (text: string): Range => {
  const parsed = parseRange(text)
  if (!parsed.ok) throw new Error(text)
  return parsed.range
}
const setups = [
  { name: 'none', proxies: [], caller: secondProxy, unbelieved: '1' },
  { name: 'the nearer one', proxies: [secondProxy], caller: firstProxy, unbelieved: undefined },
  { name: 'both', proxies: [firstProxy, secondProxy], caller: CLIENT, unbelieved: undefined },
  { name: 'others', proxies: ['10.0.0.0/8'], caller: secondProxy, unbelieved: '1' },
]
const seen: Record<string, unknown>[] = []
const servers = setups.map(({ proxies }) =>
  consoleServer({
    consoleUrl: CONSOLE,
    trustedProxies: proxies.map(range),
    async handle(req, res) {
      seen.push({ ...req.headers, url: req.url })
      for await (const _ of req);
      res.end('hello')
    },
  }),
)
let chain: Chain
beforeAll(async () => {
  if (missing) return
  for (const server of servers) await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  chain = await startChain(servers.map((server) => (server.address() as AddressInfo).port))
})
afterAll(async () => {
  await chain?.stop()
  await drain(servers, 500)
})

function ask(port: number, method: string, headers: Record<string, string | string[]>): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, localAddress: CLIENT, method, path: '/m/harbour', headers, agent: false }
    const req = request(options, (res) => {
      res.resume()
      res.on('end', () => resolve(res.statusCode ?? 0))
    })
    req.on('error', reject)
    req.end(method === 'POST' ? 'x' : undefined)
  })
}

const FORGED = '203.0.113.66'
const forgeries: Record<string, string | string[]>[] = [
  {},
  { 'X-Forwarded-For': FORGED },
  { 'X-Forwarded-For': `${FORGED}, ${firstProxy}, ${secondProxy}` },
  { 'X-Forwarded-For': [FORGED, `${FORGED}:443`, '[::1]', 'unknown'] },
  { 'X-Forwarded-For': Array(100).fill(FORGED).join(',') },
  { X_Forwarded_For: FORGED, 'X-Real-IP': FORGED, 'CF-Connecting-IP': FORGED, Forwarded: `for=${FORGED}` },
  { 'X-Gatehouse-Unbelieved-Proxy': '0', 'X-Gatehouse-Own-Word': 'x', 'X-Forwarded-For': FORGED },
  { 'X-Forwarded-Host': 'evil.example.test', 'X-Original-URL': '/other', 'X-Forwarded-Proto': 'http' },
]

describe.skipIf(missing !== null)('the console behind two nginx', () => {
  test.each(setups.map((setup, i) => ({ ...setup, i })))(
    'with $name configured sees $caller, whatever the browser says',
    async ({ caller, unbelieved, i }) => {
      // CHECKS 63, 101
      for (const headers of forgeries) {
        expect(await ask(chain.ports[i]!, 'GET', headers)).toBe(200)
        expect(seen.at(-1)).toMatchObject({
          'x-real-ip': caller,
          'x-forwarded-for': caller,
          'x-forwarded-host': 'console.example.test',
          host: 'console.example.test',
          'x-gatehouse-path': '/m/harbour',
          url: '/m/harbour',
        })
        expect(seen.at(-1)?.['x-gatehouse-unbelieved-proxy']).toBe(unbelieved)
        const before = seen.length
        expect(await ask(chain.ports[i]!, 'POST', { ...headers, Origin: 'https://evil.example.test' })).toBe(403)
        expect(await ask(chain.ports[i]!, 'POST', headers)).toBe(403)
        expect(seen.length).toBe(before)
        expect(await ask(chain.ports[i]!, 'POST', { ...headers, Origin: CONSOLE, 'Content-Length': '1' })).toBe(200)
      }
    },
  )
})
