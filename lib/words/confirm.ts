import type { ChangeRefusal, CodeRefusal, PasswordRefusal } from '@/lib/access/model'

export const confirmWords = {
  password: 'Password',
  code: 'Authorization 2FA for operations',
  codeHelp:
    'The 6 digits that your authenticator shows for the entry “Gatehouse … OPERATIONS”. This is not your sign-in code.',
  checking: 'Checking',
  usedTitle: 'That code was already used.',
  usedText: 'Each code works once.',
  usedNext: (seconds: number) => `The next one comes in ${seconds} s.`,
  usedReady: 'The next one is there: type it.',
  expired: 'The two minutes for this confirmation are over. Nothing was changed.',
  again: 'Start again',
  opening: 'Preparing',
  binds: (merchant: string, env: string) => `For ${merchant}, ${env}.`,
}

type Said = { title: string; text: string }

export const unreadable: Said = { title: 'That could not be read.', text: 'Reload the page and try again.' }

export const passwordRefusals: Record<PasswordRefusal, Said> = {
  wrong_password: { title: 'That is not your password.', text: 'Five wrong tries in 15 minutes lock this.' },
  too_many_attempts: {
    title: 'Too many tries.',
    text: 'Confirmations are locked for you, and the Owners were told by mail.',
  },
  busy: { title: 'Many passwords are being checked right now.', text: 'Nothing was counted or changed.' },
  operations_factor_missing: {
    title: 'Your operations code is missing.',
    text: 'Set up Authorization 2FA for operations in Profile and security first.',
  },
  operations_factor_waits: {
    title: 'Your operations code is new.',
    text: 'It works one hour after it was set up, so that nobody who took over a session can use it at once.',
  },
}

export const codeRefusals: Record<CodeRefusal, Said> = {
  ticket_invalid: {
    title: 'This confirmation has ended.',
    text: 'It lasts two minutes. Nothing was changed: start again.',
  },
  wrong_code: { title: 'That code does not match.', text: 'Take the one that your authenticator shows now.' },
  code_already_used: { title: 'That code was already used.', text: 'Each code works once.' },
  sign_in_code: {
    title: 'That is your sign-in code.',
    text: 'Here the other one is needed: the entry “Gatehouse … OPERATIONS” in your authenticator.',
  },
  too_many_attempts: passwordRefusals.too_many_attempts,
  already_done: {
    title: 'This was already done.',
    text: 'The same confirmation was sent twice. Reload to see how things stand.',
  },
}

export const changeRefusals: Record<ChangeRefusal, Said> = {
  forbidden: { title: 'Your role may not do this.', text: 'It may have changed a moment ago. Ask your Root or Owner.' },
  merchant_pending: {
    title: 'Waiting for activation.',
    text: 'Your operator has to activate this account before anything can be generated.',
  },
  merchant_suspended: {
    title: 'This account is suspended.',
    text: 'Settings can be seen, not changed. Ask your operator.',
  },
  signed_out: { title: 'You are signed out.', text: 'Nothing was changed. Sign in again and repeat it.' },
}

/** Everything that the first step of a confirmation can be refused with. */
export const openRefusals: Record<PasswordRefusal | ChangeRefusal | 'invalid_input', Said> = {
  ...passwordRefusals,
  ...changeRefusals,
  invalid_input: unreadable,
}
