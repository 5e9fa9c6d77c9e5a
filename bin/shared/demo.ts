import { join } from 'node:path'
import { demoSecrets, sayRunning } from '@/demo/shared/state'
import type { Env, Program } from '@/lib/env'
import { root } from './process'
import type { Part } from './supervisor'

/** What `npm start` adds to the product: everything a person needs to try it, on this computer alone. */
export function demoEnvironment(source: NodeJS.ProcessEnv): Record<string, string> {
  const apiPort = source['DEMO_API_PORT'] || '4100'
  const smtpPort = source['DEMO_SMTP_PORT'] || '4101'
  return {
    GATEHOUSE_DEMO: '1',
    GATEHOUSE_ENV: 'test',
    LISTEN_ADDRESSES: '127.0.0.1,::1',
    UPSTREAM_URL: source['UPSTREAM_URL'] || `http://127.0.0.1:${apiPort}`,
    SMTP_URL: source['SMTP_URL'] || `smtp://127.0.0.1:${smtpPort}`,
    MAIL_FROM: source['MAIL_FROM'] || 'Gatehouse demo <gatehouse@localhost.example>',
    ROUTES_FILE: source['ROUTES_FILE'] || join(root, 'demo/routes.json'),
  }
}

export const demoParts = (part: (name: string, program: Program, more?: Partial<Part>) => Part): Part[] => [
  part('demo-seed', 'demo', { once: true }),
  part('demo-sample-api', 'demo'),
  part('demo-mailbox', 'demo'),
]

/** The last thing `npm start` prints: where everything is, who may come in, and what to do first. */
export function sayDemo(env: Env<'start'>): void {
  const mailUrl = `http://127.0.0.1:${env.demoMailboxPort}`
  const gateUrl = env.publicGateUrls[0] ?? ''
  const internalUrl = `http://127.0.0.1:${env.internalPort}`
  sayRunning(env.dataDir, { pid: process.pid, consoleUrl: env.consoleUrl, gateUrl, internalUrl, mailUrl })
  const [first] = demoSecrets(env.dataDir).merchants
  const owner = first.people.find((p) => p.role === 'owner')
  const lines = [
    '',
    `  Console   ${env.consoleUrl}`,
    `  Gate      ${gateUrl}        (the sample payments API is behind it)`,
    `  Internal  ${internalUrl}`,
    `  Mailbox   ${mailUrl}`,
    '',
    `  ${first.name}: both codes of each person come from  npm run demo:code -- EMAIL`,
    ...first.people.map((p) => `    ${p.role.padEnd(7)} ${p.email.padEnd(30)} ${p.password}   ${p.name}`),
    '',
    '  Something to do:',
    `    1. Sign in as ${owner?.email}, open the account menu, then Access list, API.`,
    '    2. Switch on Activate API user, then Regenerate: keep the pair that is shown once.',
    '    3. Run the script that the popup shows: it turns green. Press I have saved both.',
    '',
    '  Ctrl-C stops everything; the data stays.',
    '',
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
