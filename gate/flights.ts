import type { Gatekeeper } from '@/lib/gatekeeping/gatekeeper'
import type { Verdict } from '@/lib/gatekeeping/verdict'
import type { Visit } from './visit'

/** Calls under way. One whose credential has lost its right meanwhile is cut, also in the middle of an answer. */
export type Flights = {
  start(visit: Visit, accepted: Verdict & { allowed: true }): () => void
  count(): number
  stop(): void
}

const LOOK_EVERY_MS = 500

/** `at` is its place in the list. */
type Flight = { visit: Visit; accepted: Verdict & { allowed: true }; at: number }

export function openFlights(keeper: Gatekeeper): Flights {
  // An array, not a Set: a Set that thousands enter and leave each second keeps what left alive until the next full
  // garbage collection, through its outgrown tables.
  const underWay: Flight[] = []

  async function look(): Promise<void> {
    const began = performance.now() - LOOK_EVERY_MS
    for (const flight of underWay.filter(({ visit }) => visit.started <= began)) {
      const { visit, accepted } = flight
      // While the database is silent nobody can have been told of a revocation, so the answer goes on.
      const allowed = await keeper.stillAllowed(accepted, visit.route, visit.origin.parsed).catch(() => true)
      if (!allowed && underWay[flight.at] === flight) {
        visit.failure = 'revoked_meanwhile'
        visit.res.destroy()
      }
    }
  }

  const timer = setInterval(() => void look(), LOOK_EVERY_MS)
  timer.unref()
  return {
    start(visit, accepted) {
      const flight = { visit, accepted, at: underWay.length }
      underWay.push(flight)
      return () => {
        const last = underWay.pop()
        if (!last || last === flight) return
        underWay[flight.at] = last
        last.at = flight.at
      }
    },
    count: () => underWay.length,
    stop: () => clearInterval(timer),
  }
}
