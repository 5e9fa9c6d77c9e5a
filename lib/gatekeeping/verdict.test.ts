import { describe, expect, it } from 'vitest'
import { sha256 } from '@/lib/secrets/format'
import { parseAddress, parseRange } from '@/lib/whitelist/model'
import { checks, explained, isReason, reasons } from './model'
import type { GateRecord } from './record'
import type { Route } from './routes'
import { decide, type Presented, refusal, type Verdict, type Wanted, withdrawn } from './verdict'

const at = new Date('2026-11-21T12:00:00Z')
const before = new Date(at.getTime() - 60_000)
const after = new Date(at.getTime() + 60_000)
const SECRET = 'gts_test_secret'

const range = (text: string) => {
  const parsed = parseRange(text)
  if (!parsed.ok) throw new Error(text)
  return parsed.range
}
const listed = (...texts: string[]) => ({ on: true, entries: texts.map((t) => ({ range: range(t), expiresAt: null })) })

const record = (changes: Partial<GateRecord> = {}): GateRecord => ({
  generationId: 'gen',
  credentialId: 'cred',
  merchantId: 'mrc',
  publicId: 'gtk_test_x',
  scheme: 'token',
  digest: sha256(SECRET),
  instants: {
    pendingUntil: before,
    firstUsedAt: before,
    acknowledgedAt: before,
    retiresAt: null,
    revokedAt: null,
    discardedAt: null,
  },
  merchantState: 'active',
  credentialState: 'active',
  expiresAt: null,
  permissions: new Set(['wallets:read', 'payouts:write']),
  moneyOut: true,
  allWallets: true,
  whitelist: listed('203.0.113.0/24'),
  ...changes,
})

const pair: Presented = { kind: 'pair', publicId: 'gtk_test_x', fault: null, digest: sha256(SECRET) }
const wrong: Presented = { ...pair, digest: sha256('other') }
const claims = { credential: 'cred', generation: 'gen', merchant: 'mrc', expiresAt: after.getTime() }
const token: Presented = { kind: 'token', claims, fault: null }
const route = (changes: Partial<Route> = {}): Route => ({
  method: 'GET',
  path: '/wallets',
  permission: 'wallets:read',
  moneyOut: false,
  maxBody: 1,
  raw: false,
  ...changes,
})
const payout = route({ permission: 'payouts:write', moneyOut: true })
const from = (address: string | null, moneyOutNeedsWhitelist = true) => ({
  address: address === null ? null : parseAddress(address),
  moneyOutNeedsWhitelist,
})
const inside = from('203.0.113.7')

const judge = (p: Presented, r: GateRecord | null, wanted: Wanted = route(), conditions = inside): Verdict =>
  decide(p, r, wanted, at, conditions)
const reasonOf = (v: Verdict): string => (v.allowed ? 'allowed' : v.reason)

describe('the verdict', () => {
  it('lets in who proves the secret or holds a token, and lists every check', () => {
    for (const [presented, wanted] of [
      [pair, 'exchange'],
      [token, route()],
      [token, 'pass'],
      [token, payout],
    ] as const) {
      const verdict = judge(presented, record(), wanted)
      expect(reasonOf(verdict)).toBe('allowed')
      expect(verdict.checks.map((c) => c.check)).toEqual(checks)
    }
  })

  it('gives each failure its reason, and goes on checking after it', () => {
    const gen = (instants: Partial<GateRecord['instants']>) =>
      record({ instants: { ...record().instants, ...instants } })
    const cases: [string, Verdict][] = [
      ['unknown_id', judge(pair, null, 'exchange')],
      ['malformed_id', judge({ ...pair, publicId: null, fault: 'malformed_id' }, null, 'exchange')],
      ['other_environment', judge({ ...pair, publicId: null, fault: 'other_environment' }, null, 'exchange')],
      ['wrong_secret', judge(wrong, record(), 'exchange')],
      ['bad_token', judge({ kind: 'token', claims: null, fault: 'bad_token' }, null)],
      ['bad_token', judge({ ...token, claims: { ...claims, merchant: 'other' } }, record())],
      ['bad_token', judge({ ...token, claims: { ...claims, credential: 'other' } }, record())],
      ['bad_token', judge({ ...token, claims: { ...claims, generation: 'other' } }, record())],
      ['token_expired', judge({ ...token, fault: 'token_expired' }, record())],
      ['generation_discarded', judge(token, gen({ discardedAt: before }))],
      ['generation_discarded', judge(token, gen({ acknowledgedAt: null, firstUsedAt: null }))],
      ['generation_revoked', judge(token, gen({ revokedAt: before }))],
      ['generation_revoked', judge(token, gen({ revokedAt: at }))],
      ['overlap_ended', judge(token, gen({ retiresAt: at }))],
      ['merchant_pending', judge(token, record({ merchantState: 'pending' }))],
      ['merchant_suspended', judge(token, record({ merchantState: 'suspended' }))],
      ['credential_inactive', judge(token, record({ credentialState: 'inactive' }))],
      ['credential_inactive', judge(token, record({ credentialState: 'draft' }))],
      ['credential_deleted', judge(token, record({ credentialState: 'deleted' }))],
      ['credential_expired', judge(token, record({ expiresAt: at }))],
      ['address_not_listed', judge(token, record(), route(), from('198.51.100.4'))],
      ['address_not_listed', judge(token, record({ whitelist: listed() }))],
      ['address_unknown', judge(token, record(), route(), from(null))],
      ['unknown_route', judge(token, record(), null)],
      ['permission_missing', judge(token, record({ permissions: new Set(['wallets:write']) }))],
      ['permission_missing', judge(token, record({ permissions: new Set(['payouts:read']) }), payout)],
      ['wallets_limited', judge(token, record({ allWallets: false }))],
      ['money_out_off', judge(token, record({ moneyOut: false }), payout)],
      ['money_out_whitelist_off', judge(token, record({ whitelist: { on: false, entries: [] } }), payout)],
      ['money_out_unconfirmed', judge(token, gen({ acknowledgedAt: null, pendingUntil: after }), payout)],
      ['money_out_unconfirmed', judge(token, gen({ acknowledgedAt: null }), payout)],
    ]
    for (const [reason, verdict] of cases) {
      expect(reasonOf(verdict)).toBe(reason)
      expect(isReason(reason)).toBe(true)
      expect(verdict.checks.map((c) => c.check)).toEqual(checks)
      const failed = verdict.checks.find((c) => c.ok === false)
      expect(failed).toMatchObject({ note: reason })
    }
  })

  it('compares the whole digest', () => {
    const digest = sha256(SECRET)
    for (const at of [0, 8, 32, 63]) {
      const other = `${digest.slice(0, at)}${digest[at] === '0' ? '1' : '0'}${digest.slice(at + 1)}`
      expect(reasonOf(judge({ ...pair, digest: other }, record(), 'exchange'))).toBe('wrong_secret')
    }
    expect(reasonOf(judge({ ...pair, digest: digest.slice(0, 8) }, record(), 'exchange'))).toBe('wrong_secret')
  })

  it('looks at the secret before anything that only its holder may learn', () => {
    const gone = record({ instants: { ...record().instants, discardedAt: before } })
    expect(judge(wrong, gone, 'exchange')).toMatchObject({ reason: 'wrong_secret', proven: false })
    expect(judge(pair, gone, 'exchange')).toMatchObject({ reason: 'generation_discarded', proven: true })
  })

  it('works for pending and unconfirmed pairs, and never moves money with them', () => {
    for (const instants of [{ pendingUntil: after }, { pendingUntil: before }]) {
      const r = record({ instants: { ...record().instants, acknowledgedAt: null, ...instants } })
      expect(reasonOf(judge(token, r))).toBe('allowed')
      expect(reasonOf(judge(token, r, payout))).toBe('money_out_unconfirmed')
    }
    const retiring = record({ instants: { ...record().instants, retiresAt: after } })
    expect(reasonOf(judge(token, retiring, payout))).toBe('allowed')
  })

  it('lets the operator waive the whitelist for money-out', () => {
    const open = record({ whitelist: { on: false, entries: [] } })
    expect(reasonOf(judge(token, open, payout, from('203.0.113.7', false)))).toBe('allowed')
  })

  it('shows what else is wrong: an address that is not listed, even when the pair is switched off', () => {
    const verdict = judge(token, record({ credentialState: 'inactive' }), route(), from('198.51.100.4'))
    expect(reasonOf(verdict)).toBe('credential_inactive')
    expect(verdict.checks.find((c) => c.check === 'whitelist')).toEqual({
      check: 'whitelist',
      ok: false,
      note: 'address_not_listed',
    })
  })

  it('tells nothing before the secret is proven: one answer, whatever else is wrong', () => {
    // CHECKS 57, 71
    const states = [
      record(),
      record({ merchantState: 'suspended' }),
      record({ credentialState: 'inactive' }),
      record({ whitelist: listed('198.51.100.4') }),
      record({ expiresAt: before }),
      null,
    ]
    for (const r of states) {
      const verdict = judge(wrong, r, 'exchange')
      expect(verdict).toMatchObject({ allowed: false, answer: 'not_authentic', proven: false })
    }
    expect(judge(pair, record({ whitelist: listed('198.51.100.4') }), 'exchange')).toMatchObject({
      answer: 'address',
      proven: true,
    })
  })

  it('ends an entry of the whitelist at its instant', () => {
    const entries = [{ range: range('203.0.113.7'), expiresAt: after }]
    const r = record({ whitelist: { on: true, entries } })
    expect(reasonOf(decide(token, r, route(), at, inside))).toBe('allowed')
    expect(reasonOf(decide(token, r, route(), after, inside))).toBe('address_not_listed')
  })

  it('does not take longer for an id that nobody has', () => {
    // CHECKS 57
    const time = (r: GateRecord | null): number => {
      const samples = Array.from({ length: 10_000 }, () => {
        const started = performance.now()
        judge(wrong, r, 'exchange')
        return performance.now() - started
      })
      return samples.sort((a, b) => a - b)[5000] as number
    }
    time(record())
    expect(Math.abs(time(record()) - time(null))).toBeLessThan(1)
  })

  it('keeps what was known when something after the verdict refuses', () => {
    const verdict = judge(token, record())
    if (!verdict.allowed) throw new Error(verdict.reason)
    expect(withdrawn(verdict, 'too_many_at_once', 1)).toMatchObject({
      answer: 'too_many',
      retryAfter: 1,
      proven: true,
      record: record(),
    })
    expect(refusal('too_many_failures', 7)).toMatchObject({ answer: 'too_many', retryAfter: 7, record: null })
  })

  it('has a check and a cure for every reason', () => {
    for (const reason of reasons) expect(checks).toContain(explained[reason].check)
  })
})
