import { isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'

/** The network that limits are counted for: an IPv4 address itself, of an IPv6 address its first 64 bits. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const parsed = ipaddr.process(address)
  return parsed.kind() === 'ipv4' ? parsed.toString() : `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/64`)}/64`
}

/** What a Member sees of an address: `203.0.113.x`, `2001:db8:41:7::x`. */
export function shortAddress(address: string): string {
  if (isIPv6(address)) return `${networkOf(address).replace(/::\/64$/, '')}::x`
  return address.replace(/\.\d+$/, '.x')
}
