import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeKeys } from '@/bin/shared/keys'
import type { ProgramRole } from '@/db/roles'
import { type ConsoleFront, consoleFront } from './console-front'
import { freePorts } from './free-ports'
import { loginUrl, makeLogins } from './logins'
import { readyLine } from './ready-line'

/** The built programs as an operator runs them on several hosts: each its own process, nothing shared but a database. */
export type Running = {
  process: ChildProcess
  /** Everything it printed. */
  output(): string
  stop(signal?: NodeJS.Signals): Promise<void>
}

export type Instances = {
  dataDir: string
  /** What every program is started with. */
  env: Record<string, string>
  /** The one address of all consoles. */
  front: ConsoleFront
  consoles: Running[]
  gates: Running[]
  dispatcher: Running
  gateUrls: string[]
  internalUrls: string[]
  /** Starts one more console and returns its port; the front does not know it yet. */
  startConsole(changes?: Record<string, string>): Promise<{ running: Running; port: number }>
  stop(): Promise<void>
}

export type InstancesOptions = {
  databaseUrl: string
  /** Another way to it for each gate; the preset is the same for all. */
  gateDatabases?: readonly string[]
  /** How far the clock of each host is ahead of the database's, in ms: console and gate 1, console and gate 2. */
  skewMs?: readonly [number, number]
}

/** A migrated, filled demo database, two consoles, two gates, one dispatcher and the sample API behind the gates. */
export async function startInstances(options: InstancesOptions): Promise<Instances> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-instances-'))
  makeKeys(dataDir, { demo: true })
  const [first, second, gate1, gate2, internal1, internal2, api] = (await freePorts(7)) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const front = await consoleFront([first, second])
  const common = {
    NODE_ENV: 'production',
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    GATEHOUSE_DEMO: '1',
    GATEHOUSE_ENV: 'test',
    DATABASE_URL: options.databaseUrl,
    DATA_DIR: dataDir,
    LISTEN_ADDRESSES: '127.0.0.1',
    CONSOLE_URL: front.url,
    PUBLIC_GATE_URLS: `http://127.0.0.1:${gate1}`,
    UPSTREAM_URL: `http://127.0.0.1:${api}`,
    DEMO_API_PORT: String(api),
    ROUTES_FILE: join(process.cwd(), 'demo/routes.json'),
    // Ends with us, also when we are killed.
    GATEHOUSE_SUPERVISED: '1',
  }
  const all: Running[] = []
  /** With the rights of the program and no others. */
  const as = (role: ProgramRole, url = options.databaseUrl) => ({ DATABASE_URL: loginUrl(url, role) })
  const start = async (name: string, changes: Record<string, string> = {}) => {
    const running = await startProgram(name, { ...common, ...changes })
    all.push(running)
    return running
  }
  const skews = options.skewMs ?? [0, 0]
  const startConsole = async (changes: Record<string, string> = {}, port?: number) => {
    const own = port ?? (await freePorts(1))[0] ?? 0
    return { running: await start('console', { CONSOLE_PORT: String(own), ...as('console'), ...changes }), port: own }
  }

  try {
    await runProgram('migrate', common)
    await makeLogins(options.databaseUrl)
    await runProgram('demo-seed', common)
    await start('demo-sample-api')
    const [dispatcher, ...rest] = await Promise.all([
      start('dispatcher', as('dispatcher')),
      ...[gate1, gate2].map((port, at) =>
        start('gate', {
          GATE_PORT: String(port),
          INTERNAL_PORT: String([internal1, internal2][at]),
          ...as('gate', options.gateDatabases?.[at]),
          ...skewed(skews[at]),
        }),
      ),
      ...[first, second].map(async (port, at) => (await startConsole(skewed(skews[at]), port)).running),
    ])
    return {
      dataDir,
      env: common,
      front,
      dispatcher: dispatcher!,
      gates: rest.slice(0, 2),
      consoles: rest.slice(2),
      gateUrls: [gate1, gate2].map((port) => `http://127.0.0.1:${port}`),
      internalUrls: [internal1, internal2].map((port) => `http://127.0.0.1:${port}`),
      startConsole,
      stop: stopAll,
    }
  } catch (error) {
    await stopAll()
    throw error
  }

  async function stopAll(): Promise<void> {
    await Promise.all(all.map((running) => running.stop()))
    await front.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Moves the wall clock of a Node process before it reads its first line: what a host with a wrong clock gives it. */
function skewed(ms = 0): Record<string, string> {
  if (ms === 0) return {}
  const source = `const R=Date,now=()=>R.now()+(${ms});globalThis.Date=class extends R{constructor(...a){a.length?super(...a):super(now())}static now(){return now()}};`
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(source)}` }
}

async function startProgram(name: string, env: Record<string, string>): Promise<Running> {
  const child = spawn(process.execPath, ['--enable-source-maps', join(process.cwd(), `build/${name}.mjs`)], {
    env: env as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (chunk: Buffer) => {
    output = (output + chunk).slice(-1_000_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  await readyLine(child)
  return {
    process: child,
    output: () => output,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill(signal)
      const late = setTimeout(() => child.kill('SIGKILL'), 12_000)
      await ended
      clearTimeout(late)
    },
  }
}

/** One that runs to its end. @throws with what it printed when it fails */
export async function runProgram(name: string, env: Record<string, string>): Promise<void> {
  const child = spawn(process.execPath, [join(process.cwd(), `build/${name}.mjs`)], {
    env: env as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`${name} ended with ${code}:\n${output}`)
}
