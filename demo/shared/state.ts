import { randomBytes, randomInt } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mintSeed } from '@/lib/secrets/totp'

/** What a demo remembers outside its database: who its people are, and where it runs. One 0600 file each. */
export type DemoPerson = {
  role: 'root' | 'owner' | 'admin' | 'member'
  name: string
  email: string
  password: string
  signInTotp: string
  operationsTotp: string
}

export type DemoMerchant = { id: string; name: string; state: 'active' | 'pending'; people: DemoPerson[] }
export type DemoSecrets = { gatewayToken: string; merchants: [DemoMerchant, DemoMerchant] }

/** Long names on purpose: a page that holds them holds anything. */
const cast = [
  {
    id: 'harbour-vale',
    name: 'Harbour & Vale Payments Ltd',
    state: 'active',
    people: [
      ['root', 'Ingrid Solheim-Brandvold', 'ingrid@harbour-vale.example'],
      ['owner', 'Tomás Ferreira de Albuquerque', 'tomas@harbour-vale.example'],
      ['admin', 'Priya Raghunathan', 'priya@harbour-vale.example'],
      ['member', 'Wei-Lin Okonkwo-Petersen', 'wei-lin@harbour-vale.example'],
    ],
  },
  {
    id: 'brightwater',
    name: 'Brightwater Marine Supplies',
    state: 'pending',
    people: [['root', 'Maximiliana Castellanos-Whitfield', 'maximiliana@brightwater.example']],
  },
] as const

export const demoDir = (dataDir: string): string => join(dataDir, 'demo')

/** Random for each clone, made once. */
export function demoSecrets(dataDir: string): DemoSecrets {
  const file = join(demoDir(dataDir), 'people.json')
  if (!existsSync(file)) {
    mkdirSync(demoDir(dataDir), { recursive: true, mode: 0o700 })
    writeFileSync(file, JSON.stringify(makeSecrets(), null, 2), { mode: 0o600, flag: 'wx' })
  }
  return JSON.parse(readFileSync(file, 'utf8')) as DemoSecrets
}

function makeSecrets(): DemoSecrets {
  const merchants = cast.map(({ people, ...merchant }) => ({
    ...merchant,
    people: people.map(([role, name, email]) => ({
      role,
      name,
      email,
      password: randomPassword(),
      signInTotp: mintSeed(),
      operationsTotp: mintSeed(),
    })),
  }))
  return {
    gatewayToken: `gtg_${randomBytes(32).toString('base64url')}`,
    merchants: merchants as unknown as DemoSecrets['merchants'],
  }
}

/** Twenty letters in groups that can be read aloud: 94 bits. */
function randomPassword(): string {
  const letter = () => 'abcdefghijkmnopqrstuvwxyz'[randomInt(25)]
  return Array.from({ length: 4 }, () => Array.from({ length: 5 }, letter).join('')).join('-')
}

/** Where the running demo can be reached; the file is there only while it runs. */
export type DemoAddresses = { pid: number; consoleUrl: string; gateUrl: string; internalUrl: string; mailUrl: string }

const runningFile = (dataDir: string): string => join(demoDir(dataDir), 'running.json')

export function sayRunning(dataDir: string, addresses: DemoAddresses): void {
  const file = runningFile(dataDir)
  writeFileSync(file, JSON.stringify(addresses), { mode: 0o600 })
  process.once('exit', () => rmSync(file, { force: true }))
}

/** Null when no demo runs: its file is missing, or its process has gone. */
export function runningDemo(dataDir: string): DemoAddresses | null {
  try {
    const addresses = JSON.parse(readFileSync(runningFile(dataDir), 'utf8')) as DemoAddresses
    process.kill(addresses.pid, 0)
    return addresses
  } catch {
    return null
  }
}
