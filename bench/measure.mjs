import { median } from './children.mjs'

const CONNECTIONS = 16
const WARM_ANSWERS = 40_000

/**
 * One side of a comparison: `servers` that are loaded together, `usage()` their CPU time in us once what they have to
 * write is written. `requests` may be a function that gives new ones for each round.
 */
export async function measure(side, load, ms) {
  const { servers, requests, status = 200, once = false } = side
  const before = await total(servers)
  const seen = await load.ask({
    ports: servers.map((server) => server.port),
    requests: typeof requests === 'function' ? requests() : requests,
    connections: CONNECTIONS,
    ms,
    status,
    once,
  })
  const after = await total(servers)
  if (seen.unmeant > 0)
    throw new Error(`${seen.unmeant} of ${seen.answers} answers were not ${status}: nothing was measured`)
  return { ...seen, cpuUs: (after - before) / seen.answers, perSecond: (seen.answers * 1000) / ms }
}

async function total(servers) {
  let sum = 0
  for (const server of servers) sum += await server.cpuUs()
  return sum
}

/** Rounds of both, one after the other, so that a busy moment hits both. Ratios are the peer's cost over the subject's. */
export async function compare({ name, subject, peer, target }, { load, rounds, ms, say }) {
  for (const side of [peer, subject]) if (!side.once) await warm(side, load)
  const seen = { subject: [], peer: [] }
  for (let round = 1; round <= rounds; round++) {
    seen.peer.push(await measure(peer, load, ms))
    seen.subject.push(await measure(subject, load, ms))
    say(
      `${name}: round ${round} of ${rounds}, ${(seen.peer.at(-1).cpuUs / seen.subject.at(-1).cpuUs).toFixed(2)} by CPU`,
    )
  }
  const ratios = (of) => seen.subject.map((s, i) => of(s, seen.peer[i]))
  const value = median(ratios((s, p) => p.cpuUs / s.cpuUs))
  const us = (runs) => median(runs.map((r) => r.cpuUs)).toFixed(1)
  const detail = `${us(seen.subject)} against ${us(seen.peer)} us of CPU a request`
  const rates = `${median(ratios((s, p) => s.perSecond / p.perSecond)).toFixed(2)} by rate`
  return { name, value, target, detail: subject.once ? detail : `${detail}; ${rates}`, seen }
}

/** Until the compiler has seen enough: a cold server would be measured with its compilation. */
async function warm(side, load) {
  for (let answers = 0; answers < WARM_ANSWERS; ) answers += (await measure(side, load, 500)).answers
}
