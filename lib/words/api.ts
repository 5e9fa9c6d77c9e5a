import type {
  AcknowledgeRefusal,
  DiscardRefusal,
  EndOverlapRefusal,
  MoneyOutRefusal,
  Overlap,
  Reason,
  RegenerateRefusal,
  SwitchRefusal,
} from '@/lib/credentials/model'
import type { Cure } from '@/lib/gatekeeping/model'
import { changeRefusals, codeRefusals, unreadable } from './confirm'
import { many } from './number'

type Said = { title: string; text: string }
const stale: Said = {
  title: 'Somebody changed this meanwhile.',
  text: 'Reload to see how it stands now, then decide again.',
}
const gone: Said = { title: 'That pair is no longer there.', text: 'Reload to see how things stand.' }

export const manageWords = {
  title: 'Manage API access',
  why: 'Decides whether any program may call the API as your API user, and from where.',
}

export const switchWords = {
  name: 'Activate API user',
  on: 'On',
  off: 'Off',
  whileOn:
    'Programs that hold the credentials can call the API. Switching off refuses every call within 2 seconds, tokens already issued included. Nothing is deleted.',
  whileOff:
    'Every call is refused, whatever it holds. Switching on lets programs with live credentials call again within 2 seconds.',
  notYours: 'Only Root and Owner switch it.',
  offTitle: 'Switch the API user off?',
  offText: (hosts: number) =>
    hosts === 0
      ? 'Every call is refused within 2 seconds, tokens already issued included. Nobody called in the last hour.'
      : `Every call is refused within 2 seconds, tokens already issued included. ${many(hosts, 'host')} called in the last hour.`,
  offGo: 'Switch off',
  onTitle: 'Switch the API user on',
  onText: 'Live credentials come back to life, so this needs your code.',
  onGo: 'Switch on',
  switchedOff: 'The API user is off. Every call is refused within 2 s.',
  switchedOn: 'The API user is on.',
}
export const switchRefusals: Record<SwitchRefusal, Said> = {
  ...changeRefusals,
  ...codeRefusals,
  needs_code: { title: 'This needs your code.', text: 'Live credentials would come back to life.' },
  stale,
  invalid_input: unreadable,
}

export const moneyOutWords = {
  name: 'Allow withdrawals',
  tag: 'Money-out',
  on: 'On',
  off: 'Off',
  whileOn:
    'Whoever holds the credentials can send money out of every wallet, up to your limits, with nobody asked again.',
  whileOff: 'Payout and transfer calls are refused, whatever else the credentials may do.',
  needsWhitelist: 'It needs the IP whitelist: turn that on first, by adding an address.',
  noEffect: 'It has no effect while the IP whitelist is off.',
  notYours: 'Only Root and Owner switch it.',
  onTitle: 'Allow withdrawals',
  onText:
    'Whoever holds these credentials can send money out of every wallet, up to your limits, with nobody asked again. It works only from the addresses on the whitelist.',
  onGo: 'Allow withdrawals',
  offTitle: 'Forbid withdrawals?',
  offText: 'Payout and transfer calls are refused within 2 seconds. Everything else goes on.',
  offGo: 'Forbid withdrawals',
  switchedOff: 'Withdrawals are forbidden. In force within 2 s.',
  switchedOn: 'Withdrawals are allowed from whitelisted addresses.',
}
export const moneyOutRefusals: Record<MoneyOutRefusal, Said> = {
  ...changeRefusals,
  ...codeRefusals,
  insecure_console: {
    title: 'Not over plain http.',
    text: 'Withdrawals can be allowed only where the console is reached over https. Ask your operator.',
  },
  needs_whitelist: { title: 'The IP whitelist is off.', text: 'Withdrawals need it: add an address first.' },
  stale,
  invalid_input: unreadable,
}

export const credentialWords = {
  title: 'Your API access credentials',
  why: 'One pair for your whole company. It has the role Admin and reaches every wallet, also those added later.',
  current: 'Current pair',
  old: 'Old pair',
  pending: 'New pair, not saved yet',
  unconfirmed: 'New pair, used but not confirmed',
  active: 'Active',
  inactive: 'Off',
  regenerate: 'Regenerate',
  key: 'API key',
  secret: 'API secret',
  fingerprint: 'Fingerprint',
  fingerprintWhy: 'First 8 hex of the secret’s SHA-256',
  generated: 'Generated',
  lastUsed: 'Last used',
  unused: 'Not used yet',
  calls: (n: number) => `${many(n, 'call')} in all`,
  shownOnce: 'Shown once, on',
  notAgain: 'It can’t be shown again; if it is lost, regenerate.',
  copyKey: 'Copy the API key',
  emptyTitle: 'No credentials yet',
  emptyText:
    'A pair is an API key and an API secret. Your server sends both to the gate, gets a token, and calls the API with it.',
  emptyNotYours: 'Root or Owner can generate the first pair.',
  emptyPending: 'The first pair can be generated once your operator has activated this account.',
  lastDiscarded: 'The last pair was thrown away on',
  lastRevoked: 'The last pair ended on',
  waitsOverlap:
    'Regenerate waits until this overlap is over: two old pairs at once would leave you guessing which program holds which.',
  waitsUnconfirmed: 'Regenerate waits until you keep or discard the pair above.',
  notYours: 'Root and Owner generate credentials.',
  ends: 'Ends',
  ended: 'Ended',
  endNow: 'End it now',
  shorten: 'Shorten',
  hostsStill: (hosts: number) =>
    hosts === 0 ? 'Nobody used it in the last hour.' : `${many(hosts, 'host')} used it in the last hour.`,
  pendingText:
    'It works, but not for withdrawals. Left alone it is discarded, and nothing is lost. The secret can’t be shown again.',
  pendingLeft: 'Discarded',
  pendingWaits: 'Waits for you',
  needsYou: 'Needs you',
  unconfirmedText:
    'Nobody pressed “I have saved both”, but a program calls with it. It works beside the old pair, without withdrawals. Keep it if that program is yours.',
  saved: 'I have saved both',
  keep: 'Keep',
  discard: 'Discard',
  discardTitle: 'Discard the new pair?',
  discardText: 'It stops within 2 seconds and for good. The current pair goes on untouched.',
  discardTextFirst: 'It stops within 2 seconds and for good.',
  discarded: 'The new pair is thrown away and the old one keeps working.',
  discardedFirst: 'The new pair is thrown away.',
  kept: 'The new pair is active.',
  tipsTitle: 'Keeping them safe',
  tips: [
    'Hand credentials over with a password manager, never by e-mail or chat.',
    'Whitelist your servers, not your customers.',
    'When the set-up is done, generate a fresh pair: nobody who helped you still holds it.',
  ],
}

export const reasonWords: Record<Reason, { name: string; why: string }> = {
  first_set_up: { name: 'First set-up', why: 'No program uses a pair yet.' },
  planned_change: { name: 'Planned change', why: 'Both pairs work for a while.' },
  lost: { name: 'I lost it', why: 'Programs that hold it go on meanwhile.' },
  leaked: { name: 'It leaked', why: 'The old pair ends before the new one is shown.' },
}

export const overlapWords: Record<Overlap, { name: string; until: string }> = {
  at_once: { name: 'At once', until: '' },
  '1_hour': { name: 'After 1 hour', until: 'Both pairs work until about' },
  '24_hours': { name: 'After 24 hours', until: 'Both pairs work until about' },
  '7_days': { name: 'After 7 days', until: 'Both pairs work until about' },
}

export const regenerateWords = {
  title: 'Regenerate API access credentials',
  firstTitle: 'Generate API access credentials',
  steps: ['Password', 'Code', 'Credentials'] as const,
  why: 'Why do you regenerate?',
  when: 'When does the old pair end?',
  whenHelp: 'The clock starts when you press “I have saved both”.',
  atOnce: (hosts: number) =>
    hosts === 0
      ? 'Nobody used it in the last hour.'
      : `${many(hosts, 'host')} used it in the last hour. They are refused as soon as you have saved the new pair.`,
  leaked: (hosts: number) =>
    hosts === 0
      ? 'The old pair, its tokens and any overlap end before the new pair is shown. Nobody used it in the last hour.'
      : `The old pair, its tokens and any overlap end before the new pair is shown. ${many(hosts, 'host')} used it in the last hour: they stop until they have the new one.`,
  leakedTitle: 'It ends at once.',
  sevenNotAllowed: 'Not with withdrawals allowed: at most 24 hours.',
  nothing: 'Nothing changes until the last step.',
  replaces: 'A new pair that nobody saved is still waiting. It is thrown away.',
  onlookersTitle: 'Next you see the secret, once.',
  onlookers: 'Make sure that nobody is watching or recording your screen.',
  show: 'Show the credentials',
}

export const revealWords = {
  title: 'Your new API access credentials',
  once: 'This is the only time the secret is shown. Put both in your password manager or your server’s settings now.',
  key: 'API key',
  secret: 'API secret',
  copyKey: 'Copy API key',
  copySecret: 'Copy API secret',
  show: 'Show the secret',
  hide: 'Hide the secret',
  hidden: (last: string) => `Hidden, ends with ${last}`,
  prove: 'Prove it works',
  curl: 'Script for bash',
  copyScript: 'Copy the script',
  promptNote: 'It asks for the secret, so that it stays out of your shell’s history.',
  saved: 'I have saved both',
  discard: 'Discard',
  alone: 'Left alone, the new pair is discarded and nothing is lost.',
  leaves: 'The secret leaves this page when you close it.',
  guardTitle: 'Close without having copied the secret?',
  guardText: 'It can’t be shown again. The new pair is thrown away and the old one keeps working.',
  guardFirst: 'It can’t be shown again. The new pair is thrown away; you can generate another one.',
  guardLeave: 'Discard and close',
  guardStay: 'Keep it open',
  active: 'The new pair is active.',
  closedSaved: 'The new pair waits on the page: press “I have saved both” there.',
}

export const proofWords = {
  waiting: 'Waiting for the first call with the new pair',
  waitingText: 'The old pair works untouched. Run the script, or call from your server.',
  waitingFirst: 'Run the script, or call from your server.',
  left: 'left',
  seen: 'First call seen from',
  seenText: 'The gate accepted the pair. Press “I have saved both” to make it the current one.',
  refused: 'A call was refused',
  over: 'The ten minutes are over',
  overText: 'The new pair was discarded. Nothing else has changed.',
  unconfirmedText:
    'The pair was used, so it is kept beside the old one. Press “I have saved both” to make it the current one.',
  replaced: (who: string) => `Replaced by ${who}. This pair was thrown away.`,
  offline: 'We can’t ask the gate just now. Trying again.',
  add: 'Add it',
  added: (address: string) => `${address} is on the whitelist. Call again.`,
  cures: {
    fix_request: () => 'The pair was recognised; the request itself could not be read.',
    send_credentials: () => 'The request carried no credentials that we know.',
    use_current_pair: () => 'That was another pair. Use the one above.',
    check_secret: () => 'The key is right and the secret is not. Copy it again from above.',
    get_new_token: () => 'The pair is right; the token is not. Get a new one with the script.',
    use_v3_client: () => 'This client speaks the retired v2. Use one that posts client_id and client_secret.',
    use_other_environment: () => 'The pair belongs to the other environment.',
    wait_for_operator: () => 'The secret was right; this account is not active. Ask your operator.',
    activate_api_user: () => 'The secret was right; the API user is switched off. Switch it on, then call again.',
    extend_expiry: () => 'The secret was right; the credentials have expired.',
    add_address: (address) => `The secret was right; ${address} is not on the whitelist.`,
    configure_proxies: () =>
      'The secret was right; the gate can’t tell the caller’s address. Your operator has to name the proxies.',
    ask_for_route: () => 'The pair is right; the route asked for is not one that it may call.',
    add_permission: () => 'The pair is right; it does not hold the right for this route.',
    allow_withdrawals: () => 'The pair is right; withdrawals are not allowed. Switch on “Allow withdrawals” first.',
    turn_whitelist_on: () => 'The pair is right; withdrawals need the IP whitelist.',
    confirm_new_pair: () => 'The pair is right; withdrawals need “I have saved both” first.',
    slow_down: () => 'The pair is right; too many calls came at once.',
    try_again: () => 'The gate could not decide just now. Try again.',
  } satisfies Record<Cure, (address: string) => string>,
  otherReason: (reason: string) => `The gate said “${reason.replaceAll('_', ' ')}”.`,
}

export const regenerateRefusals: Record<RegenerateRefusal, Said> = {
  ...changeRefusals,
  ...codeRefusals,
  overlap_running: { title: 'An old pair is still running.', text: 'End it first, or wait until its overlap is over.' },
  unconfirmed_waiting: { title: 'A used pair waits for an answer.', text: 'Keep or discard it first.' },
  overlap_not_allowed: {
    title: 'That end is not allowed.',
    text: 'With withdrawals allowed the old pair ends within 24 hours.',
  },
  invalid_input: unreadable,
}

export const acknowledgeRefusals: Record<AcknowledgeRefusal, Said> = {
  ...changeRefusals,
  already_discarded: {
    title: 'The pair was already thrown away.',
    text: 'The ten minutes were over. The old pair works on; generate a new one.',
  },
  replaced: {
    title: 'The pair was replaced.',
    text: 'Somebody generated another one meanwhile. This one no longer works.',
  },
  not_found: gone,
  invalid_input: unreadable,
}
export const discardRefusals: Record<DiscardRefusal, Said> = {
  ...changeRefusals,
  already_acknowledged: {
    title: 'The pair is already active.',
    text: 'It can’t be discarded any more. Regenerate to replace it.',
  },
  not_found: gone,
  invalid_input: unreadable,
}

export const endOverlapWords = {
  endTitle: 'End the old pair now?',
  endText: (hosts: number) =>
    hosts === 0
      ? 'It is refused within 2 seconds and for good. Nobody used it in the last hour.'
      : `It is refused within 2 seconds and for good. ${many(hosts, 'host')} used it in the last hour.`,
  endGo: 'End it now',
  shortenTitle: 'Shorten the overlap',
  shortenText: 'Anybody who sees it may shorten it; nobody can lengthen it.',
  shortenWhen: 'The old pair ends',
  shortenGo: 'Shorten',
  inOneHour: 'In 1 hour',
  inOneDay: 'In 24 hours',
  at: 'At about',
  ended: 'The old pair has ended.',
  shortened: 'The overlap is shorter.',
}
export const endOverlapRefusals: Record<EndOverlapRefusal, Said> = {
  ...changeRefusals,
  no_overlap: { title: 'No overlap is running.', text: 'The old pair has already ended.' },
  only_shorter: { title: 'That would be longer.', text: 'An overlap can only be shortened.' },
  invalid_input: unreadable,
}
