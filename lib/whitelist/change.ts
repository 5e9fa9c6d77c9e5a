import { and, count, eq, inArray, isNull } from 'drizzle-orm'
import { v7 as uuid } from 'uuid'
import type { Tx } from '@/db/client'
import { whitelist, whitelistEntry } from '@/db/schema'
import type { ChangeRefusal, CodeRefusal } from '@/lib/access/model'
import { type Operation, proveCode, spend } from '@/lib/access/step-up'
import { change } from '@/lib/change'
import type { Ctx } from '@/lib/context'
import { lockApiUser } from '@/lib/credentials/generations'
import { tellOwners } from '@/lib/mail/enqueue'
import { err, ok, type Result } from '@/lib/result'
import { maxEntries, parseRange, type WhitelistChange, type WhitelistRefusal } from './model'
import { untrustedProxySeen } from './proxy-in-front'

type Proven = { ticket: string; code: string }
type Refusal = WhitelistRefusal | ChangeRefusal | CodeRefusal

/**
 * Adds, notes and removes against the version the editor saw, so that two editors lose nothing. The first entry of an
 * empty list turns it on; removing the last one leaves it on and refusing everybody.
 */
export async function changeApiWhitelist(
  ctx: Ctx,
  given: Proven & { params: WhitelistChange },
): Promise<Result<{ version: number }, Refusal>> {
  const { add, remove, notes, version } = given.params
  if (add.length + remove.length + notes.length === 0) return err('nothing_to_change')
  const ranges = add.map(({ range, note }) => ({ parsed: parseRange(range), note }))
  if (ranges.some(({ parsed }) => !parsed.ok)) return err('bad_range')
  const proof = await proveCode(ctx, { ...given, operation: 'api_whitelist.change' })
  if (!proof.ok) return proof

  return change(ctx, 'api_whitelist.change', async ({ tx, record }) => {
    const list = await lockList(tx, ctx)
    if (list.version !== version) return err('stale')
    const spent = await spend(tx, ctx, proof.value)
    if (!spent.ok) return spent

    const removed = await removeEntries(tx, ctx, list.id, remove)
    for (const { id, note } of notes) await tx.update(whitelistEntry).set({ note }).where(entryOf(list, id))
    const before = await liveCount(tx, list.id)
    const added: string[] = []
    for (const { parsed, note } of ranges) {
      if (!parsed.ok) continue
      const [row] = await tx
        .insert(whitelistEntry)
        .values({
          id: uuid(),
          merchantId: list.merchantId,
          whitelistId: list.id,
          range: parsed.canonical,
          note,
          addedAt: ctx.now,
          addedBy: ctx.actor.personId,
        })
        .onConflictDoNothing()
        .returning({ range: whitelistEntry.range })
      if (row) added.push(row.range)
    }
    const after = await liveCount(tx, list.id)
    if (after > maxEntries) return err('too_many_entries')

    const turnsOn = list.state === 'off' && before === 0 && removed.length === 0 && after > 0
    if (turnsOn && (await untrustedProxySeen(tx, ctx))) return err('untrusted_proxy_in_front')
    const next = await save(tx, ctx, list, turnsOn ? 'on' : list.state)
    await record({
      action: 'whitelist.changed',
      subject: list.id,
      detail: { added, removed, notes: notes.length, entries: after, on: next.state === 'on' },
    })
    return ok({ version: next.version })
  })
}

/** Its own confirmed act: calls from every address are accepted again. */
export const turnOff = (ctx: Ctx, given: Proven & { version: number }) =>
  setState(ctx, given, 'off', 'api_whitelist.turn_off')

/** A list that was turned off with entries in it can be turned on again. */
export const turnOn = (ctx: Ctx, given: Proven & { version: number }) =>
  setState(ctx, given, 'on', 'api_whitelist.turn_on')

async function setState(
  ctx: Ctx,
  given: Proven & { version: number },
  state: 'on' | 'off',
  operation: Operation & `api_whitelist.${string}`,
): Promise<Result<{ version: number }, Refusal>> {
  const params = { version: given.version }
  const proof = await proveCode(ctx, { ...given, operation, params })
  if (!proof.ok) return proof
  const permission = state === 'off' ? 'api_whitelist.turn_off' : 'api_whitelist.change'
  return change(ctx, permission, async ({ tx, record }) => {
    const list = await lockList(tx, ctx)
    if (list.version !== given.version) return err('stale')
    if (list.state === state) return err('nothing_to_change')
    if (state === 'on' && (await untrustedProxySeen(tx, ctx))) return err('untrusted_proxy_in_front')
    const spent = await spend(tx, ctx, proof.value)
    if (!spent.ok) return spent
    const next = await save(tx, ctx, list, state)
    await record({ action: state === 'on' ? 'whitelist.turned_on' : 'whitelist.turned_off', subject: list.id })
    return ok({ version: next.version })
  })
}

type List = typeof whitelist.$inferSelect

async function lockList(tx: Tx, ctx: Ctx): Promise<List> {
  const user = await lockApiUser(tx, ctx.actor.merchantId)
  const [list] = await tx
    .select()
    .from(whitelist)
    .where(and(eq(whitelist.merchantId, user.merchantId), eq(whitelist.credentialId, user.id)))
    .for('update')
  if (!list) throw new Error('a merchant has no API whitelist')
  return list
}

const entryOf = (list: List, id: string) =>
  and(
    eq(whitelistEntry.id, id),
    eq(whitelistEntry.merchantId, list.merchantId),
    eq(whitelistEntry.whitelistId, list.id),
    isNull(whitelistEntry.removedAt),
  )

async function removeEntries(tx: Tx, ctx: Ctx, listId: string, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await tx
    .update(whitelistEntry)
    .set({ removedAt: ctx.now, removedBy: ctx.actor.personId })
    .where(
      and(
        inArray(whitelistEntry.id, ids),
        eq(whitelistEntry.merchantId, ctx.actor.merchantId),
        eq(whitelistEntry.whitelistId, listId),
        isNull(whitelistEntry.removedAt),
      ),
    )
    .returning({ range: whitelistEntry.range })
  return rows.map((r) => r.range)
}

async function liveCount(tx: Tx, listId: string): Promise<number> {
  const [row] = await tx
    .select({ n: count() })
    .from(whitelistEntry)
    .where(and(eq(whitelistEntry.whitelistId, listId), isNull(whitelistEntry.removedAt)))
  return row?.n ?? 0
}

async function save(tx: Tx, ctx: Ctx, list: List, state: 'on' | 'off') {
  const next = { state, version: list.version + 1 }
  await tx
    .update(whitelist)
    .set({ ...next, changedAt: ctx.now, changedBy: ctx.actor.personId })
    .where(and(eq(whitelist.id, list.id), eq(whitelist.version, list.version)))
  await tellOwners(tx, ctx.actor.merchantId, {
    notice: 'whitelist_changed',
    values: {
      name: ctx.actor.name,
      merchant: ctx.actor.merchantName,
      on: state,
      address: ctx.address,
      at: ctx.now.toISOString(),
    },
    now: ctx.now,
  })
  return next
}
