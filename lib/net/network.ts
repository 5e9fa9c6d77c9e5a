import { formatAddress, parseAddress, parseRange } from '@/lib/whitelist/model'

/** The network that limits are counted for: an IPv4 address itself, of an IPv6 address its first 64 bits. */
export function networkOf(address: string): string {
  const parsed = parseAddress(address)
  if (!parsed) return address
  const text = formatAddress(parsed)
  const range = parsed.family === 6 ? parseRange(`${text}/64`) : null
  return range?.ok ? range.canonical : text
}

/** What a Member sees of an address: `203.0.113.x`, `2001:db8:41:7::x`. */
export function shortAddress(address: string): string {
  const network = networkOf(address)
  return network.includes(':') ? `${network.replace(/::\/64$/, '')}::x` : network.replace(/\.\d+$/, '.x')
}
