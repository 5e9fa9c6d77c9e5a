import { sql } from 'drizzle-orm'
import type { Figures } from '../shared/figures'
import { quantile } from '../shared/figures'
import { ask, keepCalling, tokenFor, until } from './callers'
import { setState } from './failover'
import type { Merchant } from './people'
import type { Place } from './place'

/** PERFORMANCE R1, R2: from commit to the first refusal on another instance, in ms. */
const IDLE_P50_MS = 5
const LOADED_P99_MS = 250
const ALWAYS_MS = 2000

/** Commit to first refusal at both gates: idle, under 500 requests/s on the second, and with LISTEN killed again and again. */
export async function revocation(place: Place, merchant: Merchant, rounds: number, figures: Figures): Promise<void> {
  const { gateUrls } = place.site
  const { token } = await tokenFor(gateUrls[0]!, merchant.pair)
  const second = gateUrls[1]!
  const active = () =>
    until(async () => (await Promise.all(gateUrls.map((url) => ask(url, token)))).every((s) => s === 200), 20_000)

  const idle: number[] = []
  const own: number[] = []
  for (let n = 0; n < rounds; n++) {
    await setState(place, merchant, 'active')
    await active()
    const askedAt = performance.now()
    await ask(second, token)
    own.push(performance.now() - askedAt)
    await setState(place, merchant, 'inactive')
    const committedAt = performance.now()
    while ((await ask(second, token)) !== 401) if (performance.now() - committedAt > 10_000) break
    idle.push(performance.now() - committedAt)
  }
  // It is seen by asking: on a busy host the asking takes longer than the revocation.
  const call = quantile(own, 0.5)
  figures.add({ name: 'a call takes, p50', value: call, unit: 'ms' })
  add(figures, 'idle', idle, { p50: IDLE_P50_MS + 2 * call, max: ALWAYS_MS })

  const loaded: number[] = []
  const first: number[] = []
  let calls = 0
  for (let n = 0; n < rounds; n++) {
    await setState(place, merchant, 'active')
    await active()
    const callers = keepCalling([second], token, ['read'], 500)
    await new Promise((resolve) => setTimeout(resolve, 400))
    await setState(place, merchant, 'inactive')
    const committedAt = performance.now()
    await until(async () => callers.calls.filter(({ status }) => status === 401).length > 50, 10_000)
    await callers.stop()
    calls += callers.calls.length
    // The last call that was let in, by the moment it was sent: it was decided after that.
    const late = callers.calls.filter(({ sentAt, status }) => status === 200 && sentAt > committedAt)
    first.push(
      Math.min(...callers.calls.filter(({ status }) => status === 401).map(({ sentAt, ms }) => sentAt + ms)) -
        committedAt,
    )
    loaded.push(Math.max(0, ...late.map(({ sentAt }) => sentAt - committedAt)))
  }
  figures.add({ name: 'calls of the revoked key, at 500/s', value: calls, unit: '' })
  add(figures, 'at 500/s, last accepted', loaded, { p99: LOADED_P99_MS, max: ALWAYS_MS })
  add(figures, 'at 500/s, first refusal', first, { p99: LOADED_P99_MS, max: ALWAYS_MS })

  const deaf: number[] = []
  let killed = 0
  for (let n = 0; n < rounds; n++) {
    await setState(place, merchant, 'active')
    await active()
    const { rows } = await place.db.execute<{ ended: number }>(
      sql`select count(pg_terminate_backend(pid))::int as ended from pg_stat_activity where query ilike 'listen%'`,
    )
    killed += rows[0]?.ended ?? 0
    await setState(place, merchant, 'inactive')
    const committedAt = performance.now()
    for (const url of gateUrls)
      while ((await ask(url, token)) !== 401) if (performance.now() - committedAt > 10_000) break
    deaf.push(performance.now() - committedAt)
  }
  figures.add({ name: 'LISTEN connections ended', value: killed, unit: '', bound: { least: rounds } })
  add(figures, 'LISTEN killed before each', deaf, { max: ALWAYS_MS })
  await setState(place, merchant, 'active')
}

function add(
  figures: Figures,
  name: string,
  times: number[],
  bounds: { p50?: number; p99?: number; max: number },
): void {
  const bound = (most?: number) => (most === undefined ? {} : { bound: { most } })
  figures.add({
    name: `revoked, ${name}: p50 of ${times.length}`,
    value: quantile(times, 0.5),
    unit: 'ms',
    ...bound(bounds.p50),
  })
  figures.add({ name: `revoked, ${name}: p99`, value: quantile(times, 0.99), unit: 'ms', ...bound(bounds.p99) })
  figures.add({ name: `revoked, ${name}: max`, value: quantile(times, 1), unit: 'ms', ...bound(bounds.max) })
}
