import { type GenerationState, generationState, mayMoveMoney, passes } from '@/lib/credentials/model'
import { sameDigest } from '@/lib/secrets/format'
import type { ParsedAddress, Range } from '@/lib/whitelist/model'
import { matches } from '@/lib/whitelist/model'
import { type Answer, type Check, type CheckResult, checks, explained, type Reason } from './model'
import { type GateRecord, holds, type Policy } from './record'
import type { Matched, Route } from './routes'

/** What a caller presented, read but not yet believed. `publicId` only where its tag was right. */
export type Presented =
  | { kind: 'nothing'; fault: Reason }
  | { kind: 'pair'; publicId: string | null; fault: 'malformed_id' | 'other_environment' | null; digest: string }
  | { kind: 'token'; claims: TokenClaims | null; fault: 'bad_token' | 'token_expired' | null }

/** What our own access tokens say; no rights are inside. */
export type TokenClaims = { credential: string; generation: string; merchant: string; expiresAt: number }

export type Conditions = {
  /** The caller's address, or null when it could not be told. */
  address: ParsedAddress | null
  /** The operator may waive that money-out needs a whitelist. */
  moneyOutNeedsWhitelist: boolean
}

/** What is asked for: a token (`exchange`), or a call that met a row of the routes file or none. */
export type Wanted = 'exchange' | Matched

export type Verdict =
  | { allowed: true; record: GateRecord; state: GenerationState; checks: readonly CheckResult[] }
  | {
      allowed: false
      reason: Reason
      answer: Answer
      /** Whether the caller had proved the secret: only then may the answer be specific. */
      proven: boolean
      record: GateRecord | null
      checks: readonly CheckResult[]
      /** Seconds to wait, with `too_many` and `unavailable`. */
      retryAfter?: number
    }

type Case = {
  presented: Presented
  record: GateRecord | null
  state: GenerationState | null
  wanted: Wanted
  at: Date
  conditions: Conditions
}

/** A reason: failed. `true`: passed. `null`: does not apply, or cannot be told because nothing was found. */
type Finding = Reason | true | null

/** Stands in for the digest of an id that nobody has, so that both refusals take the same time. */
const NOBODY = '0'.repeat(64)

/**
 * The verdict on one call: pure, with the clock it is given. Every check is made in the order of CONTRACTS 3; the
 * first failure is the reason, the rest is for the console. Before the secret is proven the answer is always the same.
 */
export function decide(
  presented: Presented,
  record: GateRecord | null,
  wanted: Wanted,
  at: Date,
  conditions: Conditions,
): Verdict {
  const state = record && generationState(record.instants, at)
  const input: Case = { presented, record, state, wanted, at, conditions }
  let passed = 0
  for (let i = 0; i < order.length; i++) {
    const finding = (order[i] as Make)(input)
    if (typeof finding === 'string') return refused(input, finding)
    if (finding) passed |= 1 << i
  }
  return record && state
    ? { allowed: true, record, state, checks: acceptedList(passed) }
    : refused(input, 'no_credentials')
}

/** Looks at every check once more: the rest is for the console. */
function refused(input: Case, reason: Reason): Verdict {
  const all = order.map((make) => make(input))
  const proven = all[SECRET] === true
  return {
    allowed: false,
    reason,
    answer: answerTo(reason, proven),
    proven,
    record: input.record,
    checks: all.map(resultOf),
  }
}

/** A refusal that needs no verdict: malformed, too large, too many, or the gate cannot tell. */
export function refusal(reason: Reason, retryAfter?: number): Verdict {
  const { check, answer } = explained[reason]
  const list = checks.map((name): CheckResult => (name === check ? { check, ok: false, note: reason } : none(name)))
  const verdict = { allowed: false as const, reason, answer, proven: false, record: null, checks: list }
  return retryAfter === undefined ? verdict : { ...verdict, retryAfter }
}

/** A proven call that is refused for what came after the verdict: a limit, its body, a mark that could not be made. */
export function withdrawn(verdict: Verdict & { allowed: true }, reason: Reason, retryAfter?: number): Verdict {
  const { check, answer } = explained[reason]
  const list = verdict.checks.map((c): CheckResult => (c.check === check ? { check, ok: false, note: reason } : c))
  const refused = { allowed: false as const, reason, answer, proven: true, record: verdict.record, checks: list }
  return retryAfter === undefined ? refused : { ...refused, retryAfter }
}

const answerTo = (reason: Reason, proven: boolean): Answer => {
  const { answer } = explained[reason]
  return proven || answer === 'malformed' ? answer : 'not_authentic'
}

type Make = (c: Case) => Finding
const findings: Record<Check, Make> = {
  parse: ({ presented: p }) => (p.kind === 'nothing' ? p.fault : true),
  tag: ({ presented: p }) => (p.kind !== 'pair' ? null : p.fault === 'malformed_id' ? p.fault : true),
  known: ({ presented: p, record }) => {
    if (record) return true
    return p.kind === 'nothing' || p.fault ? null : 'unknown_id'
  },
  time: ({ presented: p }) => (p.kind !== 'token' ? null : p.fault === 'token_expired' ? p.fault : p.claims && true),
  secret: ({ presented: p, record }) => {
    if (p.kind === 'pair') {
      const same = sameDigest(p.digest, record?.digest ?? NOBODY)
      if (p.fault) return null
      return same && record ? true : 'wrong_secret'
    }
    if (p.kind === 'token') return p.claims ? isItsToken(p.claims, record) : 'bad_token'
    return null
  },
  generation: ({ record, state, at }) => {
    if (!record || !state) return null
    if (passes(state)) return true
    if (state === 'discarded') return 'generation_discarded'
    const { revokedAt, retiresAt } = record.instants
    return retiresAt && retiresAt <= at && (!revokedAt || revokedAt >= retiresAt)
      ? 'overlap_ended'
      : 'generation_revoked'
  },
  environment: ({ presented: p, record }) => {
    if (p.kind === 'pair' && p.fault === 'other_environment') return p.fault
    return record && true
  },
  merchant: ({ record }) => {
    if (!record) return null
    return record.merchantState === 'active' ? true : `merchant_${record.merchantState}`
  },
  credential: ({ record }) => {
    if (!record) return null
    if (record.credentialState === 'active') return true
    return record.credentialState === 'deleted' ? 'credential_deleted' : 'credential_inactive'
  },
  expiry: ({ record, at }) => {
    if (!record?.expiresAt) return record && true
    return record.expiresAt > at ? true : 'credential_expired'
  },
  whitelist: ({ record, at, conditions }) => {
    if (!record) return null
    if (!record.whitelist.on) return true
    if (!conditions.address) return 'address_unknown'
    return matches(liveRanges(record.whitelist, at), conditions.address) ? true : 'address_not_listed'
  },
  route: ({ wanted }) => (wanted === 'exchange' ? null : wanted === null ? 'unknown_route' : true),
  permission: ({ record, wanted }) => {
    const needed = routeOf(wanted)?.permission
    if (!record || !needed) return null
    return holds(record, needed) ? true : 'permission_missing'
  },
  wallets: ({ record, wanted }) => (record && wanted !== 'exchange' ? record.allWallets || 'wallets_limited' : null),
  money_out: ({ record, state, wanted, conditions }) => {
    if (!record || !state || !routeOf(wanted)?.moneyOut) return null
    if (!record.moneyOut) return 'money_out_off'
    if (conditions.moneyOutNeedsWhitelist && !record.whitelist.on) return 'money_out_whitelist_off'
    return mayMoveMoney(state) ? true : 'money_out_unconfirmed'
  },
  limit: () => null,
}

const order = checks.map((check) => findings[check])
const SECRET = checks.indexOf('secret')

const routeOf = (wanted: Wanted): Route | null => (typeof wanted === 'object' ? wanted : null)

const isItsToken = (claims: TokenClaims, record: GateRecord | null): Finding => {
  if (!record) return null
  const { credentialId, generationId, merchantId } = record
  const its = claims.credential === credentialId && claims.generation === generationId && claims.merchant === merchantId
  return its ? true : 'bad_token'
}

/** Entries may end by themselves; the common list has none that does. */
const liveRanges = (policy: Policy, at: Date): readonly Range[] => {
  const ranges = rangesOf.get(policy)
  if (ranges) return ranges
  const ends = policy.entries.some((entry) => entry.expiresAt)
  const live = policy.entries.filter((e) => !e.expiresAt || e.expiresAt > at).map((e) => e.range)
  if (!ends) rangesOf.set(policy, live)
  return live
}
const rangesOf = new WeakMap<Policy, readonly Range[]>()

const none = (check: Check): CheckResult => ({ check, ok: null })

/** The list for the log: accepted calls share one for each set of checks that applied. */
function acceptedList(passed: number): readonly CheckResult[] {
  let list = acceptedLists.get(passed)
  if (!list) {
    list = checks.map((check, i) => (passed & (1 << i) ? { check, ok: true } : none(check)))
    acceptedLists.set(passed, list)
  }
  return list
}
const acceptedLists = new Map<number, readonly CheckResult[]>()

const resultOf = (finding: Finding, i: number): CheckResult => {
  const check = checks[i] as Check
  if (finding === null) return none(check)
  return finding === true ? { check, ok: true } : { check, ok: false, note: finding }
}
