#!/usr/bin/env node
/**
 * Measurements with peers, one command: `npm run bench`. Rounds are interleaved and only ratios count, because the
 * machine is shared; targets are set on CPU time per request. Options: --rounds 3 --seconds 2 --json FILE --only WORD
 */
import { fork, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundle, root } from '../bin/build.mjs'
import { emptyApp, firstLoad } from './first-load.mjs'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    json: { type: 'string' },
    only: { type: 'string', default: '' },
  },
})
const rounds = Number(options.rounds)
const ms = Number(options.seconds) * 1000
const CONNECTIONS = 16
const WARM_ANSWERS = 40_000

const programs = join(root, 'node_modules/.cache/gatehouse/bench')
const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
const keys = {
  TAG_KEY: Buffer.alloc(32, 9).toString('base64'),
  GATE_PRIVATE_KEYS: `bench:${Buffer.alloc(32, 3).toString('base64')}`,
  UPSTREAM_SECRET: 'a secret of the measurement and of nothing else',
}
const children = []
const say = (text) => process.stderr.write(`${text}\n`)

async function main() {
  say('building the programs and an empty database')
  const from = (name) => join(root, name)
  await bundle({
    outdir: programs,
    entryPoints: {
      owner: from('bin/owner.ts'),
      fixture: from('bench/fixture.ts'),
      server: from('bench/server.ts'),
      location: from('db/embedded/location.ts'),
    },
  })
  const url = process.env.BENCH_DATABASE_URL ?? (await embeddedDatabase())
  const pairs = JSON.parse(run('fixture.mjs', [url, from('db/migrations'), keys.TAG_KEY, '200']))
  const hello = await server('hello', '', url)
  const upstream = await server('hello', '', url)
  const at = (port) => `http://127.0.0.1:${port}`
  const verdict = await server('gate-verdict', '', url)
  const logged = await server('gate-verdict-logged', '', url)
  const gate = await server('gate-proxy', at(upstream.port), url)
  const bare = await server('bare-proxy', at(upstream.port), url)
  const load = await start(fork(from('bench/load.mjs')))
  const tokens = await Promise.all(pairs.map((pair) => tokenOf(at(verdict.port), pair)))
  const requests = tokens.map(requestWith)

  const results = {}
  for (const [name, subject, peer, target] of [
    ['token verdict / bare node:http', verdict, hello, 0.7],
    ['proxied call / bare node:http reverse proxy', gate, bare, 0.7],
    ['token verdict with its request log / without', logged, verdict, null],
  ]) {
    if (name.includes(options.only)) results[name] = await compare({ name, subject, peer, target, load, requests })
  }
  for (const child of children) child.disconnect?.()
  if (FIRST_LOAD.includes(options.only)) results[FIRST_LOAD] = scripts()
  report(results)
}

/** A child that lives until we disconnect from it. */
async function start(child) {
  children.push(child)
  return child
}

async function server(kind, upstream, databaseUrl) {
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    GATEHOUSE_DEMO: '1',
    GATEHOUSE_ENV: 'test',
    DATABASE_URL: databaseUrl,
    UPSTREAM_URL: 'http://127.0.0.1:9',
    ROUTES_FILE: join(root, 'demo/routes.json'),
    ...keys,
  }
  const child = await start(fork(join(programs, 'server.mjs'), [kind, upstream], { env }))
  const { port } = await reply(child)
  return { kind, child, port }
}

const reply = (child) =>
  new Promise((resolve, reject) => {
    const ended = (code) => reject(new Error(`a measured program ended with ${code}`))
    child.once('exit', ended)
    child.once('message', (message) => {
      child.off('exit', ended)
      resolve(message)
    })
  })

/** Rounds of both, one after the other, so that a busy moment hits both. */
async function compare({ name, subject, peer, target, load, requests }) {
  const seen = { subject: [], peer: [] }
  for (const server of [peer, subject]) await warm(server, load, requests)
  for (let round = 1; round <= rounds; round++) {
    seen.peer.push(await measure(peer, load, requests, ms))
    seen.subject.push(await measure(subject, load, requests, ms))
    const ratio = seen.peer.at(-1).cpuUs / seen.subject.at(-1).cpuUs
    say(`${name}: round ${round} of ${rounds}, ${ratio.toFixed(2)} by CPU`)
  }
  const ratios = (of) => seen.subject.map((s, i) => of(s, seen.peer[i]))
  return {
    target,
    ratioByCpu: median(ratios((s, p) => p.cpuUs / s.cpuUs)),
    ratioByRate: median(ratios((s, p) => s.perSecond / p.perSecond)),
    subject: summary(seen.subject),
    peer: summary(seen.peer),
  }
}

/** Until the compiler has seen enough: a cold server would be measured with its compilation. */
async function warm(server, load, requests) {
  for (let answers = 0; answers < WARM_ANSWERS; ) answers += (await measure(server, load, requests, 500)).answers
}

async function measure({ child, port }, load, requests, duration) {
  const before = await cpuOf(child)
  load.send({ port, requests, connections: CONNECTIONS, ms: duration })
  const { answers, refused, p50, p99 } = await reply(load)
  const after = await settled(child)
  if (refused > 0) throw new Error(`${refused} of ${answers} requests were refused: nothing was measured`)
  return { answers, cpuUs: (after - before) / answers, perSecond: (answers * 1000) / duration, p50, p99 }
}

async function cpuOf(child) {
  child.send('cpu')
  const { cpu } = await reply(child)
  return cpu.user + cpu.system
}

/** CPU time once the request log is written: it belongs to the calls, and must not disturb the next measurement. */
async function settled(child) {
  for (;;) {
    child.send('cpu')
    const { cpu, queued } = await reply(child)
    if (queued === 0) return cpu.user + cpu.system
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const summary = (runs) => ({
  cpuUs: median(runs.map((r) => r.cpuUs)),
  perSecond: median(runs.map((r) => r.perSecond)),
  p50: median(runs.map((r) => r.p50)),
  p99: median(runs.map((r) => r.p99)),
})

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]

const FIRST_LOAD = 'first-load JavaScript / empty Next app'
function scripts() {
  if (!existsSync(join(root, '.next/BUILD_ID'))) return { skipped: 'run npm run build first' }
  const empty = firstLoad(emptyApp(root))['/']
  const routes = firstLoad(root)
  const worst = Math.max(...Object.values(routes))
  return { target: 1.25, emptyBytes: empty, worst: worst / empty, routes }
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
  const child = spawn(process.execPath, [owner], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  process.on('exit', () => child.kill('SIGTERM'))
  await new Promise((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
      if (/^ready/m.test(text)) resolve()
    })
    child.on('exit', () => reject(new Error(`the embedded database did not start: ${text}`)))
  })
  const { embeddedUrl } = await import(join(programs, 'location.mjs'))
  return embeddedUrl(dataDir)
}

function run(program, args) {
  const done = spawnSync(process.execPath, [join(programs, program), ...args], { encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`${program} failed: ${done.stderr}`)
  return done.stdout
}

function report(results) {
  for (const [name, r] of Object.entries(results)) {
    if (r.skipped) process.stdout.write(`${name}: skipped, ${r.skipped}\n`)
    else if (r.routes) {
      process.stdout.write(
        `${name}: ${r.worst.toFixed(2)} at worst (target <= ${r.target}, empty app ${kb(r.emptyBytes)})\n`,
      )
      for (const [route, bytes] of Object.entries(r.routes)) {
        process.stdout.write(`  ${(bytes / r.emptyBytes).toFixed(2)}  ${kb(bytes)}  ${route}\n`)
      }
    } else {
      process.stdout.write(
        `${name}: ${r.ratioByCpu.toFixed(2)} by CPU (${r.target === null ? 'for information' : `target >= ${r.target}`}), ${r.ratioByRate.toFixed(2)} by rate; ` +
          `${r.subject.cpuUs.toFixed(1)} against ${r.peer.cpuUs.toFixed(1)} us a request\n`,
      )
    }
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`)
  process.stdout.write(`${JSON.stringify(results)}\n`)
  const missed = Object.values(results).some((r) =>
    r.routes ? r.worst > r.target : r.target !== null && r.ratioByCpu < r.target,
  )
  process.exitCode = missed ? 1 : 0
}

const kb = (bytes) => `${(bytes / 1000).toFixed(1)} kB`

main()
  .catch((error) => {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error))
    process.exitCode = 1
  })
  .finally(() => {
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 })
    process.exit()
  })
