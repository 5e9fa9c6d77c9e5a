import { v7 as uuid } from 'uuid'
import { connect } from '@/db/client'
import { migrate } from '@/db/migrate'
import { credential, generation, merchant, person, whitelist, whitelistEntry } from '@/db/schema'
import { keepTokenKey } from '@/lib/gatekeeping/token-key'
import { mintPublicId, mintSecret } from '@/lib/secrets/format'
import { publicHalf } from '@/lib/secrets/hpke'
import { rememberGateKey } from '@/lib/secrets/known-keys'

/** Fills an empty database with merchants that each have an API user and 20 whitelisted ranges. Prints their pairs as JSON. */
const [, , url = '', migrations = '', tagKey = '', count = '200'] = process.argv
await migrate(url, migrations)
const db = connect(url)
const now = new Date()
const gateKey = { id: 'bench', raw: publicHalf(Buffer.alloc(32, 3)) }
await rememberGateKey(db, gateKey)
await keepTokenKey(db, gateKey, now)
const createdBy = uuid()
await db.insert(person).values({ id: createdBy, email: 'bench@gate.example', name: 'Bench', passwordHash: 'x' })
const pairs = []
for (let i = 0; i < Number(count); i++) {
  const merchantId = `mrc_bench${i}`
  const credentialId = uuid()
  const whitelistId = uuid()
  const clientId = mintPublicId('test', Buffer.from(tagKey, 'base64'))
  const { secret, digest, fingerprint } = mintSecret('test')
  await db.insert(merchant).values({ id: merchantId, name: `Bench ${i}`, state: 'active' })
  await db.insert(credential).values({
    id: credentialId,
    merchantId,
    kind: 'api_user',
    scheme: 'token',
    name: 'API user',
    state: 'active',
    stateChangedAt: now,
    permissions: ['*'],
    createdAt: now,
  })
  await db.insert(generation).values({
    id: uuid(),
    merchantId,
    kind: 'credential',
    credentialId,
    scheme: 'token',
    publicId: clientId,
    digest,
    fingerprint,
    reason: 'first_set_up',
    overlap: 'at_once',
    createdAt: now,
    createdBy,
    pendingUntil: now,
    acknowledgedAt: now,
  })
  await db.insert(whitelist).values({ id: whitelistId, merchantId, credentialId, state: 'on', changedAt: now })
  const ranges = ['127.0.0.1', ...Array.from({ length: 19 }, (_, n) => `198.51.${n}.0/24`)]
  const entries = ranges.map((range) => ({ id: uuid(), merchantId, whitelistId, range, addedAt: now }))
  await db.insert(whitelistEntry).values(entries)
  pairs.push({ clientId, clientSecret: secret.reveal() })
}
await db.$client.end()
process.stdout.write(JSON.stringify(pairs))
