import { hash } from 'node:crypto'
import type { ParsedAddress } from '@/lib/whitelist/model'
import { formatAddress } from '@/lib/whitelist/model'
import { monotonicMs } from './time'

/**
 * Failed token exchanges (CONTRACTS 3): counted per client id and network, so that nobody locks another out from
 * afar, and per address. Successes are never counted. In this process only.
 */
export type FailureLimits = {
  /** Seconds to wait, or 0. Asked before the secret is looked at. */
  wait(publicId: string, address: ParsedAddress | null): number
  failed(publicId: string, address: ParsedAddress | null): void
}

const WINDOW_MS = 60_000
const PER_ID_AND_NETWORK = 10
const PER_ADDRESS = 60
const LANES = 50_000

type Lane = { failures: number; endsAt: number }

export function failureLimits(now: () => number = monotonicMs): FailureLimits {
  const lanes = new Map<string, Lane>()

  const laneOf = (name: string): Lane | undefined => {
    const lane = lanes.get(name)
    return lane && lane.endsAt > now() ? lane : undefined
  }

  function count(name: string): void {
    const lane = laneOf(name)
    if (lane) lane.failures++
    else {
      lanes.delete(name)
      lanes.set(name, { failures: 1, endsAt: now() + WINDOW_MS })
      // Insertion order is order of expiry: the first is the one that ends next.
      for (const oldest of lanes.keys()) {
        if (lanes.size <= LANES) break
        lanes.delete(oldest)
      }
    }
  }

  const waitFor = (name: string, most: number): number => {
    const lane = laneOf(name)
    return lane && lane.failures >= most ? Math.max(1, Math.ceil((lane.endsAt - now()) / 1000)) : 0
  }

  return {
    wait: (publicId, address) =>
      Math.max(waitFor(pairLane(publicId, address), PER_ID_AND_NETWORK), waitFor(addressLane(address), PER_ADDRESS)),
    failed(publicId, address) {
      count(pairLane(publicId, address))
      count(addressLane(address))
    },
  }
}

const addressLane = (address: ParsedAddress | null): string => `a ${address ? formatAddress(address) : '-'}`

/** The id is what a stranger typed: hashed, so that a long one costs no memory. */
const pairLane = (publicId: string, address: ParsedAddress | null): string =>
  `p ${hash('sha256', publicId, 'base64')} ${reachOf(address)}`

/** The network a caller can easily move within: an IPv4 /24, an IPv6 /64. */
const reachOf = (address: ParsedAddress | null): string => {
  if (!address) return '-'
  const { family, words } = address
  return family === 4 ? `4 ${(words[0] ?? 0) >> 8}` : `6 ${words[0]} ${words[1]}`
}

/** How many calls of one credential may be under way at once, in this process. */
export type Concurrency = { enter(credentialId: string): boolean; leave(credentialId: string): void }

export function concurrency(most: number): Concurrency {
  const underWay = new Map<string, { n: number }>()
  return {
    enter(credentialId) {
      const lane = underWay.get(credentialId)
      if (!lane) underWay.set(credentialId, { n: 1 })
      else if (lane.n >= most) return false
      else lane.n++
      if (underWay.size > LANES) for (const [id, { n }] of underWay) if (n === 0) underWay.delete(id)
      return true
    },
    leave(credentialId) {
      const lane = underWay.get(credentialId)
      if (lane) lane.n--
    },
  }
}
