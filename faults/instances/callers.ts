import http from 'node:http'

/** Programs that call a gate at a steady rate with what they have, and remember each answer. */
export type Call = { route: Route; gate: number; sentAt: number; ms: number; status: number }
export type Route = 'read' | 'money-out'
export type Callers = { calls: Call[]; stop(): Promise<void> }

const agent = new http.Agent({ keepAlive: true, maxSockets: 400 })
const LONGEST_MS = 30_000

/** One request. @returns its status; 0: no answer */
export function ask(gateUrl: string, token: string, route: Route = 'read'): Promise<number> {
  const [method, path] = route === 'read' ? ['GET', '/wallets'] : ['POST', '/payouts']
  const body = method === 'POST' ? '{}' : ''
  return new Promise((resolve) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': body.length,
    }
    const req = http.request(gateUrl + path, { method, agent, headers, timeout: LONGEST_MS }, (res) => {
      res.resume()
      res.on('end', () => resolve(res.statusCode ?? 0))
      res.on('error', () => resolve(0))
    })
    req.on('timeout', () => req.destroy())
    req.on('error', () => resolve(0))
    req.end(body)
  })
}

/** @param perSecond calls of each route to each gate */
export function keepCalling(
  gateUrls: readonly string[],
  token: string,
  routes: readonly Route[],
  perSecond: number,
): Callers {
  const calls: Call[] = []
  const open = new Set<Promise<void>>()
  const callOnce = (gate: number, route: Route) => {
    const sentAt = performance.now()
    const call = ask(gateUrls[gate]!, token, route).then((status) => {
      calls.push({ route, gate, sentAt, ms: performance.now() - sentAt, status })
      open.delete(call)
    })
    open.add(call)
  }
  // Several at a tick: a timer does not come more often than each millisecond, and not that on a busy host.
  const began = performance.now()
  let due = 0
  const timer = setInterval(() => {
    for (; due < ((performance.now() - began) * perSecond) / 1000; due++) {
      for (const route of routes) for (let gate = 0; gate < gateUrls.length; gate++) callOnce(gate, route)
    }
  }, 2)
  return {
    calls,
    async stop() {
      clearInterval(timer)
      await Promise.all(open)
    },
  }
}

export async function tokenFor(
  gateUrl: string,
  pair: { key: string; secret: string },
): Promise<{ status: number; token: string }> {
  const attributes = { client_id: pair.key, client_secret: pair.secret }
  const answer = await fetch(`${gateUrl}/token/`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.api+json' },
    body: JSON.stringify({ data: { type: 'auth-token', attributes } }),
  })
  const body = (await answer.json()) as { data?: { attributes: { access: string } } }
  return { status: answer.status, token: body.data?.attributes.access ?? '' }
}

/** Waits for something to become true. @returns ms it took; Infinity after `mostMs` */
export async function until(holds: () => Promise<boolean>, mostMs = 60_000): Promise<number> {
  const began = performance.now()
  for (;;) {
    if (await holds().catch(() => false)) return performance.now() - began
    if (performance.now() - began > mostMs) return Number.POSITIVE_INFINITY
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
