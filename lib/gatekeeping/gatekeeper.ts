import { connect } from '@/db/client'
import { type Clock, databaseClock } from '@/lib/clock'
import { faultOf, log } from '@/lib/log'
import { type Environment, readPublicId, sha256 } from '@/lib/secrets/format'
import type { KeyRing } from '@/lib/secrets/keys'
import type { ParsedAddress } from '@/lib/whitelist/model'
import { type ChangeFeed, changeFeed } from './change-feed'
import { type GatewayCredentials, gatewayCredentials } from './gateway-credential'
import { type Concurrency, concurrency, failureLimits } from './limits'
import { gateMemory, type Key, type Memory, markFirstUse } from './memory'
import type { GateRecord } from './record'
import { type RequestLog, requestLogWriter } from './request-log'
import { monotonicMs } from './time'
import { loadTokenKeys } from './token-key'
import { accessTokens, type TokenReading, type Tokens } from './tokens'
import { decide, type Presented, refusal, type TokenClaims, type Verdict, type Wanted, withdrawn } from './verdict'

export type GateSettings = {
  databaseUrl: string
  environment: Environment
  /** The first public URL of the gate, without a trailing slash. */
  issuer: string
  tagKey: Buffer
  privateKeys: KeyRing
  /** False only where the operator waived it for the installation. */
  moneyOutNeedsWhitelist: boolean
  /** Calls of one credential under way at once. */
  mostAtOnce: number
  /** Instead of the database's request log: measurements of the verdict alone. */
  requestLog?: RequestLog
}

export type Exchanged = { verdict: Verdict; token: string | null; publicId: string | null }

/** Everything that decides, opened once per process. HTTP is in `gate/`. */
export type Gatekeeper = {
  clock: Clock
  log: RequestLog
  gateways: GatewayCredentials
  atOnce: Concurrency
  /** A client id and secret for a token. The first exchange of a pending pair counts as its first use. */
  exchange(clientId: string, clientSecret: string, address: ParsedAddress | null): Promise<Exchanged>
  /** The verdict on a call with a bearer token: at once where memory has the answer. */
  authorise(token: string, wanted: Wanted, address: ParsedAddress | null, at: Date): Verdict | Promise<Verdict>
  /** Whether a call that was let in would still be: long answers are cut when it would not. */
  stillAllowed(verdict: Verdict & { allowed: true }, wanted: Wanted, address: ParsedAddress | null): Promise<boolean>
  health(): GateHealth
  stop(): Promise<void>
}

export type GateHealth = {
  ready: boolean
  /** Age of what is known of changes, in ms. */
  knownMs: number
  listening: boolean
  remembered: number
  misses: number
  logQueued: number
  logDropped: number
  clockSkewMs: number
}

/** Opens the database, reads the token keys, learns the changes. Throws when any of it cannot be done. */
export async function openGatekeeper(settings: GateSettings): Promise<Gatekeeper> {
  const db = connect(settings.databaseUrl, { max: 6, queryMs: 3000 })
  const clock = databaseClock(db)
  await clock.refresh()
  clock.start()
  const tokens = accessTokens(settings.issuer, await loadTokenKeys(db, settings.privateKeys))
  const feed: ChangeFeed = changeFeed(db, settings.databaseUrl, {
    changed: (merchantIds) => memory.forget(merchantIds),
    lost: () => memory.forgetAll(),
  })
  const memory: Memory = gateMemory(db, feed.freshAt)
  await feed.start()
  const requests = settings.requestLog ?? requestLogWriter(db)
  const limits = failureLimits()
  const freshTokens = foreignTokens(tokens, () => loadTokenKeys(db, settings.privateKeys))
  // A key that was retired ends its tokens here too, without anybody showing a token of its successor.
  const keyTimer = setInterval(() => void freshTokens.look(), TOKEN_KEYS_MS)
  keyTimer.unref()
  const conditions = (address: ParsedAddress | null) => ({
    address,
    moneyOutNeedsWhitelist: settings.moneyOutNeedsWhitelist,
  })

  function judge({ presented, wanted, address, at }: Question, record: GateRecord | null): Verdict {
    const verdict = decide(presented, record, wanted, at, conditions(address))
    return verdict.allowed && movesMoney(wanted) && memory.trust() === 'stale-no-money'
      ? withdrawn(verdict, 'gate_unavailable', 1)
      : verdict
  }

  type Question = { key: Key | null; presented: Presented; wanted: Wanted; address: ParsedAddress | null; at: Date }

  function ask(question: Question): Verdict | Promise<Verdict> {
    if (memory.trust() === 'none') return refusal('gate_unavailable', 1)
    const found = question.key && memory.get(question.key)
    if (found instanceof Promise) return found.then((record) => settle(question, record), unavailable)
    return settle(question, found)
  }

  function settle(question: Question, record: GateRecord | null): Verdict | Promise<Verdict> {
    const verdict = judge(question, record)
    const isFirst = verdict.allowed && verdict.state === 'pending' && !verdict.record.instants.firstUsedAt
    return isFirst ? markThen(question, verdict) : verdict
  }

  /** Somebody may have been faster: the database decides, and what it says is judged again. */
  async function markThen(question: Question, verdict: Verdict & { allowed: true }): Promise<Verdict> {
    try {
      const marked = await markFirstUse(db, verdict.record, clock.now())
      memory.forget([verdict.record.merchantId])
      if (marked) return verdict
      const record = question.key && (await memory.get(question.key))
      return judge(question, record)
    } catch (error) {
      log('error', 'first_use.not_marked', faultOf(error))
      return withdrawn(verdict, 'gate_unavailable', 1)
    }
  }

  function askFor({ claims, fault }: TokenReading, wanted: Wanted, address: ParsedAddress | null, at: Date) {
    const key: Key | null = claims && { by: 'generation', value: claims.generation }
    return ask({ key, presented: { kind: 'token', claims, fault }, wanted, address, at })
  }

  function unavailable(error: unknown): Verdict {
    log('error', 'record.not_read', faultOf(error))
    return refusal('gate_unavailable', 1)
  }

  return {
    clock,
    log: requests,
    gateways: gatewayCredentials(db, clock),
    atOnce: concurrency(settings.mostAtOnce),
    async exchange(clientId, clientSecret, address) {
      const wait = limits.wait(clientId, address)
      if (wait > 0) return { verdict: refusal('too_many_failures', wait), token: null, publicId: null }
      const fault = faultOfId(clientId, settings)
      const presented: Presented = {
        kind: 'pair',
        publicId: fault ? null : clientId,
        fault,
        digest: sha256(clientSecret),
      }
      const key: Key | null = fault ? null : { by: 'public-id', value: clientId }
      const verdict = await ask({ key, presented, wanted: 'exchange', address, at: clock.now() })
      if (!verdict.allowed && verdict.answer === 'not_authentic' && !verdict.proven) limits.failed(clientId, address)
      const token = verdict.allowed ? tokens.mint(verdict.record, clock.now()) : null
      return { verdict, token, publicId: presented.publicId }
    },
    authorise(token, wanted, address, at) {
      const reading = tokens.read(token, at)
      const newer = reading.fault === 'bad_token' ? freshTokens.lookFor(token) : null
      return newer
        ? newer.then(() => askFor(tokens.read(token, at), wanted, address, at))
        : askFor(reading, wanted, address, at)
    },
    async stillAllowed(verdict, wanted, address) {
      const trust = memory.trust()
      if (trust === 'none' || (trust === 'stale-no-money' && movesMoney(wanted))) return false
      const { generationId, credentialId, merchantId } = verdict.record
      const claims: TokenClaims = {
        credential: credentialId,
        generation: generationId,
        merchant: merchantId,
        expiresAt: 0,
      }
      const record = await memory.get({ by: 'generation', value: generationId })
      const presented: Presented = { kind: 'token', claims, fault: null }
      return decide(presented, record, wanted, clock.now(), conditions(address)).allowed
    },
    health: () => ({
      ready: memory.trust() === 'fresh',
      knownMs: Math.round(monotonicMs() - feed.freshAt()),
      listening: feed.listening(),
      remembered: memory.size(),
      misses: memory.misses(),
      logQueued: requests.queued(),
      logDropped: requests.dropped(),
      clockSkewMs: clock.skewMs(),
    }),
    async stop() {
      clock.stop()
      clearInterval(keyTimer)
      await Promise.allSettled([feed.stop(), requests.stop()])
      await db.$client.end()
    },
  }
}

/** A key of the other environment is refused as such without a look-up; so is an id that we did not mint. */
function faultOfId(
  clientId: string,
  { environment, tagKey }: GateSettings,
): 'malformed_id' | 'other_environment' | null {
  const named = /^gtk_(live|test)_[A-Za-z0-9]{22}$/.exec(clientId)?.[1]
  if (named !== undefined && named !== environment) return 'other_environment'
  return readPublicId(clientId, tagKey) === null ? 'malformed_id' : null
}

const TOKEN_KEYS_MS = 30_000

const movesMoney = (wanted: Wanted): boolean => typeof wanted === 'object' && wanted?.moneyOut === true

/** The keys change while gates run. `lookFor`: at most once a second, and only for what has the shape of a token. */
function foreignTokens(tokens: Tokens, load: () => Promise<Parameters<Tokens['use']>[0]>) {
  let lookedAt = Number.NEGATIVE_INFINITY
  let looking: Promise<void> | null = null
  function look(): Promise<void> {
    lookedAt = monotonicMs()
    looking ??= load()
      .then(tokens.use, (error) => log('error', 'token_key.not_read', faultOf(error)))
      .finally(() => {
        looking = null
      })
    return looking
  }
  return {
    look,
    lookFor(token: string): Promise<void> | null {
      if (looking || !tokens.isForeign(token) || monotonicMs() - lookedAt < 1000) return looking
      return look()
    },
  }
}
