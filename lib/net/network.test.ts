import ipaddr from 'ipaddr.js'
import { expect, test } from 'vitest'
import { networkOf, shortAddress } from './network'

test.each([
  ['203.0.113.44', '203.0.113.44', '203.0.113.x'],
  ['::ffff:203.0.113.44', '203.0.113.44', '203.0.113.x'],
  ['2001:db8:41:7:1:2:3:4', '2001:db8:41:7::/64', '2001:db8:41:7::x'],
  ['2001:DB8::1', '2001:db8::/64', '2001:db8::x'],
  ['::1', '::/64', '::x'],
])('%s counts for %s, and a Member sees %s', (address, network, short) => {
  expect(networkOf(address)).toBe(network)
  expect(shortAddress(address)).toBe(short)
})

test('the network of an IPv6 address is the one another library names', () => {
  for (const address of ['2001:db8:0:1:ffff::', 'fe80::1', '2a00:1450:4001:82a:0:1:0:200e']) {
    expect(networkOf(address)).toBe(`${ipaddr.IPv6.networkAddressFromCIDR(`${address}/64`)}/64`)
  }
})
