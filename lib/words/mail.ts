import type { Notice } from '@/lib/mail/model'

/** Mails: subject and sentences. `{name}` and the like are filled with values that hold no secret. */
export const mail: Record<Notice, { subject: string; lines: string[] }> = {
  pair_generated: {
    subject: 'New API access credentials for {merchant}',
    lines: [
      '{name} generated the pair {key} from {address}.',
      'The pair before it works on until somebody confirms the new one.',
      'If you did not expect this, discard the pair on Access list, API, and ask {name}.',
    ],
  },
  pair_unconfirmed: {
    subject: 'A used pair of {merchant} waits for you',
    lines: [
      'The pair {key} was generated, used for the first time at {at}, and nobody confirmed it.',
      'It works beside the old one, without money-out, until you keep or discard it on Access list, API.',
    ],
  },
  merchant_activated: {
    subject: '{merchant} is active',
    lines: ['Your operator activated {merchant} at {at}. API access credentials can be generated now.'],
  },
  merchant_suspended: {
    subject: '{merchant} is suspended',
    lines: [
      'Your operator suspended {merchant} at {at}. Every credential is refused from now on. Reason: {reason}',
      'Settings can be seen, not changed. Ask your operator.',
    ],
  },
  leak_ended: {
    subject: 'Leaked credentials of {merchant} were ended',
    lines: [
      '{name} reported a leak from {address}. Every earlier pair and its tokens are refused from {at} on.',
      'The new pair is {key}. Look at Requests for calls you do not know.',
    ],
  },
  whitelist_changed: {
    subject: 'The API whitelist of {merchant} was changed',
    lines: ['{name} changed it from {address} at {at}. It is {on}.', 'Activity shows what was added and removed.'],
  },
  api_user_switched: {
    subject: 'The API user of {merchant} is {on}',
    lines: ['{name} switched it {on} from {address} at {at}.'],
  },
  money_out_switched: {
    subject: 'Withdrawals through the API of {merchant} are {on}',
    lines: ['{name} switched Allow withdrawals {on} from {address} at {at}.'],
  },
  factor_enrolled: {
    subject: 'A code generator was added',
    lines: [
      '{name} added a code generator ({purpose}) from {address} at {at}.',
      'If this was not {name}, end their sessions and call them.',
    ],
  },
  factor_replaced: {
    subject: 'A code generator was replaced',
    lines: [
      '{name} replaced a code generator ({purpose}) from {address} at {at}. Their other sessions were ended.',
      'If this was not {name}, end their sessions and call them.',
    ],
  },
  password_changed: {
    subject: 'Your password was changed',
    lines: [
      'It was changed from {address} at {at}. Your other sessions were ended.',
      'If this was not you, call your operator now.',
    ],
  },
  step_up_locked: {
    subject: 'Five wrong tries to confirm an operation',
    lines: [
      'Somebody signed in as {name} failed five times to confirm an operation ({operation}) from {address} at {at}.',
      'Nothing was changed. Further tries wait 15 minutes.',
    ],
  },
  sign_in_locked: {
    subject: 'Too many wrong sign-ins',
    lines: [
      'Somebody tried to sign in as you and was wrong too often, last from {address} at {at}.',
      'Browsers you signed in with before still work. Nothing else was changed.',
    ],
  },
  new_device: {
    subject: 'A sign-in from a new browser',
    lines: [
      'You signed in from {address} at {at} with a browser we have not seen.',
      'If this was not you, change your password now.',
    ],
  },
}
