import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Reply } from '@/lib/gatekeeping/dialect'
import type { Scheme } from '@/lib/gatekeeping/model'
import { readTarget, type Target } from '@/lib/gatekeeping/path'
import { mintRequestId } from '@/lib/gatekeeping/request-id'
import type { LogEntry } from '@/lib/gatekeeping/request-log'
import type { Matched } from '@/lib/gatekeeping/routes'
import type { Verdict } from '@/lib/gatekeeping/verdict'
import { clientAddress, type Hop } from '@/lib/net/client-address'
import { type Environment, withoutSecrets } from '@/lib/secrets/format'
import { type ParsedAddress, parseAddress, type Range } from '@/lib/whitelist/model'

/** Where a call came from. `parsed` is null when a trusted proxy handed on something that is no address. */
export type Origin = { text: string; parsed: ParsedAddress | null; hops: Hop[] }

/** The headers that the gate itself looks at, from one walk over what was received. */
export type Seen = {
  authorization: string | undefined
  authorizations: number
  hosts: number
  /** Credentials of the schemes that have headers of their own. */
  otherCredentials: boolean
  forwardedFor: string | undefined
  requestId: string | undefined
  userAgent: string | undefined
  connection: string | undefined
  upgrade: string | undefined
  contentType: string | undefined
  contentLength: number | null
  chunked: boolean
  jsonApi: boolean
}

/** One request on the public listener, from its first byte to its row in the log. */
export type Visit = {
  req: IncomingMessage
  res: ServerResponse
  requestId: string
  environment: Environment
  at: Date
  started: number
  method: string
  target: Target | null
  origin: Origin
  seen: Seen
  /** The client waits for `100 Continue` before it sends a body. */
  waits: boolean
  route: Matched
  scheme: Scheme | null
  publicId: string | null
  verdict: Verdict | null
  requestBytes: number
  responseBytes: number
  upstreamStatus: number | null
  /** What went wrong behind the gate, for the log. */
  failure: string | null
  /** Its place among the calls under way, -1 when it is none. */
  flight: number
  /** Lets the upstream go when the client has left. */
  abandon: (() => void) | undefined
}

/** `waits`: see `Visit`. */
export type Surroundings = { at: Date; proxies: readonly Range[]; environment: Environment; waits: boolean }

export function openVisit(
  req: IncomingMessage,
  res: ServerResponse,
  { at, proxies, environment, waits }: Surroundings,
): Visit {
  const seen = look(req.rawHeaders)
  return {
    req,
    res,
    requestId: mintRequestId(at),
    environment,
    at,
    started: performance.now(),
    method: req.method ?? 'GET',
    target: readTarget(req.url ?? ''),
    origin: originOf(req.socket, seen.forwardedFor, proxies),
    seen,
    waits,
    route: null,
    scheme: null,
    publicId: null,
    verdict: null,
    requestBytes: seen.contentLength ?? 0,
    responseBytes: 0,
    upstreamStatus: null,
    failure: null,
    flight: -1,
    abandon: undefined,
  }
}

export const hasBody = ({ seen }: Visit): boolean => seen.chunked || (seen.contentLength ?? 0) > 0

/** A body that nobody will read is thrown away up to this length; a longer one ends the connection. */
const WORTH_READING = 64 * 1024

/** Sends an answer of the gate's own. */
export function send(visit: Visit, reply: Reply): void {
  const { res, req, seen } = visit
  if (res.headersSent || res.destroyed) {
    res.destroy()
    return
  }
  const body = Buffer.from(reply.body)
  const headers = ['X-Request-Id', visit.requestId, 'Content-Length', String(body.length), ...reply.headers]
  const rest = seen.chunked ? Number.POSITIVE_INFINITY : (seen.contentLength ?? 0)
  // Who waits for `100 Continue` and is refused may send the body or the next request: nobody could tell which.
  const unclear = visit.waits && rest > 0
  if (!req.complete && (unclear || rest > WORTH_READING)) headers.push('Connection', 'close')
  visit.responseBytes = body.length
  res.writeHead(reply.status, headers)
  res.end(visit.method === 'HEAD' ? undefined : body)
}

const originsOf = new WeakMap<Socket, Origin>()

function originOf(socket: Socket, forwardedFor: string | undefined, proxies: readonly Range[]): Origin {
  const fixed = proxies.length === 0 || forwardedFor === undefined
  const known = fixed ? originsOf.get(socket) : undefined
  if (known) return known
  const { address, hops } = clientAddress(socket.remoteAddress, forwardedFor, proxies)
  const parsed = address === null ? null : parseAddress(address)
  const origin = { text: address ?? hops.at(-1)?.address ?? 'unknown', parsed, hops }
  if (fixed) originsOf.set(socket, origin)
  return origin
}

const lowerNames = new Map<string, string>()
function lowerOf(name: string): string {
  let lower = lowerNames.get(name)
  if (lower === undefined) {
    lower = name.toLowerCase()
    if (lowerNames.size < 2000) lowerNames.set(name, lower)
  }
  return lower
}

function look(raw: readonly string[]): Seen {
  const seen: Seen = {
    authorization: undefined,
    authorizations: 0,
    hosts: 0,
    otherCredentials: false,
    forwardedFor: undefined,
    requestId: undefined,
    userAgent: undefined,
    connection: undefined,
    upgrade: undefined,
    contentType: undefined,
    contentLength: null,
    chunked: false,
    jsonApi: false,
  }
  for (let i = 0; i + 1 < raw.length; i += 2) note(seen, lowerOf(raw[i] as string), raw[i + 1] as string)
  return seen
}

function note(seen: Seen, name: string, value: string): void {
  switch (name) {
    case 'authorization':
      seen.authorization = value
      seen.authorizations++
      break
    case 'host':
      seen.hosts++
      break
    case 'x-processing-key':
    case 'x-processing-signature':
      seen.otherCredentials = true
      break
    case 'x-forwarded-for':
      seen.forwardedFor = seen.forwardedFor === undefined ? value : `${seen.forwardedFor},${value}`
      break
    case 'connection':
      seen.connection = seen.connection === undefined ? value : `${seen.connection},${value}`
      break
    case 'x-request-id':
      seen.requestId = value
      break
    case 'user-agent':
      seen.userAgent = value
      break
    case 'upgrade':
      seen.upgrade = value
      break
    case 'content-length':
      seen.contentLength = Number(value)
      break
    case 'transfer-encoding':
      seen.chunked = true
      break
    case 'content-type':
      seen.contentType = value
      if (value.includes('vnd.api+json')) seen.jsonApi = true
      break
    case 'accept':
      if (value.includes('vnd.api+json')) seen.jsonApi = true
  }
}

/** What a caller wrote, for the log: secrets that stand in the wrong place are taken out before it is cut. */
const cut = (text: string | undefined, length: number): string | null =>
  text === undefined ? null : withoutSecrets(text).slice(0, length)

/** The row of the request log. `null` for what has no verdict: a ping. */
export function entryOf(visit: Visit, status: number): LogEntry | null {
  const { verdict } = visit
  if (!verdict) return null
  const { record } = verdict
  return {
    at: visit.at,
    requestId: visit.requestId,
    clientRequestId: cut(visit.seen.requestId, 128),
    merchantId: record?.merchantId ?? null,
    credentialId: record?.credentialId ?? null,
    generationId: record?.generationId ?? null,
    publicId: visit.publicId ?? record?.publicId ?? null,
    scheme: visit.scheme,
    method: visit.method.slice(0, 32),
    route: typeof visit.route === 'object' ? (visit.route?.path ?? null) : null,
    path: cut(visit.target?.path ?? visit.req.url?.split('?', 1)[0], 2048) ?? '',
    address: visit.origin.text,
    hops: visit.origin.hops,
    userAgent: cut(visit.seen.userAgent, 512),
    verdict: verdict.allowed ? 'accepted' : 'refused',
    reason: verdict.allowed ? null : verdict.reason,
    proven: verdict.allowed || verdict.proven,
    checks: visit.failure ? [...verdict.checks, { check: 'upstream', ok: false, note: visit.failure }] : verdict.checks,
    status,
    durationMs: Math.round(performance.now() - visit.started),
    clockSkewMs: null,
    requestBytes: visit.requestBytes,
    responseBytes: visit.responseBytes,
    bodySha256: null,
    upstreamStatus: visit.upstreamStatus,
  }
}
