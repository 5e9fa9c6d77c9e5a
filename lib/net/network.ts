import { isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'

/** The network that limits are counted for: an IPv4 address itself, of an IPv6 address its first 64 bits. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const parsed = ipaddr.process(address)
  return parsed.kind() === 'ipv4' ? parsed.toString() : `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/64`)}/64`
}
