import { createHash } from 'node:crypto'
import type { Db } from '@/db/client'
import { activeFactor } from '@/lib/access/factors'
import type { Operation } from '@/lib/access/step-up'
import type { AuditAction } from '@/lib/activity/model'
import type { Clock } from '@/lib/clock'
import { apiUser, generationsOf } from '@/lib/credentials/generations'
import { allowedOverlaps, type Overlap, passes, type RegenerateParams } from '@/lib/credentials/model'
import { currentCode, stepOf } from '@/lib/secrets/totp'
import { readWhitelist } from '@/lib/whitelist/read'
import type { Desk, Proven, Told } from './desk'
import type { Random } from './random'
import { sleep } from './wait'
import type { Person, Shop } from './world'

/** What the journal hears of a change: before it is asked for, and what came back. */
export type Heard =
  | { what: 'asked'; id: string; chain: string; action: AuditAction; subject?: string }
  /** `readBack`: the answer was lost, and asking again with the same ticket said that it had been done. */
  | { what: 'done'; id: string; subject?: string; readBack?: true }
  | { what: 'refused'; id: string; error: string }
  /** No answer came: it happened or it did not. */
  | { what: 'unknown'; id: string; error: string }
  | { what: 'revealed'; merchantId: string; generationId: string; apiKey: string; apiSecret: string }
  | { what: 'ticket'; digest: string }

export type WorkerSettings = {
  db: Db
  clock: Clock
  desk: Desk
  shop: Shop
  random: Random
  hear: (heard: Heard) => void
  /** Makes ids of changes that no other process makes. */
  idPrefix: string
  pauseMs: number
}

export type Worker = {
  /** Returns when the change under way has ended. */
  pause(): Promise<void>
  /** Goes on, also after a change whose outcome nobody knows. */
  goOn(): void
}

class Lost extends Error {}

/**
 * The people of one merchant, one change after the other, so that the order in the journal is the order in the audit
 * trail. After a change whose outcome is unknown they wait until somebody has looked.
 */
export function startWorker(settings: WorkerSettings): Worker {
  const { db, clock, desk, shop, random, hear } = settings
  let running = false
  let waits = false
  let count = 0
  let turn: Promise<void> = Promise.resolve()

  /** Asks for one change and tells the journal. With a ticket, a lost answer is read back by asking again. */
  async function ask(
    about: { chain?: string; action: AuditAction; subject?: string },
    verb: () => Promise<Told>,
    again = false,
  ): Promise<Told> {
    const id = `${settings.idPrefix}-${shop.merchantId}-${++count}`
    const { chain = shop.merchantId, action, subject } = about
    hear({ what: 'asked', id, chain, action, ...(subject ? { subject } : {}) })
    let told: Told
    let readBack = false
    try {
      told = await verb()
    } catch (error) {
      const lost = error instanceof Error ? error.message : String(error)
      const second = again ? await askAgain(verb) : null
      if (!second) {
        hear({ what: 'unknown', id, error: lost })
        throw new Lost(lost)
      }
      readBack = !second.ok
      told = second.ok ? second : { ok: true, value: null }
    }
    if (!told.ok) {
      hear({ what: 'refused', id, error: told.error })
      return told
    }
    const made = (told.value as { generationId?: string } | null)?.generationId
    hear({ what: 'done', id, ...(made ? { subject: made } : {}), ...(readBack ? { readBack } : {}) })
    return told
  }

  /** The ticket is the change's id: it says `already_done`, or the change is made now. Null: still nobody knows. */
  async function askAgain(verb: () => Promise<Told>): Promise<Told | null> {
    for (let tries = 0; tries < 20; tries += 1) {
      try {
        const told = await verb()
        return told.ok || told.error === 'already_done' ? told : null
      } catch {
        await sleep(200)
      }
    }
    return null
  }

  async function codeOf(who: Person, purpose: 'sign_in' | 'operations'): Promise<string | null> {
    const f = await activeFactor(db, who.id, purpose)
    const now = clock.now()
    if (!f || f.lastStep >= stepOf(now)) return null
    return currentCode(purpose === 'sign_in' ? who.signIn : who.operations, now)
  }

  async function prove(who: Person, operation: Operation, params: unknown, password = false): Promise<Proven | null> {
    const code = await codeOf(who, 'operations')
    if (!code) return null
    const opened = await desk.openTicket(who, { operation, params, ...(password ? { password: who.password } : {}) })
    if (!opened.ok) return null
    const { ticket } = opened.value as { ticket: string }
    hear({ what: 'ticket', digest: createHash('sha256').update(ticket).digest('hex') })
    return { ticket, code }
  }

  async function regenerate(who: Person, hasCurrent: boolean, moneyOut: boolean): Promise<void> {
    const reason = hasCurrent
      ? random.pick(['planned_change', 'planned_change', 'lost', 'leaked'] as const)
      : 'first_set_up'
    const overlap = random.pick(allowedOverlaps(reason, moneyOut))
    const params: RegenerateParams = { reason, overlap }
    const proven = await prove(who, 'credentials.regenerate', params, true)
    if (!proven) return
    const told = await ask(
      { action: 'credential.regenerated' },
      () => desk.regenerate(who, { ...proven, params }),
      true,
    )
    if (!told.ok || !told.value) return
    const { generationId, apiKey, apiSecret } = told.value as Record<'generationId' | 'apiKey' | 'apiSecret', string>
    hear({ what: 'revealed', merchantId: shop.merchantId, generationId, apiKey, apiSecret })
  }

  /** Everything this merchant's people could do now; some of it more often. */
  async function choices(who: Person): Promise<(() => Promise<unknown>)[]> {
    const now = clock.now()
    const user = await apiUser(db, shop.merchantId)
    const all = await generationsOf(db, user, now)
    const list = await readWhitelist(db, shop.merchantId, now)
    const inState = (state: string) => all.find((g) => g.state === state)
    const [open, current, retiring] = [
      inState('pending') ?? inState('unconfirmed'),
      inState('active'),
      inState('retiring'),
    ]
    const on = user.state === 'active'
    const found: (() => Promise<unknown>)[] = []
    const often = (times: number, choice: () => Promise<unknown>) => {
      for (let n = 0; n < times; n += 1) found.push(choice)
    }

    if (open) {
      often(6, () => ask({ action: 'credential.acknowledged', subject: open.id }, () => desk.acknowledge(who, open.id)))
      often(2, () => ask({ action: 'credential.discarded', subject: open.id }, () => desk.discard(who, open.id)))
    }
    if (retiring) {
      often(4, () => ask({ action: 'credential.overlap_ended', subject: retiring.id }, () => desk.endOverlap(who)))
      const lasts = random.pick(['1_hour', '24_hours'] as const satisfies readonly Overlap[])
      often(1, () =>
        ask({ action: 'credential.overlap_shortened', subject: retiring.id }, () => desk.shortenOverlap(who, lasts)),
      )
    }
    if (!retiring && !inState('unconfirmed')) often(5, () => regenerate(who, current !== undefined, user.moneyOut))
    if (on) often(1, () => ask({ action: 'api_user.switched_off', subject: user.id }, () => desk.switchOff(who)))
    else
      often(6, async () => {
        const live = all.some((g) => passes(g.state))
        const proven = live ? await prove(who, 'api_user.switch_on', {}) : null
        if (live && !proven) return
        await ask(
          { action: 'api_user.switched_on', subject: user.id },
          () => desk.switchOn(who, proven),
          proven !== null,
        )
      })

    often(3, async () => {
      const home = list.entries.some((e) => e.range === '127.0.0.1')
      const range = home ? `203.0.${random.below(256)}.${random.below(256)}` : '127.0.0.1'
      const removed = list.entries.length > 3 ? [random.pick(list.entries).id] : []
      const params = { version: list.version, add: [{ range, note: 'office' }], remove: removed, notes: [] }
      const proven = await prove(who, 'api_whitelist.change', params)
      if (!proven) return
      const given = { ...proven, params }
      await ask({ action: 'whitelist.changed', subject: list.id }, () => desk.changeWhitelist(who, given), true)
    })
    if (list.entries.length > 0)
      often(1, async () => {
        const state = list.state === 'on' ? 'off' : 'on'
        const params = { version: list.version }
        const proven = await prove(who, `api_whitelist.turn_${state}`, params)
        if (!proven) return
        const given = { ...proven, ...params }
        await ask(
          { action: `whitelist.turned_${state}`, subject: list.id },
          () => desk.turnWhitelist(who, state, given),
          true,
        )
      })
    if (user.moneyOut)
      often(1, () => ask({ action: 'money_out.forbidden', subject: user.id }, () => desk.forbidMoneyOut(who)))
    else if (list.state === 'on')
      often(1, async () => {
        const proven = await prove(who, 'money_out.allow', {}, true)
        if (!proven) return
        await ask({ action: 'money_out.allowed', subject: user.id }, () => desk.allowMoneyOut(who, proven), true)
      })
    if (random.below(15) === 0)
      often(1, () => ask({ chain: `person:${who.id}`, action: 'person.signed_out' }, () => desk.signOut(who)))
    return found
  }

  async function step(): Promise<void> {
    await clock.refresh()
    const who = random.pick(shop.people)
    if (!desk.isSignedIn(who)) {
      const code = await codeOf(who, 'sign_in')
      const about = { chain: `person:${who.id}`, action: 'person.signed_in' as const }
      if (code) await ask(about, () => desk.signIn(who, code))
      return
    }
    await random.pick(await choices(who))()
  }

  async function run(): Promise<void> {
    while (running && !waits) {
      try {
        await step()
      } catch (error) {
        if (error instanceof Lost) waits = true
        else await sleep(50)
      }
      await sleep(random.below(settings.pauseMs))
    }
  }

  return {
    async pause() {
      running = false
      await turn
    },
    goOn() {
      if (running && !waits) return
      running = true
      waits = false
      turn = turn.then(run)
    },
  }
}
