import type { Fault } from './fault'

const model = { file: 'lib/whitelist/model.ts', tests: ['lib/whitelist/model.test.ts'], project: 'once' } as const
const change = {
  file: 'lib/whitelist/change.ts',
  tests: ['lib/whitelist/change.test.ts'],
  project: 'postgres',
} as const
const client = {
  file: 'lib/net/client-address.ts',
  tests: ['lib/net/client-address.test.ts'],
  project: 'once',
} as const

/** Addresses, ranges, and who may change a whitelist. */
export const whitelistFaults: Fault[] = [
  {
    ...model,
    name: 'an IPv4-mapped caller stays an IPv6 address',
    find: 'return address && isMapped(address) ? { family: 4, words: [address.words[3] ?? 0] } : address',
    replace: 'return address',
  },
  {
    ...model,
    name: 'an IPv4-mapped entry stays an IPv6 range',
    find: 'isMapped(address) ? mappedRange(address, bits) : rangeOf(address, bits)',
    replace: 'rangeOf(address, bits)',
  },
  {
    ...model,
    name: 'IPv4 and IPv6 match each other',
    find: '  if (range.family !== address.family) return false\n',
    replace: '',
  },
  {
    ...model,
    name: 'only the first 32 bits of an IPv6 address are compared',
    find: 'for (let i = 0; i < words.length; i++) {\n    if (((address',
    replace: 'for (let i = 0; i < 1; i++) {\n    if (((address',
  },
  {
    ...model,
    name: 'a range of everybody is taken',
    find: "  if (range.prefix === 0) return refuse('everything')\n  if (range.prefix < shortestPrefix[range.family]) return refuse('too_wide')\n",
    replace: '',
  },
  {
    ...model,
    name: 'a range wider than the widest is taken',
    find: '{ 4: 8, 6: 16 }',
    replace: '{ 4: 4, 6: 16 }',
  },
  {
    ...model,
    name: 'a leading zero is read as decimal',
    find: 'code > 57 || part === 0) return null',
    replace: 'code > 57) return null',
  },
  {
    ...model,
    name: 'a prefix longer than its family is taken',
    find: "return bits > width ? 'bad_prefix' : bits",
    replace: 'return bits',
  },
  {
    ...model,
    name: 'host bits are kept in a range',
    find: 'words: words.map((word, i) => word & (masks[i] as number))',
    replace: 'words',
  },
  {
    ...client,
    name: 'X-Forwarded-For is read from the left',
    find: 'chain.reverse()',
    replace: 'chain',
  },
  {
    ...client,
    name: 'X-Forwarded-For is believed from anybody',
    find: 'if (!hop.trusted) return {',
    replace: 'if (!hop.trusted && hops.length > 1) return {',
  },
  {
    ...client,
    name: 'a hop that is no address is skipped',
    find: 'if (!address || hops.length > MOST_HOPS) return { address: null, hops, unbelieved: false }',
    replace:
      'if (!address) continue\n    if (hops.length > MOST_HOPS) return { address: null, hops, unbelieved: false }',
  },
  {
    file: 'lib/net/network.ts',
    tests: ['lib/net/network.test.ts', 'lib/gatekeeping/door.test.ts'],
    project: 'once',
    name: 'each address of an IPv6 network is counted for itself',
    find: '`${text}/64`',
    replace: '`${text}/128`',
  },
  {
    ...change,
    name: 'a save from an older version overwrites a newer one',
    find: "    if (list.version !== version) return err('stale')\n",
    replace: '',
  },
  {
    ...change,
    name: 'removing the last entry turns the whitelist off',
    find: "save(tx, ctx, list, turnsOn ? 'on' : list.state)",
    replace: "save(tx, ctx, list, after === 0 ? 'off' : turnsOn ? 'on' : list.state)",
  },
  {
    ...change,
    name: 'one entry more turns on a list that a person turned off',
    find: "list.state === 'off' && before === 0 && removed.length === 0 && after > 0",
    replace: "list.state === 'off' && after > 0",
  },
  {
    ...change,
    name: 'an entry of another merchant can be removed',
    find: '        eq(whitelistEntry.merchantId, ctx.actor.merchantId),\n        eq(whitelistEntry.whitelistId, listId),\n',
    replace: '',
  },
  {
    ...change,
    name: 'an entry of another merchant can be noted',
    find: '    eq(whitelistEntry.merchantId, list.merchantId),\n    eq(whitelistEntry.whitelistId, list.id),\n',
    replace: '',
  },
  {
    ...change,
    name: 'a list may grow without end',
    find: "    if (after > maxEntries) return err('too_many_entries')\n",
    replace: '',
  },
  {
    ...change,
    name: 'a range that cannot be read is left out of the save',
    find: "  if (ranges.some(({ parsed }) => !parsed.ok)) return err('bad_range')\n",
    replace: '',
  },
  {
    ...change,
    name: 'the first entry turns the list on behind an unconfigured proxy',
    find: "    if (turnsOn && (await untrustedProxySeen(tx, ctx))) return err('untrusted_proxy_in_front')\n",
    replace: '',
  },
  {
    ...change,
    name: 'a person turns the list on behind an unconfigured proxy',
    find: "    if (state === 'on' && (await untrustedProxySeen(tx, ctx))) return err('untrusted_proxy_in_front')\n",
    replace: '',
  },
  {
    ...change,
    name: 'who was demoted after the ticket still turns the list off',
    find: "state === 'off' ? 'api_whitelist.turn_off' : 'api_whitelist.change'",
    replace: "'api_whitelist.change'",
  },
  {
    ...change,
    name: 'saving a list spends neither code nor ticket',
    tests: ['lib/access/step-up.test.ts'],
    find: '    const spent = await spend(tx, ctx, proof.value)\n    if (!spent.ok) return spent\n\n',
    replace: '',
  },
  {
    ...change,
    name: 'nobody is mailed about a changed list',
    find: 'await tellOwners(tx, ctx.actor.merchantId, {',
    replace: 'void ({',
  },
  {
    ...change,
    name: 'the audit does not say which ranges came in',
    find: 'detail: { added, removed,',
    replace: 'detail: { removed,',
  },
  {
    file: 'lib/whitelist/proxy-in-front.ts',
    tests: ['lib/whitelist/change.test.ts'],
    project: 'postgres',
    name: 'a stranger’s header blocks the whitelist of a merchant',
    find: '        eq(requestLog.proven, true),\n',
    replace: '',
  },
]
