import { fail, run } from '@/bin/shared/process'
import { readEnv } from '@/lib/env'
import { type DemoAddresses, type DemoSecrets, demoSecrets, runningDemo } from './shared/state'

/** `npm run demo:people`: who may sign in to the running demo, for people; with `--json`, for scripts. */
run(async () => {
  const { dataDir } = readEnv('owner')
  const addresses = runningDemo(dataDir)
  if (!addresses) return fail(new NotRunning('no demo runs here: start it with `npm start`'))
  const secrets = demoSecrets(dataDir)
  process.stdout.write(process.argv.includes('--json') ? forScripts(addresses, secrets) : forPeople(addresses, secrets))
})

class NotRunning extends Error {}

function forScripts({ pid: _, ...addresses }: DemoAddresses, { gatewayToken, merchants }: DemoSecrets): string {
  const [{ id, people }] = merchants
  const { consoleUrl, gateUrl, internalUrl, mailUrl } = addresses
  const printed = people.map(({ role, email, password, signInTotp, operationsTotp }) => ({
    role,
    email,
    password,
    signInTotp,
    operationsTotp,
  }))
  return `${JSON.stringify({ consoleUrl, gateUrl, internalUrl, gatewayToken, mailUrl, merchant: id, people: printed })}\n`
}

function forPeople(addresses: DemoAddresses, { merchants }: DemoSecrets): string {
  const lines = merchants.flatMap(({ name, state, people }) => [
    '',
    `${name} (${state})`,
    ...people.map((p) => `  ${p.role.padEnd(7)} ${p.email.padEnd(34)} ${p.password}   ${p.name}`),
  ])
  return `${[`Console ${addresses.consoleUrl}`, ...lines, '', 'Codes: npm run demo:code -- EMAIL', ''].join('\n')}`
}
