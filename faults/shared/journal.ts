import type { Heard } from './worker'

/** One change that was asked for, as whoever asked knows it. */
export type Entry = {
  chain: string
  action: string
  /** What it is about, where that was known before or told after. */
  subject: string | null
  outcome: 'asked' | 'done' | 'unknown'
  readBack: boolean
}
export type Pair = { merchantId: string; generationId: string; apiKey: string; apiSecret: string }

/** What a person remembers who stands outside and is never killed. */
export type Journal = {
  hear(heard: Heard): void
  /** Whoever was asked is dead: of what it had not answered nobody knows the outcome. @param prefix of its ids */
  died(prefix: string): void
  /** In the order they were asked for; refused ones are not among them. */
  of(chain: string): Entry[]
  /** The outcome was read from the database: no such change was made. */
  strike(entry: Entry): void
  chains(): string[]
  pairs: Map<string, Pair>
  tickets: Set<string>
  counts: { asked: number; done: number; refused: number; unknown: number; readBack: number }
  refusals: Map<string, number>
}

export function journal(): Journal {
  const byId = new Map<string, Entry>()
  const byChain = new Map<string, Entry[]>()
  const pairs = new Map<string, Pair>()
  const tickets = new Set<string>()
  const counts = { asked: 0, done: 0, refused: 0, unknown: 0, readBack: 0 }
  const refusals = new Map<string, number>()

  const strike = (entry: Entry) => {
    const entries = byChain.get(entry.chain) ?? []
    entries.splice(entries.indexOf(entry), 1)
  }
  function settle(id: string, outcome: 'done' | 'unknown', subject?: string): Entry | null {
    const entry = byId.get(id)
    if (!entry) return null
    byId.delete(id)
    entry.outcome = outcome
    if (subject) entry.subject = subject
    counts[outcome] += 1
    return entry
  }

  return {
    hear(heard) {
      if (heard.what === 'revealed') pairs.set(heard.generationId, heard)
      else if (heard.what === 'ticket') tickets.add(heard.digest)
      else if (heard.what === 'asked') {
        const { chain, action, subject = null } = heard
        const entry: Entry = { chain, action, subject, outcome: 'asked', readBack: false }
        byId.set(heard.id, entry)
        byChain.set(chain, [...(byChain.get(chain) ?? []), entry])
        counts.asked += 1
      } else if (heard.what === 'refused') {
        const entry = byId.get(heard.id)
        byId.delete(heard.id)
        if (entry) strike(entry)
        counts.refused += 1
        const why = `${entry?.action}: ${heard.error}`
        refusals.set(why, (refusals.get(why) ?? 0) + 1)
      } else if (heard.what === 'done') {
        const entry = settle(heard.id, 'done', heard.subject)
        if (entry && heard.readBack) {
          entry.readBack = true
          counts.readBack += 1
        }
      } else settle(heard.id, 'unknown')
    },
    died(prefix) {
      for (const id of [...byId.keys()]) if (id.startsWith(`${prefix}-`)) settle(id, 'unknown')
    },
    of: (chain) => byChain.get(chain) ?? [],
    strike,
    chains: () => [...byChain.keys()],
    pairs,
    tickets,
    counts,
    refusals,
  }
}
