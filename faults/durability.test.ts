import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bundle } from '@/bin/build.mjs'
import { programs, template } from '@/testing/embedded'

/** The short version of `npm run faults -- durability`: owner, gate, dispatcher and people, without the pages. */
// CHECKS 46, 47, 48, 138, 143
test('eight kills while people change things: nothing acknowledged is lost, nothing is half made', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-durability-'))
  const outdir = join(process.cwd(), 'node_modules/.cache/gatehouse/durability')
  await bundle({ outdir, entryPoints: { durability: 'faults/durability.ts' } })
  const json = join(folder, 'figures.json')
  const options = ['--kills', '8', '--seconds', '0.4', '--small', programs, '--from', await template(), '--json', json]
  const run = spawn(process.execPath, ['--enable-source-maps', join(outdir, 'durability.mjs'), ...options], {
    env: { NODE_ENV: 'test', PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [run.stdout, run.stderr]) stream.on('data', (chunk) => (said += chunk))
  const [code] = await once(run, 'exit')
  expect([code, code === 0 ? '' : said]).toEqual([0, ''])
  const { figures } = JSON.parse(readFileSync(json, 'utf8')) as { figures: { name: string; value: number }[] }
  const of = (name: string) => figures.find((figure) => figure.name === name)?.value
  expect(of('kills')).toBe(8)
  expect(of('acknowledged and lost')).toBe(0)
  expect(of('half made')).toBe(0)
  rmSync(folder, { recursive: true })
}, 180_000)
