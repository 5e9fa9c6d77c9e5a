import type { Figures } from './figures'
import { exchange } from './integrators'
import type { Pair } from './journal'
import type { Product } from './product'
import { ask, sleep, until } from './wait'

/** A client at the gate and a reader of a page, who go on whatever happens, and what they were answered. */
export type Watch = {
  /** Waits until all is well again, and begins to count anew. */
  quiet(): Promise<void>
  /** Whether somebody saw what they should not have seen while this part was away. */
  judge(what: string, part: string, table: Figures): void
  stop(): Promise<void>
}

type Seen = { ok: number; unavailable: number; unanswered: number; wrong: string[] }
const nothing = (): Seen => ({ ok: 0, unavailable: 0, unanswered: 0, wrong: [] })

/**
 * A gate answers from memory while the database is away, and says 503 when it may no longer (DESIGN 7); an upstream
 * that is away is 502, one that is silent is waited for. Nothing else may be seen, and while another part is away nothing but what is right.
 */
const gateMaySee: Record<string, readonly (keyof Seen)[]> = {
  gate: ['unanswered'],
  owner: ['unavailable'],
  'demo-sample-api': ['unavailable', 'unanswered'],
}

/** @param pair an acknowledged pair of a merchant that is active; without one the client only pings */
export function startWatch(its: Product, pair: Pair | null = null): Watch {
  let running = true
  let gate = nothing()
  let page = nothing()
  let token: string | null = null

  async function look(seen: () => Seen, url: string, headers: Record<string, string>): Promise<void> {
    try {
      const { status } = await ask(url, { headers, withinMs: 2000 })
      if (status === 200) seen().ok += 1
      else if (status === 503 || status === 502 || status === 504) seen().unavailable += 1
      else seen().wrong.push(`${status}`)
    } catch {
      seen().unanswered += 1
    }
  }
  async function callGate(): Promise<void> {
    while (running) {
      if (pair && !token) token = (await exchange(its.gateUrl, pair))?.token ?? null
      const path = token ? '/wallets' : '/ping'
      await look(() => gate, its.gateUrl + path, token ? { authorization: `Bearer ${token}` } : {})
      await sleep(10)
    }
  }
  async function readPage(): Promise<void> {
    while (running) {
      await look(() => page, `${its.consoleUrl}/sign-in`, {})
      await sleep(50)
    }
  }
  const turns = [callGate(), readPage()]

  return {
    async quiet() {
      for (const each of [() => gate, () => page]) {
        await until('all is well', async () => {
          gate = nothing()
          page = nothing()
          await sleep(500)
          return each().ok > 3 && each().unavailable + each().unanswered === 0
        })
      }
      gate = nothing()
      page = nothing()
    },
    judge(what, part, table) {
      const bad = (seen: Seen, allowed: readonly (keyof Seen)[]) =>
        (['unavailable', 'unanswered'] as const).filter((kind) => !allowed.includes(kind) && seen[kind] > 0)
      const told = (seen: Seen) =>
        `${seen.ok} ok, ${seen.unavailable} unavailable, ${seen.unanswered} unanswered, others: ${seen.wrong.join() || 'none'}`
      process.stdout.write(`${what}: gate ${told(gate)}; page ${told(page)}\n`)
      const failures = gate.unavailable + gate.unanswered
      table.add({ name: `  ${what}: calls ok at the gate`, value: gate.ok, unit: '' })
      table.add({ name: `  ${what}: calls not ok at the gate`, value: failures, unit: '' })
      const ofGate = bad(gate, gateMaySee[part] ?? [])
      const ofPage = bad(page, part === 'console' ? ['unanswered'] : part === 'owner' ? ['unavailable'] : [])
      if (ofGate.length > 0 || gate.wrong.length > 0) table.broken(`${what}: clients saw ${told(gate)}`)
      if (ofPage.length > 0 || page.wrong.length > 0) table.broken(`${what}: readers saw ${told(page)}`)
    },
    async stop() {
      running = false
      await Promise.all(turns)
    },
  }
}
