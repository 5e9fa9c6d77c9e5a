import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRange, type Range } from '@/lib/whitelist/model'
import { clientAddress } from './client-address'

const ranges = (...texts: string[]): Range[] =>
  texts.map((text) => {
    const parsed = parseRange(text)
    if (!parsed.ok) throw new Error(text)
    return parsed.range
  })
const proxies = ranges('10.0.0.0/8', '192.0.2.10', '2001:db8:1::/48')

// CHECKS 63
test('with no proxy configured the socket decides and the header is nothing', () => {
  expect(clientAddress('198.51.100.4', '203.0.113.9', [])).toEqual({
    address: '198.51.100.4',
    hops: [{ address: '198.51.100.4', trusted: false }],
    unbelieved: true,
  })
})

// CHECKS 63
test('a peer that is not a configured proxy cannot name another address', () => {
  expect(clientAddress('198.51.100.4', '10.1.1.1', proxies).address).toBe('198.51.100.4')
})

// CHECKS 63
test('the right-most hop that is no proxy is the caller, whatever stands left of it', () => {
  const found = clientAddress('10.0.0.1', '6.6.6.6, 203.0.113.9, 192.0.2.10', proxies)
  expect(found.address).toBe('203.0.113.9')
  expect(found.hops.map((h) => h.trusted)).toEqual([true, true, false])
})

test('a chain of proxies alone ends at its farthest member', () => {
  expect(clientAddress('10.0.0.1', '10.0.0.3, 10.0.0.2', proxies).address).toBe('10.0.0.3')
  expect(clientAddress('10.0.0.1', undefined, proxies).address).toBe('10.0.0.1')
})

// CHECKS 63
test.each(['', 'unknown', '_hidden', '203.0.113.9:443', '[2001:db8::1]', 'fe80::1%eth0', '0', '010.0.0.1', '1.2.3.4,'])(
  'what a trusted proxy hands on must be an address: %j is refused',
  (text) => {
    expect(clientAddress('10.0.0.1', text, proxies).address).toBeNull()
  },
)

// CHECKS 63
test('fifty hops are followed, more are refused', () => {
  const chain = (n: number) => Array.from({ length: n }, () => '10.0.0.1').join(',')
  expect(clientAddress('10.0.0.1', chain(50), proxies).address).toBe('10.0.0.1')
  expect(clientAddress('10.0.0.1', chain(51), proxies).address).toBeNull()
})

test('an IPv4 peer on a dual-stack listener is that IPv4 address', () => {
  expect(clientAddress('::ffff:10.0.0.1', '203.0.113.9', proxies).address).toBe('203.0.113.9')
  expect(clientAddress('::FFFF:198.51.100.4', undefined, proxies).address).toBe('198.51.100.4')
})

// CHECKS 63
test('a client behind one proxy decides nothing, whatever it sends', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), { maxLength: 60 }), (sent) => {
      const header = [...sent, '203.0.113.9'].join(', ')
      return clientAddress('192.0.2.10', header, proxies).address === '203.0.113.9'
    }),
  )
})
