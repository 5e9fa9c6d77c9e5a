import type { ChangeRefusal, CodeRefusal } from '@/lib/access/model'
import type { RangeRefusal, WhitelistRefusal } from '@/lib/whitelist/model'
import { changeRefusals, codeRefusals, unreadable } from './confirm'
import { many } from './number'

export const whitelistWords = {
  name: 'Whitelist IP access',
  edit: 'Edit Whitelist IP access',
  off: 'Off.',
  offText: 'Calls from every address are accepted. The first address turns the whitelist on.',
  offKept: (n: number) =>
    `Calls from every address are accepted. ${many(n, 'entry is', 'entries are')} kept for when it is on.`,
  on: (n: number) => `Calls from any other address are refused. ${many(n, 'entry', 'entries')}.`,
  emptyOn: 'On and empty: every call is refused. Add an address, or turn the whitelist off.',
  more: (n: number) => `and ${n} more`,
  less: 'Show fewer',
  expired: 'expired',
  until: 'until',
  youAreHere: 'you are here',
  field: 'Whitelist IP access: add an address or range',
  placeholder: 'Address or range, then Enter',
  help: 'IPv4, IPv6 or a range such as 198.51.100.0/26. Enter or a comma adds it; lines can be pasted, with a note after the address. Only fixed addresses: a line that changes its address would shut your server out.',
  cancel: 'Cancel',
  code: 'Confirmed with your operations code.',
  addMine: 'Add my address',
  mine: (address: string) => `You are at ${address}.`,
  remove: (range: string) => `Remove ${range}`,
  putBack: (range: string) => `Put ${range} back`,
  noteOf: (range: string) => `Note for ${range}`,
  addNote: 'add a note',
  editNote: (range: string) => `Edit the note for ${range}`,
  normalised: (typed: string, canonical: string) =>
    `${typed} is written as ${canonical}: the rest of the address does not count in a range.`,
  written: (typed: string, canonical: string) => `${typed} is written as ${canonical}.`,
  twice: (range: string) => `${range} is already on the list.`,
  within: (inner: string, outer: string) => `${inner} is already inside ${outer}.`,
  moreBad: (n: number) => `${many(n, 'other piece', 'other pieces')} marked above can’t be read either.`,
  moreSaid: (n: number) => `And ${many(n, 'other line', 'other lines')} like these.`,
  tooMany: (max: number) => `At most ${max} entries fit.`,
  draft: (added: number, removed: number, noted: number) =>
    [added && `${added} added`, removed && `${removed} removed`, noted && `${noted} renamed`]
      .filter(Boolean)
      .join(', ') || 'no change',
  effect: (added: number, removed: number, noted: number, turnsOn: boolean, empties: boolean) => {
    if (turnsOn) return `Apply: turn on with ${many(added, 'entry', 'entries')}`
    if (empties) return 'Apply: refuse every call'
    const parts = [added && `add ${added}`, removed && `remove ${removed}`, noted && `rename ${noted}`].filter(Boolean)
    return parts.length ? `Apply: ${parts.join(', ')}` : 'Apply'
  },
  turnsOn: 'Applying turns the whitelist on.',
  turnsOnText: 'From then on calls from any other address are refused.',
  empties: 'Applying leaves the whitelist on and empty.',
  emptiesText: 'Every call is refused until an address is added.',
  guardTitle: 'Leave without applying?',
  guardLeave: 'Throw the draft away',
  guardStay: 'Keep editing',
  codeTitle: 'Change Whitelist IP access',
  codeAdd: 'Added',
  codeRemove: 'Removed',
  codeRename: 'New notes',
  codeGo: 'Apply',
  saved: 'Whitelist saved. In force everywhere within 2 s.',
  conflictTitle: 'Somebody else saved meanwhile.',
  conflictText: (who: string | null) =>
    `${who ?? 'Another person'} changed the list. Their version is shown; your draft is kept on top of it.`,
  conflictDropped: (n: number) =>
    `${n === 1 ? 'One of your changes was' : `${n} of your changes were`} already made by them.`,
  turnOff: 'Turn the whitelist off',
  turnOffTitle: 'Turn the whitelist off?',
  turnOffText:
    'Calls from every address are accepted then. The entries are kept. Withdrawals need the whitelist and are refused meanwhile.',
  turnOffGo: 'Turn off',
  turnOn: 'Turn the whitelist on',
  turnOnTitle: 'Turn the whitelist on?',
  turnOnText: (n: number) =>
    `From then on calls are accepted only from ${n === 1 ? 'the 1 entry' : `the ${n} entries`} on the list.`,
  turnOnGo: 'Turn on',
  turnedOn: 'The whitelist is on. Calls from any other address are refused.',
  turnedOff: 'The whitelist is off. Calls from every address are accepted.',
}

export const rangeRefusals: Record<RangeRefusal, (typed: string) => string> = {
  empty: () => 'Type an address first.',
  port: (t) => `${t} has a port: leave it out.`,
  zone_id: (t) => `${t} has a zone (the part after %): leave it out.`,
  dash_range: (t) => `${t}: write a range with a slash, as 198.51.100.0/26.`,
  wildcard: (t) => `${t}: write a range with a slash instead of a star.`,
  leading_zero: (t) => `${t} has a number that begins with 0. Some systems read that as octal: write it without.`,
  short_form: (t) => `${t} is cut short: write all four numbers.`,
  number_form: (t) => `${t}: write four numbers with dots.`,
  netmask: (t) => `${t}: write the mask as a number, as /26.`,
  bad_prefix: (t) => `${t}: the number after the slash is too large or no number.`,
  mapped_prefix: (t) => `${t}: write this range as IPv4.`,
  too_wide: (t) => `${t} is too wide: at most a /8, for IPv6 a /16.`,
  everything: (t) => `${t} is everybody: turn the whitelist off if you mean that.`,
  not_an_address: (t) => `${t} is not an IP address. Names are not resolved.`,
}

type Said = { title: string; text: string }
export const whitelistRefusals: Record<WhitelistRefusal | ChangeRefusal | CodeRefusal, Said> = {
  ...changeRefusals,
  ...codeRefusals,
  stale: { title: 'Somebody else saved meanwhile.', text: 'Your draft is kept.' },
  bad_range: { title: 'One of the addresses can’t be read.', text: 'It is marked below.' },
  too_many_entries: { title: 'The list is too long.', text: 'At most 200 entries fit. Join neighbours into ranges.' },
  nothing_to_change: { title: 'Nothing would change.', text: 'The list already looks like this.' },
  untrusted_proxy_in_front: {
    title: 'We can’t see real addresses yet.',
    text: 'Requests arrive through a proxy that is not configured, so every caller would look the same. Your operator has to name it in TRUSTED_PROXIES first.',
  },
  invalid_input: unreadable,
}
