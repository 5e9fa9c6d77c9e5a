export const shellWords = {
  home: 'Gatehouse, home',
  main: 'Main',
  menu: 'Menu',
  status: 'Integration status',
  activity: 'Activity',
  account: 'Account menu',
  accessList: 'Access list',
  profile: 'Profile and security',
  signOut: 'Sign out',
  merchants: 'Accounts',
  switchMerchant: (name: string, env: string) => `${name}, ${env}. Switch account`,
  env: { live: 'Live', test: 'Test' },
}

export const bannerWords = {
  label: 'About this account',
  demo: { title: 'Demo:', text: 'random secrets, a sample payments API, this machine only. Nothing here moves money.' },
  pending: {
    title: 'Waiting for activation.',
    text: 'Your operator has to activate this account before anything can be generated. You are told by mail.',
  },
  suspended: {
    title: 'Suspended.',
    since: 'Every credential is refused since',
    rest: 'Settings can be seen, not changed. Ask your operator',
    quote: (reason: string) => `; quote: ${reason}.`,
  },
  insecure: {
    title: 'Not encrypted.',
    text: 'This console is served over plain http. Passwords and secrets can be read on the way.',
  },
}

export const accessListWords = {
  title: 'Access list',
  why: 'Who and what may reach your money: people, addresses and programs.',
  tabs: { staff: 'Staff', api: 'API' },
}

export const notAllowedWords = {
  title: 'Not allowed',
  accessList: 'The Access list is for Root, Owner and Admin. Your role is Member.',
  activity: 'Activity is for Root, Owner and Admin. Your role is Member.',
  ask: 'Ask one of them to change your role, or to do it for you.',
  home: 'Go to Integration status',
}

export const factorsMissingWords = {
  title: 'Two codes first',
  text: 'The Access list decides who reaches your money. It opens once both of your code generators are set up.',
  missing: { signIn: 'Sign-in 2FA', operations: 'Authorization 2FA for operations' },
  isSet: 'set up',
  isMissing: 'missing',
  go: 'Set them up in Profile and security',
}

export const noMerchantWords = {
  title: 'You belong to no account',
  text: 'Your access was removed, or it was never given. Ask the Root of the account to add you.',
}
