import http, { type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { keepGarbageYoung } from '@/gate/garbage'
import type { Forward } from '@/gate/proxy'
import { type ServerSettings, startGate } from '@/gate/server'
import { readEnv } from '@/lib/env'
import type { RequestLog } from '@/lib/gatekeeping/request-log'

/** One measured server: says its port when it listens, and its CPU time whenever it is asked. */
const [, , kind = '', upstream = ''] = process.argv

const HELLO = '{"ok":true}'
const helloHeaders = ['Content-Type', 'application/json', 'Content-Length', String(HELLO.length)]

const hello: RequestListener = (_, res) => {
  res.writeHead(200, helloHeaders)
  res.end(HELLO)
}

let queued = (): number => 0

/** What a person writes who needs nothing but a reverse proxy: node:http, keep-alive, both bodies piped. */
function bareProxy(): RequestListener {
  const { hostname, port } = new URL(upstream)
  const agent = new http.Agent({ keepAlive: true })
  return (req, res) => {
    const out = http.request({ agent, hostname, port, method: req.method, path: req.url, headers: req.headers })
    out.on('response', (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(res)
    })
    out.on('error', () => res.destroy())
    req.pipe(out)
  }
}

async function listen(): Promise<number> {
  if (kind === 'gate-verdict') return gatePort({ forward: endAtOnce, requestLog: nowhere })
  if (kind === 'gate-verdict-logged') return gatePort({ forward: endAtOnce })
  if (kind === 'gate-proxy') return gatePort({})
  const server = http.createServer(kind === 'bare-proxy' ? bareProxy() : hello)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** An accepted call ends here with what `hello` answers: the price of the verdict alone. */
const endAtOnce: Forward = ({ res, requestId }) => {
  res.writeHead(200, ['X-Request-Id', requestId, ...helloHeaders])
  res.end(HELLO)
  return undefined
}

/** The row is made and thrown away: what the database costs is a measurement of its own. */
const nowhere: RequestLog = {
  add: () => {},
  flush: async () => {},
  stop: async () => {},
  queued: () => 0,
  dropped: () => 0,
}

async function gatePort(changes: Pick<ServerSettings, 'forward' | 'requestLog'>): Promise<number> {
  keepGarbageYoung()
  const env = readEnv('gate')
  const gate = await startGate({
    databaseUrl: env.databaseUrl,
    environment: env.gatehouseEnv,
    issuer: 'http://127.0.0.1:4000',
    tagKey: env.tagKey,
    privateKeys: env.gatePrivateKeys,
    moneyOutNeedsWhitelist: true,
    mostAtOnce: 10_000,
    upstreamUrl: upstream || 'http://127.0.0.1:9',
    upstreamSecret: Buffer.from(env.upstreamSecret),
    routesFile: env.routesFile,
    proxies: [],
    public: { addresses: ['127.0.0.1'], port: 0 },
    internal: { addresses: ['127.0.0.1'], port: 0 },
    upstreamSilenceMs: 60_000,
    ...changes,
  })
  queued = () => gate.health().logQueued
  return gate.publicPort
}

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuUs: user + system, queued: queued(), rss: process.memoryUsage.rss() })
})
process.on('disconnect', () => process.exit(0))
process.send?.({ port: await listen() })
