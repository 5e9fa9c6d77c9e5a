/**
 * What the gate checks and why it refuses: closed lists, safe in a browser. The console explains a refusal from
 * its reason; callers only ever see the answer of their dialect (`./dialect`).
 */

/** In the order of the verdict (CONTRACTS 3). Every one is listed for every request, also after the first failure. */
export const checks = [
  'parse',
  'tag',
  'known',
  'time',
  'secret',
  'generation',
  'environment',
  'merchant',
  'credential',
  'expiry',
  'whitelist',
  'route',
  'permission',
  'wallets',
  'money_out',
  'limit',
] as const
export type Check = (typeof checks)[number]

/** `ok: null` where the check does not apply or could not be made; `note` is the reason it failed. */
export type CheckResult = { check: Check; ok: boolean | null; note?: Reason }

/**
 * How the caller is answered. `not_authentic` is all that a caller without the right secret ever gets;
 * `malformed`, `too_large`, `too_many` and `unavailable` say nothing about credentials.
 */
export type Answer = 'malformed' | 'not_authentic' | 'address' | 'right' | 'too_large' | 'too_many' | 'unavailable'

/** Who can end the refusal, and how: the console turns each into one sentence with a link. */
export type Cure =
  | 'fix_request'
  | 'send_credentials'
  | 'use_current_pair'
  | 'check_secret'
  | 'get_new_token'
  | 'use_v3_client'
  | 'use_other_environment'
  | 'wait_for_operator'
  | 'activate_api_user'
  | 'extend_expiry'
  | 'add_address'
  | 'configure_proxies'
  | 'ask_for_route'
  | 'add_permission'
  | 'allow_withdrawals'
  | 'turn_whitelist_on'
  | 'confirm_new_pair'
  | 'slow_down'
  | 'try_again'

type Explained = { check: Check; answer: Answer; cure: Cure }

/** Every reason for a refusal, with the check that failed, what the caller is told, and what helps. */
export const explained = {
  bad_path: { check: 'parse', answer: 'malformed', cure: 'fix_request' },
  bad_request: { check: 'parse', answer: 'malformed', cure: 'fix_request' },
  upgrade_refused: { check: 'parse', answer: 'malformed', cure: 'fix_request' },
  two_schemes: { check: 'parse', answer: 'malformed', cure: 'fix_request' },
  duplicate_credentials: { check: 'parse', answer: 'malformed', cure: 'fix_request' },
  body_too_large: { check: 'parse', answer: 'too_large', cure: 'fix_request' },
  no_credentials: { check: 'parse', answer: 'not_authentic', cure: 'send_credentials' },
  unsupported_scheme: { check: 'parse', answer: 'not_authentic', cure: 'send_credentials' },
  retired_v2: { check: 'parse', answer: 'not_authentic', cure: 'use_v3_client' },
  malformed_id: { check: 'tag', answer: 'not_authentic', cure: 'use_current_pair' },
  unknown_id: { check: 'known', answer: 'not_authentic', cure: 'use_current_pair' },
  token_expired: { check: 'time', answer: 'not_authentic', cure: 'get_new_token' },
  wrong_secret: { check: 'secret', answer: 'not_authentic', cure: 'check_secret' },
  bad_token: { check: 'secret', answer: 'not_authentic', cure: 'get_new_token' },
  generation_discarded: { check: 'generation', answer: 'not_authentic', cure: 'use_current_pair' },
  generation_revoked: { check: 'generation', answer: 'not_authentic', cure: 'use_current_pair' },
  overlap_ended: { check: 'generation', answer: 'not_authentic', cure: 'use_current_pair' },
  other_environment: { check: 'environment', answer: 'not_authentic', cure: 'use_other_environment' },
  merchant_pending: { check: 'merchant', answer: 'not_authentic', cure: 'wait_for_operator' },
  merchant_suspended: { check: 'merchant', answer: 'not_authentic', cure: 'wait_for_operator' },
  credential_inactive: { check: 'credential', answer: 'not_authentic', cure: 'activate_api_user' },
  credential_deleted: { check: 'credential', answer: 'not_authentic', cure: 'use_current_pair' },
  credential_expired: { check: 'expiry', answer: 'not_authentic', cure: 'extend_expiry' },
  address_not_listed: { check: 'whitelist', answer: 'address', cure: 'add_address' },
  address_unknown: { check: 'whitelist', answer: 'address', cure: 'configure_proxies' },
  unknown_route: { check: 'route', answer: 'right', cure: 'ask_for_route' },
  permission_missing: { check: 'permission', answer: 'right', cure: 'add_permission' },
  wallets_limited: { check: 'wallets', answer: 'right', cure: 'ask_for_route' },
  money_out_off: { check: 'money_out', answer: 'right', cure: 'allow_withdrawals' },
  money_out_whitelist_off: { check: 'money_out', answer: 'right', cure: 'turn_whitelist_on' },
  money_out_unconfirmed: { check: 'money_out', answer: 'right', cure: 'confirm_new_pair' },
  too_many_failures: { check: 'limit', answer: 'too_many', cure: 'slow_down' },
  too_many_at_once: { check: 'limit', answer: 'too_many', cure: 'slow_down' },
  gate_unavailable: { check: 'known', answer: 'unavailable', cure: 'try_again' },
} as const satisfies Record<string, Explained>

export type Reason = keyof typeof explained
export const reasons = Object.keys(explained) as Reason[]

/** Whether a text of the request log is a reason of this version; an older row may carry a retired one. */
export const isReason = (text: string): text is Reason => Object.hasOwn(explained, text)

/** Ways of signing. The later ones are recognised so that they are refused as what they are. */
export type Scheme = 'token' | 'hmac-sha1' | 'hmac-sha512' | 'hawk' | 'http-signature'

/** The permission a route names when any authenticated caller may use it. */
export const NO_PERMISSION = '-'
