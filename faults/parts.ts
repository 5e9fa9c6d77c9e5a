import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { demoSecrets } from '@/demo/shared/state'
import { type Figures, figures } from './shared/figures'
import { acknowledgedPair } from './shared/first-pair'
import { alive, all, signal } from './shared/processes'
import { type Product, product } from './shared/product'
import { sleep, statusOf, until } from './shared/wait'
import { startWatch, type Watch } from './shared/watch'

/**
 * Kills each part alone under the real supervisor, then freezes each, times its return, and looks whether anybody else
 * noticed and whether anything is left behind. `--json FILE`; `--only kill` or `--only freeze` does half of it.
 */
const { values } = parseArgs({ options: { json: { type: 'string' }, only: { type: 'string' } } })

/** How soon each serves again after a SIGKILL, in ms (PROCESSES 2.1, with room for a busy machine). */
const killed = [
  { part: 'gate', most: 2000 },
  { part: 'console', most: 3000 },
  { part: 'owner', most: 3000 },
  { part: 'dispatcher', most: 2000 },
  { part: 'demo-sample-api', most: 2000 },
] as const
const frozen = ['gate', 'console', 'dispatcher', 'demo-sample-api', 'owner'] as const
const FOUND_WITHIN_MS = 25_000
const GONE_WITHIN_MS = 3000

async function run(): Promise<number> {
  const table = figures('Each part killed and frozen alone')
  const its = await product()
  its.start()
  let left: number[] = []
  try {
    await its.answers()
    await until('everything runs', () => its.said().includes('Ctrl-C stops everything'))
    await secondStart(its, table)
    const watch = startWatch(its, await acknowledgedPair(its))
    if (values.only !== 'freeze') for (const each of killed) await killOne(its, each, table, watch)
    if (values.only !== 'kill') {
      for (const part of frozen) await freezeOne(its, part, table, watch)
      await endlessQuery(its, table, watch)
    }
    await watch.stop()
    left = [its.supervisor(), ...its.parts().values()]
    await killSupervisor(its, left, table)
    leftBehind(its, table)
    // Whoever starts it again finds nothing in the way.
    its.start()
    await its.answers()
    if ((await its.stop()) !== 0) table.broken('a stop after everything did not end well')
  } catch (error) {
    table.broken(`${error instanceof Error ? error.stack : error}\n${its.said()}`)
  } finally {
    await its.stop()
    its.remove()
  }
  return table.report(values.json)
}

/** How it is known that a part serves again. */
async function serves(its: Product, part: string, since = new Date()): Promise<boolean> {
  switch (part) {
    case 'gate':
      return (await statusOf(`${its.gateUrl}/ping`)) === 200
    case 'console':
      return (await statusOf(`${its.consoleUrl}/sign-in`)) === 200
    case 'owner':
      return answersQuery(its, 'select 1', 1000)
    case 'demo-sample-api':
      return (await statusOf(`http://127.0.0.1:${its.env['DEMO_API_PORT']}/wallets`)) !== null
    default:
      return answersQuery(
        its,
        `select 1 from heartbeat where name = 'dispatcher' and at > '${since.toISOString()}'`,
        1000,
      )
  }
}

async function answersQuery(its: Product, text: string, withinMs: number): Promise<boolean> {
  const client = new pg.Client({ connectionString: its.databaseUrl, connectionTimeoutMillis: withinMs })
  client.on('error', () => {})
  const timer = setTimeout(() => void client.end().catch(() => {}), withinMs)
  try {
    await client.connect()
    return (await client.query(text)).rows.length === 1
  } catch {
    return false
  } finally {
    clearTimeout(timer)
    void client.end().catch(() => {})
  }
}

async function returned(its: Product, part: string, had: number, withinMs: number): Promise<number> {
  const began = performance.now()
  const since = new Date()
  const isBack = async () => {
    const pid = its.parts().get(part)
    return pid !== undefined && pid !== had && !alive(had) && (await serves(its, part, since))
  }
  await until(`${part} serves again`, isBack, { withinMs })
  return performance.now() - began
}

async function killOne(
  its: Product,
  { part, most }: { part: string; most: number },
  table: Figures,
  watch: Watch,
): Promise<void> {
  await watch.quiet()
  const had = its.kill(part)
  if (had === null) throw new Error(`${part} does not run`)
  const ms = await returned(its, part, had, 60_000)
  table.add({ name: `${part}, killed: serves again`, value: ms, unit: 'ms', bound: { most } })
  watch.judge(`${part} killed`, part, table)
}

async function freezeOne(its: Product, part: string, table: Figures, watch: Watch): Promise<void> {
  await watch.quiet()
  const pid = its.parts().get(part)
  if (pid === undefined || !signal(pid, 'SIGSTOP')) throw new Error(`${part} does not run`)
  const ms = await returned(its, part, pid, 60_000)
  table.add({ name: `${part}, frozen: serves again`, value: ms, unit: 'ms', bound: { most: FOUND_WITHIN_MS } })
  watch.judge(`${part} frozen`, part, table)
}

/** PGlite knows no time limit: only the watchdog ends such a query. */
async function endlessQuery(its: Product, table: Figures, watch: Watch): Promise<void> {
  await watch.quiet()
  const had = its.parts().get('owner') ?? 0
  const client = new pg.Client({ connectionString: its.databaseUrl })
  client.on('error', () => {})
  await client.connect()
  client.query('select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b').catch(() => {})
  const ms = await returned(its, 'owner', had, 60_000)
  table.add({ name: 'owner, endless query: serves again', value: ms, unit: 'ms', bound: { most: FOUND_WITHIN_MS } })
  watch.judge('endless query', 'owner', table)
  await client.end().catch(() => {})
}

async function killSupervisor(its: Product, pids: readonly number[], table: Figures): Promise<void> {
  const began = performance.now()
  signal(its.supervisor(), 'SIGKILL')
  await until('nothing of it runs', () => !pids.some(alive), { withinMs: 30_000 })
  const ms = performance.now() - began
  table.add({
    name: 'supervisor, killed: nothing runs any more',
    value: ms,
    unit: 'ms',
    bound: { most: GONE_WITHIN_MS },
  })
}

/** No process of it, no port of it, no file that stands in the way; the owner's socket file is replaced at the next start. */
function leftBehind(its: Product, table: Figures): void {
  const running = all().filter(({ command }) => command.some((part) => part.includes(its.dataDir)))
  table.add({ name: 'processes left behind', value: running.length, unit: '', bound: { most: 0 } })
  const files = existsSync(join(its.dataDir, 'run')) ? readdirSync(join(its.dataDir, 'run')) : []
  const strange = files.filter((name) => name !== '.s.PGSQL.5432')
  table.add({ name: 'strange files left in run/', value: strange.length, unit: '', bound: { most: 0 } })
}

/** A second `start` on the same directory, with ports of its own, is refused and says who has it. CHECKS 137. */
async function secondStart(its: Product, table: Figures): Promise<void> {
  const second = await product({ dataDir: its.dataDir })
  second.start()
  await until('the second start ends', () => !alive(second.supervisor()), { withinMs: 60_000 })
  await sleep(100)
  const owner = its.parts().get('owner')
  if (!second.said().includes(`in use by process ${owner}`)) {
    table.broken(`a second start was not refused with the pid ${owner}:\n${second.said()}`)
  }
  if (!(await serves(its, 'owner')) || demoSecrets(its.dataDir).merchants.length !== 2) {
    table.broken('a second start disturbed the first')
  }
}

process.exit(await run())
