import { fail, run } from '@/bin/shared/process'
import { connect } from '@/db/client'
import { readDemoOperator } from '@/lib/env'
import { verifyInstallation } from '@/lib/installation'
import { setMerchantState } from '@/lib/merchants/state'
import { demoSecrets, runningDemo } from './shared/state'

/** `npm run demo:merchant -- suspend "case 2231"` or `-- activate [ID]`: what an operator would do, in the running demo. */
run(async () => {
  const env = readDemoOperator()
  if (!runningDemo(env.dataDir)) return fail(new Refused('no demo runs here: start it with `npm start`'))
  const { merchants } = demoSecrets(env.dataDir)
  const [verb, text] = process.argv.slice(2)
  const id = merchants.find((m) => m.id === text)?.id ?? merchants[0].id
  if (verb !== 'suspend' && verb !== 'activate') return fail(new Refused('write `suspend REASON`, or `activate [ID]`'))

  const db = connect(env.databaseUrl, { max: 1 })
  await verifyInstallation(db, { environment: env.gatehouseEnv, demo: true })
  const state = verb === 'suspend' ? 'suspended' : 'active'
  const reason = verb === 'suspend' ? (text ?? null) : null
  const done = await setMerchantState(db, { id, state, reason, now: new Date() })
  await db.$client.end()
  process.stdout.write(done.ok ? `${id} is ${state}\n` : `${id} was ${state} already\n`)
})

class Refused extends Error {}
