import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { embeddedUrl } from '@/db/embedded/location'
import { freePorts } from '@/testing/free-ports'
import { alive, childrenOf, signal } from './processes'
import { statusOf, until } from './wait'

/** One installation with a data directory and ports of its own, started as a user starts it. */
export type Product = {
  dataDir: string
  env: Record<string, string>
  /** The embedded database, over the owner's socket. */
  databaseUrl: string
  /** Null where the pages are not built. */
  consoleUrl: string | null
  gateUrl: string
  internalUrl: string
  /** Starts the supervisor. */
  start(): void
  /** Waits until the console's sign-in page and the gate's ping answer. */
  answers(): Promise<{ consoleMs: number; gateMs: number }>
  supervisor(): number
  /** The parts that run now, by name. */
  parts(): Map<string, number>
  /** SIGKILL to one part. @returns its pid; null when it did not run */
  kill(part: string): number | null
  /** SIGKILL to the supervisor and every part. */
  killEverything(): Promise<void>
  /** SIGTERM, as Ctrl-C. @returns the exit code */
  stop(): Promise<number | null>
  /** What the supervisor has said since its last start. */
  said(): string
  remove(): void
}

const PORTS = ['CONSOLE_PORT', 'GATE_PORT', 'INTERNAL_PORT', 'DEMO_API_PORT', 'DEMO_SMTP_PORT', 'DEMO_MAILBOX_PORT']

export type ProductOptions = {
  /** What starts everything: script and arguments. */
  command?: readonly string[]
  console?: boolean
  dataDir?: string
  /** Beside the directory and the ports. */
  env?: Record<string, string>
}

export async function product(options: ProductOptions = {}): Promise<Product> {
  const { command = ['build/start.mjs', '--demo'], console: hasConsole = true } = options
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'gatehouse-fault-'))
  const ports = await freePorts(PORTS.length)
  const env: Record<string, string> & { NODE_ENV: 'production' } = {
    NODE_ENV: 'production',
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? dataDir,
    DATA_DIR: dataDir,
    ...Object.fromEntries(PORTS.map((name, at) => [name, String(ports[at])])),
    ...options.env,
  }
  const at = (name: string) => `http://127.0.0.1:${env[name]}`
  let child: ChildProcess | null = null
  let output = ''
  let children: number[] = []

  const supervisor = (): number => {
    if (!child?.pid) throw new Error('the product was not started')
    return child.pid
  }
  const made: Product = {
    dataDir,
    env,
    databaseUrl: embeddedUrl(dataDir),
    consoleUrl: hasConsole ? at('CONSOLE_PORT') : null,
    gateUrl: at('GATE_PORT'),
    internalUrl: at('INTERNAL_PORT'),
    start() {
      output = ''
      const started = spawn(process.execPath, ['--enable-source-maps', ...command], {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const keep = (chunk: Buffer) => {
        output = (output + chunk).slice(-20_000)
      }
      started.stdout.on('data', keep)
      started.stderr.on('data', keep)
      child = started
    },
    async answers() {
      const began = performance.now()
      const waitFor = async (url: string) => {
        await until(`${url} answers`, async () => {
          if (child?.exitCode !== null && child?.exitCode !== undefined) throw new Error(`it ended:\n${output}`)
          return (await statusOf(url)) === 200
        })
        return performance.now() - began
      }
      const [consoleMs, gateMs] = await Promise.all([
        made.consoleUrl ? waitFor(`${made.consoleUrl}/sign-in`) : Promise.resolve(0),
        waitFor(`${made.gateUrl}/ping`),
      ])
      return { consoleMs, gateMs }
    },
    supervisor,
    parts: () => childrenOf(supervisor()),
    kill(part) {
      const pid = made.parts().get(part)
      return pid !== undefined && signal(pid, 'SIGKILL') ? pid : null
    },
    async killEverything() {
      children = [...made.parts().values()]
      for (const pid of [supervisor(), ...children]) signal(pid, 'SIGKILL')
      await until('everything is gone', () => ![supervisor(), ...children].some(alive), { withinMs: 10_000 })
    },
    async stop() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      const [code] = await ended
      return code
    },
    said: () => output,
    remove() {
      if (!options.dataDir) rmSync(dataDir, { recursive: true, force: true })
    },
  }
  return made
}
