/** Every visible string stands in one of these files, so that it can be translated. */

export const product = 'Gatehouse'

export const commonWords = {
  close: 'Close',
  cancel: 'Cancel',
  back: 'Back',
  continue: 'Continue',
  done: 'Done',
  tryAgain: 'Try again',
  skip: 'Skip to content',
  never: 'Never',
  by: 'by',
  from: 'from',
  you: 'you',
}

export const copyWords = {
  copy: 'Copy',
  done: 'Copied',
  copied: (name: string) => `${name.replace(/^Copy /, '')} copied.`,
  refused: 'Not copied. Your browser refused. The text is selected: press Ctrl C or ⌘ C.',
}

export const errorWords = {
  title: 'This page could not be shown',
  text: 'Nothing was changed: your credentials and the gate work on as before. Try again; if it stays, give the reference to your operator.',
  reference: 'Reference',
  notFoundTitle: 'There is nothing here',
  notFoundText: 'The address is wrong, or it belongs to an account that you are not a member of.',
  home: 'Go to Integration status',
  lostTitle: 'The answer did not arrive.',
  lostText: 'We can’t tell whether it was done. Reload the page to see how things stand before you try again.',
}

/** While the database is away: also read by programs, so plain text without marks of HTML. */
export const awayWords = {
  title: 'The console cannot reach its database',
  text: 'Nothing was changed by this request. What you sent before it may have been done: look before you do it again.',
  again: 'This page tries again by itself every few seconds.',
}

export const roleWords = {
  root: 'Root',
  owner: 'Owner',
  admin: 'Admin',
  member: 'Member',
} as const
