import { join } from 'node:path'
import { namesFor, type Program, readEnv } from '@/lib/env'
import { demoEnvironment, demoParts, sayDemo } from './shared/demo'
import { makeKeys } from './shared/keys'
import { refuseBusyPorts } from './shared/listen'
import { ready, root, run, whenParentEnds } from './shared/process'
import { type Part, Supervisor } from './shared/supervisor'
import { watch } from './shared/watchdog'

/**
 * Runs the whole of Gatehouse on one host. `--demo` adds a merchant with people, a sample payments API behind the gate
 * and a mailbox. Without a DATABASE_URL the embedded database is one more child, and nothing else differs.
 */
run(async () => {
  const demo = process.argv.includes('--demo')
  if (demo) Object.assign(process.env, demoEnvironment(process.env))
  const env = readEnv('start')
  const began = Date.now()
  const say = (line: string) =>
    process.stdout.write(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)}s  ${line}\n`)
  if (env.embedded || demo) makeKeys(env.dataDir, { demo })
  await refuseBusyPorts(env.listenAddresses, {
    CONSOLE_PORT: env.consolePort,
    GATE_PORT: env.gatePort,
    INTERNAL_PORT: env.internalPort,
    ...(demo && {
      DEMO_API_PORT: env.demoApiPort,
      DEMO_SMTP_PORT: env.demoSmtpPort,
      DEMO_MAILBOX_PORT: env.demoMailboxPort,
    }),
  })

  const supervisor = new Supervisor({
    logDir: join(env.dataDir, 'logs'),
    say,
    onGivenUp: () => process.exit(1),
  })
  let stopWatch = () => {}
  let asked = 0
  const stop = () => {
    asked += 1
    if (asked > 1) supervisor.kill()
    stopWatch()
    if (asked === 1) process.stdout.write('\n')
    if (asked === 1) say('stopping')
    void supervisor.stop().then(() => process.exit(0))
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  process.on('SIGHUP', stop)
  // npm cannot stop us when it is killed itself; a shell that has ended on purpose is no reason to stop.
  if (process.env['npm_lifecycle_event']) whenParentEnds(() => asked === 0 && stop())

  const part = (name: string, program: Program, more: Partial<Part> = {}): Part => ({
    name,
    command: [join(root, 'build', `${name}.mjs`)],
    env: environmentOf(program),
    ...more,
  })
  try {
    if (env.embedded) {
      say('database     opening (the first start takes some seconds)')
      await supervisor.start(part('owner', 'owner', { last: true, watched: true }))
      stopWatch = watch(env.databaseUrl, () => {
        const pid = supervisor.pidOf('owner')
        say('owner        gave no answer for 15 s: killed')
        if (pid) process.kill(pid, 'SIGKILL')
      })
    }
    await supervisor.start(part('migrate', 'migrate', { once: true }))
    if (demo) for (const each of demoParts(part)) await supervisor.start(each)
    await Promise.all([
      supervisor.start(part('dispatcher', 'dispatcher')),
      supervisor.start(part('gate', 'gate')),
      supervisor.start(part('console', 'console')),
    ])
  } catch (error) {
    stopWatch()
    await supervisor.stop()
    throw new StartFailed(error instanceof Error ? error.message : String(error), join(env.dataDir, 'logs'))
  }
  if (asked > 0) return
  if (demo) sayDemo(env)
  else ready(`everything: ${env.consoleUrl}`)
})

class StartFailed extends Error {
  constructor(message: string, logs: string) {
    super(`${message.trim()}\nLogs of every part: ${logs}`)
  }
}

/** What a child may know: the few variables every program needs, and its own. */
function environmentOf(program: Program): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'XDG_RUNTIME_DIR', 'NODE_EXTRA_CA_CERTS', ...namesFor(program)]
  return Object.fromEntries(
    names.flatMap((name): [string, string][] => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
