import { join } from 'node:path'
import { connect } from '@/db/client'
import { migrate } from '@/db/migrate'
import { resealSeeds } from '@/lib/access/reseal'
import { databaseClock } from '@/lib/clock'
import { readEnv } from '@/lib/env'
import { keepTokenKey } from '@/lib/gatekeeping/token-key'
import { establish, refuseForeignDatabase } from '@/lib/installation'
import { log } from '@/lib/log'
import { rememberKeys } from '@/lib/secrets/known-keys'
import { ready, root, run } from './shared/process'

/** Brings the database up to date, writes down what it is for, and makes the keys known. Runs to its end. */
run(async () => {
  const env = readEnv('migrate')
  const claim = { environment: env.gatehouseEnv, demo: env.gatehouseDemo }
  const db = connect(env.databaseUrl, { max: 1 })
  await refuseForeignDatabase(db, claim)
  await migrate(env.databaseUrl, join(root, 'db/migrations'))
  await establish(db, claim)
  const clock = databaseClock(db)
  await clock.refresh()
  const now = clock.now()
  const { fresh } = await rememberKeys(db, { totp: env.totpKeys, gate: env.gatePublicKey }, now)
  await keepTokenKey(db, env.gatePublicKey, now)
  // Consoles that run now hold what was known before: only with such a key may seeds be sealed anew.
  const resealed = fresh.includes(env.totpKeys.current) ? 0 : await resealSeeds(db, env.totpKeys)
  if (resealed > 0) log('info', 'seeds.resealed', { resealed, key: env.totpKeys.current })
  await db.$client.end()
  ready('migrated')
})
