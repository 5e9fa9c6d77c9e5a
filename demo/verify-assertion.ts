import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/**
 * For the API behind the gate: proof that a request came through it, and for whom. Copy this file; it needs nothing
 * but Node. `Gatehouse-Assertion` is a JWT (HS256 with UPSTREAM_SECRET) that lives 30 seconds and is bound to one
 * request. Without this check, whoever reaches the API past the gate could write any `X-Gatehouse-*` header.
 */
export type Caller = {
  merchant: string
  credential: string
  generation: string
  permissions: string[]
  requestId: string
}

export type Presented = {
  /** The header `Gatehouse-Assertion`. */
  assertion: string | undefined
  method: string
  /** Path and query exactly as received. */
  path: string
  /** The exact bytes, where they are at hand. */
  body?: Buffer
}

/** Seconds by which the clocks of gate and upstream may differ. */
const LEEWAY = 5

/** @returns who calls, or null: answer 401 then */
export function verifyAssertion(presented: Presented, secret: string, now = Date.now()): Caller | null {
  const [header = '', payload = '', signature = '', ...more] = (presented.assertion ?? '').split('.')
  if (more.length > 0 || readJson(header)?.['alg'] !== 'HS256') return null
  const expected = createHmac('sha256', secret).update(`${header}.${payload}`).digest()
  const given = Buffer.from(signature, 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null

  const claims = readJson(payload)
  const seconds = now / 1000
  if (claims?.['aud'] !== 'upstream') return null
  if (typeof claims['exp'] !== 'number' || claims['exp'] + LEEWAY < seconds) return null
  if (typeof claims['iat'] !== 'number' || claims['iat'] - LEEWAY > seconds) return null
  if (claims['method'] !== presented.method || claims['path'] !== presented.path) return null
  const digest = claims['body_sha256']
  if (digest !== undefined && presented.body !== undefined) {
    if (digest !== createHash('sha256').update(presented.body).digest('hex')) return null
  }
  return {
    merchant: String(claims['merchant']),
    credential: String(claims['credential']),
    generation: String(claims['generation']),
    permissions: Array.isArray(claims['permissions']) ? claims['permissions'].map(String) : [],
    requestId: String(claims['request_id']),
  }
}

function readJson(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
