import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from '@/testing/free-ports'
import { type Figures, quantile } from '../shared/figures'

/**
 * The built demo under clients that hold what they can: slow headers, slow bodies, bodies far too large. What others
 * are answered meanwhile, and what memory it takes, go into the figures.
 */
export async function crowd(table: Figures, connections: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-crowd-'))
  const names = ['CONSOLE_PORT', 'GATE_PORT', 'INTERNAL_PORT', 'DEMO_API_PORT', 'DEMO_SMTP_PORT', 'DEMO_MAILBOX_PORT']
  const ports = await freePorts(names.length)
  const env = {
    ...process.env,
    DATA_DIR: directory,
    ...Object.fromEntries(names.map((name, i) => [name, String(ports[i])])),
  }
  const product = spawn(process.execPath, ['build/start.mjs', '--demo'], { env, stdio: 'ignore' })
  try {
    const [consolePort, gatePort] = ports as [number, number]
    const origin = `http://127.0.0.1:${consolePort}`
    await up(`${origin}/sign-in`)
    await up(`http://127.0.0.1:${gatePort}/ping`)
    for (const [part, port, path] of [
      ['gate', gatePort, '/ping'],
      ['console', consolePort, '/sign-in'],
    ] as const) {
      await latencies(`http://127.0.0.1:${port}${path}`, 20)
      process.stderr.write(`crowd at the ${part} `)
      const before = memoryOf(product.pid!, part)
      const held = hold(port, connections, origin)
      await sleep(1000)
      const times = await latencies(`http://127.0.0.1:${port}${path}`, 40)
      const most = memoryOf(product.pid!, part)
      table.add({ name: `${part}: connections held`, value: connections, unit: '' })
      table.add({ name: `${part}: others answered`, value: times.length, unit: '', bound: { least: 40 } })
      table.add({ name: `${part}: others, p95`, value: quantile(times, 0.95), unit: 'ms', bound: { most: 1000 } })
      table.add({ name: `${part}: memory more`, value: most - before, unit: 'MiB', bound: { most: 100 } })
      const began = performance.now()
      await Promise.all(held)
      table.add({
        name: `${part}: all let go after`,
        value: (performance.now() - began) / 1000,
        unit: 's',
        bound: { most: 30 },
      })
    }
    await oversized(table, consolePort, gatePort, origin)
  } finally {
    if (product.exitCode === null && product.signalCode === null) {
      const ended = once(product, 'exit')
      product.kill('SIGTERM')
      await ended
    }
    rmSync(directory, { recursive: true, force: true })
  }
}

/** A third says nothing, a third stops in its headers, a third in its body. @returns when each was closed */
function hold(port: number, connections: number, origin: string): Promise<void>[] {
  const says = [
    '',
    `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(4000)}`,
    `POST /token/ HTTP/1.1\r\nHost: x\r\nOrigin: ${origin}\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{`,
  ]
  return Array.from({ length: connections }, (_, i) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(says[i % 3] as string))
    return new Promise<void>((resolve) => {
      socket
        .on('error', () => {})
        .on('close', () => resolve())
        .resume()
    })
  })
}

const bodies = {
  'an action of 2 MB': 'x'.repeat(2 * 1024 * 1024),
  '10k names': JSON.stringify(Object.fromEntries(Array.from({ length: 9000 }, (_, i) => [i, 1]))),
  '1000 levels': `[${'['.repeat(1000)}${']'.repeat(1000)}]`,
  rubbish: '["$Q1","$1:__proto__:x","$@2","$F3","$K"]',
}

/** Every one is refused or is nothing, quickly, and never a success. */
async function oversized(table: Figures, consolePort: number, gatePort: number, origin: string): Promise<void> {
  const took: number[] = []
  for (const [name, body] of Object.entries(bodies)) {
    for (const url of [`${origin}/sign-in`, `http://127.0.0.1:${gatePort}/token/`]) {
      const began = performance.now()
      const type = url.endsWith('/sign-in') ? 'text/plain;charset=UTF-8' : 'application/json'
      const headers = { Origin: origin, 'Content-Type': type, 'Next-Action': '0'.repeat(42) }
      // A connection that ends before all was sent is an answer too.
      const status = await fetch(url, { method: 'POST', headers, body }).then(
        ({ status }) => status,
        () => 0,
      )
      took.push(performance.now() - began)
      if (status !== 0 && status < 400)
        table.broken(`${name} to ${new URL(url).port === String(consolePort) ? 'console' : 'gate'}: ${status}`)
      if (status >= 500) table.broken(`${name} to ${url}: ${status}`)
    }
  }
  table.add({ name: 'oversized bodies: slowest answer', value: Math.max(...took), unit: 'ms', bound: { most: 1000 } })
}

async function latencies(url: string, count: number): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const began = performance.now()
    const ok = await fetch(url, { signal: AbortSignal.timeout(5000) }).then(
      async (answer) => (await answer.text()) !== '' && answer.ok,
      () => false,
    )
    if (ok) times.push(performance.now() - began)
  }
  return times
}

/** Resident memory in MiB of the part of the product that runs below `parent` (Linux). */
function memoryOf(parent: number, part: string): number {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      if (!new RegExp(`^PPid:\\t${parent}$`, 'm').test(status) || !command.includes(`${part}.mjs`)) continue
      return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024
    } catch {}
  }
  return Number.NaN
}

async function up(url: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (
      await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return
    await sleep(200)
  }
  throw new Error(`nobody answers at ${url}`)
}
