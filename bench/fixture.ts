import { v7 as uuid } from 'uuid'
import { connect } from '@/db/client'
import { migrate } from '@/db/migrate'
import { credential, generation, merchant, person, whitelist, whitelistEntry } from '@/db/schema'
import { keepTokenKey } from '@/lib/gatekeeping/token-key'
import { mintPublicId, mintSecret } from '@/lib/secrets/format'
import { publicHalf } from '@/lib/secrets/hpke'
import { rememberGateKey } from '@/lib/secrets/known-keys'

/**
 * Fills an empty database with `count` merchants that each have an API user and 20 whitelisted ranges, and `cold` ones
 * with one range, of which each is asked for once. Prints their pairs as JSON.
 */
const [, , url = '', migrations = '', tagKey = '', count = '200', cold = '0'] = process.argv
await migrate(url, migrations)
const db = connect(url)
const now = new Date()
const gateKey = { id: 'bench', raw: publicHalf(Buffer.alloc(32, 3)) }
await rememberGateKey(db, gateKey)
await keepTokenKey(db, gateKey, now)
const createdBy = uuid()
await db.insert(person).values({ id: createdBy, email: 'bench@gate.example', name: 'Bench', passwordHash: 'x' })

type Pair = { clientId: string; clientSecret: string }
const AT_ONCE = 200

async function fill(name: string, many: number, ranges: string[]): Promise<Pair[]> {
  const pairs: Pair[] = []
  for (let from = 0; from < many; from += AT_ONCE) {
    const made = Array.from({ length: Math.min(AT_ONCE, many - from) }, (_, i) => one(`mrc_${name}${from + i}`))
    await db.insert(merchant).values(made.map((m) => m.merchant))
    await db.insert(credential).values(made.map((m) => m.credential))
    await db.insert(generation).values(made.map((m) => m.generation))
    await db.insert(whitelist).values(made.map((m) => m.whitelist))
    const entries = made.flatMap(({ whitelist: { id, merchantId } }) =>
      ranges.map((range) => ({ id: uuid(), merchantId, whitelistId: id, range, addedAt: now })),
    )
    for (let at = 0; at < entries.length; at += 2000)
      await db.insert(whitelistEntry).values(entries.slice(at, at + 2000))
    pairs.push(...made.map((m) => m.pair))
  }
  return pairs
}

function one(merchantId: string) {
  const credentialId = uuid()
  const clientId = mintPublicId('test', Buffer.from(tagKey, 'base64'))
  const { secret, digest, fingerprint } = mintSecret('test')
  return {
    pair: { clientId, clientSecret: secret.reveal() },
    merchant: { id: merchantId, name: merchantId, state: 'active' as const },
    credential: {
      id: credentialId,
      merchantId,
      kind: 'api_user' as const,
      scheme: 'token' as const,
      name: 'API user',
      state: 'active' as const,
      stateChangedAt: now,
      permissions: ['*'],
      createdAt: now,
    },
    generation: {
      id: uuid(),
      merchantId,
      kind: 'credential' as const,
      credentialId,
      scheme: 'token' as const,
      publicId: clientId,
      digest,
      fingerprint,
      reason: 'first_set_up' as const,
      overlap: 'at_once' as const,
      createdAt: now,
      createdBy,
      pendingUntil: now,
      acknowledgedAt: now,
    },
    whitelist: { id: uuid(), merchantId, credentialId, state: 'on' as const, changedAt: now },
  }
}

const twenty = ['127.0.0.1', ...Array.from({ length: 19 }, (_, n) => `198.51.${n}.0/24`)]
const warm = await fill('bench', Number(count), twenty)
const once = await fill('cold', Number(cold), ['127.0.0.1'])
await db.$client.end()
process.stdout.write(JSON.stringify({ warm, cold: once }))
