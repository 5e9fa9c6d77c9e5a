import type { Reason } from '@/lib/gatekeeping/model'
import type { ChecklistItem, News } from '@/lib/status/model'
import { many } from './number'

export const statusWords = {
  title: 'Integration status',
  newer: 'Show what is new',
  lastRequest: 'Last request',
  apiUser: 'API user',
  whitelist: 'Whitelist',
  on: 'On',
  off: 'Off',
  entries: (n: number) => (n === 1 ? 'On, 1 entry' : `On, ${n} entries`),
  none: 'None yet',
  requests: 'Requests at the gate',
  day: 'last 24 hours',
  accepted: 'Accepted',
  refused: 'Refused',
  reason: 'Reason',
  calls: 'Calls',
  hour: 'Hour from',
  axis: (top: string, bottom: string) =>
    `Above the line: accepted, per hour, up to ${top}. Below it: refused, on its own scale up to ${bottom}.`,
  asTable: 'Show as table',
  asChart: 'Show as chart',
  chart: (accepted: string, refused: string) =>
    `Requests per hour, last 24 hours: ${accepted} accepted, ${refused} refused. A table with the same numbers can be shown.`,
  setUp: 'Set-up',
  of: (done: number, all: number) => `${done} of ${all}`,
  emptyTitle: 'No requests yet',
  emptyText:
    'Everything that reaches the gate is counted here, accepted or refused, with the reason. Generate credentials and make the first call.',
  emptyGo: 'Go to the credentials',
  noNews: 'Nothing needs you.',
  noNewsYet: 'Nothing to report yet. The set-up list says what comes next.',
  since: 'Since',
  lastAt: 'Last at',
  ends: 'It ends',
  until: 'That is at',
}

export const verdicts = {
  ok: { title: 'Working', text: 'Calls pass. Nothing needs you.' },
  new: { title: 'Not set up yet', text: 'No call has reached the gate. The list shows what comes next.' },
  wait: { title: 'Waiting', text: 'Something waits for an answer.' },
  retiring: { title: 'Changing over', text: 'An old pair is on its way out.' },
  warn: { title: 'Needs attention', text: 'It works, and it will hurt if nothing is done.' },
  stop: { title: 'Calls are refused', text: 'Programs of yours are turned away. The worst comes first.' },
}

export const checklistWords: Record<ChecklistItem, { name: string; todo: string }> = {
  both_factors: { name: 'Both of your codes set up', todo: 'Sign-in and operations, under Profile and security.' },
  whitelist_on: { name: 'Whitelist for the API user', todo: 'Name the addresses that your servers call from.' },
  api_user_on: { name: 'API user on', todo: 'Calls are refused until it is switched on.' },
  credentials_generated: { name: 'Credentials generated', todo: 'An API key and a secret, saved by a person.' },
  first_call_accepted: { name: 'First call accepted', todo: 'The script in the popup makes one.' },
}

/** One line of news; instants are put in by the page. */
type Line = { title: string; text: string; cure: string | null; to: 'api' | 'activity' | null }
type Of<K extends News['kind']> = Extract<News, { kind: K }>
const calls = (n: number) => many(n, 'call')

export const newsWords: { [K in News['kind']]: (news: Of<K>) => Line } = {
  suspended: (n) => ({
    title: 'This account is suspended',
    text: `Every credential is refused. Ask your operator${n.reason ? `; quote: ${n.reason}` : ''}.`,
    cure: null,
    to: null,
  }),
  waiting_for_activation: () => ({
    title: 'Waiting for activation',
    text: 'Your operator has to activate this account before anything can be generated.',
    cure: null,
    to: null,
  }),
  discarded_used: (n) => ({
    title: 'A discarded pair is being used',
    text: `${n.address} calls with ${n.publicId}, which was thrown away. Somebody holds it who should not, or a server was set up with it.`,
    cure: 'See the credentials',
    to: 'api',
  }),
  address_refused: (n) => ({
    title: `${n.address} is being refused`,
    text: `${calls(n.calls)} with the right secret. The address is not on the whitelist.`,
    cure: 'Review the whitelist',
    to: 'api',
  }),
  api_user_off: (n) => ({
    title: 'The API user is off',
    text: `${calls(n.refused)} with the right secret refused in the last 24 hours.`,
    cure: 'Switch it on',
    to: 'api',
  }),
  whitelist_empty: (n) => ({
    title: 'The whitelist is on and empty',
    text: `Every call is refused${n.refused > 0 ? `: ${calls(n.refused)} so far` : ''}. Add an address, or turn the whitelist off.`,
    cure: 'Edit the whitelist',
    to: 'api',
  }),
  unconfirmed_pair: (n) => ({
    title: 'A new pair is used but not confirmed',
    text: `${n.publicId} works beside the old pair, without withdrawals. Keep it or discard it.`,
    cure: 'Keep or discard',
    to: 'api',
  }),
  pending_pair: (n) => ({
    title: 'A new pair waits to be saved',
    text: `${n.publicId} is discarded by itself if nobody presses “I have saved both”.`,
    cure: 'Open it',
    to: 'api',
  }),
  overlap_running: (n) => ({
    title:
      n.hostsLastHour === 0
        ? 'Nobody uses the old pair any more'
        : `${n.hostsLastHour === 1 ? '1 host still uses' : `${n.hostsLastHour} hosts still use`} the old pair`,
    text:
      n.hostsLastHour === 0
        ? 'It was quiet for an hour. The overlap can be ended.'
        : 'It is refused when its overlap is over.',
    cure: n.hostsLastHour === 0 ? 'End the overlap' : 'See the old pair',
    to: 'api',
  }),
  whitelist_off: () => ({
    title: 'Calls from every address are accepted',
    text: 'The whitelist is off: whoever gets the pair can call from anywhere.',
    cure: 'Set up the whitelist',
    to: 'api',
  }),
}

/** The colour groups of refusals: their order and legend never change. */
export const refusalGroups = ['address', 'signature', 'right', 'off', 'replay'] as const
export type RefusalGroup = (typeof refusalGroups)[number]

const reasons: Record<Reason, { name: string; group: RefusalGroup }> = {
  address_not_listed: { name: 'Address not on the whitelist', group: 'address' },
  address_unknown: { name: 'Address could not be told', group: 'address' },
  wrong_secret: { name: 'Wrong secret', group: 'signature' },
  bad_token: { name: 'Token not ours or damaged', group: 'signature' },
  token_expired: { name: 'Token expired', group: 'off' },
  no_credentials: { name: 'No credentials sent', group: 'signature' },
  malformed_id: { name: 'Key damaged or not ours', group: 'signature' },
  unknown_id: { name: 'Unknown key', group: 'signature' },
  unsupported_scheme: { name: 'Way of signing not supported', group: 'signature' },
  two_schemes: { name: 'Two ways of signing at once', group: 'signature' },
  duplicate_credentials: { name: 'Credentials sent twice', group: 'signature' },
  retired_v2: { name: 'Client speaks the retired v2', group: 'signature' },
  bad_request: { name: 'Request could not be read', group: 'signature' },
  bad_path: { name: 'Path not allowed', group: 'right' },
  upgrade_refused: { name: 'Upgrade not allowed', group: 'right' },
  body_too_large: { name: 'Body too large', group: 'right' },
  unknown_route: { name: 'Route not in the table', group: 'right' },
  permission_missing: { name: 'Right missing', group: 'right' },
  wallets_limited: { name: 'Wallet not allowed', group: 'right' },
  money_out_off: { name: 'Withdrawals not allowed', group: 'right' },
  money_out_whitelist_off: { name: 'Withdrawals without a whitelist', group: 'right' },
  money_out_unconfirmed: { name: 'Withdrawals with an unsaved pair', group: 'right' },
  generation_discarded: { name: 'Discarded pair', group: 'off' },
  generation_revoked: { name: 'Ended pair', group: 'off' },
  overlap_ended: { name: 'Old pair after its end', group: 'off' },
  other_environment: { name: 'Pair of the other environment', group: 'off' },
  merchant_pending: { name: 'Account not activated', group: 'off' },
  merchant_suspended: { name: 'Account suspended', group: 'off' },
  credential_inactive: { name: 'API user off', group: 'off' },
  credential_deleted: { name: 'Key deleted', group: 'off' },
  credential_expired: { name: 'Key expired', group: 'off' },
  too_many_failures: { name: 'Too many failures', group: 'replay' },
  too_many_at_once: { name: 'Too many at once', group: 'replay' },
  gate_unavailable: { name: 'Gate had no answer', group: 'replay' },
}

/** A reason in words; one of an older version is printed as it is. */
export const refusalReason = (reason: string): { name: string; group: RefusalGroup } =>
  (reasons as Partial<Record<string, { name: string; group: RefusalGroup }>>)[reason] ?? {
    name: reason.replaceAll('_', ' ').replace(/^./, (c) => c.toUpperCase()),
    group: 'replay',
  }

export const groupNames: Record<RefusalGroup, string> = {
  address: 'Address not listed',
  signature: 'Wrong secret',
  right: 'Right missing',
  off: 'Off or ended',
  replay: 'Too many or other',
}
