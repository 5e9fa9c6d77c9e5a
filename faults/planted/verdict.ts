import type { Fault } from './fault'

const tests = ['lib/gatekeeping/verdict.test.ts']
const verdict = { file: 'lib/gatekeeping/verdict.ts', tests, project: 'once' } as const
const checks = { file: 'lib/gatekeeping/model.ts', tests, project: 'once' } as const
const state = { file: 'lib/credentials/model.ts', tests, project: 'once' } as const

/** What decides on one call. */
export const verdictFaults: Fault[] = [
  {
    ...verdict,
    name: 'a token of another generation of the credential is taken',
    find: 'claims.credential === credentialId && claims.generation === generationId && ',
    replace: 'claims.credential === credentialId && ',
  },
  {
    ...verdict,
    name: 'a token of another merchant is taken',
    find: ' && claims.merchant === merchantId',
    replace: '',
  },
  {
    ...verdict,
    name: 'a credential is taken at the instant it expires',
    find: 'record.expiresAt > at ? true',
    replace: 'record.expiresAt >= at ? true',
  },
  {
    ...verdict,
    name: 'a whitelist that is on and empty counts as off',
    find: 'if (!record.whitelist.on) return true',
    replace: 'if (!record.whitelist.on || record.whitelist.entries.length === 0) return true',
  },
  {
    ...verdict,
    name: 'an address that cannot be told passes the whitelist',
    find: "if (!conditions.address) return 'address_unknown'",
    replace: 'if (!conditions.address) return true',
  },
  {
    ...verdict,
    name: 'an entry of the whitelist is taken at the instant it expires',
    find: 'e.expiresAt > at).map',
    replace: 'e.expiresAt >= at).map',
  },
  {
    ...verdict,
    name: 'ranges that end are remembered as if they did not',
    find: 'if (!ends) rangesOf.set(policy, live)',
    replace: 'rangesOf.set(policy, live)',
  },
  {
    ...verdict,
    name: 'money-out passes without a whitelist',
    find: "    if (conditions.moneyOutNeedsWhitelist && !record.whitelist.on) return 'money_out_whitelist_off'\n",
    replace: '',
  },
  {
    ...verdict,
    name: 'money-out passes while its switch is off',
    find: "    if (!record.moneyOut) return 'money_out_off'\n",
    replace: '',
  },
  {
    ...state,
    name: 'money-out passes with a pair that nobody confirmed',
    find: "(state: GenerationState): boolean => state === 'active' || state === 'retiring'",
    replace: '(state: GenerationState): boolean => passes(state)',
  },
  {
    ...verdict,
    name: 'an answer is specific before the secret is proven',
    find: "return proven || answer === 'malformed' ? answer : 'not_authentic'",
    replace: 'return proven ? answer : answer',
    survives:
      'the secret is looked at before everything that has an answer of its own, so the order alone hides it: each of the two would have to go',
  },
  {
    ...verdict,
    name: 'a wrong secret is taken where the id is known',
    find: "return same && record ? true : 'wrong_secret'",
    replace: "return same || record ? true : 'wrong_secret'",
  },
  {
    file: 'lib/secrets/format.ts',
    tests,
    project: 'once',
    name: 'digests are compared by their first characters',
    find: 'a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))',
    replace: 'a.length === b.length && timingSafeEqual(Buffer.from(a.slice(0, 8)), Buffer.from(b.slice(0, 8)))',
  },
  {
    ...verdict,
    name: 'an expired token is taken',
    find: "p.fault === 'token_expired' ? p.fault : p.claims && true",
    replace: 'p.claims && true',
  },
  {
    ...verdict,
    name: 'a key of the other environment is not told apart',
    find: "    if (p.kind === 'pair' && p.fault === 'other_environment') return p.fault\n",
    replace: '',
  },
  {
    ...verdict,
    name: 'calls of a suspended merchant pass',
    find: "record.merchantState === 'active' ? true",
    replace: "record.merchantState !== 'pending' ? true",
  },
  {
    ...verdict,
    name: 'calls of a credential that was never switched on pass',
    find: "if (record.credentialState === 'active') return true",
    replace: "if (record.credentialState === 'active' || record.credentialState === 'draft') return true",
  },
  {
    ...verdict,
    name: 'a route that is not in the file is let through',
    find: "wanted === null ? 'unknown_route' : true",
    replace: 'true',
  },
  {
    ...verdict,
    name: 'a credential of some wallets passes for all of them',
    find: "record.allWallets || 'wallets_limited'",
    replace: 'true',
  },
  {
    file: 'lib/gatekeeping/record.ts',
    tests,
    project: 'once',
    name: 'a right to read stands for the right to write',
    find: 'record.permissions.has(permission) ||',
    replace: "record.permissions.has(permission) || record.permissions.has(permission.replace('write', 'read')) ||",
  },
  {
    ...checks,
    name: 'the address is looked at before the credential',
    find: "  'credential',\n  'expiry',\n  'whitelist',\n",
    replace: "  'whitelist',\n  'credential',\n  'expiry',\n",
  },
  {
    ...checks,
    name: 'the generation is looked at before the secret',
    find: "  'secret',\n  'generation',\n",
    replace: "  'generation',\n  'secret',\n",
  },
  {
    ...verdict,
    name: 'the list for the console ends at the first failure',
    find: 'checks: all.map(resultOf),',
    replace: "checks: all.slice(0, all.findIndex((f) => typeof f === 'string') + 1).map(resultOf),",
  },
]
