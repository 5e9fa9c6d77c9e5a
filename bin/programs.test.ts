import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readEnv } from '@/lib/env'
import { establish } from '@/lib/installation'
import { mintKeyPair, publicHalf } from '@/lib/secrets/hpke'
import { rememberKeys } from '@/lib/secrets/known-keys'
import { programs } from '@/testing/embedded'
import { migratedDatabase } from '@/testing/fresh-database'

/** A database that was made for `live`, and the environment of a program that fits it. */
async function installed(): Promise<Record<string, string>> {
  const { url, db } = await migratedDatabase()
  await establish(db, { environment: 'live', demo: false })
  const totp = { current: 'totp-1', byId: new Map([['totp-1', randomBytes(32)]]) }
  const pair = await mintKeyPair()
  await rememberKeys(db, { totp, gate: { id: 'gate-1', raw: pair.publicKey } }, new Date())
  await db.$client.end()
  return {
    PATH: process.env['PATH'] ?? '',
    GATEHOUSE_ENV: 'live',
    DATABASE_URL: url,
    CONSOLE_URL: 'https://console.test',
    PUBLIC_GATE_URLS: 'https://gate.test',
    UPSTREAM_URL: 'http://127.0.0.1:9',
    ROUTES_FILE: 'demo/routes.json',
    TAG_KEY: randomBytes(32).toString('base64'),
    GATE_PRIVATE_KEYS: `gate-1:${pair.privateKey.toString('base64')}`,
    UPSTREAM_SECRET: randomBytes(32).toString('base64'),
  }
}

const refusalOf = (program: string, env: Record<string, string>): string => {
  const command = [join(programs, `${program}.mjs`)]
  const done = spawnSync(process.execPath, command, { env: { NODE_ENV: 'test', ...env }, timeout: 15_000 })
  expect([program, done.status]).toEqual([program, 1])
  return done.stderr.toString()
}

test.each(['gate', 'dispatcher'])(
  'the %s does not start on the database of another installation, nor with another key',
  async (program) => {
    const env = await installed()
    expect(refusalOf(program, { ...env, GATEHOUSE_ENV: 'test' })).toContain('the database is live for good')
    const other = await mintKeyPair()
    const key = `gate-1:${other.privateKey.toString('base64')}`
    expect(refusalOf(program, { ...env, GATE_PRIVATE_KEYS: key })).toContain('is not the one that was used so far')
  },
)

test('keys that are printed are taken, and the halves of the gate’s key belong together', () => {
  const printed = spawnSync(process.execPath, [join(programs, 'keys.mjs')], { encoding: 'utf8' })
  const keys = Object.fromEntries(
    printed.stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/s)),
  )
  const live = { GATEHOUSE_ENV: 'live', DATABASE_URL: 'postgres://a@b/c', ...keys }
  const { totpKeys, gatePublicKey } = readEnv('migrate', live)
  expect(totpKeys.byId.size).toBe(1)
  const { gatePrivateKeys } = readEnv('dispatcher', { ...live, CONSOLE_URL: 'https://console.test' })
  expect(publicHalf(gatePrivateKeys.byId.get(gatePublicKey.id)!)).toEqual(gatePublicKey.raw)
})
