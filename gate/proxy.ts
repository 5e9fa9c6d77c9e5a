import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import https from 'node:https'
import { replyWith, type UpstreamFailure, upstreamFailures } from '@/lib/gatekeeping/dialect'
import { EMPTY_SHA256, type Identifier, passedBack, passedOn } from '@/lib/gatekeeping/identity'
import { DEFAULT_MAX_BODY } from '@/lib/gatekeeping/routes'
import { type Verdict, withdrawn } from '@/lib/gatekeeping/verdict'
import { hasBody, send, type Visit } from './visit'
import { type Refuse, voiceOf } from './voice'

/** Hands an accepted call on. What it returns is called when the client leaves before the answer is out. */
export type Forward = (visit: Visit, accepted: Verdict & { allowed: true }) => (() => void) | undefined

export type Upstream = { forward: Forward; close(): void }

/** Methods that carry no body unless they say so; the others get an explicit length of zero. */
const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE'])

/**
 * Sends accepted calls to the upstream: the path and query bytes as received, the body streamed, nothing ever twice.
 * @param silenceMs how long the upstream may be silent
 */
export function upstream(url: string, identify: Identifier, refuse: Refuse, silenceMs: number): Upstream {
  const base = new URL(url)
  const secure = base.protocol === 'https:'
  const agent = new (secure ? https : http).Agent({ keepAlive: true, maxFreeSockets: 256, scheduling: 'lifo' })
  const prefix = base.pathname.replace(/\/$/, '')
  const request = secure ? https.request : http.request
  const hostname = base.hostname.replace(/^\[|\]$/g, '')
  const port = Number(base.port || (secure ? 443 : 80))

  const forward: Forward = (visit, accepted) => {
    const { req, res, seen, method } = visit
    const path = `${prefix}${req.url}`
    const bodySha256 = hasBody(visit) ? null : EMPTY_SHA256
    const sent = { method, path, requestId: visit.requestId, bodySha256 }
    const headers = ['Host', base.host, ...framing(visit), ...passedOn(req.rawHeaders, seen.connection)]
    headers.push(...identify(accepted.record, sent, visit.at))
    const out = request({ agent, hostname, port, method, path, headers, setHost: false, timeout: silenceMs })
    let over = false

    const fail = (failure: UpstreamFailure): void => {
      if (over) return
      over = true
      visit.failure = failure
      out.destroy()
      if (res.headersSent) res.destroy()
      else send(visit, replyWith(upstreamFailures[failure], voiceOf(visit)))
    }
    out.on('timeout', () => fail('outcome_unknown'))
    out.on('error', (error) => fail(neverConnected(error) ? 'upstream_unreachable' : 'outcome_unknown'))
    out.on('upgrade', (_, socket) => {
      socket.destroy()
      fail('outcome_unknown')
    })
    out.on('response', (answer) => {
      visit.upstreamStatus = answer.statusCode ?? null
      if (!over) giveBack(visit, answer, () => fail('outcome_unknown'))
    })
    giveOn(visit, out, () => {
      over = true
      out.destroy()
      refuse(visit, withdrawn(accepted, 'body_too_large'))
    })
    return () => {
      over = true
      out.destroy()
    }
  }

  return { forward, close: () => agent.destroy() }
}

/** Only an error of resolving or connecting proves that no byte was sent. */
function neverConnected(error: Error & { syscall?: string; errors?: Error[] }): boolean {
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(neverConnected)
  return error.syscall === 'connect' || error.syscall === 'getaddrinfo'
}

/** The length or the chunks of the body, from what was parsed: never from a header that `Connection` could remove. */
function framing({ seen, method }: Visit): string[] {
  if (seen.chunked) return ['Transfer-Encoding', 'chunked']
  if (seen.contentLength !== null) return ['Content-Length', String(seen.contentLength)]
  return BODILESS.has(method) ? [] : ['Content-Length', '0']
}

/** Streams the request's body, counting: a chunked one says only at its end how long it was. */
function giveOn(visit: Visit, out: ClientRequest, tooLarge: () => void): void {
  const { req, res, route, seen } = visit
  if (!hasBody(visit)) {
    out.end()
    return
  }
  const most = typeof route === 'object' && route ? route.maxBody : DEFAULT_MAX_BODY
  if ((seen.contentLength ?? 0) > most) {
    tooLarge()
    return
  }
  if (visit.waits) res.writeContinue()
  let bytes = 0
  req.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    visit.requestBytes = bytes
    if (bytes > most) {
      req.removeAllListeners('data').pause()
      tooLarge()
    } else if (!out.write(chunk)) req.pause()
  })
  out.on('drain', () => req.resume())
  req.on('end', () => out.end())
}

/** Streams the answer. Once its head is out, a failure can only be shown by cutting the connection. */
function giveBack(visit: Visit, answer: IncomingMessage, fail: () => void): void {
  const { res } = visit
  const headers = ['X-Request-Id', visit.requestId, ...passedBack(answer.rawHeaders, answer.headers.connection)]
  try {
    res.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers)
  } catch {
    fail()
    return
  }
  answer.on('data', (chunk: Buffer) => {
    visit.responseBytes += chunk.length
    if (res.write(chunk)) return
    answer.pause()
    res.once('drain', () => answer.resume())
  })
  answer.on('end', () => res.end())
  answer.on('close', () => {
    if (!answer.complete) fail()
  })
  answer.on('error', fail)
}
