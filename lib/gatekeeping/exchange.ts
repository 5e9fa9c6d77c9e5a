import type { Reason } from './model'
import { readJson } from './strict-json'

/** The two doors to a token: the vendor's JSON:API one, and RFC 6749 client credentials. */
export type Door = 'json-api' | 'oauth'

export const LONGEST_BODY = 16 * 1024
const LONGEST_ID = 256

/** What a token request carries, or why it cannot be read; `code` is the one of the door's own dialect. */
export type TokenRequest =
  | { ok: true; clientId: string; clientSecret: string }
  | { ok: false; status: 400 | 401 | 415; code: string; detail: string; reason: Reason; basic: boolean }

const refused = (
  code: string,
  detail: string,
  {
    status = 400,
    reason = 'bad_request',
    basic = false,
  }: { status?: 400 | 401 | 415; reason?: Reason; basic?: boolean } = {},
): TokenRequest => ({ ok: false, status, code, detail, reason, basic })

const mediaType = (contentType: string | undefined): string =>
  (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase()

/** `{"data": {"type": "auth-token", "attributes": {"client_id", "client_secret"}}}`, or the attributes alone as plain JSON. */
export function readJsonApi(contentType: string | undefined, body: Uint8Array): TokenRequest {
  const type = mediaType(contentType)
  if (type !== 'application/vnd.api+json' && type !== 'application/json') {
    return refused('unsupported_media_type', 'Send application/vnd.api+json.', { status: 415 })
  }
  const json = readJson(body)
  if (!json.ok) return refused('parse_error', 'The body is not the JSON this call takes.')
  const attributes = attributesOf(json.value)
  if (!attributes) return refused('invalid', 'Expected data.type "auth-token" and data.attributes.')
  const { client_id: clientId, client_secret: clientSecret } = attributes
  if (clientId === undefined && typeof attributes['login'] === 'string') {
    return refused('2006', NO_ACCOUNT, { reason: 'retired_v2' })
  }
  if (!isText(clientId)) return refused('invalid', 'data.attributes.client_id must be a string.')
  if (!isText(clientSecret)) return refused('invalid', 'data.attributes.client_secret must be a string.')
  return { ok: true, clientId, clientSecret }
}

/** The one sentence that every failed exchange is told. */
export const NO_ACCOUNT = 'No active account found with the given credentials'

function attributesOf(value: unknown): Record<string, unknown> | null {
  if (!isObject(value)) return null
  if (!('data' in value)) return 'client_id' in value || 'login' in value ? value : null
  const { data } = value
  if (!isObject(data) || data['type'] !== 'auth-token') return null
  return isObject(data['attributes']) ? data['attributes'] : null
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= LONGEST_ID

/** RFC 6749 4.4 with client_secret_basic or client_secret_post (2.3.1). No parameter may come twice (3.2). */
export function readOauth(
  contentType: string | undefined,
  authorization: string | undefined,
  body: Uint8Array,
): TokenRequest {
  const basic = authorization !== undefined
  if (mediaType(contentType) !== 'application/x-www-form-urlencoded') {
    return refused('invalid_request', 'Send application/x-www-form-urlencoded.', { basic })
  }
  const form = readForm(body)
  if (!form) return refused('invalid_request', 'A parameter came twice, or the body is not a form.', { basic })
  const grant = form.get('grant_type')
  if (!grant) return refused('invalid_request', 'grant_type is missing.', { basic })
  if (grant !== 'client_credentials') {
    return refused('unsupported_grant_type', 'Only client_credentials is supported.', { basic })
  }
  if (form.get('scope'))
    return refused('invalid_scope', 'Rights belong to the credential; ask for no scope.', { basic })
  return clientOf(authorization, form)
}

function clientOf(authorization: string | undefined, form: ReadonlyMap<string, string>): TokenRequest {
  const inBody = form.get('client_secret')
  if (authorization === undefined) {
    const clientId = form.get('client_id')
    if (!isText(clientId) || !isText(inBody)) return noClient(false)
    return { ok: true, clientId, clientSecret: inBody }
  }
  if (inBody !== undefined) return refused('invalid_request', 'Authenticate in one way only.', { basic: true })
  const pair = readBasic(authorization)
  if (!pair) return noClient(true)
  const named = form.get('client_id')
  if (named !== undefined && named !== pair.clientId) return noClient(true)
  return { ok: true, ...pair }
}

const noClient = (basic: boolean): TokenRequest =>
  refused('invalid_client', 'Client authentication failed.', { status: 401, reason: 'no_credentials', basic })

/** Both halves are form-encoded before they are joined (RFC 6749 2.3.1). */
function readBasic(authorization: string): { clientId: string; clientSecret: string } | null {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization)?.[1]
  if (!encoded || encoded.length > 4 * LONGEST_ID) return null
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  if (colon < 0) return null
  const clientId = decodeForm(text.slice(0, colon))
  const clientSecret = decodeForm(text.slice(colon + 1))
  return isText(clientId) && isText(clientSecret) ? { clientId, clientSecret } : null
}

function readForm(body: Uint8Array): ReadonlyMap<string, string> | null {
  const form = new Map<string, string>()
  const text = Buffer.from(body).toString('latin1')
  for (const pair of text === '' ? [] : text.split('&')) {
    const [name = '', ...rest] = pair.split('=')
    const key = decodeForm(name)
    const value = decodeForm(rest.join('='))
    if (key === null || value === null || form.has(key)) return null
    form.set(key, value)
  }
  return form
}

function decodeForm(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return null
  }
}
