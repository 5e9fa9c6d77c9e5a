import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { log } from '@/lib/log'
import { clientAddress } from '@/lib/net/client-address'
import type { Range } from '@/lib/whitelist/model'
import { awayPage, awayText } from './away-page'

/**
 * What stands before the framework: it sees the socket, so it alone can say who calls; it knows the public URL, so it
 * decides what may write. The framework itself runs an action without an Origin, and trusts `X-Forwarded-*`.
 */
export type ConsoleServerOptions = {
  /** The one origin that may change anything: scheme, host and port. */
  consoleUrl: string
  trustedProxies: readonly Range[]
  handle: (req: IncomingMessage, res: ServerResponse) => Promise<void>
  /** Whether the database does not answer: then no page can, and each request is told so instead of waiting. */
  away?: () => boolean
  onUnbelieved?: () => void
  /** Connections at once, 2000 unless given. */
  mostConnections?: number
}

/**
 * The framework hands an action that was posted to another page on to the right one, through a request to this very
 * server. Such a request carries this word, which is known to this process alone, and keeps the caller's address.
 */
const ownWord = randomBytes(32).toString('base64url')
const OWN_WORD_HEADER = 'x-gatehouse-own-word'

/** Bytes of a body: what signs people in is small, what an action carries is not large. */
const MOST_FOR_AUTH = 16 * 1024
const MOST_FOR_ACTIONS = 100 * 1024
const MOST_HEADERS = 100

export function consoleServer(options: ConsoleServerOptions): Server {
  const server = createServer({ maxHeaderSize: 16 * 1024, connectionsCheckingInterval: 1000 }, (req, res) => {
    serve(req, res, options).catch(() => refuse(res, 500, 'something went wrong'))
  })
  // One byte a second holds a connection no longer than this.
  server.headersTimeout = 10_000
  server.requestTimeout = 20_000
  server.keepAliveTimeout = 30_000
  // A client that neither sends nor reads.
  server.timeout = 60_000
  // People and their browsers are few; whoever opens more connections than this gets them closed.
  server.maxConnections = options.mostConnections ?? 2000
  let toldAt = Number.NEGATIVE_INFINITY
  server.on('drop', () => {
    if (performance.now() - toldAt < 60_000) return
    toldAt = performance.now()
    log('warn', 'connections.refused', { most: server.maxConnections })
  })
  // Node would drop what is beyond a limit in silence, and a proxy's own word on the client comes last: too many are
  // refused below.
  server.maxHeadersCount = 0
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => answerBroken(error, socket, options))
  return server
}

async function serve(req: IncomingMessage, res: ServerResponse, options: ConsoleServerOptions): Promise<void> {
  const nonce = randomBytes(16).toString('base64')
  const policy = contentSecurityPolicy(nonce)
  for (const [name, value] of securityHeaders(options.consoleUrl)) res.setHeader(name, value)
  res.setHeader('Content-Security-Policy', policy)
  keepDocumentsOutOfCaches(req, res)

  if (req.rawHeaders.length > 2 * MOST_HEADERS) return refuse(res, 431, 'too many headers')
  const ownRequest = req.headers[OWN_WORD_HEADER] === ownWord
  const forwardedFor = one(req.headers['x-forwarded-for'])
  const { address, unbelieved } = ownRequest
    ? { address: forwardedFor ?? null, unbelieved: false }
    : clientAddress(req.socket.remoteAddress, forwardedFor, options.trustedProxies)
  if (!address) return refuse(res, 400, 'the proxy handed on an address that is none')
  if (unbelieved) options.onUnbelieved?.()

  // The framework would take the host of an absolute target for a path, and redirect to something near it.
  if (!req.url?.startsWith('/')) return refuse(res, 400, 'the address is not a path')
  if (!isReadable(pathOf(req))) return refuse(res, 400, 'the address cannot be read')
  if (req.method === 'GET' || req.method === 'HEAD') {
    // A body here has no meaning, and skipping it would leave it on the connection.
    if (hasBody(req)) return refuse(res, 400, 'a body is not expected here')
  } else {
    const refusal = refusalOfWrite(req, options.consoleUrl, ownRequest)
    if (refusal) return refuse(res, ...refusal)
  }

  if (options.away?.() && !isOwnFile(pathOf(req))) return sayAway(req, res, nonce)

  rewrite(req, { address, policy, publicUrl: new URL(options.consoleUrl), unbelieved, ownRequest })
  await options.handle(req, res)
}

/** Whether a request may write at all: only our own pages may, and they say how much they send. */
function refusalOfWrite(req: IncomingMessage, consoleUrl: string, ownRequest: boolean): [number, string] | null {
  if (req.method !== 'POST') return [405, 'only GET, HEAD and POST are spoken here']
  if (req.headers.origin !== consoleUrl) return [403, 'this request does not come from the console']
  const site = req.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') return [403, 'this request does not come from the console']
  // Its length was checked when it came in from outside.
  if (ownRequest) return null
  const length = req.headers['content-length']
  if (length === undefined || req.headers['transfer-encoding'] !== undefined)
    return [411, 'the length of the body is missing']
  const most = pathOf(req).startsWith('/api/auth') ? MOST_FOR_AUTH : MOST_FOR_ACTIONS
  return Number(length) > most ? [413, 'the body is too large'] : null
}

const hasBody = (req: IncomingMessage): boolean =>
  req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0

type Resolved = { address: string; policy: string; publicUrl: URL; unbelieved: boolean; ownRequest: boolean }

/** What the pages see: our own word on who calls and under which address, never the client's. */
function rewrite(req: IncomingMessage, resolved: Resolved): void {
  const { address, policy, publicUrl, unbelieved, ownRequest } = resolved
  for (const name of Object.keys(req.headers)) {
    if (
      name.startsWith('x-forwarded-') ||
      name.startsWith('x-middleware-') ||
      name.startsWith('x-gatehouse-') ||
      (name.startsWith('x-action-') && !ownRequest)
    ) {
      delete req.headers[name]
    }
  }
  req.headers[OWN_WORD_HEADER] = ownWord
  delete req.headers['forwarded']
  req.headers['x-forwarded-for'] = address
  req.headers['x-real-ip'] = address
  req.headers['x-forwarded-host'] = publicUrl.host
  req.headers['x-forwarded-proto'] = publicUrl.protocol.slice(0, -1)
  req.headers['host'] = publicUrl.host
  req.headers['x-gatehouse-path'] = req.url ?? '/'
  if (unbelieved) req.headers['x-gatehouse-unbelieved-proxy'] = '1'
  // The framework reads the nonce for its scripts out of this.
  req.headers['content-security-policy'] = policy
}

/** LIBRARIES: what every library of the console satisfies. `strict-dynamic` lets nonce'd scripts load their chunks. */
export const contentSecurityPolicy = (nonce: string): string =>
  [
    `default-src 'self'`,
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'`,
    `style-src-elem 'self' 'nonce-${nonce}'`,
    `style-src-attr 'unsafe-inline'`,
    `img-src 'self' data:`,
    `font-src 'self'`,
    `connect-src 'self'`,
    `object-src 'none'`,
    `base-uri 'none'`,
    `form-action 'self'`,
    `frame-ancestors 'none'`,
  ].join('; ')

export function securityHeaders(consoleUrl: string): [string, string][] {
  const headers: [string, string][] = [
    ['X-Content-Type-Options', 'nosniff'],
    ['X-Frame-Options', 'DENY'],
    ['Referrer-Policy', 'no-referrer'],
    ['Cross-Origin-Opener-Policy', 'same-origin'],
    ['Cross-Origin-Resource-Policy', 'same-origin'],
    ['Permissions-Policy', 'camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()'],
  ]
  if (consoleUrl.startsWith('https:')) {
    headers.push(['Strict-Transport-Security', 'max-age=63072000; includeSubDomains'])
  }
  return headers
}

/** Only files whose name is their content may be kept; a page may hold what is shown once. */
function keepDocumentsOutOfCaches(req: IncomingMessage, res: ServerResponse): void {
  const writeHead = res.writeHead
  const kept = isOwnFile(pathOf(req))
  res.writeHead = ((...args: Parameters<typeof writeHead>) => {
    const type = String(res.getHeader('content-type') ?? '')
    const isDocument = !/^(image|font)\/|^text\/css|javascript/.test(type)
    if (args[0] >= 400 || (isDocument && !kept)) res.setHeader('Cache-Control', 'private, no-store')
    res.removeHeader('access-control-allow-origin')
    return writeHead.apply(res, args)
  }) as typeof writeHead
}

/** Nothing was looked at, so nothing was changed: a browser's page tries again by itself, all else is told when. */
function sayAway(req: IncomingMessage, res: ServerResponse, nonce: string): void {
  const forPeople = req.method === 'GET' && req.headers.accept?.includes('text/html') === true
  res.setHeader('Retry-After', '5')
  if (forPeople) res.writeHead(503, { 'Content-Type': 'text/html; charset=utf-8' }).end(awayPage(nonce))
  else refuse(res, 503, awayText)
}

/** The rest of the request is not read: the connection ends with the answer. */
function refuse(res: ServerResponse, status: number, text: string): void {
  if (res.headersSent) {
    res.destroy()
    return
  }
  res.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' })
  res.end(`${text}\n`)
}

/** What is no HTTP, or took too long to become one, gets the same headers as everything else. */
function answerBroken(error: NodeJS.ErrnoException, socket: Socket, options: ConsoleServerOptions): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request'
  const headers = [
    ...securityHeaders(options.consoleUrl),
    ['Content-Security-Policy', contentSecurityPolicy(randomBytes(16).toString('base64'))],
    ['Cache-Control', 'private, no-store'],
    ['Content-Length', '0'],
    ['Connection', 'close'],
  ].map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status}\r\n${headers.join('')}\r\n`)
  // Who does not read it and never closes would keep the place.
  setTimeout(() => socket.destroy(), 1000).unref()
}

const one = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(', ') : header

/** A file of the build. A path that leaves the folder again is none, however it is written. */
const isOwnFile = (path: string): boolean =>
  path.startsWith('/_next/static/') && !/\\|%2e|%2f|%5c|\/\.\.?(\/|$)/i.test(path)

const pathOf = (req: IncomingMessage): string => (req.url ?? '/').split('?')[0] ?? '/'

/** The framework decodes a path and answers 500 where that is impossible. */
function isReadable(path: string): boolean {
  try {
    return !decodeURIComponent(path).includes('\0')
  } catch {
    return false
  }
}
