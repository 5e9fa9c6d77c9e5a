import type { Gatekeeper } from '@/lib/gatekeeping/gatekeeper'
import type { Visit } from './visit'

/** Calls under way. One whose credential has lost its right meanwhile is cut, also in the middle of an answer. */
export type Flights = {
  /** A visit that was let in, from now until `end`. */
  start(visit: Visit): void
  end(visit: Visit): void
  count(): number
  stop(): void
}

const LOOK_EVERY_MS = 500

export function openFlights(keeper: Gatekeeper): Flights {
  // An array, not a Set: a Set that thousands enter and leave each second keeps what left alive until the next full
  // garbage collection, through its outgrown tables.
  const underWay: Visit[] = []

  async function look(): Promise<void> {
    const began = performance.now() - LOOK_EVERY_MS
    for (const visit of underWay.filter(({ started }) => started <= began)) {
      const { verdict, route, origin } = visit
      // A record that cannot be read now is looked at again; once nothing is trusted any more, nothing goes on.
      const allowed = !verdict?.allowed || (await keeper.stillAllowed(verdict, route, origin.parsed).catch(() => true))
      if (!allowed && underWay[visit.flight] === visit) {
        visit.failure = 'revoked_meanwhile'
        visit.res.destroy()
      }
    }
  }

  const timer = setInterval(() => void look(), LOOK_EVERY_MS)
  timer.unref()
  return {
    start(visit) {
      visit.flight = underWay.length
      underWay.push(visit)
    },
    end(visit) {
      const last = underWay.pop()
      if (!last || last === visit) return
      underWay[visit.flight] = last
      last.flight = visit.flight
    },
    count: () => underWay.length,
    stop: () => clearInterval(timer),
  }
}
