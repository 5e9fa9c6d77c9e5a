import { JSON_API, replyTo, replyWith, tokenReply, type Voice } from '@/lib/gatekeeping/dialect'
import { type Door, LONGEST_BODY, readJsonApi, readOauth, type TokenRequest } from '@/lib/gatekeeping/exchange'
import type { Gatekeeper } from '@/lib/gatekeeping/gatekeeper'
import { EXPIRES_IN } from '@/lib/gatekeeping/tokens'
import { refusal } from '@/lib/gatekeeping/verdict'
import { send, type Visit } from './visit'

const METHOD_NOT_ALLOWED = { status: 405, code: 'method_not_allowed', detail: 'Use POST.' }

const TOO_SLOW = { status: 408, code: 'request_timeout', detail: 'The body took too long.' }

/** `POST /token/` and `POST /oauth/token`: a client id and secret for a short token. */
export async function exchangeToken(visit: Visit, door: Door, keeper: Gatekeeper, bodyMs: number): Promise<void> {
  visit.scheme = 'token'
  const voice = voiceAt(visit, door)
  if (visit.method !== 'POST') {
    visit.verdict = refusal('bad_request')
    send(visit, replyWith(METHOD_NOT_ALLOWED, voice, ['Allow', 'POST']))
    return
  }
  const body = await readBody(visit, bodyMs)
  if (body === 'too_slow') {
    visit.verdict = refusal('bad_request')
    send(visit, replyWith(TOO_SLOW, voice, ['Connection', 'close']))
    return
  }
  if (body === 'too_large') {
    refuseAt(visit, refusal('body_too_large'), voice)
    return
  }
  const asked = readRequest(visit, door, body)
  if (!asked.ok) {
    visit.verdict = refusal(asked.reason)
    send(visit, replyWith(asked, { ...voice, basic: asked.basic }))
    return
  }
  const { verdict, token, publicId } = await keeper.exchange(asked.clientId, asked.clientSecret, visit.origin.parsed)
  visit.publicId = publicId
  visit.verdict = verdict
  if (token === null) refuseAt(visit, verdict, voice)
  else send(visit, tokenReply(door, token, EXPIRES_IN, voice.mediaType))
}

function refuseAt(visit: Visit, verdict: ReturnType<typeof refusal>, voice: Voice): void {
  visit.verdict = verdict
  if (!verdict.allowed) send(visit, replyTo(verdict, voice))
}

const voiceAt = (visit: Visit, door: Door): Voice => ({
  dialect: door,
  requestId: visit.requestId,
  environment: visit.environment,
  basic: visit.seen.authorization !== undefined,
  mediaType: visit.seen.contentType?.startsWith('application/json') ? 'application/json' : JSON_API,
})

function readRequest(visit: Visit, door: Door, body: Buffer): TokenRequest {
  const { contentType, authorization } = visit.seen
  return door === 'oauth' ? readOauth(contentType, authorization, body) : readJsonApi(contentType, body)
}

/** At most 16 KB within `bodyMs`; what is longer, or comes byte by byte, is not waited for. */
async function readBody(visit: Visit, bodyMs: number): Promise<Buffer | 'too_large' | 'too_slow'> {
  if ((visit.seen.contentLength ?? 0) > LONGEST_BODY) return 'too_large'
  let patience: NodeJS.Timeout | undefined
  const tooSlow = new Promise<'too_slow'>((resolve) => {
    patience = setTimeout(() => resolve('too_slow'), bodyMs)
  })
  const whole = collect(visit)
  // A client that left before its body was whole is no fault of ours once nobody waits for it.
  whole.catch(() => {})
  try {
    return await Promise.race([whole, tooSlow])
  } finally {
    clearTimeout(patience)
  }
}

async function collect(visit: Visit): Promise<Buffer | 'too_large'> {
  const { req, res } = visit
  if (visit.waits) res.writeContinue()
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    visit.requestBytes = bytes
    if (bytes > LONGEST_BODY) return 'too_large'
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
