import { join } from 'node:path'
import { connect } from '@/db/client'
import { migrate } from '@/db/migrate'
import { readEnv } from '@/lib/env'
import { establish, refuseForeignDatabase } from '@/lib/installation'
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
  await rememberKeys(db, { totp: env.totpKeys, gate: env.gatePublicKey })
  await db.$client.end()
  ready('migrated')
})
