import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { Gatekeeper } from '@/lib/gatekeeping/gatekeeper'
import { mintRequestId } from '@/lib/gatekeeping/request-id'
import { faultOf, log } from '@/lib/log'
import type { Flights } from './flights'
import type { Counters } from './metrics'
import { hold, type Patience } from './patience'

export type InternalSettings = {
  keeper: Gatekeeper
  flights: Flights
  counters: Counters
  draining: () => boolean
  patience: Patience
}

type Told = { status: number; type?: string; body: string; headers?: Record<string, string> }

/** The operator's listener: `/healthz` is open, everything else needs a gateway credential. Errors are RFC 9457. */
export function internalListener(settings: InternalSettings): http.Server {
  const { keeper } = settings
  const server = http.createServer({ maxHeaderSize: 16 * 1024, connectionsCheckingInterval: 1000 }, (req, res) => {
    const requestId = mintRequestId(keeper.clock.now())
    answer(req, settings, requestId)
      .catch((error): Told => {
        log('error', 'internal.failed', { requestId, ...faultOf(error) })
        return problem(503, 'The answer could not be found.', requestId)
      })
      .then((told) => write(res, req.method, requestId, told))
  })
  return hold(server, { ...settings.patience, mostConnections: 200, requestMs: 30_000 })
}

async function answer(req: IncomingMessage, settings: InternalSettings, requestId: string): Promise<Told> {
  const path = (req.url ?? '').split('?', 1)[0]
  if (req.method !== 'GET' && req.method !== 'HEAD') {
    return { ...problem(405, 'Use GET.', requestId), headers: { Allow: 'GET, HEAD' } }
  }
  if (path === '/healthz') return { status: 200, body: 'ok\n' }
  if (!(await isAllowed(req, settings))) {
    const headers = { 'WWW-Authenticate': 'Bearer realm="gatehouse internal"' }
    return { ...problem(401, 'A gateway credential is needed.', requestId), headers }
  }
  if (path === '/readyz') return readiness(settings)
  if (path === '/metrics') {
    const text = settings.counters.render(settings.keeper.health(), settings.flights.count())
    return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: text }
  }
  return problem(404, 'There is nothing here.', requestId)
}

async function isAllowed(req: IncomingMessage, { keeper }: InternalSettings): Promise<boolean> {
  const given = req.headersDistinct['authorization'] ?? []
  const token = /^bearer +(\S+)$/i.exec(given[0] ?? '')?.[1]
  return given.length === 1 && token !== undefined && keeper.gateways.allows(token, 'metrics')
}

function readiness({ keeper, draining }: InternalSettings): Told {
  const ready = keeper.health().ready && !draining()
  return { status: ready ? 200 : 503, body: draining() ? 'draining\n' : ready ? 'ready\n' : 'stale\n' }
}

const problem = (status: number, title: string, requestId: string): Told => ({
  status,
  type: 'application/problem+json',
  body: JSON.stringify({ type: 'about:blank', title, status, instance: `urn:gatehouse:request:${requestId}` }),
})

function write(res: ServerResponse, method: string | undefined, requestId: string, told: Told): void {
  res.writeHead(told.status, {
    'X-Request-Id': requestId,
    'Content-Type': told.type ?? 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Length': Buffer.byteLength(told.body),
    ...told.headers,
  })
  res.end(method === 'HEAD' ? undefined : told.body)
}
