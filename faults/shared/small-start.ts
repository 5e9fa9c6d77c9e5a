import { createServer } from 'node:http'
import { join } from 'node:path'
import { demoEnvironment } from '@/bin/shared/demo'
import { makeKeys } from '@/bin/shared/keys'
import { ready, run } from '@/bin/shared/process'
import { type Part, Supervisor } from '@/bin/shared/supervisor'
import { readEnv } from '@/lib/env'

/**
 * The product without its pages, for where they are not built: the real owner, gate and dispatcher under the real
 * supervisor, and an upstream that says yes to everything.
 * @param programs folder of the bundled programs
 */
export function smallStart(programs: string): void {
  run(async () => {
    const port = Number(process.env['DEMO_API_PORT'])
    createServer((_, res) => void res.end('{}')).listen(port, '127.0.0.1')
    const { MAIL_FROM: _from, SMTP_URL: _smtp, ...demo } = demoEnvironment(process.env)
    const env = {
      ...(process.env as Record<string, string>),
      ...demo,
      ROUTES_FILE: join(process.cwd(), 'demo/routes.json'),
    }
    const { dataDir } = readEnv('start', env)
    makeKeys(dataDir, { demo: true })
    const supervisor = new Supervisor({
      logDir: join(dataDir, 'logs'),
      say: (line) => process.stdout.write(`${line}\n`),
      onGivenUp: () => process.exit(1),
    })
    process.on('SIGTERM', () => void supervisor.stop().then(() => process.exit(0)))
    const part = (name: string, more: Partial<Part> = {}): Part => ({
      name,
      command: [join(programs, `${name}.mjs`)],
      env,
      ...more,
    })
    await supervisor.start(part('owner', { last: true }))
    await supervisor.start(part('migrate', { once: true }))
    await Promise.all([supervisor.start(part('gate')), supervisor.start(part('dispatcher'))])
    ready('everything but the pages')
  })
}
