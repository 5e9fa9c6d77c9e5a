import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { busy } from './instances/busy'
import { failover } from './instances/failover'
import { migrations } from './instances/migrations'
import { outages } from './instances/outage'
import { type Merchant, makeMerchant } from './instances/people'
import { openPlace, type Place } from './instances/place'
import { revocation } from './instances/revocation'
import { figures } from './shared/figures'

/**
 * Two consoles and two gates on one durable PostgreSQL that restarts, falls silent, is locked, loses its LISTEN
 * connections and fails over, while programs call and people change things.
 * Options: --rounds 6 (restarts), --revocations 40, --only outages,failover, --json FILE
 */
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '6' },
    revocations: { type: 'string', default: '40' },
    only: { type: 'string', default: 'migrations,revocation,busy,outages,failover' },
    json: { type: 'string' },
  },
})

const result = figures('several instances on one PostgreSQL')

/** In this order: a failover leaves nothing behind that another could use. */
const all: Record<string, (place: Place, merchants: readonly Merchant[]) => Promise<void>> = {
  migrations: (place) => migrations(place, result),
  revocation: (place, [first]) => revocation(place, first!, Number(options.revocations), result),
  busy: (place, [, second]) => busy(place, second!, result),
  outages: (place, [first, , ...rest]) => outages(place, first!, rest.slice(0, 3), Number(options.rounds), result),
  failover: (place, [, , , , , ...rest]) => failover(place, rest, result),
}

/** A scenario that hangs is a finding, not a reason to print nothing. */
const LONGEST_MS = 300_000

const place = await openPlace()
try {
  const merchants: Merchant[] = []
  for (let n = 0; n < 8; n++) merchants.push(await makeMerchant(place))
  const wanted = options.only.split(',')
  for (const [name, run] of Object.entries(all)) {
    if (!wanted.includes(name)) continue
    process.stderr.write(`${name} …\n`)
    const late = sleep(LONGEST_MS).then(() => result.broken(`${name} did not end within ${LONGEST_MS / 1000} s`))
    await Promise.race([run(place, merchants), late])
  }
} catch (error) {
  result.broken(error instanceof Error ? (error.stack ?? error.message) : String(error))
}
const code = result.report(options.json)
await Promise.race([place.stop(), sleep(20_000)])
process.exit(code)
