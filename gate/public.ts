import http, { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Door } from '@/lib/gatekeeping/exchange'
import type { Gatekeeper } from '@/lib/gatekeeping/gatekeeper'
import { mintRequestId } from '@/lib/gatekeeping/request-id'
import type { RouteTable } from '@/lib/gatekeeping/routes'
import { refusal, type Verdict, withdrawn } from '@/lib/gatekeeping/verdict'
import { faultOf, log } from '@/lib/log'
import type { Environment } from '@/lib/secrets/format'
import type { Range } from '@/lib/whitelist/model'
import type { Flights } from './flights'
import type { Counters } from './metrics'
import { hold, type Patience } from './patience'
import type { Forward } from './proxy'
import { exchangeToken } from './token'
import { entryOf, openVisit, send, type Visit } from './visit'
import { refuse } from './voice'

export type PublicSettings = {
  keeper: Gatekeeper
  routes: () => RouteTable
  forward: Forward
  flights: Flights
  counters: Counters
  proxies: readonly Range[]
  environment: Environment
  patience: Patience
}

/** The gate's own paths; everything else belongs to the upstream. One trailing slash is ignored. */
const DOORS: ReadonlyMap<string, Door | 'ping'> = new Map([
  ['/token', 'json-api'],
  ['/token/', 'json-api'],
  ['/oauth/token', 'oauth'],
  ['/oauth/token/', 'oauth'],
  ['/ping', 'ping'],
  ['/ping/', 'ping'],
])

const MOST_HEADERS = 100
const HEADER_BYTES = 16 * 1024

/** The listener integrators call. */
export function publicListener(settings: PublicSettings): http.Server {
  const { keeper, counters } = settings

  function handle(req: IncomingMessage, res: ServerResponse, waits: boolean): void {
    const { proxies, environment } = settings
    const visit = openVisit(req, res, { at: keeper.clock.now(), proxies, environment, waits })
    res.on('close', () => close(visit))
    try {
      const work = serve(visit)
      if (work) work.catch((error) => crash(visit, error))
    } catch (error) {
      crash(visit, error)
    }
  }

  function serve(visit: Visit): Promise<void> | undefined {
    const malformed = malformation(visit)
    if (malformed) {
      refuse(visit, malformed)
      return
    }
    const door = DOORS.get(visit.target?.path ?? '')
    if (door === 'ping') return ping(visit)
    if (door) return exchangeToken(visit, door, keeper, settings.patience.tokenBodyMs)
    return call(visit)
  }

  /** Everything that is neither a token request nor a ping. */
  function call(visit: Visit): Promise<void> | undefined {
    const { target, seen } = visit
    if (!target) return
    visit.route = settings.routes().match(visit.method, target)
    if (!target.segments && (visit.route === null || visit.route === 'pass' || !visit.route.raw)) {
      refuse(visit, refusal('bad_path'))
      return
    }
    const token = tokenOf(seen.authorization)
    if (token === undefined) {
      refuse(visit, refusal(withoutToken(visit)))
      return
    }
    visit.scheme = 'token'
    const verdict = keeper.authorise(token, visit.route, visit.origin.parsed, visit.at)
    if (verdict instanceof Promise) return verdict.then((decided) => pass(visit, decided))
    pass(visit, verdict)
  }

  function pass(visit: Visit, verdict: Verdict): void {
    visit.verdict = verdict
    if (!verdict.allowed) {
      refuse(visit, verdict)
      return
    }
    const { credentialId } = verdict.record
    if (!keeper.atOnce.enter(credentialId)) {
      refuse(visit, withdrawn(verdict, 'too_many_at_once', 1))
      return
    }
    if (visit.res.destroyed) {
      keeper.atOnce.leave(credentialId)
      return
    }
    settings.flights.start(visit)
    visit.abandon = settings.forward(visit, verdict)
  }

  /** The answer is out, or the client is gone. */
  function land(visit: Visit): void {
    settings.flights.end(visit)
    if (visit.verdict?.record) keeper.atOnce.leave(visit.verdict.record.credentialId)
    if (!visit.res.writableFinished) visit.abandon?.()
  }

  function close(visit: Visit): void {
    if (visit.flight >= 0) land(visit)
    const status = visit.res.headersSent ? visit.res.statusCode : CLIENT_LEFT
    const entry = entryOf(visit, status)
    if (!entry) return
    counters.count(entry)
    keeper.log.add(entry)
  }

  /** A bug of ours: the caller learns nothing of it, the log its place and never its message. */
  function crash(visit: Visit, error: unknown): void {
    log('error', 'request.failed', { requestId: visit.requestId, ...faultOf(error) })
    refuse(visit, refusal('gate_unavailable', 1))
  }

  const server = http.createServer({
    maxHeaderSize: HEADER_BYTES,
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: 1000,
    highWaterMark: 64 * 1024,
    requireHostHeader: false,
  })
  hold(server, settings.patience)
  // Node would drop what is beyond a limit in silence: they are all read, and too many are refused below.
  server.maxHeadersCount = 0
  server.on('request', (req, res) => handle(req, res, false))
  server.on('checkContinue', (req, res) => handle(req, res, true))
  server.on('checkExpectation', (req, res) => handle(req, res, false))
  server.on('connect', (_, socket) => answerRaw(socket, 405, keeper.clock.now()))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy()
    else answerRaw(socket, CLIENT_ERRORS[error.code ?? ''] ?? 400, keeper.clock.now())
  })
  return server
}

const tokenOf = (authorization: string | undefined): string | undefined => {
  if (authorization === undefined) return undefined
  // As nearly everybody spells it; what else is allowed takes the longer way.
  if (authorization.startsWith('Bearer ey') && !authorization.includes(' ', 7)) return authorization.slice(7)
  return /^bearer +(\S+) *$/i.exec(authorization)?.[1]
}

/** nginx's number for a client that closed before it was answered; it never goes on a wire. */
const CLIENT_LEFT = 499

/** What is wrong with a request before anybody asks whose it is. */
function malformation(visit: Visit): Verdict | null {
  const { seen, target, req } = visit
  if (req.rawHeaders.length > 2 * MOST_HEADERS) return refusal('bad_request')
  // RFC 9112 3.2: exactly one. Node would answer the missing one itself, without a request id.
  if (seen.hosts > 1 || (seen.hosts === 0 && req.httpVersion === '1.1')) return refusal('bad_request')
  if (!target) return refusal('bad_path')
  if (seen.authorizations > 1) return refusal('duplicate_credentials')
  if (seen.authorizations === 1 && seen.otherCredentials) return refusal('two_schemes')
  // Some clients offer HTTP/2 with every request and are content with an answer in HTTP/1.1.
  if (seen.upgrade !== undefined && seen.upgrade.toLowerCase() !== 'h2c') return refusal('upgrade_refused')
  return null
}

const withoutToken = ({ seen }: Visit) => {
  if (seen.authorization === undefined) return seen.otherCredentials ? 'unsupported_scheme' : 'no_credentials'
  return /^bearer\b/i.test(seen.authorization) ? 'bad_token' : 'unsupported_scheme'
}

function ping(visit: Visit): undefined {
  const allowed = visit.method === 'GET' || visit.method === 'HEAD'
  const headers = ['Content-Type', 'application/json', 'Cache-Control', 'no-store']
  if (!allowed) headers.push('Allow', 'GET, HEAD')
  send(visit, { status: allowed ? 200 : 405, headers, body: allowed ? '{"ping":"pong"}' : '{}' })
}

/** What llhttp could not read as HTTP: answered without a request, and counted by nobody. */
const CLIENT_ERRORS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/** Time to read an answer after which the connection is closed. */
const LINGER_MS = 1000

function answerRaw(socket: Duplex, status: number, at: Date): void {
  const requestId = mintRequestId(at)
  const title = STATUS_CODES[status] ?? 'Bad Request'
  const instance = `urn:gatehouse:request:${requestId}`
  const body = JSON.stringify({ type: 'about:blank', title, status, instance })
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    `X-Request-Id: ${requestId}`,
    'Content-Type: application/problem+json',
    'Cache-Control: no-store',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  // Who does not read it and never closes would keep the place.
  setTimeout(() => socket.destroy(), LINGER_MS).unref()
}
