import { BlockList, isIP } from 'node:net'
import { clientAddress } from '@/lib/net/client-address'
import { formatAddress, parseAddress, parseRange, type Range } from '@/lib/whitelist/model'
import { must, type Target } from '../fuzz'
import type { Random } from '../random'

const proxies = ['10.0.0.0/8', '192.0.2.10', '2001:db8:1::/48']
const ranges: Range[] = proxies.map((text) => {
  const parsed = parseRange(text)
  if (!parsed.ok) throw new Error(text)
  return parsed.range
})
const trusted = new BlockList()
trusted.addSubnet('10.0.0.0', 8, 'ipv4')
trusted.addAddress('192.0.2.10', 'ipv4')
trusted.addSubnet('2001:db8:1::', 48, 'ipv6')

const isTrusted = (text: string): boolean => trusted.check(text, isIP(text) === 4 ? 'ipv4' : 'ipv6')

/** RFC 7239 8.1 word by word: from the peer to the left, as long as each is one of ours. */
function model(peer: string, header: string | undefined, configured: boolean): string | null {
  const way = header === undefined ? [] : header.split(',').map((hop) => hop.trim())
  let at = peer
  for (let followed = 0; ; followed++) {
    if (isIP(at) === 0 || at.includes('%')) return null
    if (!configured || !isTrusted(at)) return at
    const before = way.pop()
    if (before === undefined) return at
    if (followed >= 50) return null
    at = before
  }
}

const plain = (text: string): string => {
  const parsed = parseAddress(text)
  return parsed ? formatAddress(parsed) : ''
}

/** First line the peer, second whether proxies are configured, the rest the header. */
export const forwardedFor: Target = {
  name: 'forwarded-for',
  examples: [
    '10.0.0.1\n1\n203.0.113.9',
    '198.51.100.4\n1\n10.1.1.1',
    '10.0.0.1\n1\n6.6.6.6, 203.0.113.9, 192.0.2.10',
    '::ffff:10.0.0.1\n1\n::1',
    '127.0.0.1\n0\n1.1.1.1',
    '10.0.0.1\n1',
  ],
  words: [
    '10.0.0.1',
    '192.0.2.10',
    ', ',
    ',',
    '203.0.113.9',
    '2001:db8:1::5',
    '::ffff:10.1.1.1',
    'unknown',
    ':443',
    '\n1\n',
  ],
  make(random: Random) {
    const hop = (): string =>
      random.pick(['10.0.0.1', '10.2.3.4', '192.0.2.10', '203.0.113.9', '2001:DB8:1::7', '::ffff:10.9.9.9', 'x', ''])
    const hops = Array.from({ length: random.int(random.chance(9) ? 60 : 5) }, hop)
    return `${random.pick(['10.0.0.1', '::ffff:192.0.2.10', '198.51.100.4', '2001:db8:1::1'])}\n${random.int(2)}\n${hops.join(random.pick([',', ', ', ' ,\t']))}`
  },
  check(input) {
    const [peer = '', configured, ...rest] = input.split('\n')
    const header = rest.length === 0 ? undefined : rest.join('\n')
    if (peer.includes('%')) return 'zone'
    const found = clientAddress(peer, header, configured === '1' ? ranges : [])
    const expected = model(peer, header, configured === '1')
    must(
      found.address === (expected === null ? null : plain(expected)),
      `the model says ${expected}, we say ${found.address}`,
    )
    const believed = found.hops.slice(0, -1)
    must(
      believed.every((hop) => hop.trusted && isTrusted(hop.address)),
      'somebody was believed who is not configured',
    )
    must(!found.unbelieved || found.address === plain(peer), 'unbelieved, and yet another address than the peer')
    return `${found.address === null} ${found.hops.length} ${found.unbelieved}`
  },
}
