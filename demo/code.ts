import { fail, run } from '@/bin/shared/process'
import { readEnv } from '@/lib/env'
import { currentCode, nextStepAt } from '@/lib/secrets/totp'
import { demoSecrets, runningDemo } from './shared/state'

/** `npm run demo:code -- EMAIL`: the codes that this person's phone would show now. */
run(async () => {
  const { dataDir } = readEnv('owner')
  const wanted = (process.argv[2] ?? '').toLowerCase()
  const everyone = demoSecrets(dataDir).merchants.flatMap((m) => m.people)
  const found = everyone.find((p) => p.email === wanted)
  if (!runningDemo(dataDir)) return fail(new Unknown('no demo runs here: start it with `npm start`'))
  if (!found) return fail(new Unknown(`write one of: ${everyone.map((p) => p.email).join(', ')}`))
  const now = new Date()
  const seconds = Math.ceil((nextStepAt(now).getTime() - now.getTime()) / 1000)
  process.stdout.write(
    `Sign-in 2FA                       ${currentCode(found.signInTotp, now)}\n` +
      `Authorization 2FA for operations  ${currentCode(found.operationsTotp, now)}\n` +
      `New codes in ${seconds} s. Each code works once.\n`,
  )
})

class Unknown extends Error {}
