import net from 'node:net'
import { jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Attack, attacks, mutated, SMUGGLED } from '@/faults/input/hostile-http'
import { randomFrom } from '@/faults/input/random'
import { parseRange, type Range } from '@/lib/whitelist/model'
import { type Chain, firstProxy, nginxMissing, secondProxy, startChain } from '@/testing/nginx'
import { apiUser, bearer, JSON_API, pairBody, speak, startPair, tokenFor, UPSTREAM_SECRET } from './testing'

/** The gate behind two real nginx. Without nginx nothing of this can be shown. */
const missing = nginxMissing()
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31)
const rounds = Number(process.env['HOSTILE_ROUNDS'] ?? 40)
const CLIENT = '127.0.0.9'
const FORGED = '203.0.113.66'

const range = (text: string): Range => {
  const parsed = parseRange(text)
  if (!parsed.ok) throw new Error(text)
  return parsed.range
}
/** Which proxies are configured, and whom the gate then takes for the caller. */
const setups = [
  { name: 'none', proxies: [], caller: secondProxy },
  { name: 'the nearer one', proxies: [secondProxy], caller: firstProxy },
  { name: 'both', proxies: [firstProxy, secondProxy], caller: CLIENT },
  { name: 'others', proxies: ['10.0.0.0/8'], caller: secondProxy },
]

const pairs = await Promise.all(
  setups.map(({ proxies }) => startPair({ proxies: proxies.map(range), upstreamSilenceMs: 1500 })),
)
let chain: Chain
beforeAll(async () => {
  if (!missing) chain = await startChain(pairs.map(({ gate }) => gate.publicPort))
})
afterAll(() => chain?.stop())

/** One request from the client's own address. @returns the whole answer */
function ask(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', localAddress: CLIENT }, () => socket.write(text, 'latin1'))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })
}
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])
const request = (line: string, headers: string[], body = ''): string =>
  [`${line} HTTP/1.1`, 'Host: gate', 'Connection: close', ...headers, '', body].join('\r\n')

/** Everything by which clients have claimed to be somebody else. */
const forgeries: [string, string[]][] = [
  ['nothing', []],
  ['X-Forwarded-For', [`X-Forwarded-For: ${FORGED}`]],
  ['X-Forwarded-For twice', [`X-Forwarded-For: ${FORGED}`, `X-Forwarded-For: ${FORGED}`]],
  ['a forged chain of our own proxies', [`X-Forwarded-For: ${FORGED}, ${firstProxy}, ${secondProxy}`]],
  ['a mapped address', [`X-Forwarded-For: ::ffff:${FORGED}`]],
  ['an address with a port', [`X-Forwarded-For: ${FORGED}:443`]],
  ['a hundred hops', [`X-Forwarded-For: ${Array(100).fill(FORGED).join(', ')}`]],
  ['rubbish', ['X-Forwarded-For: unknown, ", <>, 1.2.3, ::1%1']],
  ['empty', ['X-Forwarded-For: ']],
  ['underscores', [`X_Forwarded_For: ${FORGED}`]],
  ['its own case', [`x-FORWARDED-for: ${FORGED}`]],
  ['named by Connection', [`X-Forwarded-For: ${FORGED}`, 'Connection: X-Forwarded-For']],
  [
    'every other header',
    [
      'X-Real-IP',
      'True-Client-IP',
      'CF-Connecting-IP',
      'X-Client-IP',
      'Client-IP',
      'X-Cluster-Client-IP',
      'Fastly-Client-IP',
      'X-Originating-IP',
    ].map((name) => `${name}: ${FORGED}`),
  ],
  ['Forwarded', [`Forwarded: for=${FORGED};proto=https;by=${secondProxy}`]],
]

describe.skipIf(missing !== null)('behind two nginx', () => {
  test.each(setups.map((setup, i) => ({ ...setup, i })))(
    'with $name configured the caller is $caller, whatever the client says',
    async ({ caller, i }) => {
      // CHECKS 63, 81
      const port = chain.ports[i] as number
      const [listed, forged] = [await apiUser({ ranges: [caller] }), await apiUser({ ranges: [FORGED] })]
      const exchange = (user: typeof listed, headers: string[]) => {
        const body = pairBody(user.clientId, user.clientSecret)
        return ask(
          port,
          request('POST /token/', [`Content-Type: ${JSON_API}`, `Content-Length: ${body.length}`, ...headers], body),
        )
      }
      const token = /"access":"([^"]+)"/.exec(await exchange(listed, []))?.[1]
      expect(token).toBeDefined()
      for (const [name, headers] of forgeries) {
        const call = await ask(port, request('GET /me', [`Authorization: Bearer ${token}`, ...headers]))
        expect([name, statusOf(call)]).toEqual([name, 200])
        expect([name, statusOf(await exchange(forged, headers))]).toEqual([name, 403])
      }
    },
    20_000,
  )

  test('what was matched is what the upstream receives, or nothing is sent', async () => {
    // CHECKS 78
    const { up, base } = pairs[2]!
    const token = await tokenFor(base, await apiUser({ permissions: ['wallets:read'] }))
    const injected = [
      'X-Original-URI',
      'X-Original-URL',
      'X-Rewrite-URL',
      'X-Forwarded-Uri',
      'X-Forwarded-Prefix',
      'X-HTTP-Method-Override',
      'X_Original_URI',
      'X-Envoy-Original-Path',
    ].map((name) => `${name}: /payouts`)
    const paths: [string, number][] = [
      ['/wallets?b=2&a=1&b=1', 200],
      ['/api/A%20b/c?x=%2e%2e/%2f', 200],
      ['//wallets', 400],
      ['/wallets//', 400],
      ['/%2e/wallets', 400],
      ['/api/%2e%2e/payouts', 400],
      ['/api/..%2fpayouts', 400],
      ['/api/../payouts', 400],
      ['/api/..;/payouts', 400],
      ['/WALLETS', 403],
      ['/payouts', 403],
    ]
    for (const [path, status] of paths) {
      const before = up.seen.length
      const answer = await ask(chain.ports[2]!, request(`GET ${path}`, [`Authorization: Bearer ${token}`, ...injected]))
      expect([path, statusOf(answer)]).toEqual([path, status])
      const sent = up.seen.slice(before)
      expect(sent.map(({ url }) => url)).toEqual(status === 200 ? [path] : [])
      for (const { rawHeaders } of sent) expect(rawHeaders.join('\n')).not.toContain('/payouts')
    }
  })

  test('nothing is smuggled, directly or through both: nobody gets what another asked for', async () => {
    // CHECKS 87
    const { up, base, gate } = pairs[2]!
    const token = await tokenFor(base, await apiUser())
    const list = attacks(token)
    const random = randomFrom(seed)
    const more = Array.from({ length: rounds }, () => mutated(list, random))
    const before = up.seen.length
    for (const attack of [...list, ...more]) {
      const answers = await Promise.all([gate.publicPort, chain.ports[2]!].map((port) => strike(port, attack)))
      await Promise.all([innocent(base, token), innocent(`http://127.0.0.1:${chain.ports[2]}`, token)]).catch(
        (error) => {
          throw new Error(
            `${attack.name}, FUZZ_SEED=${seed}: ${error}\n${JSON.stringify(attack.bytes)}\n${answers.join('\n')}`,
          )
        },
      )
    }
    for (const { url, method, headers } of up.seen.slice(before)) {
      expect(url, `FUZZ_SEED=${seed}`).not.toContain(SMUGGLED)
      const { payload } = await jwtVerify(headers['gatehouse-assertion'] as string, UPSTREAM_SECRET, {
        clockTolerance: 3600,
      })
      expect(payload).toMatchObject({ path: url, method })
    }
    expect(up.seen.length - before).toBeGreaterThan(2 * list.length)
  }, 600_000)
})

/** Sends an attack and keeps the connection for a moment: what is behind it must not be taken for a request. */
const strike = (port: number, { bytes }: Attack): Promise<string> =>
  speak(port, Buffer.from(bytes, 'latin1'), 20).catch(() => '')

let asked = 0
/** A caller who has nothing to do with it, over connections that are shared behind the proxies. */
async function innocent(base: string, token: string): Promise<void> {
  const url = `/echo?innocent=${++asked}`
  const answer = await fetch(base + url, { headers: bearer(token) })
  const text = await answer.text()
  if (answer.status !== 200 || (JSON.parse(text) as { url: string }).url !== url)
    throw new Error(`got ${answer.status} ${text}`)
}
