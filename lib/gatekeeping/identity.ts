import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import type { GateRecord } from './record'

/**
 * What the upstream is told about the caller, and what of the caller's own headers it never sees (DESIGN 5).
 * Names are compared in lower case with `_` as `-`, because an upstream may read `X_Gatehouse_Merchant` as ours.
 */

/** Carried by the connection, not by the request (RFC 9110 7.6.1), or decided by the gate itself. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
])
const DECIDED_HERE: ReadonlySet<string> = new Set(['host', 'content-length', 'expect'])
const CREDENTIALS: ReadonlySet<string> = new Set([
  'authorization',
  'x-processing-key',
  'x-processing-signature',
  'x-processing-timestamp',
])
const REWRITES: ReadonlySet<string> = new Set([
  'forwarded',
  'x-forwarded',
  'client-ip',
  'remote-addr',
  'x-remote-ip',
  'x-remote-addr',
  'x-originating-ip',
  'x-host',
  'x-scheme',
  'x-url-scheme',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
  'x-override-url',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
])
const REWRITE_PREFIXES = [
  'x-gatehouse-',
  'gatehouse-',
  'x-original-',
  'x-rewrite-',
  'x-forwarded-',
  'x-envoy-',
] as const

const isDropped = (name: string): boolean =>
  HOP_BY_HOP.has(name) ||
  DECIDED_HERE.has(name) ||
  CREDENTIALS.has(name) ||
  REWRITES.has(name) ||
  REWRITE_PREFIXES.some((prefix) => name.startsWith(prefix))

/** Clients spell a few dozen names; the answer for each is kept. The bound is for those who invent them. */
const known = new Map<string, boolean>()
function drops(raw: string): boolean {
  let dropped = known.get(raw)
  if (dropped === undefined) {
    dropped = isDropped(raw.toLowerCase().replaceAll('_', '-'))
    if (known.size < 2000) known.set(raw, dropped)
  }
  return dropped
}

/** The client's headers that go on, as received. `connection` names more that end here. */
export function passedOn(rawHeaders: readonly string[], connection: string | undefined): string[] {
  const named = connection ? connectionNames(connection) : null
  const headers: string[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    if (!drops(name) && !named?.has(name.toLowerCase())) headers.push(name, rawHeaders[i + 1] as string)
  }
  return headers
}

/** The upstream's headers that go back: all but those of its connection, its trailers, and our own request id. */
export function passedBack(rawHeaders: readonly string[], connection: string | undefined): string[] {
  const named = connection ? connectionNames(connection) : null
  const headers: string[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    const lower = name.toLowerCase()
    if (HOP_BY_HOP.has(lower) || lower === 'x-request-id' || named?.has(lower)) continue
    headers.push(name, rawHeaders[i + 1] as string)
  }
  return headers
}

function connectionNames(connection: string): ReadonlySet<string> | null {
  const lower = connection.toLowerCase()
  if (lower === 'keep-alive' || lower === 'close') return null
  return new Set(lower.split(',').map((name) => name.trim()))
}

export type Sent = {
  method: string
  /** With its query, exactly as sent. */
  path: string
  requestId: string
  /** Hex, when the whole body is known before it is sent. */
  bodySha256: string | null
}

/** SHA-256 of no bytes: what a request without a body is known to carry. */
export const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

const ASSERTION_SECONDS = 30
const ASSERTION_HEADER = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'JWT' })).toString('base64url')

export type Identifier = (record: GateRecord, sent: Sent, at: Date) => string[]

/** Says who called: complete on every accepted request, `-` for none, with a short-lived proof for the upstream. */
export function identifier(upstreamSecret: Buffer, issuer: string): Identifier {
  const key = createSecretKey(upstreamSecret)
  return (record, sent, at) => [
    'X-Gatehouse-Merchant',
    record.merchantId,
    'X-Gatehouse-Credential',
    record.credentialId,
    'X-Gatehouse-Scheme',
    record.scheme,
    'X-Gatehouse-Permissions',
    permissionsOf(record),
    'X-Gatehouse-Wallets',
    record.allWallets ? '*' : '-',
    'X-Gatehouse-Request-Id',
    sent.requestId,
    'Gatehouse-Assertion',
    assertion(record, sent, at, key, issuer),
  ]
}

/** The claims as JSON, written by hand: what a record always says is written once. */
function assertion(record: GateRecord, sent: Sent, at: Date, key: KeyObject, issuer: string): string {
  const iat = Math.floor(at.getTime() / 1000)
  const body = sent.bodySha256 === null ? '' : `,"body_sha256":"${sent.bodySha256}"`
  const claims =
    `{"iss":${JSON.stringify(issuer)},"aud":"upstream","iat":${iat},"exp":${iat + ASSERTION_SECONDS},` +
    `"method":"${sent.method}","path":${JSON.stringify(sent.path)},${standingClaims(record)},` +
    `"request_id":"${sent.requestId}"${body}}`
  const signed = `${ASSERTION_HEADER}.${Buffer.from(claims).toString('base64url')}`
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}

const standing = new WeakMap<GateRecord, string>()
function standingClaims(record: GateRecord): string {
  let text = standing.get(record)
  if (text === undefined) {
    const { merchantId: merchant, credentialId: credential, generationId: generation, permissions } = record
    text = JSON.stringify({ merchant, credential, generation, permissions: [...permissions] }).slice(1, -1)
    standing.set(record, text)
  }
  return text
}

/** Permission sets are shared between records, so their text is too. */
const texts = new WeakMap<ReadonlySet<string>, string>()
function permissionsOf({ permissions }: GateRecord): string {
  let text = texts.get(permissions)
  if (text === undefined) {
    text = permissions.size === 0 ? '-' : [...permissions].join(',')
    texts.set(permissions, text)
  }
  return text
}
