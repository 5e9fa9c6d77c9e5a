import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { eq, inArray } from 'drizzle-orm'
import { connect, type Db } from '@/db/client'
import { credential, requestLog } from '@/db/schema'
import { demoSecrets } from '@/demo/shared/state'
import { readEnv } from '@/lib/env'
import { mintPublicId } from '@/lib/secrets/format'
import { type Figures, figures, quantile } from './shared/figures'
import { acknowledgedPair } from './shared/first-pair'
import { exchange } from './shared/integrators'
import type { Pair } from './shared/journal'
import { signal } from './shared/processes'
import { type Product, product } from './shared/product'
import { sleep, until } from './shared/wait'

/**
 * What a gate remembers and what it must not forget: SIGTERM and SIGKILL under load, and what the request log has of
 * it; long answers of a credential that is switched off; floods of strangers, and what reaches the database.
 * `--rounds 10`, `--json FILE`.
 */
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '10' }, json: { type: 'string' } } })
const ROUNDS = Number(values.rounds)

const SLOW_MS = 3000
const DRAIN_MS = 20_000
const REVOKED_MS = 2000
const LOST_LOG_MS = 1000
const FLOOD_MS = 15_000

async function run(): Promise<number> {
  const table = figures('Memory of the gate')
  const behind = await slowUpstream()
  const its = await product({ env: { UPSTREAM_URL: behind.url } })
  its.start()
  try {
    await its.answers()
    await until('everything runs', () => its.said().includes('Ctrl-C stops everything'))
    const pair = await acknowledgedPair(its)
    const db = connect(its.databaseUrl, { max: 2 })
    for (const ending of ['SIGTERM', 'SIGKILL'] as const) await endings(its, db, pair, ending, table)
    await streams(its, db, pair, table)
    await floods(its, pair, table)
    await db.$client.end()
  } catch (error) {
    table.broken(`${error instanceof Error ? error.stack : error}\n${its.said()}`)
  } finally {
    await its.stop()
    its.remove()
    behind.server.closeAllConnections()
    behind.server.close()
  }
  return table.report(values.json)
}

/** Answers at once; below `/api/slow` after a while; below `/api/stream` a little at a time, for ever. */
async function slowUpstream(): Promise<{ url: string; server: http.Server }> {
  const answer = (req: IncomingMessage, res: ServerResponse) => {
    req.resume()
    if (req.url?.startsWith('/api/slow')) return void setTimeout(() => res.end('{}'), SLOW_MS)
    if (!req.url?.startsWith('/api/stream')) return void res.end('{}')
    const timer = setInterval(() => res.write('.'), 50)
    res.on('close', () => clearInterval(timer))
  }
  const server = http.createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

type Answer = { status: number; requestId: string; at: number; ms: number }

function call(its: Product, path: string, token: string): Promise<Answer | null> {
  const at = performance.now()
  return new Promise((resolve) => {
    const options = { headers: { authorization: `Bearer ${token}` }, timeout: 30_000 }
    const req = http.get(its.gateUrl + path, options, (res) => {
      res.resume()
      const { statusCode: status = 0, headers } = res
      res.on('end', () =>
        resolve({ status, requestId: String(headers['x-request-id']), at, ms: performance.now() - at }),
      )
      res.on('error', () => resolve(null))
    })
    req.on('timeout', () => req.destroy())
    req.on('error', () => resolve(null))
  })
}

async function tokenOf(its: Product, pair: Pair): Promise<string> {
  return until('a token', async () => (await exchange(its.gateUrl, pair))?.token ?? null)
}

/** Ends the gate under load, again and again, and looks what the log has of the calls that were answered. */
async function endings(its: Product, db: Db, pair: Pair, ending: NodeJS.Signals, table: Figures): Promise<void> {
  const drained: number[] = []
  const lostBefore: number[] = []
  const counts = { answered: 0, lost: 0, cut: 0 }
  for (let round = 0; round < ROUNDS; round += 1) {
    const token = await tokenOf(its, pair)
    const answers: Answer[] = []
    let calling = true
    const callers = Array.from({ length: 8 }, async () => {
      while (calling) {
        const answer = await call(its, '/wallets', token)
        if (answer) answers.push(answer)
        else await sleep(5)
      }
    })
    const slow = Array.from({ length: 5 }, () => call(its, '/api/slow', token))
    await sleep(1200 + Math.random() * 800)
    const had = its.parts().get('gate')
    const endedAt = performance.now()
    if (had === undefined || !signal(had, ending)) throw new Error('the gate does not run')
    await until('the gate ended', () => its.parts().get('gate') !== had, { withinMs: 60_000 })
    drained.push(performance.now() - endedAt)
    calling = false
    await Promise.all(callers)
    const late = await Promise.all(slow)
    if (ending === 'SIGTERM') counts.cut += late.filter((answer) => answer?.status !== 200).length
    answers.push(...late.filter((answer) => answer !== null))
    await its.answers()
    const missing = await notLogged(db, answers)
    counts.answered += answers.length
    counts.lost += missing.length
    lostBefore.push(...missing.map((answer) => endedAt - answer.at - answer.ms))
    // Six deaths of a part in a minute and the supervisor gives up.
    await sleep(11_000)
  }
  const zero = { bound: { most: 0 } }
  table.add({ name: `${ending}: calls answered`, value: counts.answered, unit: '', bound: { least: ROUNDS * 100 } })
  if (ending === 'SIGTERM') {
    table.add({ name: 'SIGTERM: answered calls the log lacks', value: counts.lost, unit: '', ...zero })
    table.add({ name: 'SIGTERM: calls under way that were cut', value: counts.cut, unit: '', ...zero })
    table.add({ name: 'SIGTERM: gone after, max', value: quantile(drained, 1), unit: 'ms', bound: { most: DRAIN_MS } })
    return
  }
  table.add({ name: 'SIGKILL: answered calls the log lacks', value: counts.lost, unit: '' })
  const oldest = quantile([0, ...lostBefore], 1)
  // Half a second more for the batch that was on its way.
  table.add({
    name: 'SIGKILL: oldest of them, before the end',
    value: oldest,
    unit: 'ms',
    bound: { most: LOST_LOG_MS + 500 },
  })
}

async function notLogged(db: Db, answers: readonly Answer[]): Promise<Answer[]> {
  const known = new Set<string>()
  for (let from = 0; from < answers.length; from += 1000) {
    const ids = answers.slice(from, from + 1000).map((a) => a.requestId)
    const rows = await db
      .select({ id: requestLog.requestId })
      .from(requestLog)
      .where(inArray(requestLog.requestId, ids))
    for (const { id } of rows) known.add(id)
  }
  return answers.filter((a) => !known.has(a.requestId))
}

/** Long answers under way when their credential is switched off. */
async function streams(its: Product, db: Db, pair: Pair, table: Figures): Promise<void> {
  const token = await tokenOf(its, pair)
  const cut: number[] = []
  let offAt = Number.POSITIVE_INFINITY
  const open = Array.from(
    { length: 20 },
    () =>
      new Promise<void>((resolve) => {
        const options = { headers: { authorization: `Bearer ${token}` } }
        http.get(`${its.gateUrl}/api/stream`, options, (res) => {
          res.resume()
          res.on('error', () => {})
          res.on('close', () => {
            cut.push(performance.now() - offAt)
            resolve()
          })
        })
      }),
  )
  await sleep(1500)
  const own = eq(credential.merchantId, pair.merchantId)
  await db.update(credential).set({ state: 'inactive' }).where(own)
  offAt = performance.now()
  await Promise.race([Promise.all(open), sleep(10_000)])
  table.add({ name: 'long answers cut after a switch-off', value: cut.length, unit: '', bound: { least: 20 } })
  table.add({ name: '  cut after, max', value: quantile(cut, 1), unit: 'ms', bound: { most: REVOKED_MS } })
  if (cut.some((ms) => ms < 0)) table.broken('a long answer ended before its credential was switched off')
  await db.update(credential).set({ state: 'active' }).where(own)
}

/** Garbage and unknown ids as fast as they go, beside one caller who is right. */
async function floods(its: Product, pair: Pair, table: Figures): Promise<void> {
  const token = await tokenOf(its, pair)
  const { tagKey } = readEnv('console', { ...its.env, GATEHOUSE_DEMO: '1', GATEHOUSE_ENV: 'test' })
  const strangers = {
    'garbage tokens': async (n: number) => void (await call(its, '/wallets', `a.${n}.b`)),
    'unknown ids with a right tag': async (n: number) => {
      const stranger = { ...pair, apiKey: mintPublicId('test', tagKey), apiSecret: `x${n}` }
      await exchange(its.gateUrl, stranger)
    },
  }
  for (const [name, strike] of Object.entries(strangers)) {
    // The compiler and the caches have seen enough before anything is compared.
    await strikeFor(FLOOD_MS / 3, strike)
    const before = await gauges(its)
    const right: Answer[] = []
    let flooding = true
    const known = (async () => {
      while (flooding) {
        const answer = await call(its, '/wallets', token)
        if (answer) right.push(answer)
        await sleep(10)
      }
    })()
    const strikes = await strikeFor(FLOOD_MS, strike)
    flooding = false
    await known
    const after = await gauges(its)
    const misses = (after.record_misses ?? 0) - (before.record_misses ?? 0)
    const mebibytes = ((after.resident_bytes ?? Number.NaN) - (before.resident_bytes ?? 0)) / 2 ** 20
    table.add({ name: `${name}: how many`, value: strikes, unit: '', bound: { least: 1000 } })
    table.add({
      name: '  records read for them',
      value: misses,
      unit: '',
      bound: { most: name === 'garbage tokens' ? 0 : 200 },
    })
    table.add({ name: '  memory of the gate, more', value: mebibytes, unit: 'MiB', bound: { most: 20 } })
    table.add({
      name: '  a known caller meanwhile, p99',
      value: quantile(
        right.map((a) => a.ms),
        0.99,
      ),
      unit: 'ms',
    })
    const wrong = right.filter((a) => a.status !== 200).length
    table.add({ name: '  a known caller refused', value: wrong, unit: '', bound: { most: 0 } })
  }
}

async function strikeFor(ms: number, strike: (n: number) => Promise<void>): Promise<number> {
  const until = performance.now() + ms
  let strikes = 0
  const striker = async () => {
    while (performance.now() < until) await strike(strikes++)
  }
  await Promise.all(Array.from({ length: 16 }, striker))
  return strikes
}

/** What the gate says of itself to a gateway, and how much memory the system says it has. */
async function gauges(its: Product): Promise<Record<string, number>> {
  const { gatewayToken } = demoSecrets(its.dataDir)
  const answer = await fetch(`${its.internalUrl}/metrics`, { headers: { authorization: `Bearer ${gatewayToken}` } })
  const found = [...(await answer.text()).matchAll(/^gatehouse_(\w+) (\d+)/gm)].map(([, name, value]) => [
    name,
    Number(value),
  ])
  return Object.fromEntries(found)
}

process.exitCode = await run()
