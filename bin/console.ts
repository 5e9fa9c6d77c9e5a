import next from 'next'
import { connect } from '@/db/client'
import { databaseClock } from '@/lib/clock'
import { consoleEnv, isLoopback } from '@/lib/env'
import { verifyInstallation } from '@/lib/installation'
import { faultOf, log, takeOverConsole } from '@/lib/log'
import { setRuntime } from '@/lib/runtime'
import { provePublicKey, proveTotpKeys } from '@/lib/secrets/known-keys'
import { consoleServer } from './shared/console-server'
import { provePatched } from './shared/framework'
import { drain, listenOn } from './shared/listen'
import { ready, root, run, stopWith } from './shared/process'

/** The pages of Gatehouse, behind a server of our own that resolves the client's address and refuses foreign writes. */
run(async () => {
  provePatched(root)
  const env = consoleEnv()
  // Longer than the server's own limits on a statement and a lock: it is there for a server that is silent.
  const db = connect(env.databaseUrl, { queryMs: 20_000 })
  const claim = { environment: env.gatehouseEnv, demo: env.gatehouseDemo }
  await verifyInstallation(db, claim)
  await proveTotpKeys(db, env.totpKeys)
  await provePublicKey(db, env.gatePublicKey)
  const clock = databaseClock(db)
  await clock.refresh()
  clock.start()

  const { hostname, protocol } = new URL(env.consoleUrl)
  const secureCookies = protocol === 'https:' || isLoopback(hostname)
  setRuntime({
    db,
    clock,
    installation: { ...claim, insecure: !secureCookies, keys: { tag: env.tagKey, totp: env.totpKeys } },
    consoleUrl: env.consoleUrl,
    gateUrls: env.publicGateUrls,
    sessionSecret: env.nextauthSecret,
    secureCookies,
  })
  // Read by next-auth and by the framework, which know no other way to be told.
  Object.assign(process.env, {
    NODE_ENV: 'production',
    NEXTAUTH_URL: env.consoleUrl,
    NEXTAUTH_SECRET: env.nextauthSecret,
    NEXT_SERVER_ACTIONS_ENCRYPTION_KEY: env.nextServerActionsEncryptionKey,
    NEXT_TELEMETRY_DISABLED: '1',
    // Where an action goes that was posted to another page: to this server, never out to the public address.
    __NEXT_PRIVATE_ORIGIN: ownOrigin(env.listenAddresses, env.consolePort),
  })

  takeOverConsole()
  const app = next({ dev: false, dir: root, hostname, port: env.consolePort })
  await app.prepare()
  const handle = app.getRequestHandler()
  let lastTold = 0
  const servers = await listenOn(
    () =>
      consoleServer({
        consoleUrl: env.consoleUrl,
        trustedProxies: env.trustedProxies,
        away: () => !clock.answering(),
        handle: (req, res) => handle(req, res),
        onUnbelieved() {
          if (Date.now() - lastTold < 60_000) return
          lastTold = Date.now()
          log('warn', 'proxy.unbelieved', { because: 'X-Forwarded-For from a peer that is not in TRUSTED_PROXIES' })
        },
      }),
    { addresses: env.listenAddresses, port: env.consolePort, name: 'CONSOLE_PORT' },
  )
  process.on('unhandledRejection', (error) => log('error', 'console.unhandled', faultOf(error)))
  stopWith(async () => {
    await drain(servers)
    await app.close()
    clock.stop()
    await db.$client.end()
  })
  ready(`console ${env.consoleUrl}`)
})

function ownOrigin(addresses: readonly string[], port: number): string {
  const [first = ''] = addresses
  const anyAddress = first === '::' || first === '0.0.0.0'
  const host = anyAddress ? '127.0.0.1' : first.includes(':') ? `[${first}]` : first
  return `http://${host}:${port}`
}
