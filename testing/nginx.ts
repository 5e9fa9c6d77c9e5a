import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from './free-ports'

/** Two nginx in front of a server of ours, as processes of the test: client -> first -> second -> target. */
export type Chain = {
  /** Where a client reaches each target, in the order they were given. */
  ports: number[]
  stop(): Promise<void>
}

/** The addresses that the two connect from; a client that wants to be told apart uses another one of 127.0.0.0/8. */
export const firstProxy = '127.0.0.11'
export const secondProxy = '127.0.0.12'

/** Why there can be no chain here, or null. */
export const nginxMissing = (): string | null => (spawnSync('nginx', ['-v']).error ? 'nginx is not installed' : null)

/** @param targets ports on 127.0.0.1 */
export async function startChain(targets: readonly number[]): Promise<Chain> {
  const free = await freePorts(2 * targets.length)
  const [outer, inner] = [free.slice(0, targets.length), free.slice(targets.length)]
  // The second lets everything through that it can, so that nothing is stopped before it reaches us.
  const permissive = 'underscores_in_headers on; ignore_invalid_headers off; merge_slashes off;'
  const first = await startNginx(servers(outer, inner, firstProxy, ''))
  const second = await startNginx(servers(inner, targets, secondProxy, permissive))
  await Promise.all([...outer, ...inner].map(open))
  return {
    ports: outer,
    async stop() {
      await Promise.all([first.stop(), second.stop()])
    },
  }
}

const servers = (from: readonly number[], to: readonly number[], address: string, more: string): string =>
  from
    .map(
      (port, i) => `
  upstream next_${port} { server 127.0.0.1:${to[i]}; keepalive 8; }
  server {
    listen 127.0.0.1:${port};
    ${more}
    location / {
      proxy_pass http://next_${port};
      proxy_bind ${address};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_request_buffering off;
    }
  }`,
    )
    .join('')

async function startNginx(http: string): Promise<{ stop(): Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-nginx-'))
  for (const name of ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']) mkdirSync(join(directory, name))
  const paths = [
    'client_body_temp_path body',
    'proxy_temp_path proxy',
    'fastcgi_temp_path fastcgi',
    'uwsgi_temp_path uwsgi',
    'scgi_temp_path scgi',
  ]
  const config = `daemon off; master_process off; pid nginx.pid; error_log error.log warn;
events { worker_connections 512; }
http {
  access_log off; large_client_header_buffers 8 32k; ${paths.map((path) => `${path};`).join(' ')}
  ${http}
}
`
  writeFileSync(join(directory, 'nginx.conf'), config)
  const child = spawn(
    'nginx',
    ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', join(directory, 'error.log')],
    {
      stdio: 'ignore',
    },
  )
  child.on('exit', (code) => {
    if (code) process.stderr.write(readFileSync(join(directory, 'error.log'), 'utf8'))
  })
  return {
    async stop() {
      await ended(child)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  await exit
}

/** Waits until somebody listens. */
async function open(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const socket = net.connect(port, '127.0.0.1')
    const up = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    if (up) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`nobody listens on ${port}`)
}
