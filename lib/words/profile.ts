import type { ChangePasswordRefusal, EnrolFinishRefusal, EnrolStartRefusal, FactorPurpose } from '@/lib/access/model'
import { many } from './number'

type Said = { title: string; text: string }

export const profileWords = {
  title: 'Profile and security',
  why: 'Your own sign-in: two code generators, a password, and where you are signed in.',
  factors: 'Two-factor codes',
  factorsWhy:
    'Two separate generators. One opens the console, the other confirms what changes money and access. They look different in your phone and never stand in for each other.',
  set: 'On',
  missing: 'Not set up',
  waits: 'Waits',
  since: 'Since',
  usableFrom: 'Works from',
  waitsWhy: 'A first operations code works one hour after it was set up.',
  enrol: 'Set up',
  replace: 'Replace',
  needsSignIn: 'Set up Sign-in 2FA first.',
  password: 'Password',
  passwordWhy: 'Long beats complicated. Changing it ends your other sessions.',
  changed: 'Last changed',
  changePassword: 'Change password',
  sessions: 'Sessions',
  sessionsWhy: 'Browsers that are signed in as you. A session ends after 15 minutes without use and after 12 hours.',
  browser: 'Browser',
  address: 'Address',
  started: 'Signed in',
  seen: 'Last seen',
  thisOne: 'This session',
  end: 'End',
  endOf: (what: string) => `End the session of ${what}`,
  endOthers: 'End all others',
  endOthersTitle: 'End all other sessions?',
  endOthersText: 'Everybody signed in as you, except here, has to sign in again.',
  ended: 'The session has ended.',
  othersEnded: (n: number) => (n === 1 ? '1 other session has ended.' : `${n} other sessions have ended.`),
  unknownBrowser: 'Unknown browser',
}

export const factorWords: Record<FactorPurpose, { name: string; why: string; entry: string }> = {
  sign_in: { name: 'Sign-in 2FA', why: 'Asked for at every sign-in, after your password.', entry: 'Sign-in' },
  operations: {
    name: 'Authorization 2FA for operations',
    why: 'Asked for when credentials, whitelists or withdrawals change.',
    entry: 'OPERATIONS',
  },
}

export const enrolWords = {
  setUpTitle: (name: string) => `Set up ${name}`,
  replaceTitle: (name: string) => `Replace ${name}`,
  steps: ['Confirm', 'Phone and code'] as const,
  proveFirst: 'First prove that it is you. The old one works until the new one has shown a code.',
  proveNew: 'First prove that it is you.',
  password: 'Current password',
  codeSignIn: 'Sign-in 2FA code',
  codeOperations: 'Authorization 2FA for operations code',
  codeWhySignIn: 'The 6 digits of the entry “Gatehouse … Sign-in”.',
  codeWhyOperations: 'The 6 digits of the entry “Gatehouse … OPERATIONS” that you replace.',
  scan: 'Scan this with your authenticator, or type the key. It is shown once.',
  qr: 'QR code for your authenticator',
  entry: 'Entry',
  key: 'Key',
  copyKey: 'Copy the key',
  newCode: 'Code from the new entry',
  newCodeHelp: 'The 6 digits that the new entry shows now.',
  finish: 'Finish',
  left: 'left',
  done: (name: string) => `${name} is set up.`,
  waits: (name: string) => `${name} is set up. It works in one hour; the Owners were told.`,
  replaced: (name: string, sessions: number) =>
    `${name} is replaced.${sessions > 0 ? ` ${many(sessions, 'other session has', 'other sessions have')} ended.` : ''}`,
  nothing: 'Nothing changes until the last step.',
}

const startRefusals: Record<EnrolStartRefusal, Said> = {
  wrong_password: { title: 'That is not your password.', text: 'Five wrong tries in 15 minutes lock this.' },
  wrong_code: { title: 'That code does not match.', text: 'Take the one that your authenticator shows now.' },
  code_already_used: { title: 'That code was already used.', text: 'Each code works once.' },
  too_many_attempts: { title: 'Too many tries.', text: 'This is locked for you for a while.' },
  busy: { title: 'Many passwords are being checked right now.', text: 'Nothing was counted or changed.' },
  sign_in_factor_first: { title: 'Sign-in 2FA comes first.', text: 'Set it up, then this one.' },
  signed_out: { title: 'You are signed out.', text: 'Nothing was changed. Sign in again and repeat it.' },
  invalid_input: { title: 'That could not be read.', text: 'Fill in every field.' },
}
export const enrolStartRefusals = startRefusals
export const enrolFinishRefusals: Record<EnrolFinishRefusal, Said> = {
  wrong_code: startRefusals.wrong_code,
  enrolment_expired: { title: 'The ten minutes are over.', text: 'Nothing was changed. Close this and start again.' },
  too_many_attempts: startRefusals.too_many_attempts,
  signed_out: startRefusals.signed_out,
  invalid_input: startRefusals.invalid_input,
}

export const passwordWords = {
  title: 'Change password',
  current: 'Current password',
  code: 'Sign-in 2FA code',
  next: 'New password',
  nextHelp: '15 to 128 characters. A few words that only you would put together are best.',
  submit: 'Change password',
  done: (sessions: number) =>
    sessions > 0
      ? `The password is changed. ${many(sessions, 'other session has', 'other sessions have')} ended.`
      : 'The password is changed.',
}
export const changePasswordRefusals: Record<ChangePasswordRefusal, Said> = {
  ...startRefusals,
  too_short: { title: 'That is too short.', text: 'At least 15 characters.' },
  too_long: { title: 'That is too long.', text: 'At most 128 characters.' },
  too_common: { title: 'That is easy to guess.', text: 'It is on lists of common passwords, or close to one.' },
  contains_you: { title: 'It contains your name or address.', text: 'Those are guessed first.' },
  not_text: { title: 'It has characters that can’t be typed again.', text: 'Use letters, digits, blanks and signs.' },
}
