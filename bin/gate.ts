import { connect } from '@/db/client'
import { keepGarbageYoung } from '@/gate/garbage'
import { startGate } from '@/gate/server'
import { readEnv } from '@/lib/env'
import { verifyInstallation } from '@/lib/installation'
import { proveGateKeys } from '@/lib/secrets/known-keys'
import { ready, run, stopWith } from './shared/process'

/** The gate: what integrators call. Its answers come from memory; see `gate/` and `lib/gatekeeping/`. */
run(async () => {
  keepGarbageYoung()
  const env = readEnv('gate')
  const db = connect(env.databaseUrl, { max: 1 })
  await verifyInstallation(db, { environment: env.gatehouseEnv, demo: env.gatehouseDemo })
  await proveGateKeys(db, env.gatePrivateKeys)
  await db.$client.end()

  const [issuer] = env.publicGateUrls
  const gate = await startGate({
    databaseUrl: env.databaseUrl,
    environment: env.gatehouseEnv,
    issuer: issuer as string,
    tagKey: env.tagKey,
    privateKeys: env.gatePrivateKeys,
    moneyOutNeedsWhitelist: true,
    mostAtOnce: 200,
    upstreamUrl: env.upstreamUrl,
    upstreamSecret: Buffer.from(env.upstreamSecret),
    routesFile: env.routesFile,
    proxies: env.trustedProxies,
    public: { addresses: env.listenAddresses, port: env.gatePort },
    internal: { addresses: ['127.0.0.1'], port: env.internalPort },
    upstreamSilenceMs: 60_000,
  })
  stopWith(gate.stop)
  ready(`gate on port ${gate.publicPort}, internal on 127.0.0.1:${gate.internalPort}`)
})
