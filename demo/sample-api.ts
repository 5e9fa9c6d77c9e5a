import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { drain, listenOn } from '@/bin/shared/listen'
import { ready, run, stopWith } from '@/bin/shared/process'
import { readEnv } from '@/lib/env'
import { type Caller, verifyAssertion } from './verify-assertion'

/** A small payments API, as a platform would put it behind the gate. It believes nobody without the gate's assertion. */
run(async () => {
  const env = readEnv('demo')
  const servers = await listenOn(
    () => createServer((req, res) => void answer(req, res, env.upstreamSecret).catch(() => res.destroy())),
    { addresses: ['127.0.0.1'], port: env.demoApiPort, name: 'DEMO_API_PORT' },
  )
  stopWith(() => drain(servers))
  ready(`sample API on 127.0.0.1:${env.demoApiPort}`)
})

const MOST_BYTES = 1024 * 1024

async function answer(req: IncomingMessage, res: ServerResponse, secret: string): Promise<void> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MOST_BYTES) return send(res, 413, { error: 'too large' })
    chunks.push(chunk)
  }
  const body = Buffer.concat(chunks)
  const { method = 'GET', url = '/' } = req
  const assertion = req.headers['gatehouse-assertion']
  const caller = verifyAssertion(
    { assertion: typeof assertion === 'string' ? assertion : undefined, method, path: url, body },
    secret,
  )
  if (!caller) return send(res, 401, { error: 'this request did not come through the gate' })

  const path = new URL(url, 'http://upstream').pathname.replace(/(.)\/$/, '$1')
  const route = routes[`${method === 'HEAD' ? 'GET' : method} ${path}`] ?? (path === '/echo' ? echo : undefined)
  if (!route) return send(res, 404, { error: 'not found', path })
  const [status, answered] = route(caller, { method, url, body, req })
  return send(res, status, answered)
}

type Request = { method: string; url: string; body: Buffer; req: IncomingMessage }
type Route = (caller: Caller, request: Request) => [number, unknown]

const list =
  (items: unknown[]): Route =>
  (caller) => [200, { merchant: caller.merchant, data: items }]

const created =
  (what: string): Route =>
  (caller, { body }) => {
    const given = readBody(body)
    if (!given) return [400, { error: 'the body is no JSON object' }]
    return [
      201,
      {
        merchant: caller.merchant,
        data: { ...given, id: `${what}_${caller.requestId.slice(0, 12)}`, status: 'created' },
      },
    ]
  }

const echo: Route = (caller, { method, url, body, req }) => [
  200,
  { merchant: caller.merchant, method, url, headers: req.headers, body: body.toString('utf8') },
]

const routes: Record<string, Route> = {
  'GET /wallets': list([
    { id: 'eur-main', currency: 'EUR', balance: '18250.40' },
    { id: 'usd-settlement', currency: 'USD', balance: '904411.07' },
    { id: 'btc-treasury', currency: 'BTC', balance: '2.50000000' },
    { id: 'usdt-payouts', currency: 'USDT', balance: '120000.000000' },
  ]),
  'GET /currencies': list(['EUR', 'USD', 'BTC', 'USDT'].map((code) => ({ code, enabled: true }))),
  'GET /rates': list([
    { pair: 'BTC/EUR', rate: '58214.20' },
    { pair: 'USDT/EUR', rate: '0.92' },
  ]),
  'GET /deposits': list([{ id: 'deposit_1', wallet: 'eur-main', amount: '250.00', status: 'confirmed' }]),
  'POST /deposits': created('deposit'),
  'GET /payouts': list([{ id: 'payout_1', wallet: 'usdt-payouts', amount: '75.000000', status: 'sent' }]),
  'POST /payouts': created('payout'),
  'GET /transfers': list([{ id: 'transfer_1', from: 'eur-main', to: 'usd-settlement', amount: '1000.00' }]),
  'POST /transfers': created('transfer'),
  'GET /invoices': list([{ id: 'invoice_1', amount: '49.90', currency: 'EUR', status: 'paid' }]),
  'POST /invoices': created('invoice'),
  'GET /me': (caller) => [200, caller],
}

function readBody(body: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = body.length === 0 ? {} : JSON.parse(body.toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}

function send(res: ServerResponse, status: number, value: unknown): void {
  res.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  res.end(`${JSON.stringify(value)}\n`)
}
