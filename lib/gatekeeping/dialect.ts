import type { Environment } from '@/lib/secrets/format'
import { type Door, NO_ACCOUNT } from './exchange'
import type { Answer, Reason } from './model'
import type { Verdict } from './verdict'

/** An answer of the gate's own, ready for the wire: names and values in turn, as node takes them. */
export type Reply = { status: number; headers: string[]; body: string }

/** How a refused caller is spoken to, chosen by what it presented (CONTRACTS 3). */
export type Dialect = Door | 'bearer' | 'problem'

type Refused = Verdict & { allowed: false }
type Told = { status: number; code: string; detail: string }

/** One sentence per answer; none says which address was seen, what is on a list, or whether an id exists. */
const told: Record<Answer, Told> = {
  malformed: { status: 400, code: 'bad_request', detail: 'The request could not be understood.' },
  not_authentic: { status: 401, code: 'not_authenticated', detail: 'Authentication credentials were not accepted.' },
  address: { status: 403, code: '2016', detail: 'Your IP address is not in the white list.' },
  right: { status: 403, code: 'permission_denied', detail: 'You do not have permission to perform this action.' },
  too_large: { status: 413, code: 'body_too_large', detail: 'The request body is too large.' },
  too_many: { status: 429, code: 'throttled', detail: 'Request was throttled.' },
  unavailable: { status: 503, code: 'unavailable', detail: 'The request could not be decided. Try again.' },
}

/** Answers for the token endpoint of the vendor: a refused pair is 400, never 401. */
const toldAtToken: Partial<Record<Answer, Told>> = {
  not_authentic: { status: 400, code: '2006', detail: NO_ACCOUNT },
}

/** RFC 6749 5.2. `unauthorized_client`: who it is was proven, but not from this address. */
const toldByOauth: Record<Answer, Told> = {
  malformed: { status: 400, code: 'invalid_request', detail: 'The request could not be understood.' },
  not_authentic: { status: 401, code: 'invalid_client', detail: 'Client authentication failed.' },
  address: { status: 403, code: 'unauthorized_client', detail: 'Your IP address is not in the white list.' },
  right: { status: 403, code: 'unauthorized_client', detail: 'The client may not do this.' },
  too_large: { status: 413, code: 'invalid_request', detail: 'The request body is too large.' },
  too_many: { status: 429, code: 'temporarily_unavailable', detail: 'Too many failed attempts.' },
  unavailable: { status: 503, code: 'temporarily_unavailable', detail: 'Try again.' },
}

/** Everything the gate may answer by door, for the table of `docs/integrators.md`, which a test compares with it. */
export const everyRefusal: Readonly<Record<'POST /token/' | 'POST /oauth/token' | 'any call', Record<Answer, Told>>> = {
  'POST /token/': { ...told, ...toldAtToken },
  'POST /oauth/token': toldByOauth,
  'any call': told,
}

/** What a failure behind the gate is called. `outcome_unknown`: the upstream may have done it, so ask before repeating. */
export const upstreamFailures = {
  upstream_unreachable: {
    status: 502,
    code: 'upstream_unreachable',
    detail: 'The API could not be reached. Nothing was sent.',
  },
  outcome_unknown: {
    status: 502,
    code: 'outcome_unknown',
    detail: 'The API did not answer after it received the request. It may or may not have been carried out.',
  },
} as const satisfies Record<string, Told>
export type UpstreamFailure = keyof typeof upstreamFailures

export const JSON_API = 'application/vnd.api+json'
const REALM = 'Bearer realm="gatehouse"'

export type Voice = {
  dialect: Dialect
  requestId: string
  environment: Environment
  basic?: boolean
  mediaType?: string
}

/** The reply to a refused call, in the words of its dialect. */
export function replyTo(verdict: Refused, voice: Voice): Reply {
  const said = sentence(verdict.answer, voice.dialect)
  const headers: string[] = []
  const asked = said.status === 401 && challenge(verdict.reason, voice)
  if (asked) headers.push('WWW-Authenticate', asked)
  if (verdict.retryAfter !== undefined) headers.push('Retry-After', String(verdict.retryAfter))
  return compose(said, headers, voice, reasonTold(verdict, voice.environment))
}

/** A refusal that is about the request alone: its own status and code. */
export function replyWith(said: Told, voice: Voice, headers: string[] = []): Reply {
  const all = said.status === 401 && voice.basic ? [...headers, 'WWW-Authenticate', BASIC] : headers
  return compose(said, all, voice, null)
}

const BASIC = 'Basic realm="gatehouse", charset="UTF-8"'

function sentence(answer: Answer, dialect: Dialect): Told {
  if (dialect === 'oauth') return toldByOauth[answer]
  return (dialect === 'json-api' ? toldAtToken[answer] : undefined) ?? told[answer]
}

/** RFC 6750 3: no error code where no token was presented. RFC 6749 5.2: a challenge only where Basic was used. */
function challenge(reason: Reason, { dialect, basic }: Voice): string | null {
  if (dialect === 'oauth') return basic ? BASIC : null
  return dialect === 'bearer' && reason !== 'no_credentials' ? `${REALM}, error="invalid_token"` : REALM
}

/**
 * The other environment's key is always called that: its name says it anyway. In `test` a proven caller reads the
 * whole reason; an unproven one never does, or test installations would tell which ids exist.
 */
function reasonTold({ reason, proven }: Refused, environment: Environment): string | null {
  return reason === 'other_environment' || (environment === 'test' && proven) ? reason : null
}

function compose(said: Told, extra: string[], voice: Voice, reason: string | null): Reply {
  const { dialect, requestId } = voice
  if (dialect === 'oauth') {
    const body = { error: said.code, error_description: said.detail }
    return { status: said.status, headers: [...extra, ...typed('application/json')], body: JSON.stringify(body) }
  }
  if (dialect === 'problem') {
    const instance = `urn:gatehouse:request:${requestId}`
    const body = { type: 'about:blank', title: said.detail, status: said.status, code: said.code, instance }
    return {
      status: said.status,
      headers: [...extra, ...typed('application/problem+json')],
      body: JSON.stringify(body),
    }
  }
  const error = { id: requestId, status: String(said.status), code: said.code, detail: said.detail }
  const body = { errors: [reason === null ? error : { ...error, meta: { reason } }] }
  return { status: said.status, headers: [...extra, ...typed(voice.mediaType ?? JSON_API)], body: JSON.stringify(body) }
}

const typed = (mediaType: string): string[] => ['Content-Type', mediaType, 'Cache-Control', 'no-store']

/** A new token, as the door it was asked at gives it. */
export function tokenReply(door: Door, token: string, expiresIn: number, mediaType: string = JSON_API): Reply {
  if (door === 'oauth') {
    const body = { access_token: token, token_type: 'Bearer', expires_in: expiresIn }
    return { status: 200, headers: typed('application/json'), body: JSON.stringify(body) }
  }
  const attributes = { access: token, expires_in: expiresIn, token_type: 'Bearer' }
  const body = { data: { type: 'auth-token', id: '0', attributes } }
  return { status: 200, headers: typed(mediaType), body: JSON.stringify(body) }
}
