import { createInterface } from 'node:readline'
import { connect } from '@/db/client'
import { databaseClock } from '@/lib/clock'
import { type Jar, libDesk } from './desk'
import { seeded, seedFor } from './random'
import { type Heard, startWorker } from './worker'
import { installationOf, type Shop } from './world'

/** What the process of the people is told when it starts, as one line of JSON. */
export type PeopleSettings = {
  env: Record<string, string>
  databaseUrl: string
  shops: Shop[]
  jar: Jar
  seed: number
  idPrefix: string
}
/** What it says, one JSON a line; the pipe is written before anything else happens, so a SIGKILL loses no line. */
export type PeopleLine = Heard | { what: 'jar'; jar: Jar } | { what: 'paused' }

/**
 * People who work through the code of `lib` in a process of its own, as the console does: it can be killed at any
 * moment. Reads its settings from the first line of stdin, then `pause` and `go`.
 */
export function people(): void {
  const say = (line: PeopleLine) => process.stdout.write(`${JSON.stringify(line)}\n`)
  const lines = createInterface({ input: process.stdin })
  lines.once('line', (first) => {
    const { env, databaseUrl, shops, jar, seed, idPrefix } = JSON.parse(first) as PeopleSettings
    const db = connect(databaseUrl, { max: 8 })
    const installation = installationOf(env)
    const kept = () => say({ what: 'jar', jar })
    const workers = shops.map((shop) => {
      const clock = databaseClock(db)
      const desk = libDesk({ db, clock, installation, shop, jar, kept })
      const random = seeded(seedFor(seed, idPrefix + shop.merchantId))
      return startWorker({ db, clock, desk, shop, random, hear: say, idPrefix, pauseMs: 60 })
    })
    for (const worker of workers) worker.goOn()
    lines.on('line', (line) => {
      if (line === 'go') for (const worker of workers) worker.goOn()
      else void Promise.all(workers.map((worker) => worker.pause())).then(() => say({ what: 'paused' }))
    })
    lines.on('close', () => process.exit(0))
  })
}
