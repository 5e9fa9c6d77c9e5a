#!/usr/bin/env node
/**
 * Measurements with peers, one command: `npm run bench`. Rounds are interleaved and only ratios count, because the
 * machine is shared; targets are set on CPU time per request. Options: --rounds 3 --seconds 2 --json FILE --only WORD
 * --credentials 100000 (how far the growth of the database is measured)
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundle, root } from '../bin/build.mjs'
import { child, cpuOfPid, endChildren } from './children.mjs'
import { emptyApp, firstLoad } from './first-load.mjs'
import { compare, measure } from './measure.mjs'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    json: { type: 'string' },
    only: { type: 'string', default: '' },
    credentials: { type: 'string', default: '100000' },
  },
})
const rounds = Number(options.rounds)
const ms = Number(options.seconds) * 1000
/** Records that no gate has in its memory, asked for once each. */
const COLD_A_ROUND = 2000

const programs = join(root, 'node_modules/.cache/gatehouse/bench')
const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
const keys = {
  TAG_KEY: Buffer.alloc(32, 9).toString('base64'),
  GATE_PRIVATE_KEYS: `bench:${Buffer.alloc(32, 3).toString('base64')}`,
  UPSTREAM_SECRET: 'a secret of the measurement and of nothing else',
}
const say = (text) => process.stderr.write(`${text}\n`)
const from = (name) => join(root, name)
const at = (port) => `http://127.0.0.1:${port}`
const wanted = (name) => name.includes(options.only)

async function main() {
  say('building the programs and filling an empty database')
  const entryPoints = Object.fromEntries(
    [
      ['owner', 'bin/owner.ts'],
      ['fixture', 'bench/fixture.ts'],
      ['server', 'bench/server.ts'],
      ['growth', 'bench/growth.ts'],
      ['location', 'db/embedded/location.ts'],
    ].map(([name, file]) => [name, from(file)]),
  )
  await bundle({ outdir: programs, entryPoints })
  const url = process.env.BENCH_DATABASE_URL ?? (await embeddedDatabase())
  const { warm, cold } = JSON.parse(
    run('fixture.mjs', [url, from('db/migrations'), keys.TAG_KEY, '200', String(COLD_A_ROUND * (rounds + 1))]),
  )
  const load = await child(from('bench/load.mjs'))
  const context = { load, rounds, ms, say }
  const server = (kind, upstream = '') => gateServer(kind, upstream, url)

  const hello = await server('hello')
  const verdict = await server('gate-verdict')
  const calls = (await tokensOf(at(verdict.port), warm)).map(requestWith)
  const hellos = { servers: [hello], requests: calls }
  const verdicts = { servers: [verdict], requests: calls }

  const results = []
  const comparison = async (name, target, sides) => {
    if (wanted(name)) results.push(await compare({ name, target, ...(await sides()) }, context))
  }
  await comparison('token verdict / bare node:http', { least: 0.7 }, async () => ({ subject: verdicts, peer: hellos }))
  await comparison('proxied call / bare node:http reverse proxy', { least: 0.7 }, async () => ({
    subject: { servers: [await server('gate-proxy', at(hello.port))], requests: calls },
    peer: { servers: [await server('bare-proxy', at(hello.port))], requests: calls },
  }))
  const helloCalls = calls.map((text) => text.replace('/wallets?page=1', '/hello'))
  await comparison('V7 token verdict / Next route handler', { least: 15 }, async () => ({
    subject: verdicts,
    peer: { servers: [await nextServer()], requests: helloCalls },
  }))
  await comparison(
    'V8 record not in memory / in memory',
    { least: process.env.BENCH_DATABASE_URL ? 0.3 : 0.08 },
    async () => {
      const strangers = (await tokensOf(at((await server('gate-verdict')).port), cold)).map(requestWith)
      const slice = () => strangers.splice(0, COLD_A_ROUND)
      const subject = { servers: [await server('gate-verdict')], requests: slice, once: true }
      await measure(subject, load, ms)
      return { subject, peer: verdicts }
    },
  )
  await comparison('V11 hit with many remembered / with 200', { least: 1 / 1.15 }, async () => {
    const many = await server('gate-verdict')
    const requests = (await tokensOf(at(many.port), cold)).map(requestWith)
    return { subject: { servers: [many], requests }, peer: verdicts }
  })
  const garbage = calls.map((text) => text.replace(/(Bearer .{40})./, '$1_'))
  await comparison('V9 garbage / token verdict', { least: 0.9 }, async () => ({
    subject: { servers: [verdict], requests: garbage, status: 401 },
    peer: verdicts,
  }))
  if (wanted('V9 memory after a flood of garbage')) results.push(await flood(await server('gate-verdict'), context))
  await comparison('V10 token verdict with its request log / without', { least: 0.92 }, async () => ({
    subject: { servers: [await server('gate-verdict-logged')], requests: calls },
    peer: verdicts,
  }))
  await comparison('V12 two gates / one', { least: 1.7 }, async () => ({
    subject: { servers: [verdict, await server('gate-verdict')], requests: calls },
    peer: verdicts,
  }))
  // Each has a core of its own: twice the work, at the price of one request each.
  for (const two of results.filter((r) => r.name.startsWith('V12'))) two.value *= 2
  endChildren()
  if (wanted('V11')) results.push(...JSON.parse(run('growth.mjs', [url, options.credentials], ['--expose-gc'])))
  if (wanted(FIRST_LOAD)) results.push(scripts())
  report(results)
}

async function gateServer(kind, upstream, databaseUrl) {
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    GATEHOUSE_DEMO: '1',
    GATEHOUSE_ENV: 'test',
    DATABASE_URL: databaseUrl,
    UPSTREAM_URL: 'http://127.0.0.1:9',
    ROUTES_FILE: from('demo/routes.json'),
    ...keys,
  }
  const started = await child(join(programs, 'server.mjs'), [kind, upstream], env)
  const { port } = await started.first()
  /** Once the request log is written: it belongs to the calls, and must not disturb the next measurement. */
  const cpuUs = async () => {
    for (;;) {
      const now = await started.ask('usage')
      if (now.queued === 0) return now.cpuUs
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  return { port, cpuUs, rss: async () => (await started.ask('usage')).rss }
}

/** The smallest route handler of the same framework, as `next start` serves it. */
async function nextServer() {
  const app = emptyApp(root)
  const port = 4300 + (process.pid % 1000)
  const args = [from('node_modules/next/dist/bin/next'), 'start', '-H', '127.0.0.1', '-p', String(port)]
  const started = spawn(process.execPath, args, {
    cwd: app,
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: 'ignore',
  })
  process.on('exit', () => started.kill('SIGTERM'))
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`${at(port)}/hello`).catch(() => null)
    if (answer?.status === 200) break
    if (tries > 200) throw new Error('the empty app does not answer')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const paths = { port, cpuUs: async () => cpuOfPid(started.pid) }
  return paths
}

/** How much a gate's memory grows when it refuses tokens that it has never seen before. */
async function flood(server, { load }) {
  const some = (n) => Array.from({ length: 20_000 }, (_, i) => requestWith(`${n}.${i}.${'x'.repeat(43)}`))
  const once = { servers: [server], status: 401 }
  for (let n = 0; n < 3; n++) await measure({ ...once, requests: some(n) }, load, 2000)
  const before = await server.rss()
  let answers = 0
  for (let n = 3; n < 9; n++) answers += (await measure({ ...once, requests: some(n) }, load, 2000)).answers
  const value = ((await server.rss()) - before) / 1e6
  return {
    name: 'V9 memory after a flood of garbage, MB',
    value,
    target: { most: 20 },
    detail: `${answers} different refusals`,
  }
}

const FIRST_LOAD = 'first-load JavaScript / empty Next app'
function scripts() {
  if (!existsSync(from('.next/BUILD_ID'))) return { name: FIRST_LOAD, skipped: 'run npm run build first' }
  const empty = firstLoad(emptyApp(root))['/']
  const routes = Object.entries(firstLoad(root))
  const kb = (bytes) => `${(bytes / 1000).toFixed(1)} kB`
  const detail = [`empty app ${kb(empty)}`, ...routes.map(([route, bytes]) => `${kb(bytes)} ${route}`)].join('; ')
  return {
    name: FIRST_LOAD,
    value: Math.max(...routes.map(([, bytes]) => bytes)) / empty,
    target: { most: 1.25 },
    detail,
  }
}

async function tokensOf(base, pairs) {
  const tokens = []
  for (let i = 0; i < pairs.length; i += 16)
    tokens.push(...(await Promise.all(pairs.slice(i, i + 16).map((pair) => tokenOf(base, pair)))))
  return tokens
}

async function tokenOf(base, { clientId, clientSecret }) {
  const attributes = { client_id: clientId, client_secret: clientSecret }
  const answer = await fetch(`${base}/token/`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/vnd.api+json' },
    body: JSON.stringify({ data: { type: 'auth-token', attributes } }),
  })
  return (await answer.json()).data.attributes.access
}

const requestWith = (token) =>
  [
    'GET /wallets?page=1 HTTP/1.1',
    'Host: gate.example',
    `Authorization: Bearer ${token}`,
    'Accept: application/vnd.api+json',
    'User-Agent: bench/1',
    'Accept-Encoding: identity',
    '',
    '',
  ].join('\r\n')

async function embeddedDatabase() {
  const env = { PATH: process.env.PATH, NODE_ENV: 'production', DATA_DIR: dataDir, GATEHOUSE_DEMO: '1' }
  const owner = join(programs, 'owner.mjs')
  const made = spawnSync(process.execPath, [owner, 'initdb', join(dataDir, 'database')], { env })
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  const started = spawn(process.execPath, [owner], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  process.on('exit', () => started.kill('SIGTERM'))
  await new Promise((resolve, reject) => {
    let text = ''
    started.stdout.on('data', (chunk) => {
      text += chunk
      if (/^ready/m.test(text)) resolve()
    })
    started.on('exit', () => reject(new Error(`the embedded database did not start: ${text}`)))
  })
  const { embeddedUrl } = await import(join(programs, 'location.mjs'))
  return embeddedUrl(dataDir)
}

function run(program, args, nodeArgs = []) {
  const done = spawnSync(process.execPath, [...nodeArgs, join(programs, program), ...args], {
    encoding: 'utf8',
    maxBuffer: 1e8,
  })
  if (done.status !== 0) throw new Error(`${program} failed: ${done.stderr}`)
  return done.stdout
}

const reached = ({ value, target }) =>
  !target || (target.least === undefined ? value <= target.most : value >= target.least)

function report(results) {
  for (const result of results) {
    const { name, value, target, detail, skipped } = result
    if (skipped) process.stdout.write(`${name}: skipped, ${skipped}\n`)
    else {
      const aim = target
        ? target.least === undefined
          ? `target <= ${target.most}`
          : `target >= ${target.least}`
        : 'for information'
      process.stdout.write(`${name}: ${value.toFixed(2)} (${aim}${reached(result) ? '' : ', MISSED'}); ${detail}\n`)
    }
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`)
  process.exitCode = results.every((r) => r.skipped || reached(r)) ? 0 : 1
}

main()
  .catch((error) => {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error))
    process.exitCode = 1
  })
  .finally(() => {
    endChildren()
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 })
    process.exit()
  })
