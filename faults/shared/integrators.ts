import type { Pair } from './journal'
import type { Random } from './random'
import { ask, sleep } from './wait'

/** Programs on the merchants' servers: they exchange pairs for tokens and call through the gate, whatever happens. */
export type Integrators = {
  pause(): Promise<void>
  goOn(): void
  counts: { calls: number; accepted: number; refused: number; unanswered: number }
  /** Pairs of which a client saw an exchange accepted. */
  accepted: Set<string>
}

/** @returns the status of the exchange, and the token; null when nobody answered */
export async function exchange(gateUrl: string, pair: Pair): Promise<{ status: number; token: string | null } | null> {
  try {
    const { status, text } = await ask(`${gateUrl}/token/`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.api+json' },
      body: JSON.stringify({
        data: { type: 'auth-token', attributes: { client_id: pair.apiKey, client_secret: pair.apiSecret } },
      }),
      withinMs: 3000,
    })
    const body = JSON.parse(text) as { data?: { attributes?: { access?: string } } }
    return { status, token: body.data?.attributes?.access ?? null }
  } catch {
    return null
  }
}

export function integrators(gateUrl: string, pairs: ReadonlyMap<string, Pair>, random: Random, many = 3): Integrators {
  const counts = { calls: 0, accepted: 0, refused: 0, unanswered: 0 }
  const accepted = new Set<string>()
  let running = false
  let turns: Promise<void>[] = []

  function count(status: number | null): void {
    counts.calls += 1
    if (status === null) counts.unanswered += 1
    else if (status < 300) counts.accepted += 1
    else counts.refused += 1
  }

  async function step(): Promise<void> {
    // The newest are the likeliest to pass.
    const newest = [...pairs.values()].slice(-30)
    if (newest.length === 0) return
    const pair = random.pick(newest)
    const exchanged = await exchange(gateUrl, pair)
    count(exchanged?.status ?? null)
    if (exchanged?.status !== 200 || !exchanged.token) return
    accepted.add(pair.generationId)
    const headers = { authorization: `Bearer ${exchanged.token}` }
    for (let n = 0; n < 5 && running; n += 1) {
      const answer = await ask(`${gateUrl}/wallets`, { headers, withinMs: 3000 }).catch(() => null)
      count(answer?.status ?? null)
    }
  }

  async function run(): Promise<void> {
    while (running) {
      await step().catch(() => {})
      await sleep(20 + random.below(40))
    }
  }

  return {
    counts,
    accepted,
    goOn() {
      if (running) return
      running = true
      turns = Array.from({ length: many }, run)
    },
    async pause() {
      running = false
      await Promise.all(turns)
    },
  }
}
