import { setTimeout as sleep } from 'node:timers/promises'
import type { Figures } from '../shared/figures'
import { quantile } from '../shared/figures'
import { type Call, keepCalling, tokenFor, until } from './callers'
import { compare, type Journal, keepChanging, type Merchant } from './people'
import type { Place } from './place'

/** CONTRACTS section 3 and DESIGN section 7: what a gate may decide from memory while the database is silent, in ms. */
const MONEY_OUT_MS = 5000
const TRUSTED_MS = 7000
/** CHECKS 133. */
const BACK_MS = 5000
/** A poll each second: what is known may be that old when the database goes, and the poll itself takes its time. */
const POLL_MS = 1500

type Outage = { name: string; begin: () => Promise<void> | void; end: () => Promise<void> | void; lastsMs: number }

/**
 * Restarts and silences of the one database, under calls and changes.
 * @param calling whose programs call: nobody changes anything of theirs, so the gates keep them in memory
 */
export async function outages(
  place: Place,
  calling: Merchant,
  merchants: readonly Merchant[],
  rounds: number,
  figures: Figures,
) {
  const { postgres } = place
  const restart = (how: 'fast' | 'immediate', lastsMs: number, name = `${how} restart`): Outage => ({
    name,
    begin: () => postgres.end(how),
    end: postgres.start,
    lastsMs,
  })
  const silence = (lastsMs: number): Outage => ({
    name: `silent for ${lastsMs / 1000} s`,
    begin: postgres.pause,
    end: postgres.resume,
    lastsMs,
  })
  const all = [
    ...Array.from({ length: rounds }, (_, n) => restart(n % 2 ? 'immediate' : 'fast', 0)),
    silence(3000),
    restart('immediate', 12_000, 'gone for 12 s'),
    silence(15_000),
  ]
  const token = (await tokenFor(place.site.gateUrls[0]!, calling.pair)).token
  const journals = merchants.map((merchant) => keepChanging(place, merchant))
  const back: Record<'page' | 'gate' | 'write', number[]> = { page: [], gate: [], write: [] }
  for (const outage of all) await runOutage(place, outage, token, calling, journals, back, figures)
  await Promise.all(journals.map((journal) => journal.stop()))

  for (const [what, times] of Object.entries(back))
    figures.add({
      name: `${what}: back after the database is, worst of ${times.length}`,
      value: quantile(times, 1),
      unit: 'ms',
      bound: { most: BACK_MS },
    })
  const acknowledged = journals.reduce((n, journal) => n + journal.acknowledged.size, 0)
  figures.add({
    name: 'changes acknowledged through it',
    value: acknowledged,
    unit: '',
    bound: { least: merchants.length * 5 },
  })
  const wrongs = (await Promise.all(journals.map((journal) => compare(place, journal)))).flat()
  for (const wrong of wrongs) figures.broken(wrong)
  figures.add({
    name: 'acknowledged changes lost, done twice or unaudited',
    value: wrongs.length,
    unit: '',
    bound: { most: 0 },
  })
  figures.add({ name: 'programs that ended', value: place.dead().length, unit: '', bound: { most: 0 } })
}

async function runOutage(
  place: Place,
  outage: Outage,
  token: string,
  merchant: Merchant,
  journals: readonly Journal[],
  back: Record<'page' | 'gate' | 'write', number[]>,
  figures: Figures,
): Promise<void> {
  const { gateUrls } = place.site
  const callers = keepCalling(gateUrls, token, ['read', 'money-out'], 20)
  await sleep(1500)
  const goneAt = performance.now()
  await outage.begin()
  // Whoever asks a page meanwhile is answered: the page that says so, or the page.
  const asked = outage.lastsMs > 0 ? Promise.all([place.page(0), place.page(1)]) : null
  const told = outage.lastsMs > 3000 ? await place.saysAway() : null
  await sleep(Math.max(0, goneAt + outage.lastsMs - performance.now()))
  await outage.end()
  const backAt = performance.now()
  const before = journals.map((journal) => journal.acknowledged.size)
  const [page, gate, write] = await Promise.all([
    until(async () => (await place.page(0)).status === 200 && (await place.page(1)).status === 200),
    // A key that is not in memory needs the database.
    until(async () =>
      (await Promise.all(gateUrls.map((url) => tokenFor(url, merchant.pair)))).every(({ status }) => status === 200),
    ),
    until(async () =>
      journals.every((journal, at) => journal.acknowledged.size > before[at]! || journal.acknowledged.size > 140),
    ),
  ])
  back.page.push(page)
  back.gate.push(gate)
  back.write.push(write)
  await sleep(500)
  await callers.stop()

  const { name, lastsMs } = outage
  for (const { status, ms } of (await asked) ?? [])
    if (![200, 500, 503].includes(status) || ms > 25_000)
      figures.broken(`${name}: a page answered ${status} after ${ms.toFixed(0)} ms`)
  if (told !== null)
    figures.add({ name: `${name}: the console says so after`, value: told, unit: 'ms', bound: { most: BACK_MS } })
  judge(callers.calls, { name, lastsMs, goneAt, backAt, backMs: Math.max(gate, 1000) }, figures)
}

type Span = { name: string; lastsMs: number; goneAt: number; backAt: number; backMs: number }

/** The gates' answers against what memory may be trusted for. */
function judge(calls: readonly Call[], { name, lastsMs, goneAt, backAt, backMs }: Span, figures: Figures): void {
  const strange = calls.filter(({ status }) => status !== 200 && status !== 201 && status !== 503)
  for (const { status, gate, route } of strange.slice(0, 3))
    figures.broken(`${name}: gate ${gate + 1} answered ${status} to ${route}`)
  const during = calls.filter(({ sentAt }) => sentAt > goneAt && sentAt < backAt + backMs)
  const accepted = (route: string) =>
    during
      .filter((call) => call.route === route && call.status < 300 && call.sentAt < backAt)
      .map(({ sentAt }) => sentAt - goneAt)
  // A restart may take longer than it was meant to: then the limits of memory count.
  const mayRefuseAfter = (route: string) => (route === 'read' ? TRUSTED_MS : MONEY_OUT_MS) - POLL_MS
  const refused = during.filter(({ status }) => status === 503)
  const early = refused.filter(({ sentAt, route }) => sentAt - goneAt < mayRefuseAfter(route))
  if (lastsMs <= 3000) {
    figures.add({ name: `${name}: away`, value: backAt - goneAt, unit: 'ms' })
    figures.add({
      name: `${name}: known callers refused too early, of ${during.length}`,
      value: early.length,
      unit: '',
      bound: { most: 0 },
    })
    return
  }
  const firstRefused = (route: string) =>
    Math.min(...refused.filter((call) => call.route === route).map(({ sentAt }) => sentAt - goneAt))
  figures.add({
    name: `${name}: last money-out accepted`,
    value: quantile(accepted('money-out'), 1),
    unit: 'ms',
    bound: { most: MONEY_OUT_MS },
  })
  figures.add({
    name: `${name}: last call accepted`,
    value: quantile(accepted('read'), 1),
    unit: 'ms',
    bound: { most: TRUSTED_MS },
  })
  figures.add({
    name: `${name}: first call refused`,
    value: firstRefused('read'),
    unit: 'ms',
    bound: { least: TRUSTED_MS - POLL_MS },
  })
}
