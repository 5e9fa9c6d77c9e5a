import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { demoSecrets } from '@/demo/shared/state'
import { sha256 } from '@/lib/secrets/format'
import { seedForms } from './in-play'
import { homes, randomPart, type Secret } from './secret-kinds'

/** The secrets that an installation has before anybody uses it: its keys, and its demo's people. */
export function secretsOf(dataDir: string): Secret[] {
  const { gatewayToken, merchants } = demoSecrets(dataDir)
  const people = merchants.flatMap((merchant) => merchant.people)
  return [
    ...keysIn(dataDir),
    { kind: 'gatewayToken', value: randomPart(gatewayToken), home: homes.gatewayToken },
    { kind: 'digest', value: Buffer.from(sha256(gatewayToken)), home: homes.digest },
    ...people.flatMap(({ password, signInTotp, operationsTotp }): Secret[] => [
      { kind: 'password', value: Buffer.from(password), home: [...homes.password, ...homes.demoPassword] },
      ...[signInTotp, operationsTotp]
        .flatMap(seedForms)
        .map((value) => ({ kind: 'demoSeed', value, home: homes.demoSeed })),
    ]),
  ]
}

/** Each key as its file writes it and as the bytes it stands for. Its own file is its home. */
function keysIn(dataDir: string): Secret[] {
  return readdirSync(join(dataDir, 'keys'))
    .filter((name) => name !== 'GATE_PUBLIC_KEY')
    .flatMap((name) => {
      const text = readFileSync(join(dataDir, 'keys', name), 'utf8')
        .trim()
        .replace(/^[a-z0-9_-]{1,32}:/, '')
      const bytes = Buffer.from(text, 'base64').subarray(DEMO_MARK_BYTES)
      return [randomPart(text), bytes].map((value) => ({
        kind: `key ${name}`,
        value,
        home: [`file data keys/${name}`],
      }))
    })
}

/** What the keys of all demos begin with is no secret. */
const DEMO_MARK_BYTES = 3
