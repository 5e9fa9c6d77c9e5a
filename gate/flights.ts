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

export function openFlights(keeper: Gatekeeper): Flights {
  const underWay = new Set<{ visit: Visit; accepted: Verdict & { allowed: true } }>()

  async function look(): Promise<void> {
    const began = performance.now() - LOOK_EVERY_MS
    for (const flight of underWay) {
      const { visit, accepted } = flight
      if (visit.started > began) continue
      // While the database is silent nobody can have been told of a revocation, so the answer goes on.
      const allowed = await keeper.stillAllowed(accepted, visit.route, visit.origin.parsed).catch(() => true)
      if (!allowed && underWay.has(flight)) {
        visit.failure = 'revoked_meanwhile'
        visit.res.destroy()
      }
    }
  }

  const timer = setInterval(() => void look(), LOOK_EVERY_MS)
  timer.unref()
  return {
    start(visit, accepted) {
      const flight = { visit, accepted }
      underWay.add(flight)
      return () => void underWay.delete(flight)
    },
    count: () => underWay.size,
    stop: () => clearInterval(timer),
  }
}
