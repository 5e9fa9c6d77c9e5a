import type { Permission } from '@/lib/access/model'

export const staffWords = {
  people: 'People',
  person: 'Person',
  role: 'Role',
  lastSignIn: 'Last sign-in',
  twoFactor: 'Two-factor',
  never: 'Never',
  you: 'You',
  both: 'Both codes',
  noOperations: 'Operations 2FA missing',
  noSignIn: 'Sign-in 2FA missing',
  neither: 'No 2FA',
  whatTitle: 'Who may do what',
  what: 'Made from the rules that are enforced, so it can’t be out of date.',
  action: 'Action',
  yes: 'yes',
  no: 'no',
}

export const permissionWords: Record<Permission, string> = {
  'status.read': 'See integration status',
  'activity.read': 'See the activity of everybody',
  'access_list.read': 'See the Access list',
  'credentials.regenerate': 'Generate and regenerate API access credentials',
  'credentials.discard': 'Keep or discard a new pair',
  'api_user.switch': 'Switch the API user on and off',
  'money_out.switch': 'Allow and forbid withdrawals',
  'overlap.end': 'End an old pair now',
  'overlap.shorten': 'Shorten the overlap of an old pair',
  'api_whitelist.change': 'Edit the API whitelist',
  'api_whitelist.turn_off': 'Turn the API whitelist off',
}
