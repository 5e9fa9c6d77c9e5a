import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import type { Figures } from '../shared/figures'
import { ask, tokenFor, until } from './callers'
import { compare, keepChanging, type Merchant } from './people'
import type { Place } from './place'

const TAKES_EFFECT_MS = 2000
const TRUSTED_MS = 7000
const BACK_MS = 5000
const WATCHED_MS = 15_000

/**
 * The primary is cut off and its synchronous standby takes over. What was revoked on the old one holds on the new one;
 * a gate that still talks to the old one is the hard case: it is told nothing any more.
 */
export async function failover(place: Place, merchants: readonly Merchant[], figures: Figures): Promise<void> {
  const { postgres, fronts, site } = place
  const [revokedBefore, revokedAfter, ...others] = merchants as [Merchant, Merchant, ...Merchant[]]
  const standby = await postgres.standby()
  try {
    const tokens = await Promise.all(merchants.map(({ pair }) => tokenFor(site.gateUrls[0]!, pair)))
    const journals = others.map((merchant) => keepChanging(place, merchant))
    await sleep(3000)
    for (const { token } of tokens) for (const url of site.gateUrls) await ask(url, token)

    // Acknowledged by the old primary, a moment before it is gone for everybody but the second gate.
    await setState(place, revokedBefore, 'inactive')
    fronts.main.use(standby.socket)
    fronts.main.cut()
    standby.promote()
    const promotedAt = performance.now()
    const back = await until(async () => (await place.page(0)).status === 200 && (await place.page(1)).status === 200)
    figures.add({ name: 'failover: pages are back after', value: back, unit: 'ms', bound: { most: BACK_MS } })

    for (const [gate, url] of site.gateUrls.entries()) {
      const refused = await until(async () => (await ask(url, tokens[0]!.token)) === 401, 10_000)
      figures.add({
        name: `failover: revoked before it, refused by gate ${gate + 1} after`,
        value: refused,
        unit: 'ms',
        bound: { most: TAKES_EFFECT_MS },
      })
      const exchanged = (await tokenFor(url, revokedBefore.pair)).status
      if (exchanged !== 400)
        figures.broken(`a pair revoked before the failover was answered ${exchanged} by gate ${gate + 1}`)
    }

    await setState(place, revokedAfter, 'inactive')
    const revokedAt = performance.now()
    const first = await until(async () => (await ask(site.gateUrls[0]!, tokens[1]!.token)) === 401, 10_000)
    figures.add({
      name: 'revoked on the new primary, refused by gate 1 after',
      value: first,
      unit: 'ms',
      bound: { most: TAKES_EFFECT_MS },
    })
    const isolated = await until(async () => (await ask(site.gateUrls[1]!, tokens[1]!.token)) !== 200, WATCHED_MS)
    const since = Math.max(promotedAt, 0)
    const accepted = Number.isFinite(isolated) ? revokedAt + isolated - since : WATCHED_MS
    figures.add({
      name: 'gate 2, alone with the old primary, accepts for',
      value: accepted,
      unit: 'ms',
      bound: { most: TRUSTED_MS },
    })

    // The old primary is fenced, as it must be, and the second gate finds the new one.
    await postgres.end('immediate')
    fronts.second.use(standby.socket)
    fronts.second.cut()
    const fenced = await until(async () => (await ask(site.gateUrls[1]!, tokens[1]!.token)) === 401, 10_000)
    figures.add({
      name: 'old primary fenced: gate 2 refuses after',
      value: fenced,
      unit: 'ms',
      bound: { most: BACK_MS },
    })
    await sleep(1000)
    await Promise.all(journals.map((journal) => journal.stop()))
    const wrongs = (await Promise.all(journals.map((journal) => compare(place, journal)))).flat()
    for (const wrong of wrongs) figures.broken(wrong)
    figures.add({
      name: 'failover: changes acknowledged through it',
      value: journals.reduce((n, j) => n + j.acknowledged.size, 0),
      unit: '',
      bound: { least: 10 },
    })
    figures.add({
      name: 'failover: acknowledged changes lost, done twice or unaudited',
      value: wrongs.length,
      unit: '',
      bound: { most: 0 },
    })
    figures.add({ name: 'failover: programs that ended', value: place.dead().length, unit: '', bound: { most: 0 } })
  } finally {
    await standby.stop()
  }
}

export const setState = ({ db }: Place, { id }: Merchant, state: 'active' | 'inactive') =>
  db.execute(sql`update credential set state = ${state} where merchant_id = ${id} and kind = 'api_user'`)
