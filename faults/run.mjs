#!/usr/bin/env node
/**
 * Breaks the product on purpose and measures what happens: `npm run faults` lists what there is,
 * `npm run faults -- durability --kills 200` runs one. Each prints its figures against their bounds and exits 1
 * when one is broken. docs/reliability.md says what is promised and what was measured.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { bundle, root } from '../bin/build.mjs'
import { faults } from './list.mjs'

const [name, ...rest] = process.argv.slice(2)
const fault = Object.hasOwn(faults, name ?? '') ? faults[name] : null
if (!fault) {
  const list = Object.entries(faults).map(([each, { means }]) => `  ${each.padEnd(12)} ${means}`)
  process.stderr.write(`npm run faults -- NAME [options], NAME one of:\n${list.join('\n')}\n`)
  process.exit(name ? 2 : 0)
}
if (fault.needs === 'build' && !existsSync(join(root, 'build/start.mjs'))) {
  const built = spawnSync('npm', ['run', 'build'], { cwd: root, stdio: 'inherit' })
  if (built.status !== 0) process.exit(built.status ?? 1)
}
const outdir = join(root, 'node_modules/.cache/gatehouse/faults')
await bundle({ outdir, entryPoints: { [name]: join(root, 'faults', `${name}.ts`) } })
const program = spawnSync(process.execPath, ['--enable-source-maps', join(outdir, `${name}.mjs`), ...rest], {
  cwd: root,
  stdio: 'inherit',
})
process.exit(program.status ?? 1)
