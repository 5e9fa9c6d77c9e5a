import type { SignInRefusal } from '@/lib/access/model'

export const signInWords = {
  title: 'Sign in',
  to: (host: string) => `to ${host}`,
  email: 'E-mail',
  password: 'Password',
  code: 'Sign-in 2FA code',
  codeHelp: 'The 6 digits that your authenticator shows for the sign-in. No authenticator yet? Leave it empty.',
  submit: 'Sign in',
  busy: 'Signing in',
  address: 'Your address as we see it:',
  art: 'Everything done here is recorded with who, when and from where.',
  left: 'You are signed out.',
}

export const signInRefusals: Record<SignInRefusal, { title: string; text: string }> = {
  refused: {
    title: 'That did not match.',
    text: 'E-mail, password or code is wrong, or the code was already used. We don’t say which. Each code works once.',
  },
  locked: {
    title: 'Too many tries.',
    text: 'Sign-in is locked for a while; a right password is refused too.',
  },
  busy: { title: 'Many people sign in right now.', text: 'Nothing was counted. Try again in a few seconds.' },
  invalid_input: { title: 'Something is missing.', text: 'Fill in your e-mail and your password.' },
}

export const tryAgainAt = 'Try again in'
