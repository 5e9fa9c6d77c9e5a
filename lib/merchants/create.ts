import { v7 as uuid } from 'uuid'
import { type Db, transact } from '@/db/client'
import { credential, membership, merchant, person, wallet, whitelist } from '@/db/schema'
import { append } from '@/lib/activity/record'
import { everyPermission } from '@/lib/credentials/model'

export type NewMerchant = { id: string; name: string; rootId: string; state: 'pending' | 'active'; now: Date }

/**
 * A merchant with its Root, its API user (off, no generation yet) and its two whitelists (off).
 * The API user has the role Admin: every permission except money-out, and every wallet, also later ones.
 */
export async function createMerchant(db: Db, given: NewMerchant): Promise<void> {
  const { id, name, rootId, state, now } = given
  await transact(db, async (tx) => {
    await tx.insert(merchant).values({ id, name, state, stateSince: now, createdAt: now })
    await tx.insert(membership).values({ merchantId: id, personId: rootId, role: 'root', createdAt: now })
    const credentialId = uuid()
    await tx.insert(credential).values({
      id: credentialId,
      merchantId: id,
      kind: 'api_user',
      scheme: 'token',
      name: 'API user',
      state: 'inactive',
      stateChangedAt: now,
      permissions: [...everyPermission],
      createdAt: now,
    })
    await tx.insert(whitelist).values([
      { id: uuid(), merchantId: id, credentialId: null, changedAt: now },
      { id: uuid(), merchantId: id, credentialId, changedAt: now },
    ])
    await append(tx, {
      chain: id,
      at: now,
      action: 'merchant.created',
      actorKind: 'operator',
      actorId: null,
      detail: { state },
      personal: { name },
    })
  })
}

export type NewPerson = { id: string; email: string; name: string; passwordHash: string; now: Date }

export async function createPerson(db: Db, p: NewPerson): Promise<void> {
  await db.insert(person).values({
    id: p.id,
    email: p.email,
    name: p.name,
    passwordHash: p.passwordHash,
    passwordChangedAt: p.now,
    createdAt: p.now,
  })
}

export async function addMember(
  db: Db,
  m: { merchantId: string; personId: string; role: 'owner' | 'admin' | 'member'; now: Date },
): Promise<void> {
  const { merchantId, personId, role, now } = m
  await transact(db, async (tx) => {
    await tx.insert(membership).values({ merchantId, personId, role, createdAt: now })
    await append(tx, { ...byOperator(merchantId, now), action: 'staff.added', subject: personId, detail: { role } })
  })
}

export async function addWallet(
  db: Db,
  w: { merchantId: string; id: string; name: string; currency: string; now: Date },
): Promise<void> {
  const { merchantId, id, name, currency, now } = w
  await transact(db, async (tx) => {
    await tx.insert(wallet).values({ merchantId, id, name, currency, createdAt: now })
    await append(tx, { ...byOperator(merchantId, now), action: 'wallet.added', subject: id, detail: { currency } })
  })
}

const byOperator = (chain: string, at: Date) => ({ chain, at, actorKind: 'operator' as const, actorId: null })
