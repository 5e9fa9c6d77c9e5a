import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { connect } from '@/db/client'
import { switchOff } from '@/lib/credentials/switch-api-user'
import type { Figures } from '../shared/figures'
import { quantile } from '../shared/figures'
import { ask, tokenFor, until } from './callers'
import type { Merchant } from './people'
import type { Place } from './place'

/** `db/client.ts`: what one statement, one wait for a lock and one wait for a connection may take together, in ms. */
const LONGEST_ANSWER_MS = 20_000
const BACK_MS = 5000
/** `db/client.ts`: when the first wait for a lock has ended, everybody knows. */
const LOCK_MS = 10_000
const HELD_MS = 13_000

/** Somebody holds a lock and does nothing: more requests than the pool has connections wait for it. */
export async function busy(place: Place, merchant: Merchant, figures: Figures): Promise<void> {
  const { site, postgres } = place
  const { token } = await tokenFor(site.gateUrls[0]!, merchant.pair)
  for (const url of site.gateUrls) await ask(url, token)
  const holder = new pg.Client({ connectionString: postgres.url })
  await holder.connect()
  await holder.query('begin; lock table membership in access exclusive mode')
  const heldAt = performance.now()
  const pages = Promise.all(Array.from({ length: 40 }, (_, n) => place.page((n % 2) as 0 | 1)))
  const own = connect(place.fronts.main.url, { max: 4 })
  const writes = Promise.all(
    Array.from({ length: 20 }, async () => {
      const began = performance.now()
      const ok = await switchOff({ ...merchant.owner, db: own }).then(
        (done) => done.ok,
        () => false,
      )
      return { ok, ms: performance.now() - began }
    }),
  )
  const said = await place.saysAway()
  const statuses = new Map<number, number>()
  while (performance.now() - heldAt < HELD_MS) {
    for (const url of site.gateUrls) {
      const status = await ask(url, token)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
    await sleep(50)
  }
  await holder.query('rollback')
  await holder.end()
  const back = await until(async () => (await place.page(0)).status === 200 && (await place.page(1)).status === 200)
  const answered = await pages
  const written = await writes
  await own.$client.end()

  figures.add({ name: 'locked: the console says so after', value: said, unit: 'ms', bound: { most: LOCK_MS } })
  figures.add({
    name: 'locked: longest of 40 pages',
    value: quantile(
      answered.map(({ ms }) => ms),
      1,
    ),
    unit: 'ms',
    bound: { most: LONGEST_ANSWER_MS },
  })
  const told = answered.filter(({ status }) => status === 500 || status === 503).length
  figures.add({ name: 'locked: pages answered with an error page', value: told, unit: 'of 40' })
  const strange = answered.filter(({ status }) => ![200, 500, 503].includes(status))
  for (const { status } of strange) figures.broken(`locked: a page answered ${status}`)
  figures.add({
    name: 'locked: longest of 20 writes over 4 connections',
    value: quantile(
      written.map(({ ms }) => ms),
      1,
    ),
    unit: 'ms',
    bound: { most: LONGEST_ANSWER_MS },
  })
  const refused = [...statuses].filter(([status]) => status !== 200).reduce((n, [, count]) => n + count, 0)
  figures.add({ name: 'locked: known callers refused by the gates', value: refused, unit: '', bound: { most: 0 } })
  figures.add({ name: 'locked: pages are back after', value: back, unit: 'ms', bound: { most: BACK_MS } })
}
