import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEMO_MARK, keyFile } from '@/lib/env'
import { publicHalf } from '@/lib/secrets/hpke'

/**
 * Makes the keys of an embedded database or a demo: random for each clone, one 0600 file each. What is there stays.
 * With a DATABASE_URL of its own an installation brings its own keys, and nothing is made.
 */
export function makeKeys(dataDir: string, { demo }: { demo: boolean }): void {
  mkdirSync(join(dataDir, 'keys'), { recursive: true, mode: 0o700 })
  const random = () => (demo ? Buffer.concat([Buffer.from(DEMO_MARK, 'base64'), randomBytes(29)]) : randomBytes(32))
  const made = newKeys(random)
  // The two halves belong together: either both are there or both are made.
  if (existsSync(keyFile(dataDir, 'GATE_PRIVATE_KEYS')) !== existsSync(keyFile(dataDir, 'GATE_PUBLIC_KEY'))) {
    throw new Error(`one half of the gate's key is missing in ${join(dataDir, 'keys')}: restore it`)
  }
  for (const [name, text] of made) {
    const file = keyFile(dataDir, name)
    if (!existsSync(file)) writeFileSync(file, `${text}\n`, { mode: 0o600, flag: 'wx' })
  }
}

/** A key for each variable that needs one, as it is written there. The two halves of the gate's key belong together. */
export function newKeys(random: () => Buffer = () => randomBytes(32)): [name: string, text: string][] {
  const privateKey = random()
  return [
    ['NEXTAUTH_SECRET', random().toString('base64')],
    ['NEXT_SERVER_ACTIONS_ENCRYPTION_KEY', random().toString('base64')],
    ['TAG_KEY', random().toString('base64')],
    ['TOTP_KEYS', `totp-1:${random().toString('base64')}`],
    ['UPSTREAM_SECRET', random().toString('base64')],
    ['GATE_PRIVATE_KEYS', `gate-1:${privateKey.toString('base64')}`],
    ['GATE_PUBLIC_KEY', `gate-1:${publicHalf(privateKey).toString('base64')}`],
  ]
}
