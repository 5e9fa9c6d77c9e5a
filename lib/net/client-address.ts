import { formatAddress, matches, parseAddress, type Range } from '@/lib/whitelist/model'

/** One address of the way a request came, nearest first, with whether it is a configured proxy. */
export type Hop = { address: string; trusted: boolean }

export type ClientAddress = {
  /** Canonical, or null when a trusted proxy handed on something that is not an address: such a request is refused. */
  address: string | null
  hops: Hop[]
  /** `X-Forwarded-For` came from a peer that is not configured: nobody was believed, and an operator must be told. */
  unbelieved: boolean
}

/** More hops than any real chain has. */
const MOST_HOPS = 50

/**
 * Who is calling: the socket's peer, unless that is a configured proxy; then the right-most address of
 * `X-Forwarded-For` that is none (RFC 7239 section 8.1: anything left of it may be the client's invention).
 * No other header is ever read.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | undefined,
  proxies: readonly Range[],
): ClientAddress {
  const chain = (forwardedFor ?? '').split(',').map((part) => part.trim())
  const forwarded = forwardedFor === undefined ? [] : chain.reverse()
  const hops: Hop[] = []
  for (const text of [(peer ?? '').replace(/%.*$/, ''), ...forwarded.slice(0, MOST_HOPS + 1)]) {
    const address = parseAddress(text)
    if (!address || hops.length > MOST_HOPS) return { address: null, hops, unbelieved: false }
    const hop = { address: formatAddress(address), trusted: matches(proxies, address) }
    hops.push(hop)
    if (!hop.trusted) return { address: hop.address, hops, unbelieved: hops.length === 1 && forwarded.length > 0 }
  }
  return { address: hops.at(-1)?.address ?? null, hops, unbelieved: false }
}
