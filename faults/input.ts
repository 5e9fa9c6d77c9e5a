import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { crowd } from './input/crowd'
import { fuzz } from './input/fuzz'
import { seedsOf } from './input/seeds'
import { targets } from './input/targets/all'
import { figures } from './shared/figures'

/**
 * Feeds every parser of untrusted input with generated and mutated texts beside an oracle; then strikes the gate, behind
 * two nginx and directly, and the embedded database with changed attacks, by the tests that `npm test` runs shortly;
 * then crowds the built product with clients that hold what they can (`--only crowd`).
 * `--runs` inputs for each parser (and a thousandth of it of attacks), `--only` one of them, `--seed` to repeat a run,
 * `--json` a file for the figures.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000000' },
    only: { type: 'string' },
    seed: { type: 'string' },
    json: { type: 'string' },
  },
})
const seed = Number(values.seed ?? Date.now() % 2 ** 31)
const all = targets().map((target) => ({ ...target, examples: [...target.examples, ...seedsOf(target.name)] }))
/** Tests that strike a running program, as long as they are told to. */
const strikes: Record<string, string> = {
  gate: 'gate/nginx.test.ts',
  console: 'bin/shared/console-proxies.test.ts',
  'embedded-database': 'db/embedded/hostile-bytes.test.ts',
}
const chosen = values.only ? all.filter((target) => target.name === values.only) : all
const crowded = !values.only || values.only === 'crowd'
const struck = values.only ? Object.keys(strikes).filter((name) => name === values.only) : Object.keys(strikes)
if (chosen.length + struck.length === 0 && !crowded) {
  process.stderr.write(
    `--only one of: ${[...all.map((target) => target.name), ...Object.keys(strikes), 'crowd'].join(', ')}\n`,
  )
  process.exit(2)
}

const table = figures(`hostile input, seed ${seed}`)
for (const target of chosen) {
  const runs = Math.min(Number(values.runs), target.most ?? Number.POSITIVE_INFINITY)
  process.stderr.write(`${target.name} `)
  const { found, perSecond, slowestMs, outcomes } = await fuzz(target, { runs, seed })
  table.add({ name: `${target.name}: inputs`, value: runs, unit: '' })
  table.add({ name: `${target.name}: inputs per second`, value: Math.round(perSecond), unit: '/s' })
  table.add({ name: `${target.name}: kinds of outcome`, value: outcomes, unit: '', bound: { least: 2 } })
  table.add({ name: `${target.name}: disagreements`, value: found.length, unit: '', bound: { most: 0 } })
  table.add({ name: `${target.name}: slowest`, value: slowestMs, unit: 'ms', bound: { most: target.slowest ?? 5 } })
  for (const { input, why } of found.slice(0, 5))
    table.broken(`${target.name}: ${why}: ${JSON.stringify(input.slice(0, 300))}`)
}
process.stderr.write('\n')
for (const name of struck) {
  const rounds = Math.ceil(Number(values.runs) / 1000)
  const env = { ...process.env, HOSTILE_ROUNDS: String(rounds), FUZZ_SEED: String(seed) }
  const began = performance.now()
  const { status } = spawnSync('npx', ['vitest', 'run', strikes[name] as string], { env, stdio: 'inherit' })
  table.add({ name: `${name}: rounds`, value: rounds, unit: '' })
  table.add({ name: `${name}: took`, value: (performance.now() - began) / 1000, unit: 's' })
  if (status !== 0) table.broken(`${name}: see above`)
}
if (crowded) await crowd(table, 1500)
process.exit(table.report(values.json))
