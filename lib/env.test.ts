import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeKeys } from '@/bin/shared/keys'
import { EnvError, namesFor, type Program, readEnv, type Source, variables } from './env'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-env-'))
afterAll(() => rmSync(folder, { recursive: true }))

const key = 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA='
const strong = '7cT0sS8yQmJ2rW5vXbZ1nK4hLpG6dF9aEuYiOoPqRsT='
const production: Source = {
  GATEHOUSE_ENV: 'live',
  DATABASE_URL: 'postgres://gatehouse@db.internal/gatehouse',
  CONSOLE_URL: 'https://console.example.test',
  PUBLIC_GATE_URLS: 'https://gate.example.test',
  UPSTREAM_URL: 'http://10.0.0.9:8080',
  ROUTES_FILE: '/etc/gatehouse/routes.json',
  NEXTAUTH_SECRET: strong,
  NEXT_SERVER_ACTIONS_ENCRYPTION_KEY: key,
  TAG_KEY: key,
  TOTP_KEYS: `totp-2:${key},totp-1:${key}`,
  GATE_PUBLIC_KEY: `gate-1:${key}`,
  GATE_PRIVATE_KEYS: `gate-1:${key}`,
  UPSTREAM_SECRET: strong,
}

function problems(program: Program, source: Source): string[] {
  try {
    readEnv(program, source)
    return []
  } catch (error) {
    if (error instanceof EnvError) return error.problems
    throw error
  }
}

test('a complete environment is read', () => {
  const env = readEnv('console', { ...production, TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8::/32' })
  expect(env).toMatchObject({ gatehouseEnv: 'live', gatehouseDemo: false, consolePort: 3000, embedded: false })
  expect(env.totpKeys.current).toBe('totp-2')
  expect(env.trustedProxies).toHaveLength(2)
  expect(env.publicGateUrls).toEqual(['https://gate.example.test'])
})

test('every mistake is told at once, each with what to write', () => {
  const found = problems('console', {
    ...production,
    GATEHOUSE_ENV: 'production',
    CONSOLE_PORT: '70000',
    CONSOLE_URL: 'console.example.test',
    TRUSTED_PROXIES: '10.0.0.0/8, proxy',
    TAG_KEY: 'short',
    TOTP_KEYS: undefined,
  })
  expect(found).toHaveLength(6)
  expect(found.join('\n')).toMatch(/GATEHOUSE_ENV must be live or test/)
  expect(found.join('\n')).toMatch(/CONSOLE_PORT is not a port: write a number from 1 to 65535/)
  expect(found.join('\n')).toMatch(/CONSOLE_URL is not an origin: .*https:/)
  expect(found.join('\n')).toMatch(/TRUSTED_PROXIES "proxy" is not a network/)
  expect(found.join('\n')).toMatch(/TAG_KEY is not a key: .*openssl rand -base64 32/)
  expect(found.join('\n')).toMatch(/TOTP_KEYS is missing: .*TOTP_KEYS_FILE/)
})

test('a message never repeats a secret', () => {
  const secret = 'hunter2-hunter2'
  expect(problems('console', { ...production, TAG_KEY: secret, NEXTAUTH_SECRET: secret }).join()).not.toContain(secret)
})

// CHECKS 144
test.each([
  ['NEXTAUTH_SECRET', 'changeme-changeme-changeme-changeme-1'],
  ['NEXTAUTH_SECRET', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
  ['NEXTAUTH_SECRET', 'too short'],
  ['TAG_KEY', Buffer.alloc(32).toString('base64')],
  ['TAG_KEY', Buffer.alloc(32, 'ab').toString('base64')],
  ['TAG_KEY', `DEMO${key.slice(4)}`],
  ['TOTP_KEYS', `totp-1:DEMO${key.slice(4)}`],
  ['TOTP_KEYS', `totp-1:${key},totp-1:${key}`],
])('production refuses %s=%s', (name, value) => {
  expect(problems('console', { ...production, [name]: value })).toHaveLength(1)
})

// CHECKS 144
test('the keys that a demo makes for itself are refused in production, and taken by the demo', () => {
  const dataDir = join(folder, 'demo')
  makeKeys(dataDir, { demo: true })
  for (const program of ['console', 'gate', 'migrate', 'dispatcher', 'demo'] as const) {
    const source = { ...production, DATA_DIR: dataDir, GATEHOUSE_DEMO: '1' }
    const own = Object.fromEntries(Object.entries(source).filter(([name]) => !isSecret(name)))
    expect(problems(program, own)).toEqual([])
  }
  const files = { NEXTAUTH_SECRET: undefined, NEXTAUTH_SECRET_FILE: join(dataDir, 'keys/NEXTAUTH_SECRET') }
  expect(problems('console', { ...production, ...files })).toEqual([expect.stringMatching(/is the key of a demo/)])
})

const isSecret = (name: string): boolean => 'secret' in (variables[name as keyof typeof variables] ?? {})

test('keys are made for the embedded database alone; with DATABASE_URL they must be given', () => {
  const dataDir = join(folder, 'embedded')
  makeKeys(dataDir, { demo: false })
  const found = readEnv('migrate', { DATA_DIR: dataDir })
  expect(found.embedded).toBe(true)
  expect(found.databaseUrl).toContain(encodeURIComponent(dataDir))
  expect(
    problems('migrate', { DATA_DIR: dataDir, DATABASE_URL: production['DATABASE_URL'], GATEHOUSE_ENV: 'test' }),
  ).toEqual([expect.stringMatching(/^TOTP_KEYS is missing/), expect.stringMatching(/^GATE_PUBLIC_KEY is missing/)])
})

test('a key may come from a file, not from a file and a variable at once', () => {
  const file = join(folder, 'secret')
  writeFileSync(file, `${strong}\n`)
  const { NEXTAUTH_SECRET: _, ...rest } = production
  expect(readEnv('console', { ...rest, NEXTAUTH_SECRET_FILE: file }).nextauthSecret).toBe(strong)
  expect(problems('console', { ...production, NEXTAUTH_SECRET_FILE: file })).toEqual([
    expect.stringMatching(/both given/),
  ])
  mkdirSync(join(folder, 'none'), { recursive: true })
  expect(problems('console', { ...rest, NEXTAUTH_SECRET_FILE: join(folder, 'none') })[0]).toMatch(/cannot be read/)
})

test('a console on plain http is refused unless it is loopback or allowed on purpose', () => {
  const plain = { ...production, CONSOLE_URL: 'http://console.example.test' }
  expect(problems('console', plain)).toEqual([expect.stringMatching(/ALLOW_INSECURE_HTTP/)])
  expect(problems('console', { ...plain, ALLOW_INSECURE_HTTP: '1' })).toEqual([])
  for (const url of ['http://127.0.0.1:3000', 'http://localhost:3000', 'http://[::1]:3000']) {
    expect(problems('console', { ...production, CONSOLE_URL: url })).toEqual([])
  }
  expect(problems('console', { ...production, CONSOLE_URL: 'http://127.0.0.1.evil.test' })).toHaveLength(1)
})

test('two listeners on one port are refused before anything starts', () => {
  expect(problems('gate', { ...production, GATE_PORT: '4001' })).toEqual([expect.stringMatching(/same port/)])
})

test('a program is handed only the keys it needs', () => {
  expect(namesFor('console')).not.toContain('GATE_PRIVATE_KEYS')
  expect(namesFor('console')).not.toContain('UPSTREAM_SECRET')
  expect(namesFor('gate')).not.toContain('TOTP_KEYS')
  expect(namesFor('gate')).not.toContain('NEXTAUTH_SECRET')
  expect(namesFor('owner').filter((n) => /KEY|SECRET|URL/.test(n))).toEqual([])
  expect(Object.keys(readEnv('gate', production))).not.toContain('totpKeys')
})

test('a demo serves this computer alone, and its addresses follow its ports', () => {
  const env = readEnv('start', {
    GATEHOUSE_DEMO: '1',
    CONSOLE_PORT: '3310',
    GATE_PORT: '3311',
    UPSTREAM_URL: 'http://127.0.0.1:1',
    ROUTES_FILE: 'r',
  })
  expect(env.consoleUrl).toBe('http://127.0.0.1:3310')
  expect(env.publicGateUrls).toEqual(['http://127.0.0.1:3311'])
  expect(env.listenAddresses).toEqual(['127.0.0.1', '::1'])
})

test('a child of the demo reads the same addresses as the one that starts it', () => {
  const given: Source = { GATEHOUSE_DEMO: '1', CONSOLE_PORT: '3310', GATE_PORT: '3311', UPSTREAM_SECRET: strong }
  for (const program of ['console', 'gate', 'demo'] as const) {
    const names = namesFor(program)
    const handed = Object.fromEntries(Object.entries(given).filter(([name]) => names.includes(name)))
    const other = { ...production, DATABASE_URL: undefined, PUBLIC_GATE_URLS: undefined, CONSOLE_URL: undefined }
    expect(readEnv(program, { ...other, ...handed }).publicGateUrls).toEqual(['http://127.0.0.1:3311'])
  }
})
